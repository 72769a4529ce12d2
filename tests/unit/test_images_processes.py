"""What becomes of the processes that decode: who dies with whom, and what they know."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from threading import Thread

import pytest

from app.images.model import NotAPhotoError, Rendered
from app.images.sandbox import Sandbox, SandboxError
from tests.photographs import LIMITS, jpeg
from tests.sandboxes import laborious, reason, run, script

POLL_MAX_SECONDS = 20.0


def poll(condition: Callable[[], bool], seconds: float = POLL_MAX_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_a_child_that_dies_condemns_the_photo(number: signal.Signals, tmp_path: Path) -> None:
    dying = script(f"os.kill(os.getpid(), {number.value})")
    assert reason(jpeg(), tmp_path, command=dying) == "The picture could not be decoded."


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_child_that_is_told_to_end_does_not(number: signal.Signals, tmp_path: Path) -> None:
    dying = script(
        f"signal.signal({number.value}, signal.SIG_DFL);os.kill(os.getpid(), {number.value})"
    )
    with pytest.raises(SandboxError):
        run(jpeg(), tmp_path, command=dying)


@pytest.mark.parametrize(
    "source",
    [
        "raise SystemExit('broken')",
        "sys.stdout.write('{}'); sys.stdout.flush(); os._exit(0)",
        "sys.stdout.write('nonsense'); sys.stdout.flush(); os._exit(0)",
        "os.kill(os.getppid(), signal.SIGKILL); time.sleep(600)",
    ],
)
def test_a_broken_installation_does_not_condemn_the_photo(source: str, tmp_path: Path) -> None:
    with pytest.raises(SandboxError):
        run(jpeg(), tmp_path, command=script(source))


@pytest.mark.parametrize("source", ["", "print('x' * 99)", "print('x')", "nonsense"])
def test_a_process_that_forks_nothing_does_not_either(source: str, tmp_path: Path) -> None:
    with pytest.raises(SandboxError):
        run(jpeg(), tmp_path, command=(sys.executable, "-c", source))


def test_no_photo_influences_the_next(tmp_path: Path) -> None:
    """The process that forks stays the same; what a child did to itself is gone."""
    sandbox = Sandbox(
        limits=LIMITS,
        command=script(
            """
            child.seen = getattr(child, "seen", 0) + 1
            raise child.NotAPhotoError(f"{os.getppid()} {os.getpid()} {child.seen} {os.nice(0)}")
            """
        ),
    )
    (tmp_path / "original").write_bytes(jpeg())
    told = []
    for is_quick in (True, False, True):
        with pytest.raises(NotAPhotoError) as refused:
            sandbox.render(tmp_path / "original", tmp_path, is_quick=is_quick)
        told.append(refused.value.reason.split())
    parents, children, seen, niceness = zip(*told, strict=True)
    assert len(set(parents)) == 1
    assert len(set(children)) == 3
    assert set(seen) == {"1"}
    assert [int(each) - os.nice(0) for each in niceness] == [0, 10, 0]


def test_a_process_that_died_while_idle_is_replaced(tmp_path: Path) -> None:
    sandbox = Sandbox(
        limits=LIMITS, command=script("raise child.NotAPhotoError(str(os.getppid()))")
    )

    (tmp_path / "original").write_bytes(jpeg())

    def forking() -> int:
        with pytest.raises(NotAPhotoError) as refused:
            sandbox.render(tmp_path / "original", tmp_path)
        return int(refused.value.reason)

    first = forking()
    os.kill(first, signal.SIGKILL)
    poll(lambda: not _is_running(first))
    assert forking() not in {first, os.getpid()}


def test_closing_ends_the_processes(tmp_path: Path) -> None:
    before = _children(os.getpid())  # of sandboxes that others have not closed
    sandbox = Sandbox(limits=LIMITS)
    (tmp_path / "original").write_bytes(jpeg())
    sandbox.render(tmp_path / "original", tmp_path)
    (forking,) = (_children(os.getpid()) - before) & _commanded("app.images.child")
    sandbox.close()
    assert not Path(f"/proc/{forking}").exists()


def test_the_child_knows_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PHOTOFEED_TOKEN_SECRET", "canary")
    telling = script("raise SystemExit(str(dict(os.environ)))")
    with pytest.raises(SandboxError, match="MALLOC_ARENA_MAX") as failed:
        run(jpeg(), tmp_path, command=telling)
    assert "canary" not in str(failed.value)


def test_a_thread_that_is_not_the_main_one_may_ask(tmp_path: Path) -> None:
    found: list[Rendered] = []
    thread = Thread(target=lambda: found.append(run(jpeg(), tmp_path)))
    thread.start()
    thread.join()
    assert found


PARENT = dedent(
    """
    import sys
    from pathlib import Path
    from app.images.sandbox import Sandbox
    from tests.photographs import LIMITS
    Sandbox(limits=LIMITS).render(Path(sys.argv[1], "original"), Path(sys.argv[1]))
    """
)


@pytest.fixture
def parent(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    (tmp_path / "original").write_bytes(laborious())
    root = Path(__file__).parents[2]
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=root
    ) as process:
        yield process
        process.kill()


def test_the_child_dies_with_its_parent(parent: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    # It has limited itself once it has written a rendition.
    poll((tmp_path / "1080.webp").exists)
    (forking,) = _children(parent.pid)
    (child,) = _children(forking)
    os.kill(parent.pid, signal.SIGKILL)
    poll(lambda: not (_is_running(forking) or _is_running(child)), seconds=2)


def _children(parent: int) -> set[int]:
    return {pid for pid in _pids() if _stat(pid)[1:2] == [str(parent)]}


def _commanded(part: str) -> set[int]:
    return {pid for pid in _pids() if part.encode() in _read(f"/proc/{pid}/cmdline")}


def _is_running(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"])


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """State, parent and so on of a process; nothing if there is none."""
    return _read(f"/proc/{pid}/stat").decode().rpartition(")")[2].split()


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
