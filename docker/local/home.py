"""The one folder that a stack keeps everything in, and the credentials it made for itself."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker.local.errors import StackError

_SOCKET_PATH_MAX = 100
"""Unix sockets have 108 bytes for their path; supervisor adds its pid while it binds."""

_CREDENTIAL_BYTES = {
    "access_key": 10,
    "secret_key": 20,
    "upload_access_key": 10,
    "upload_secret_key": 20,
    "token_secret": 32,
}


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the stack made up for itself on its first start."""

    access_key: str
    secret_key: str
    upload_access_key: str
    upload_secret_key: str
    token_secret: str


@dataclass(frozen=True, kw_only=True)
class Home:
    """The folders of one stack."""

    root: Path

    @property
    def data(self) -> Path:
        """What `make reset` deletes: databases, objects, the CDN's cache."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Rendered configurations, all made anew by each start."""
        return self.root / "run"

    def log(self, name: str) -> Path:
        """A process's log."""
        return self.logs / f"{name}.log"

    @property
    def environment_file(self) -> Path:
        """Every setting of the running processes, for a shell to source."""
        return self.root / "env"

    @property
    def socket(self) -> Path:
        """Supervisor's socket: in the home, unless the home's path is too long for one."""
        inside = self.run / "supervisor.sock"
        if len(os.fsencode(inside)) <= _SOCKET_PATH_MAX:
            return inside
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"photofeed-{os.getuid()}-{digest}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise StackError(f"{folder} belongs to somebody else.")
        return folder / "supervisor.sock"

    def make(self) -> None:
        """Create what is not there yet."""
        for folder in (self.root, self.data, self.logs, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def delete(self) -> None:
        """Forget the data, the logs and the credentials."""
        for folder in (self.data, self.logs, self.run):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.environment_file, self._credentials_file):
            file.unlink(missing_ok=True)

    def credentials(self) -> Credentials:
        """The stack's credentials; those that are not there yet are made."""
        file = self._credentials_file
        kept = json.loads(file.read_text()) if file.exists() else {}
        made = {name: secrets.token_hex(size) for name, size in _CREDENTIAL_BYTES.items()}
        credentials = {name: kept.get(name, made[name]) for name in made}
        if credentials != kept:
            write_private(file, json.dumps(credentials))
        return Credentials(**credentials)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time works on a home; the next one waits."""
        self.make()
        with (self.root / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @property
    def _credentials_file(self) -> Path:
        return self.root / "credentials.json"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; whoever looks sees all of it or the old one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
