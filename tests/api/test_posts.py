"""An author's posts, and deleting them."""

from typing import Any

from schema.nodes import Kind, global_id
from tests.api.conftest import PublishSketches
from tests.client import DELETE, GET_POST, Api, Person

POSTS = """query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on User {
  postCount posts(first: $first, after: $after) {
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }"""


async def _posts(viewer: Person, author: Person, **arguments: Any) -> Any:
    return (await viewer.ask(POSTS, id=author.id, **arguments))["node"]["posts"]


def _ids(page: Any) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


async def test_an_author_s_posts_are_walked_newest_first(api: Api, sketch: PublishSketches) -> None:
    author, viewer = await api.sign_up_many(2)
    published = await sketch(author, 5)
    assert _ids(await _posts(viewer, author)) == published
    walked: list[str] = []
    after = None
    for count, has_next in ((2, True), (2, True), (1, False)):
        page = await _posts(viewer, author, first=2, after=after)
        assert (len(page["edges"]), page["pageInfo"]["hasNextPage"]) == (count, has_next)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        walked += _ids(page)
        after = page["pageInfo"]["endCursor"]
        assert after == page["edges"][-1]["cursor"]
    assert walked == published
    assert _ids(await _posts(viewer, author, first=5)) == published
    answer = await api.ask(POSTS, {"id": viewer.id, "after": after})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.body["data"] == {"node": None}


async def test_a_deleted_post_is_gone_from_the_very_next_read(
    api: Api, sketch: PublishSketches
) -> None:
    author, follower = await api.sign_up_many(2)
    newer, older = await sketch(author, 2)
    await follower.follow(author)
    assert _ids(await follower.feed()) == [newer, older]
    assert await author.delete(newer) == {"postId": newer, "errors": []}
    for person in (author, follower):
        assert (await person.ask(GET_POST, id=newer))["post"] is None
        assert _ids(await _posts(person, author)) == [older]
    assert _ids(await follower.feed()) == [older]
    assert (await author.ask(POSTS, id=author.id))["node"]["postCount"] == 1


async def test_only_one_s_own_posts_can_be_deleted(api: Api, sketch: PublishSketches) -> None:
    author, other = await api.sign_up_many(2)
    (post,) = await sketch(author, 1)
    payload = await other.delete(post)
    assert payload["postId"] is None
    assert [(e["code"], e["path"]) for e in payload["errors"]] == [("FORBIDDEN", ["postId"])]
    assert (await api.ask(DELETE, {"input": {"postId": post}})).codes == ["UNAUTHENTICATED"]
    assert (await author.ask(GET_POST, id=post))["post"]["id"] == post
    assert (await author.delete(post))["errors"] == []
    for gone in (
        post,
        "x",
        "",
        "\0",
        global_id(Kind.POST, 5),
        global_id(Kind.POST, 1 << 63),
        author.id,
    ):
        payload = await author.delete(gone)
        assert payload["postId"] is None
        assert [(e["code"], e["path"]) for e in payload["errors"]] == [("NOT_FOUND", ["postId"])]
    payload = await other.delete(post)
    assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]


async def test_a_post_can_be_deleted_before_it_is_ready(api: Api, photo: bytes) -> None:
    author, other = await api.sign_up_many(2)
    post = (await author.upload(photo))["post"]["id"]
    assert [error["code"] for error in (await other.delete(post))["errors"]] in (
        ["NOT_FOUND"],
        ["FORBIDDEN"],  # it became READY meanwhile
    )
    assert (await author.delete(post))["errors"] == []
    assert (await author.ask(GET_POST, id=post))["post"] is None
    assert (await author.ask(POSTS, id=author.id))["node"]["postCount"] == 0


async def test_a_processing_post_is_its_author_s_alone(
    api: Api, sketch: PublishSketches, photo: bytes
) -> None:
    author, other = await api.sign_up_many(2)
    (ready,) = await sketch(author, 1)
    photos = [(await author.upload(photo))["post"]["id"] for _ in range(3)]
    page = await _posts(author, author)
    assert _ids(page) == [*reversed(photos), ready]
    seen = (await other.ask(GET_POST, id=photos[-1]))["post"]
    assert seen is None or seen["status"] == "READY"
