"""Which servers the local stack runs, and what it makes up for itself."""

import json
from pathlib import Path

import pytest

from docker.local import minio, servers
from docker.local.errors import StackError
from docker.local.home import Home

CHOICE = "PHOTOFEED_LOCAL_OBJECT_STORE"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH; what is called in it says its own first line."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(servers, "BIN", tmp_path / "built")
    monkeypatch.setattr(minio, "_GO_USUALLY", tmp_path / "go" / "bin" / "go")
    monkeypatch.delenv(CHOICE, raising=False)
    return folder


def make(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o700)
    return path


def test_the_object_store_is_minio_if_there_is_one(program: Path) -> None:
    assert servers.find_servers().object_store.name == "weed"
    make(program.parent / "built" / "minio", "minio version RELEASE.1")
    assert servers.find_servers().object_store.source == "built by make minio"
    make(program / "minio", "minio version RELEASE.2")
    found = servers.find_servers().object_store
    assert (found.name, found.version, found.source) == ("minio", "RELEASE.2", "from PATH")


def test_the_object_store_can_be_chosen(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "minio")
    with pytest.raises(StackError, match=r"No minio on PATH.*make minio"):
        servers.find_servers()
    make(program / "minio", "minio version RELEASE.2")
    assert servers.find_servers().object_store.name == "minio"
    monkeypatch.setenv(CHOICE, "weed")
    assert servers.find_servers().object_store.name == "weed"
    monkeypatch.setenv(CHOICE, "ceph")
    with pytest.raises(StackError, match=f"{CHOICE} is minio or weed"):
        servers.find_servers()


def test_minio_is_built_with_a_go_that_is_new_enough(program: Path) -> None:
    with pytest.raises(StackError, match=r"Go 1\.24 or newer, and there is none on PATH or at"):
        minio.find_go()
    make(program / "go", "go1.19")
    with pytest.raises(StackError, match=r"Go 1\.24 or newer, and .*/bin/go is 1\.19"):
        minio.find_go()
    usual = make(program.parent / "go" / "bin" / "go", "go1.26.8")
    assert minio.find_go() == usual
    newest = make(program / "go", "go1.24.1")
    assert minio.find_go() == newest


def test_credentials_stay_and_those_that_came_later_are_added(tmp_path: Path) -> None:
    home = Home(root=tmp_path)
    made = home.credentials()
    assert home.credentials() == made
    assert len({*vars(made).values()}) == len(vars(made))
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    kept = json.loads(file.read_text())
    del kept["upload_access_key"]
    file.write_text(json.dumps(kept))
    again = home.credentials()
    assert vars(again) | {"upload_access_key": ""} == vars(made) | {"upload_access_key": ""}
    assert again.upload_access_key != made.upload_access_key
    assert home.credentials() == again
