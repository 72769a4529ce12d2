"""Following and unfollowing, and the lists at both ends."""

import asyncio
from typing import Any

from schema.nodes import Kind, global_id
from tests.api.conftest import PublishSketches
from tests.client import FOLLOW, UNFOLLOW, Api, Person

USERS = """query($username: String!, $first: Int, $after: String) {
  user(username: $username) { %s(first: $first, after: $after) {
    edges { cursor node { id viewerFollows } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
COUNTS = """query($username: String!) { user(username: $username) {
  followerCount followingCount viewerFollows } }"""


async def _page(viewer: Person, whose: Person, name: str, **arguments: Any) -> Any:
    return (await viewer.ask(USERS % name, username=whose.username, **arguments))["user"][name]


async def _counts(viewer: Person, whose: Person) -> tuple[int, int, bool]:
    user = (await viewer.ask(COUNTS, username=whose.username))["user"]
    return user["followerCount"], user["followingCount"], user["viewerFollows"]


async def test_following_is_seen_at_once_at_both_ends(api: Api) -> None:
    ada, grace = await api.sign_up_many(2)
    payload = await ada.follow(grace)
    assert payload["errors"] == []
    assert payload["user"]["id"] == grace.id
    assert payload["user"]["followerCount"] == 1
    assert payload["user"]["viewerFollows"] is True
    assert await _counts(ada, grace) == (1, 0, True)
    assert await _counts(grace, ada) == (0, 1, False)
    assert (await api.ask(COUNTS, {"username": grace.username})).data["user"] == {
        "followerCount": 1,
        "followingCount": 0,
        "viewerFollows": False,
    }
    payload = await ada.unfollow(grace)
    assert payload["errors"] == []
    assert payload["user"]["followerCount"] == 0
    assert payload["user"]["viewerFollows"] is False
    assert await _counts(ada, grace) == (0, 0, False)


async def test_following_and_unfollowing_twice_is_once(api: Api) -> None:
    ada, grace = await api.sign_up_many(2)
    await asyncio.gather(*(ada.follow(grace) for _ in range(10)))
    assert (await ada.follow(grace))["user"]["followerCount"] == 1
    assert await _counts(ada, ada) == (0, 1, False)
    await asyncio.gather(*(ada.unfollow(grace) for _ in range(10)))
    payload = await ada.unfollow(grace)
    assert (payload["errors"], payload["user"]["followerCount"]) == ([], 0)


async def test_some_cannot_be_followed(api: Api, sketch: PublishSketches) -> None:
    person = await api.sign_up()
    (post,) = await sketch(person, 1)
    nobody = ("x", "", "\0", global_id(Kind.USER, 5), global_id(Kind.USER, 1 << 63), post)
    for query, name in ((FOLLOW, "follow"), (UNFOLLOW, "unfollow")):
        for user_id in nobody:
            payload = (await person.ask(query, input={"userId": user_id}))[name]
            assert payload["user"] is None
            assert [(e["code"], e["path"]) for e in payload["errors"]] == [
                ("NOT_FOUND", ["userId"])
            ]
    payload = await person.follow(person)
    assert [(e["code"], e["path"]) for e in payload["errors"]] == [
        ("CANNOT_FOLLOW_SELF", ["userId"])
    ]
    assert (await person.unfollow(person))["errors"] == []
    assert await _counts(person, person) == (0, 0, False)


async def test_following_needs_an_account(api: Api) -> None:
    person = await api.sign_up()
    for query in (FOLLOW, UNFOLLOW):
        assert (await api.ask(query, {"input": {"userId": person.id}})).codes == ["UNAUTHENTICATED"]


async def test_lists_are_walked_newest_first(api: Api) -> None:
    star, *others = await api.sign_up_many(6)
    for other in others:
        await other.follow(star)
        await star.follow(other)
    newest_first = [other.id for other in reversed(others)]
    for name in ("followers", "following"):
        page = await _page(star, star, name)
        assert [edge["node"]["id"] for edge in page["edges"]] == newest_first
        assert all(edge["node"]["viewerFollows"] for edge in page["edges"])
        cursors = [edge["cursor"] for edge in page["edges"]]
        assert page["pageInfo"] == {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": cursors[0],
            "endCursor": cursors[-1],
        }
        walked: list[str] = []
        after = None
        for count, has_next in ((2, True), (2, True), (1, False)):
            page = await _page(others[0], star, name, first=2, after=after)
            assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
            assert (len(page["edges"]), page["pageInfo"]["hasNextPage"]) == (count, has_next)
            walked += [edge["node"]["id"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
        assert walked == newest_first
        behind = await _page(star, star, name, after=after)
        assert behind["edges"] == []
        assert behind["pageInfo"]["endCursor"] is None
        exact = await _page(star, star, name, first=5)
        assert exact["pageInfo"]["hasNextPage"] is False


async def test_a_cursor_survives_what_it_points_at(api: Api) -> None:
    star, *others = await api.sign_up_many(4)
    for other in others:
        await other.follow(star)
    page = await _page(star, star, "followers", first=1)
    await others[2].unfollow(star)
    rest = await _page(star, star, "followers", after=page["pageInfo"]["endCursor"])
    assert [edge["node"]["id"] for edge in rest["edges"]] == [others[1].id, others[0].id]


async def test_cursors_belong_to_one_list(api: Api) -> None:
    ada, grace = await api.sign_up_many(2)
    await ada.follow(grace)
    await grace.follow(ada)
    mine = (await _page(ada, ada, "followers"))["pageInfo"]["endCursor"]
    for whose, name, after in (
        (ada, "following", mine),
        (grace, "followers", mine),
        (ada, "posts", mine),
        *((ada, name, bad) for name in ("followers", "following") for bad in ("", "x", "\0🗝")),
    ):
        query = f"""query($username: String!, $after: String) {{
          user(username: $username) {{ {name}(after: $after) {{ edges {{ cursor }} }} }} }}"""
        answer = await api.ask(query, {"username": whose.username, "after": after})
        assert answer.codes == ["BAD_USER_INPUT"]


async def test_pages_have_bounds(api: Api) -> None:
    person = await api.sign_up()
    for name in ("followers", "following", "posts"):
        query = f"""query($username: String!, $first: Int) {{
          user(username: $username) {{ {name}(first: $first) {{ edges {{ cursor }} }} }} }}"""
        for first in (0, -1, 101, -(2**31), 2**31 - 1):
            answer = await api.ask(query, {"username": person.username, "first": first})
            assert answer.codes == ["BAD_USER_INPUT"]
        for good in (1, 100, None):
            answer = await api.ask(query, {"username": person.username, "first": good})
            assert answer.data["user"][name]["edges"] == []
