"""Makes this checkout's Python environment from its lock; nothing but Python is needed for it.

It does nothing when all is up to date, begins anew after an interruption, and lets one
process at a time work. Any Python can read it, so that one that is too old can be told so.
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
ENVIRONMENT = REPOSITORY / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / ".made-from"
UNFINISHED = "unfinished"
LOCK = "requirements-dev.txt"
OLDEST = (3, 11)


def main() -> None:
    """Make the environment unless it is there."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            "Photofeed needs Python 3.11 or newer, and %s is %s. "  # noqa: UP031 - old Pythons
            "Name another one: make PYTHON=python3.12" % (sys.executable, found)
        )
    folder = REPOSITORY / ".local"
    folder.mkdir(exist_ok=True)
    with (folder / "environment.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_up_to_date():
            _make()


def _is_up_to_date() -> bool:
    return STAMP.exists() and STAMP.read_text() == _fingerprint() and _starts()


def _fingerprint() -> str:
    """Of the lock, and of what pyproject.toml says of our own package."""
    import tomllib  # noqa: PLC0415 - a Python that is too old has none

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    lock = (REPOSITORY / LOCK).read_text()
    return hashlib.sha256((lock + repr(project)).encode()).hexdigest()


def _starts() -> bool:
    """Whether it still has the Python that it was made with."""
    if not PYTHON.exists():
        return False
    command = (PYTHON, "-m", "pip", "--version")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - ours


def _make() -> None:
    _say("Making the Python environment in .venv. The first time, this downloads some 400 MB.")
    # What pip was unpacking when it was interrupted, it takes for installed the next time.
    if not _starts() or (STAMP.exists() and STAMP.read_text() == UNFINISHED):
        _run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))
    STAMP.write_text(UNFINISHED)
    pip = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install")
    _run(*pip, "--require-hashes", "--requirement", LOCK)
    _run(*pip, "--quiet", "--no-deps", "--no-build-isolation", "--editable", ".")
    STAMP.write_text(_fingerprint())


def _run(*command: str) -> None:
    """Run it, and show of what it says what tells how far it is; errors come out whole."""
    with subprocess.Popen(  # noqa: S603 - ours, all of them
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as running:
        for line in running.stdout or ():
            if line.startswith("Collecting "):
                _say("  " + line.split()[1])
            elif line.startswith("Installing collected packages"):
                _say("Unpacking them.")
    if running.returncode != 0:
        hint = "; Debian and Ubuntu have it in python3-venv" if "venv" in command else ""
        sys.exit(f"Failed: {' '.join(command)}{hint}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted. Run it again.")
