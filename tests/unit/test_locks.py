"""What is installed is locked: with hashes, without the address of any index."""

import json
import re
import tomllib

import pytest

from docker.local import REPOSITORY

LOCKS = ("requirements.txt", "requirements-dev.txt", "tests/bench/peer/requirements.txt")
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
NPM_PROJECTS = (
    *("docker/playground", "tests/browser", "tests/clients", "tests/bench/node_peers", "web"),
)


def locked(name: str) -> dict[str, str]:
    text = (REPOSITORY / name).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[=<>~!\[; ]", requirement)[0] for requirement in requirements}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_a_hash_for_everything(name: str) -> None:
    text = (REPOSITORY / name).read_text()
    assert "://" not in text
    assert "index-url" not in text
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert all("--hash=sha256:" in block for block in blocks), name


def test_the_locks_cover_what_pyproject_asks_for() -> None:
    dependencies = names(PYPROJECT["project"]["dependencies"])
    assert dependencies <= set(locked("requirements.txt"))
    development = names(PYPROJECT["dependency-groups"]["dev"])
    assert dependencies | development <= set(locked("requirements-dev.txt"))


def test_development_runs_on_the_versions_of_production() -> None:
    assert locked("requirements.txt").items() <= locked("requirements-dev.txt").items()


@pytest.mark.parametrize("name", NPM_PROJECTS)
def test_a_lock_of_npm_has_what_is_asked_for_and_names_no_registry(name: str) -> None:
    folder = REPOSITORY / name
    package = json.loads((folder / "package.json").read_text())
    asked = package["dependencies"] | package.get("devDependencies", {})
    lock = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert not [name for name, entry in lock.items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock.items() if name)


def test_make_help_lists_every_target() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()
    described = re.findall(r"^([a-z]+):[^#\n]*## ", makefile, re.MULTILINE)
    assert sorted(phony) == sorted(described)
