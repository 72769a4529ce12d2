"""READY posts in MongoDB whose photos are in stores in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from app.ids import IdSource
from app.images.conditions import Mended, Wanted
from app.images.model import Image, ObjectStoreError, Variant, original_prefix, rendition_prefix
from app.posts.census import PostCensus
from app.posts.documents import to_document
from app.posts.model import Post, PostState
from app.posts.replication import Copies, Replication
from app.scrub.model import Orphan, Progress, Report, Run
from app.scrub.pace import Unhurried
from app.scrub.service import Scrub
from app.scrub.store import ScrubStore
from tests.broken_objects import (
    RENDITIONS,
    SHA256,
    BrokenObjects,
    copies_of,
    image_of,
    put,
    put_photo,
    regions_of,
)
from tests.stores.conftest import Database
from tests.stores.samples import a_post

EVERYWHERE: Final = Run(region=None, is_dry=False, pace=Unhurried())
OBJECTS: Final = len(RENDITIONS) + 1


class MemoryImages:
    """Renders what `rendered` says, and erases."""

    def __init__(self, objects: BrokenObjects) -> None:
        self._objects = objects
        self.rendered: Iterable[bytes] = RENDITIONS.values()

    async def render(self, post_id: int, region: str, original_sha256: str) -> Image:
        if not any(key.startswith(original_prefix(post_id)) for _, key in self._objects.objects):
            raise ObjectStoreError(region, "There is no original.")
        variants = [
            _content(variant, content)
            for variant, content in zip(image_of(post_id).variants, self.rendered, strict=True)
        ]
        for variant, content in zip(variants, self.rendered, strict=True):
            put(self._objects, region, variant.key, content)
        return replace(image_of(post_id), variants=tuple(variants))

    async def erase(self, post_id: int) -> None:
        for prefix in (original_prefix(post_id), rendition_prefix(post_id)):
            for region, key in list(self._objects.objects):
                if key.startswith(prefix):
                    self._objects.remove(region, key)


def _content(variant: Variant, content: bytes) -> Variant:
    digest = sha256(content).hexdigest()
    return replace(
        variant, key=variant.key.replace(variant.sha256[:16], digest[:16]), sha256=digest
    )


class Meanwhile:
    """Looks at copies, and has something happen before that is recorded."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self.happens: Any = None

    async def answer(self, regions: Iterable[str]) -> bool:
        return await self._copies.answer(regions)

    async def mend(
        self, wanted: Iterable[Wanted], regions: Sequence[str], *, is_dry: bool = False
    ) -> Mended:
        mended = await self._copies.mend(wanted, regions, is_dry=is_dry)
        if self.happens:
            await self.happens()
        return mended


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """Photos in two regions, and who looks after them."""

    database: Database
    objects: BrokenObjects
    images: MemoryImages
    meanwhile: Meanwhile
    census: PostCensus
    replication: Replication
    scrub: Scrub
    ids: IdSource

    async def post(self, *regions: str, state: PostState = PostState.READY, **fields: Any) -> Post:
        """A post whose photo is whole in these regions; `fields` are those of its document."""
        new = a_post(self.ids, state=state)
        image = image_of(new.id) if state in {PostState.READY, PostState.DELETED} else None
        post = replace(new, original_sha256=SHA256, image=image)
        put_photo(self.objects, post.id, *regions)
        document = {**to_document(post), "owed": [], **fields}
        await self.database["posts"].insert_one(document)
        return post

    async def document(self, post: Post) -> dict[str, Any]:
        """What MongoDB holds of a post."""
        document = await self.database["posts"].find_one({"_id": post.id})
        assert document is not None
        return document

    async def copied_to(self, post: Post) -> list[str] | None:
        """The regions that a post has copies in, as it says itself."""
        copies = (await self.document(post)).get("copies")
        return None if copies is None else [each["region"] for each in copies]

    async def scrubbed(self, run: Run = EVERYWHERE, *, from_start: bool = False) -> Report:
        """What a scrub found, when it was done."""
        return (await self.steps(run, from_start=from_start))[-1].report

    async def steps(self, run: Run = EVERYWHERE, *, from_start: bool = False) -> list[Progress]:
        """All that a scrub says."""
        return [step async for step in self.scrub.run(run, from_start=from_start)]

    async def orphans(self, run: Run = EVERYWHERE) -> set[tuple[str, str]]:
        """The orphans that a scrub names."""
        return {
            (found.region, found.key)
            for step in await self.steps(run)
            for found in step.findings
            if isinstance(found, Orphan)
        }


async def a_gallery(database: Database, ids: IdSource) -> Gallery:
    """One without photos."""
    objects, census = BrokenObjects(), PostCensus(database)
    await census.prepare()
    await census.prepare()
    images, regions = MemoryImages(objects), regions_of(objects)
    meanwhile = Meanwhile(copies_of(objects))
    replication = Replication(posts=census, copies=meanwhile, images=images, pair=regions.pair)
    return Gallery(
        database=database,
        objects=objects,
        images=images,
        meanwhile=meanwhile,
        census=census,
        replication=replication,
        scrub=Scrub(
            posts=census,
            replication=replication,
            objects=objects,
            regions=regions,
            checkpoints=ScrubStore(database),
        ),
        ids=ids,
    )
