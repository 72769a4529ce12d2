"""The packages are locked: at exact versions, with hashes, without the address of a registry."""

import json
import re
from typing import Any, Final

import pytest

from docker.local.npm import Packages, find_node
from tests.clients.node import NODE_MIN, PACKAGES, SOURCE

ASKED: Final[dict[str, str]] = json.loads((SOURCE / "package.json").read_text())["dependencies"]
LOCKED: Final[dict[str, Any]] = json.loads((SOURCE / "package-lock.json").read_text())["packages"]


def test_each_version_is_exact_and_locked() -> None:
    assert [
        version for version in ASKED.values() if not re.fullmatch(r"\d+\.\d+\.\d+", version)
    ] == []
    assert {name: LOCKED[f"node_modules/{name}"]["version"] for name in ASKED} == ASKED


def test_the_lock_has_a_hash_of_everything_and_names_no_registry() -> None:
    packages = {name: entry for name, entry in LOCKED.items() if name}
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_node_is_recent_and_has_npm() -> None:
    node = find_node(NODE_MIN)
    assert node is not None
    assert node.with_name("npm").exists()


def test_without_a_recent_node_nothing_is_installed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("packages")
    packages = Packages(source=PACKAGES.source, folder=folder, node_min=1_000)
    reason = packages.install()
    assert reason is not None
    assert "Node 1000" in reason
    assert not packages.is_installed()
