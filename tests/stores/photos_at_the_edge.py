"""An edge that has photos to show, for tests of how it does that."""

from collections.abc import Iterator
from secrets import token_hex
from typing import Final

import httpx2
import pytest

from docker.local.ports import HOST
from tests.stores.gateways import Edge, running_edge
from tests.stores.origins import PHOTO, photo_of

TIRELESS: Final = {"max_fails=2": "max_fails=0"}


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """An nginx; its home region has whatever photo it is asked for."""
    with running_edge(tmp_path_factory.mktemp("edge"), changes=TIRELESS) as edge:
        edge.origins["eu"].otherwise = PHOTO
        yield edge


@pytest.fixture
def http(edge: Edge) -> Iterator[httpx2.Client]:
    """Somebody who looks at photos."""
    with httpx2.Client(base_url=f"http://{HOST}:{edge.port}", timeout=10) as client:
        yield client


@pytest.fixture
def key() -> str:
    """A rendition that nobody has asked for."""
    return f"renditions/{token_hex(8)}/{token_hex(8)}/320.webp"


def photo(key: str) -> bytes:
    """What home has under a key."""
    return photo_of(f"/photofeed-eu/{key}")


def times_asked(edge: Edge, key: str) -> int:
    """How often home was asked for it."""
    return len(edge.origins["eu"].asked[f"/photofeed-eu/{key}"])
