"""A client of Photofeed as a frontend team would write one, for tests."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2

PASSWORD = "correct horse"
DEADLINE_SECONDS = 30.0
POLL_SECONDS = 0.1
TIMEOUT_SECONDS = 30.0

Result = TypeVar("Result")

USER = "id username displayName createdAt postCount followerCount followingCount viewerFollows"
IMAGE = "url width height thumbhash variants { url width height format byteSize sha256 }"
POST = (
    "id description altText createdAt status failure author { id username } image { " + IMAGE + " }"
)
ERRORS = "errors { code message path }"
SIGN_UP = f"""mutation($input: SignUpInput!) {{ signUp(input: $input) {{
  viewer {{ {USER} }} accessToken refreshToken expiresAt {ERRORS} }} }}"""
FOLLOW = f"""mutation($input: FollowInput!) {{ follow(input: $input) {{
  user {{ {USER} }} {ERRORS} }} }}"""
UNFOLLOW = f"""mutation($input: UnfollowInput!) {{ unfollow(input: $input) {{
  user {{ {USER} }} {ERRORS} }} }}"""
UPLOAD = f"""mutation($input: UploadPhotoInput!) {{ uploadPhoto(input: $input) {{
  post {{ {POST} }} {ERRORS} }} }}"""
DELETE = f"""mutation($input: DeletePostInput!) {{ deletePost(input: $input) {{
  postId {ERRORS} }} }}"""
GET_POST = f"query($id: ID!) {{ post(id: $id) {{ {POST} }} }}"
FEED = f"""query($first: Int, $after: String, $cursor: String) {{
  feed(first: $first, after: $after, cursor: $cursor) {{
    edges {{ cursor node {{ {POST} }} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} updatesCursor }} }}"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: the HTTP status, headers and the JSON body."""

    status: int
    headers: httpx2.Headers
    body: Any

    @property
    def data(self) -> Any:
        """The data of an operation that had no errors."""
        assert "errors" not in self.body, self.body
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """The codes of the errors."""
        return [error["extensions"]["code"] for error in self.body.get("errors", [])]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with an account, who asks through the front door."""

    api: "Api"
    id: str
    username: str
    access_token: str
    refresh_token: str

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an operation; it must have no errors."""
        return (await self.api.ask(query, variables, token=self.access_token)).data

    async def follow(self, other: "Person") -> Any:
        """Follow somebody; returns the payload."""
        return (await self.ask(FOLLOW, input={"userId": other.id}))["follow"]

    async def unfollow(self, other: "Person") -> Any:
        """Follow somebody no more; returns the payload."""
        return (await self.ask(UNFOLLOW, input={"userId": other.id}))["unfollow"]

    async def upload(self, photo: bytes | Path, **fields: Any) -> Any:
        """Upload a photo; returns the payload. `fields` are those of UploadPhotoInput."""
        return (await self.api.upload(photo, fields, token=self.access_token)).data["uploadPhoto"]

    async def publish(self, photo: bytes | Path, **fields: Any) -> Any:
        """Upload a photo and wait until its post is READY; returns the post."""
        payload = await self.upload(photo, **fields)
        assert payload["errors"] == [], payload
        return await self.until_processed(payload["post"]["id"])

    async def until_processed(self, post_id: str, seconds: float = DEADLINE_SECONDS) -> Any:
        """Wait until a post of mine is not PROCESSING any more; returns it."""

        async def processed() -> Any:
            post = (await self.ask(GET_POST, id=post_id))["post"]
            return post if post["status"] != "PROCESSING" else None

        return await until(processed, seconds=seconds)

    async def delete(self, post_id: str) -> Any:
        """Delete a post; returns the payload."""
        return (await self.ask(DELETE, input={"postId": post_id}))["deletePost"]

    async def feed(self, first: int | None = None, after: str | None = None) -> Any:
        """A page of my feed."""
        return (await self.ask(FEED, first=first, after=after))["feed"]

    async def walk_feed(self, first: int = 50) -> list[Any]:
        """Every post of my feed, page by page to its end; pages before the last must be full."""
        posts: list[Any] = []
        after = None
        while True:
            page = await self.feed(first=first, after=after)
            posts += [edge["node"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return posts
            assert len(page["edges"]) == first

    async def until_in_feed(self, *post_ids: str, seconds: float = DEADLINE_SECONDS) -> None:
        """Wait until the first page of my feed has these posts."""

        async def there() -> bool:
            page = await self.feed(first=100)
            return {edge["node"]["id"] for edge in page["edges"]} >= set(post_ids)

        await until(there, seconds=seconds)


class Api:
    """The API behind one address."""

    def __init__(self, url: str, http: httpx2.AsyncClient) -> None:
        self.url = url
        self.http = http

    async def ask(
        self, query: str, variables: dict[str, Any] | None = None, token: str | None = None
    ) -> Answer:
        """Send an operation as JSON."""
        return await self.post(json={"query": query, "variables": variables or {}}, token=token)

    async def upload(
        self, photo: bytes | Path, fields: dict[str, Any], token: str | None = None
    ) -> Answer:
        """Send `uploadPhoto` as the GraphQL multipart request specification says."""
        content = await asyncio.to_thread(photo.read_bytes) if isinstance(photo, Path) else photo
        operations = {"query": UPLOAD, "variables": {"input": {"image": None, **fields}}}
        return await self.post(
            data={
                "operations": json.dumps(operations),
                "map": json.dumps({"0": ["variables.input.image"]}),
            },
            files={"0": ("photo", content)},
            headers={"GraphQL-Require-Preflight": "1"},
            token=token,
        )

    async def post(
        self, *, token: str | None = None, headers: dict[str, str] | None = None, **request: Any
    ) -> Answer:
        """POST anything."""
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        response = await self.http.post(self.url, headers=sent, **request)
        return Answer(status=response.status_code, headers=response.headers, body=response.json())

    async def sign_up(self, name: str = "person", **fields: Any) -> Person:
        """Open an account with a username that nobody has."""
        username = f"{name}_{secrets.token_hex(5)}"
        variables = {"input": {"username": username, "password": PASSWORD, **fields}}
        payload = (await self.ask(SIGN_UP, variables)).data["signUp"]
        assert payload["errors"] == [], payload
        return Person(
            api=self,
            id=payload["viewer"]["id"],
            username=username,
            access_token=payload["accessToken"],
            refresh_token=payload["refreshToken"],
        )

    async def sign_up_many(self, count: int) -> list[Person]:
        """Open some accounts."""
        return list(await asyncio.gather(*(self.sign_up() for _ in range(count))))


@asynccontextmanager
async def open_api(url: str) -> AsyncIterator[Api]:
    """Connect to the API at a GraphQL address."""
    async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
        yield Api(url, http)


async def until(
    condition: Callable[[], Awaitable[Result]], *, seconds: float = DEADLINE_SECONDS
) -> Result:
    """Ask again and again until the answer is true, and return it; TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while not (result := await condition()):
            await asyncio.sleep(POLL_SECONDS)
        return result
