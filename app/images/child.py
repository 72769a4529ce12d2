"""The process that decodes one photo: bytes of a stranger, so it limits itself first.

`python -m app.images.child ORIGINAL FOLDER LIMITS` writes renditions into FOLDER, and to stdout the
`Rendered` as JSON, or `{"reason": "…"}` if the file is no photo. LIMITS is JSON of a `Limits`.
"""

import ctypes
import json
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from PIL import Image

from app.images.model import Limits, NotAPhotoError
from app.images.renditions import render

FILE_MAX_BYTES: Final = 64 * 1024**2  # noise, 1600 by 12,000 pixels, makes a WebP of 13 MB
PR_SET_PDEATHSIG: Final = 1  # prctl(2): the signal to get when the parent dies


def main() -> None:
    """Decode as the command line says. Death by signal or exit 1 are for the parent to explain."""
    original, folder, limits_json = sys.argv[1:]
    limits = Limits(**json.loads(limits_json))
    _confine(limits)
    # Pillow's own bound would answer before ours, without saying why.
    Image.MAX_IMAGE_PIXELS = None
    try:
        answer = asdict(render(Path(original), Path(folder), limits))
    except NotAPhotoError as error:
        answer = {"reason": error.reason}
    except MemoryError:
        answer = {"reason": "The picture needs too much memory to decode."}
    json.dump(answer, sys.stdout)


def _confine(limits: Limits) -> None:
    """Set the limits of this process; the kernel kills it at those of time, even in C code."""
    cpu_seconds = limits.decode_cpu_max_seconds
    memory_bytes = limits.decode_memory_max_bytes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_MAX_BYTES, FILE_MAX_BYTES))
    # The parent watches the clock too; this one also runs when there is no parent left.
    signal.setitimer(signal.ITIMER_REAL, limits.decode_wall_max_seconds)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
