"""Objects in the real stores: what we can do with them, and what strangers can."""

import io
import secrets
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile

import httpx2
import pytest

from app.images.model import ObjectMissingError, original_key, rendition_prefix
from app.images.regions import Objects
from app.images.sandbox import Sandbox
from app.images.service import Images
from app.images.store import PART_BYTES, ObjectStores
from app.images.variants import FOREVER
from app.settings import Settings
from tests.memory_objects import MemoryObjects
from tests.photographs import LIMITS, jpeg, phone_photo
from tests.stack import TestStack

pytestmark = pytest.mark.both_stores

MEBIBYTE = 1024**2
REGIONS = ("eu", "us")


@pytest.fixture(scope="module")
def settings(servers: TestStack) -> Settings:
    return servers.settings.model_copy(update={"bucket_prefix": f"test-{secrets.token_hex(4)}"})


@pytest.fixture(scope="module")
def stores(settings: Settings) -> ObjectStores:
    prepared = ObjectStores.from_settings(settings)
    for region in REGIONS:
        prepared.prepare(region)
    return prepared


@pytest.fixture(params=["memory", "servers"])
def objects(request: pytest.FixtureRequest) -> Objects:
    """The fake, then the real thing: both keep the same promises."""
    if request.param == "memory":
        return MemoryObjects()
    real: ObjectStores = request.getfixturevalue("stores")
    return real


@pytest.fixture
def images(stores: ObjectStores) -> Images:
    return Images(
        objects=stores,
        renderer=Sandbox(limits=LIMITS),
        limits=LIMITS,
        region="eu",
        cdn_url="http://cdn.test",
    )


@pytest.fixture
def anybody() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=10) as client:
        yield client


@pytest.fixture
def folder() -> str:
    """Where a test's objects are, so that it meets no others."""
    return f"renditions/{secrets.token_hex(8)}/"


def put(objects: Objects, key: str, content: bytes = b"bytes", region: str = "eu") -> None:
    objects.put(
        region,
        key,
        io.BytesIO(content),
        byte_size=len(content),
        content_type="image/webp",
        cache_control=FOREVER,
    )


def address(settings: Settings, path: str = "", region: str = "eu") -> str:
    return f"{settings.object_stores[region]}{settings.bucket(region)}/{path}"


@pytest.mark.parametrize("byte_size", [1, PART_BYTES, PART_BYTES + 1, 12 * MEBIBYTE])
def test_what_was_put_is_fetched(
    objects: Objects, folder: str, byte_size: int, tmp_path: Path
) -> None:
    content = secrets.token_bytes(byte_size)
    put(objects, f"{folder}one", content)
    objects.fetch("eu", f"{folder}one", tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == content


def test_only_as_much_is_put_as_was_said(objects: Objects, folder: str, tmp_path: Path) -> None:
    file = io.BytesIO(b"bytes and more")
    objects.put("eu", f"{folder}one", file, byte_size=5, content_type="image/webp")
    objects.fetch("eu", f"{folder}one", tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == b"bytes"


def test_putting_again_replaces(objects: Objects, folder: str, tmp_path: Path) -> None:
    put(objects, f"{folder}one", b"before")
    put(objects, f"{folder}one", b"after")
    objects.fetch("eu", f"{folder}one", tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == b"after"


def test_what_is_missing_cannot_be_fetched(objects: Objects, folder: str, tmp_path: Path) -> None:
    with pytest.raises(ObjectMissingError) as missing:
        objects.fetch("eu", f"{folder}none", tmp_path / "fetched")
    assert missing.value.region == "eu"
    assert not (tmp_path / "fetched").exists()


def test_objects_are_listed_some_at_a_time_in_the_order_of_their_keys(
    objects: Objects, folder: str
) -> None:
    assert isinstance(objects, MemoryObjects | ObjectStores)
    keys = [f"{folder}{number}/320.webp" for number in range(5)]
    for key in reversed(keys):
        put(objects, key)
    lists, after, lately = [], "", datetime.now(UTC) - timedelta(minutes=5)
    while listed := objects.listed("eu", folder, after=after, limit=2):
        assert all(each.modified_at > lately for each in listed)
        lists.append([each.key for each in listed])
        after = listed[-1].key
    assert lists == [keys[:2], keys[2:4], keys[4:]]
    assert objects.listed("us", folder, after="", limit=2) == []


def test_keys_are_those_below_a_prefix(objects: Objects, folder: str) -> None:
    for name in ("a/320.webp", "b/640.webp", "b/640.jpg"):
        put(objects, folder + name)
    put(objects, folder.replace("renditions", "originals"))
    assert sorted(objects.keys("eu", folder)) == [
        f"{folder}{name}" for name in ("a/320.webp", "b/640.jpg", "b/640.webp")
    ]
    assert list(objects.keys("eu", f"{folder}c")) == []


def test_more_keys_than_a_page_are_found(objects: Objects, folder: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: put(objects, f"{folder}{n}"), range(1_001)))
    assert len(list(objects.keys("eu", folder))) == 1_001


def test_removing_twice_is_removing_once(objects: Objects, folder: str) -> None:
    put(objects, f"{folder}one")
    for _ in range(2):
        objects.remove("eu", f"{folder}one")
        assert list(objects.keys("eu", folder)) == []


def test_many_are_removed_at_once(objects: Objects, folder: str) -> None:
    names = [f"{folder}{n}" for n in range(5)]
    for name in names:
        put(objects, name)
    for _ in range(2):
        objects.remove_all("eu", [*names[:4], f"{folder}none"])
        assert list(objects.keys("eu", folder)) == names[4:]
    objects.remove_all("eu", [])


def test_a_copy_is_like_what_was_copied_and_outlives_it(
    objects: Objects, folder: str, tmp_path: Path
) -> None:
    content = secrets.token_bytes(PART_BYTES + 1)
    put(objects, f"{folder}one", content)
    for _ in range(2):
        objects.copy("eu", f"{folder}one", f"{folder}other")
    objects.remove("eu", f"{folder}one")
    objects.fetch("eu", f"{folder}other", tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == content


def test_what_is_missing_cannot_be_copied(objects: Objects, folder: str) -> None:
    with pytest.raises(ObjectMissingError):
        objects.copy("eu", f"{folder}none", f"{folder}other")
    assert list(objects.keys("eu", folder)) == []


def test_anybody_reads_a_copy_as_what_was_copied(
    stores: ObjectStores, settings: Settings, anybody: httpx2.Client, folder: str
) -> None:
    put(stores, f"{folder}320.webp")
    stores.copy("eu", f"{folder}320.webp", f"{folder}640.webp")
    answer = anybody.get(address(settings, f"{folder}640.webp"))
    assert (answer.status_code, answer.content) == (200, b"bytes")
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Cache-Control"] == FOREVER


def test_regions_are_apart(objects: Objects, folder: str) -> None:
    put(objects, f"{folder}one", region="us")
    assert list(objects.keys("eu", folder)) == []
    assert list(objects.keys("us", folder)) == [f"{folder}one"]


def test_a_bucket_is_prepared_by_many_at_once(settings: Settings) -> None:
    fresh = settings.model_copy(update={"bucket_prefix": f"test-{secrets.token_hex(4)}"})
    with pytest.raises(ObjectMissingError):
        ObjectStores.from_settings(fresh).check("eu")

    def prepare(_: int) -> None:
        ObjectStores.from_settings(fresh).prepare("eu")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(prepare, range(8)))
    ObjectStores.from_settings(fresh).prepare("eu")
    ObjectStores.from_settings(fresh).check("eu")


def test_anybody_reads_a_rendition_as_it_was_put(
    stores: ObjectStores, settings: Settings, anybody: httpx2.Client, folder: str
) -> None:
    put(stores, f"{folder}320.webp")
    answer = anybody.get(address(settings, f"{folder}320.webp"))
    assert (answer.status_code, answer.content) == (200, b"bytes")
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert anybody.get(address(settings, f"{folder}640.webp")).status_code == 404


def test_memory_does_not_grow_with_the_file(stores: ObjectStores) -> None:
    content = jpeg() + bytes(20 * MEBIBYTE)
    with TemporaryFile() as file:
        file.write(content)
        del content
        file.seek(0)
        tracemalloc.start()
        stores.put("eu", "originals/2", file, byte_size=20 * MEBIBYTE, content_type="image/jpeg")
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak_bytes < 3 * PART_BYTES


async def test_a_photo_from_upload_to_erasure(
    images: Images, stores: ObjectStores, settings: Settings, anybody: httpx2.Client
) -> None:
    post_id = secrets.randbits(63)
    file = io.BytesIO(phone_photo())
    photo = await images.inspect(file)
    await images.keep_original(post_id, file, photo)
    image = await images.render(post_id, "eu", photo.sha256)
    original = original_key(post_id, photo.sha256)
    assert anybody.get(address(settings, original)).status_code == 403
    for each in image.variants:
        answer = anybody.get(address(settings, each.key))
        assert answer.headers["Content-Type"] == each.format.content_type
        assert answer.headers["Content-Length"] == str(each.byte_size)
        assert sha256(answer.content).hexdigest() == each.sha256
    for _ in range(2):
        await images.erase(post_id)
        assert stores.keys("eu", original) == []
        assert stores.keys("eu", rendition_prefix(post_id)) == []
    assert anybody.get(address(settings, image.default.key)).status_code == 404
