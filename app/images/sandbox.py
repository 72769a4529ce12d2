"""Rendering at arm's length: in a child process with limits, so that no photo harms this one."""

import logging
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

import app
from app.images.forks import ForkError, Forks
from app.images.model import (
    HEAD_BYTES,
    Limits,
    NotAPhotoError,
    OutOfTimeError,
    PhotoType,
    Rendered,
    photo_type,
)

TOO_SLOW: Final = "The picture took too long to decode."
UNDECODABLE: Final = "The picture could not be decoded."
WALL_GRACE_SECONDS: Final = 2.0

# Nothing of our environment is passed on: there are secrets in it. Each malloc arena beyond the
# first would reserve 64 MiB of the address space that is limited. A child's memory is new each
# time: in huge pages it faults a tenth as often, which is 4 to 8 % of a photo's CPU time.
ENVIRONMENT: Final = {
    "MALLOC_ARENA_MAX": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
COMMAND: Final = (sys.executable, "-E", "-s", "-m", "app.images.child")
NICENESS: Final = 10  # whoever is not quick gives way to those who are
COMMAND_FOLDER: Final = Path(app.__file__).parents[1]

START_OF_SCAN: Final = b"\xff\xda"  # ITU-T T.81, B.1.1.3; in compressed data 0xff is stuffed
SCANS_QUICK_MAX: Final = 1_000  # cameras make about 10; other bytes behind them look like some

OUT_OF_TIME: Final = (-signal.SIGXCPU, -signal.SIGALRM)
# A child that somebody asked to end says nothing about its photo.
ASKED_TO_END: Final = (-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)

logger = logging.getLogger(__name__)


class SandboxError(Exception):
    """The child process failed through no fault of the photo; another time it may not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Refused:
    reason: str


_ANSWER: Final[TypeAdapter[Rendered | _Refused]] = TypeAdapter(Rendered | _Refused)


class Sandbox:
    """Renders photos, each in a process of its own."""

    def __init__(self, *, limits: Limits, command: tuple[str, ...] = COMMAND) -> None:
        self._limits = limits
        self._forks = Forks(command=command, folder=COMMAND_FOLDER, environment=ENVIRONMENT)

    def render(self, original: Path, folder: Path, *, is_quick: bool = False) -> Rendered:
        """Write the renditions of `original` into `folder`, each under its `name`. Blocks.

        With `is_quick`, it has the little CPU time that nearly every photo can do with.

        Raises:
            OutOfTimeError: it takes more time than that.
            NotAPhotoError: it does not decode, exceeds a limit, or the child died of it.
            SandboxError: the child could not do its work.
        """
        answer = folder / "answer.json"
        complaint = folder / "complaint.txt"
        if is_quick and _is_laborious(original):
            raise OutOfTimeError(TOO_SLOW)
        limits = self._limits.quick() if is_quick else self._limits
        order = {
            "original": str(original),
            "folder": str(folder),
            "answer": str(answer),
            "complaint": str(complaint),
            "limits": asdict(limits),
            "niceness": 0 if is_quick else NICENESS,
        }
        code = self._run(order)
        if code in OUT_OF_TIME:
            raise OutOfTimeError(TOO_SLOW)
        if code > 0 or code in ASKED_TO_END:
            raise SandboxError(f"The decoding process ended with {code}: {_end_of(complaint)}")
        if code < 0:
            logger.warning("The decoding process died of signal %d: %s", -code, _end_of(complaint))
            raise NotAPhotoError(UNDECODABLE)
        return _accepted(answer.read_bytes())

    def close(self) -> None:
        """End the processes that wait for photos."""
        self._forks.close()

    def _run(self, order: Mapping[str, Any]) -> int:
        """Exit code of the child, negative if a signal ended it."""
        try:
            return self._forks.run(order, self._limits.decode_wall_max_seconds + WALL_GRACE_SECONDS)
        except TimeoutError:
            return -signal.SIGALRM
        except ForkError as error:
            raise SandboxError(f"The decoding process did not answer. {error}") from error


def _is_laborious(original: Path) -> bool:
    """Whether a JPEG asks to be gone through very often, which is cheap to see and dear to do."""
    content = original.read_bytes()
    is_jpeg = photo_type(content[:HEAD_BYTES]) is PhotoType.JPEG
    return is_jpeg and content.count(START_OF_SCAN) > SCANS_QUICK_MAX


def _accepted(answer: bytes) -> Rendered:
    try:
        found = _ANSWER.validate_json(answer)
    except ValidationError as error:
        raise SandboxError(f"The decoding process answered amiss: {error}") from error
    if isinstance(found, _Refused):
        raise NotAPhotoError(found.reason)
    return found


def _end_of(complaint: Path) -> str:
    return complaint.read_text(errors="replace")[-2000:]
