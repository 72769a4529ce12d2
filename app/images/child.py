"""The process that decodes photos: bytes of strangers, so each in a fork that limits itself first.

`python -m app.images.child` reads orders from stdin, a line of JSON each: `{"original", "folder",
"answer", "complaint", "limits", "niceness"}`. The fork writes renditions of the file `original`
into `folder`; to the file `answer` the `Rendered`, or `{"reason": "…"}` if it is no photo; to
`complaint` what else there is to say. Once it has ended, its exit code goes to stdout.

What a fork does to itself, the next one does not inherit: this process never looks into a photo.
"""

import ctypes
import gc
import json
import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from PIL import Image

from app.images.model import Limits, NotAPhotoError
from app.images.renditions import ready_decoders, render

FILE_MAX_BYTES: Final = 64 * 1024**2  # noise, 1600 by 12,000 pixels, makes a WebP of 13 MB
PR_SET_PDEATHSIG: Final = 1  # prctl(2): the signal to get when the parent dies


def main() -> None:
    """Do as ordered until there are no more orders."""
    # Pillow's own bound would answer before ours, without saying why.
    Image.MAX_IMAGE_PIXELS = None
    ready_decoders()
    # What is alive now stays so: a fork that looked for garbage would copy all of it.
    gc.freeze()
    for line in sys.stdin.buffer:
        code = _run(json.loads(line))
        os.write(sys.stdout.fileno(), f"{code}\n".encode())


def _run(order: Mapping[str, Any]) -> int:
    """Exit code of a fork that does as ordered, negative if a signal ended it."""
    parent = os.getpid()
    if (pid := os.fork()) == 0:
        _do_and_exit(order, parent)
    ended = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    # Who gave the order has died if this hangs up: nobody wants the photo any more.
    poll.register(sys.stdin.fileno(), 0)
    if ended not in dict(poll.poll()):
        os.kill(pid, signal.SIGKILL)
    os.close(ended)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _do_and_exit(order: Mapping[str, Any], parent: int) -> None:
    """Decode. Death by signal or exit 1 are for whoever gave the order to explain."""
    try:
        _speak_into(order["answer"], order["complaint"])
        os.nice(order["niceness"])
        limits = Limits(**order["limits"])
        _confine(limits, parent)
        json.dump(_answer(Path(order["original"]), Path(order["folder"]), limits), sys.stdout)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - nothing may bring a fork back into the parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _answer(original: Path, folder: Path, limits: Limits) -> Mapping[str, Any]:
    try:
        return asdict(render(original, folder, limits))
    except NotAPhotoError as error:
        return {"reason": error.reason}
    except MemoryError:
        return {"reason": "The picture needs too much memory to decode."}


def _speak_into(answer: str, complaint: str) -> None:
    """Let go of the parent's pipes: what is said goes to files, where RLIMIT_FSIZE bounds it."""
    for number, name in enumerate((os.devnull, answer, complaint)):
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)


def _confine(limits: Limits, parent: int) -> None:
    """Set the limits of this process; the kernel kills it at those of time, even in C code."""
    cpu_seconds = limits.decode_cpu_max_seconds
    memory_bytes = limits.decode_memory_max_bytes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_MAX_BYTES, FILE_MAX_BYTES))
    # Others watch the clock too; this one also runs when there is nobody left.
    signal.setitimer(signal.ITIMER_REAL, limits.decode_wall_max_seconds)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("There is nobody left to decode for.")


if __name__ == "__main__":
    main()
