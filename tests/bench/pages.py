"""The page of 50 posts that servers are compared by: who asks for it, and what has to come."""

import json
import random
from typing import Any

from tests.bench import seeds
from tests.bench.load import Ask, fetch
from tests.bench.rounds import BenchError
from tests.stack import TestStack

FIRST = 50
AUTHORS = 200
POSTS_AN_AUTHOR = 20
VIEWERS = 64
FOLLOWEES = 100

QUERY = """query Feed($first: Int, $after: String) { feed(first: $first, after: $after) {
  edges { cursor node {
    id description altText createdAt status failure
    author { id username displayName }
    image { url width height thumbhash
      variants { url width height format byteSize sha256 } } } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  updatesCursor } }"""


async def populate(stack: TestStack) -> list[str]:
    """Write authors, posts, viewers and edges; returns the viewers' access tokens."""
    settings = stack.settings
    draw = random.Random(1)  # noqa: S311 - the same graph in every run
    async with seeds.open_database(settings) as database:
        authors, viewers = seeds.new_ids(AUTHORS), seeds.new_ids(VIEWERS)
        await seeds.insert_accounts(database, authors + viewers)
        await seeds.insert_edges(
            database,
            [(viewer, author) for viewer in viewers for author in draw.sample(authors, FOLLOWEES)],
        )
        published = authors * POSTS_AN_AUTHOR
        draw.shuffle(published)
        await seeds.insert_posts(
            database, [seeds.new_post(author, settings.region) for author in published]
        )
        return [await seeds.sign_in(database, settings, viewer) for viewer in viewers]


async def same_page(*asked: tuple[int, bytes]) -> tuple[Ask, ...]:
    """The requests of one viewer, each at a port, once it is known that all have the same page."""
    answers = [await fetch(port, request) for port, request in asked]
    pages = [_without_moment(page_of(answer)) for answer in answers]
    for page, answer in zip(pages, answers, strict=True):
        if page != pages[0] or len(page["edges"]) != FIRST:
            raise BenchError(
                f"Two pages that should be one:\n{answers[0]!r:.2000}\n{answer!r:.2000}"
            )
    return tuple(
        Ask(request=request, answer_bytes=len(answer))
        for (_, request), answer in zip(asked, answers, strict=True)
    )


def page_of(answer: bytes) -> Any:
    """The page in an answer."""
    return json.loads(answer)["data"]["feed"]


def _without_moment(page: Any) -> Any:
    """A page without the moment at which it was read."""
    return {name: value for name, value in page.items() if name != "updatesCursor"}
