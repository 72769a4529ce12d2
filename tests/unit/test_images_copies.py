"""Copies of photos, looked at and mended, with object stores in memory."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.images.conditions import Condition, Mended
from app.images.copies import objects_of
from tests.broken_objects import (
    ORIGINAL,
    SHA256,
    BrokenObjects,
    Where,
    copies_of,
    image_of,
    keys_of,
    put_photo,
)

POST: Final = 0x0123456789ABCDEF
KEYS: Final = keys_of(POST)
RENDITION, *_, ORIGINAL_KEY = KEYS
WANTED: Final = objects_of(POST, SHA256, image_of(POST))
BOTH: Final = ("eu", "us")
HARMS: Final = ["missing", "truncated", "altered", "unreadable"]


@pytest.fixture
def objects() -> BrokenObjects:
    """Both regions have all of a photo."""
    objects = BrokenObjects()
    put_photo(objects, POST, *BOTH)
    return objects


def told(mended: Mended) -> Counter[Condition]:
    """How many copies were in which condition."""
    return Counter(each.condition for each in mended.found)


async def test_what_is_whole_is_read_once_and_left_alone(objects: BrokenObjects) -> None:
    mended = await copies_of(objects).mend(WANTED, BOTH)
    assert told(mended) == {Condition.INTACT: 2 * len(KEYS)}
    assert mended.verified == {*BOTH}
    assert sorted(objects.fetched) == sorted((region, key) for region in BOTH for key in KEYS)
    assert objects.was_put == []
    assert sum(each.byte_size for each in mended.found) == sum(map(len, objects.objects.values()))


@pytest.mark.parametrize("region", BOTH)
@pytest.mark.parametrize("key", [RENDITION, ORIGINAL_KEY])
@pytest.mark.parametrize("harm", HARMS)
async def test_what_one_region_lacks_is_put_from_the_other_as_it_was(
    objects: BrokenObjects, region: str, key: str, harm: str
) -> None:
    before, headers = dict(objects.objects), dict(objects.headers)
    objects.break_object((region, key), harm)
    mended = await copies_of(objects).mend(WANTED, BOTH)
    assert told(mended) == {Condition(harm): 1, Condition.INTACT: 2 * len(KEYS) - 1}
    assert [(each.region, each.key) for each in mended.found if each.is_repaired] == [(region, key)]
    assert (mended.verified, mended.lost, mended.is_harmed) == ({*BOTH}, set(), False)
    assert (objects.objects, objects.headers) == (before, headers)
    assert objects.was_put == [(region, key)]
    assert len(objects.fetched) == 2 * len(KEYS) + 1  # once each, and what was put


async def test_a_region_that_has_nothing_gets_everything(objects: BrokenObjects) -> None:
    before, headers = dict(objects.objects), dict(objects.headers)
    for key in KEYS:
        objects.break_object(("us", key), "missing")
    mended = await copies_of(objects).mend(WANTED, BOTH)
    assert told(mended) == {Condition.MISSING: len(KEYS), Condition.INTACT: len(KEYS)}
    assert (objects.objects, objects.headers) == (before, headers)


@pytest.mark.parametrize("harms", [("missing", "altered"), ("truncated", "truncated")])
async def test_what_is_bad_everywhere_is_lost_and_not_spread(
    objects: BrokenObjects, harms: tuple[str, str]
) -> None:
    for region, harm in zip(BOTH, harms, strict=True):
        objects.break_object((region, RENDITION), harm)
    before = dict(objects.objects)
    mended = await copies_of(objects).mend(WANTED, BOTH)
    assert (mended.lost, mended.verified) == ({RENDITION}, set())
    assert objects.objects == before


async def test_any_other_region_may_help(objects: BrokenObjects) -> None:
    put_photo(objects, POST, "ap")
    for region in BOTH:
        objects.break_object((region, ORIGINAL_KEY), "altered")
    mended = await copies_of(objects, "ap").mend(WANTED, BOTH)
    assert (mended.verified, mended.lost) == ({*BOTH}, set())
    assert objects.objects["us", ORIGINAL_KEY] == ORIGINAL
    assert [region for region, _ in objects.fetched if region == "ap"] == ["ap"]


async def test_one_region_alone_is_mended_from_the_other(objects: BrokenObjects) -> None:
    objects.break_object(("us", RENDITION), "altered")
    objects.break_object(("eu", ORIGINAL_KEY), "altered")
    mended = await copies_of(objects).mend(WANTED, ("us",))
    assert {each.region for each in mended.found} == {"us"}
    assert mended.verified == {"us"}
    assert objects.was_put == [("us", RENDITION)]


async def test_while_a_region_is_away_nothing_is_known_of_it(objects: BrokenObjects) -> None:
    objects.away = {"us"}
    copies = copies_of(objects)
    assert not await copies.answer(BOTH)
    mended = await copies.mend(WANTED, BOTH)
    assert told(mended) == {Condition.INTACT: len(KEYS), Condition.AWAY: len(KEYS)}
    assert (mended.verified, mended.lost, mended.is_harmed) == ({"eu"}, set(), False)


@pytest.mark.parametrize("harm", HARMS)
async def test_what_may_be_whole_where_it_is_away_is_not_lost(
    objects: BrokenObjects, harm: str
) -> None:
    objects.break_object(("eu", RENDITION), harm)
    objects.away = {"us"}
    mended = await copies_of(objects).mend(WANTED, BOTH)
    assert (mended.lost, mended.is_harmed, mended.verified) == (set(), True, set())


async def test_what_cannot_be_read_today_is_not_lost(objects: BrokenObjects) -> None:
    objects.break_object(("eu", RENDITION), "missing")
    objects.break_object(("us", RENDITION), "unreadable")
    mended = await copies_of(objects).mend(WANTED, BOTH)
    assert (mended.lost, mended.is_harmed) == (set(), True)


async def test_what_cannot_be_put_is_not_repaired(objects: BrokenObjects) -> None:
    objects.break_object(("us", RENDITION), "truncated")
    objects.full = {"us"}
    mended = await copies_of(objects).mend(WANTED, BOTH)
    assert told(mended)[Condition.TRUNCATED] == 1
    assert (mended.lost, mended.is_harmed, mended.verified) == (set(), True, {"eu"})


class ForgetfulObjects(BrokenObjects):
    """A region acknowledges what is put, and keeps something else."""

    def fetch(self, region: str, key: str, path: Path) -> None:
        super().fetch(region, key, path)
        if (region, key) in self.was_put:
            path.write_bytes(b"something else")


async def test_what_was_put_is_only_believed_when_it_was_read_back() -> None:
    objects = ForgetfulObjects()
    put_photo(objects, POST, *BOTH)
    objects.break_object(("eu", RENDITION), "missing")
    mended = await copies_of(objects).mend(WANTED, BOTH)
    assert (mended.is_harmed, mended.verified) == (True, {"us"})


async def test_a_dry_run_names_what_is_wrong_and_leaves_it(objects: BrokenObjects) -> None:
    objects.break_object(("us", ORIGINAL_KEY), "truncated")
    objects.break_object(("eu", RENDITION), "missing")
    before = dict(objects.objects)
    mended = await copies_of(objects).mend(WANTED, BOTH, is_dry=True)
    assert (told(mended)[Condition.TRUNCATED], told(mended)[Condition.MISSING]) == (1, 1)
    assert mended.is_harmed
    assert (objects.objects, objects.was_put) == (before, [])


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from([(region, key) for region in BOTH for key in KEYS]),
        st.sampled_from(["missing", "altered"]),
    )
)
def test_whatever_is_harmed_all_is_whole_again_but_for_what_has_no_good_copy(
    harmed: dict[Where, str],
) -> None:
    objects = BrokenObjects()
    put_photo(objects, POST, *BOTH)
    whole = dict(objects.objects)
    for where, harm in harmed.items():
        objects.break_object(where, harm)
    broken = dict(objects.objects)
    mended = asyncio.run(copies_of(objects).mend(WANTED, BOTH))
    assert mended.lost == {key for key in KEYS if {("eu", key), ("us", key)} <= set(harmed)}
    assert told(mended) == Counter(Condition(harmed.get(where, "intact")) for where in whole)
    for where in whole:
        expected = broken if where[1] in mended.lost else whole
        assert objects.objects.get(where) == expected.get(where)
