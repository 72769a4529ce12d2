"""Something to look at: accounts that follow each other and upload photographs, as clients do."""

import asyncio
import importlib.util
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import orjson

PEOPLE = ("ada", "grace", "katherine", "hedy")
PASSWORD_BYTES = 12
PHOTOGRAPHS = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")
DESCRIPTIONS = {
    "astronaut": "Eileen Collins, the first woman to command a Space Shuttle",
    "coffee": "The second cup",
    "chelsea": "Chelsea, supervising",
    "rocket": "Lift-off",
}
PROCESSING_MAX_SECONDS = 60.0
POLL_SECONDS = 0.3
TIMEOUT_SECONDS = 30.0

SIGN_UP = """mutation($input: SignUpInput!) { signUp(input: $input) {
  viewer { id username } accessToken errors { message } } }"""
FOLLOW = "mutation($input: FollowInput!) { follow(input: $input) { errors { message } } }"
UPLOAD = """mutation($input: UploadPhotoInput!) { uploadPhoto(input: $input) {
  post { id } errors { message } } }"""
STATUS = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Post { status failure } } }"
FEED = "{ feed { edges { node { description author { username } image { url } } } } }"


class DemoError(Exception):
    """The demo could not go on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """An account of the demo."""

    id: str
    username: str
    password: str
    access_token: str


def photographs(folder: Path | None) -> list[Path]:
    """Find photographs: in a folder, else those in the public domain that scikit-image brings.

    Raises:
        DemoError: there are none.
    """
    if folder is None:
        package = importlib.util.find_spec("skimage")
        if package is None or package.origin is None:
            raise DemoError("scikit-image is not installed: give a folder with --photos")
        found = [Path(package.origin).parent / "data" / name for name in PHOTOGRAPHS]
    else:
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not found:
        raise DemoError(f"There are no photographs in {folder}")
    return found


async def run_demo(url: str, photos: list[Path]) -> AsyncIterator[str]:
    """Sign up, follow, upload and wait until all is READY; yields what was done, in words.

    Raises:
        DemoError: the server cannot be reached, refused something, or took too long.
    """
    async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
        client = _Client(http, url)
        people = [await client.sign_up(name) for name in PEOPLE]
        yield "signed up " + ", ".join(person.username for person in people)
        for person in people:
            for other in people:
                if other is not person:
                    await client.ask(FOLLOW, {"input": {"userId": other.id}}, person)
        yield "everybody follows everybody"
        post_ids = []
        for number, photo in enumerate(photos):
            person = people[number % len(people)]
            post_ids.append(await client.upload(photo, person))
            yield f"{person.username} uploaded {photo.name}"
        await client.wait_until_ready(post_ids, people[0])
        yield "all photographs are compressed and in the feeds"
        viewer = people[0]
        feed = (await client.ask(FEED, {}, viewer))["feed"]["edges"]
        for edge in feed:
            yield f"in the feed of {viewer.username}: {edge['node']['image']['url']}"
        yield f"sign in as {viewer.username} with the password {viewer.password}"
        yield f'or send this header: {{"Authorization": "Bearer {viewer.access_token}"}}'


class _Client:
    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def ask(
        self, query: str, variables: dict[str, Any], person: Person | None = None
    ) -> dict[str, Any]:
        return await self._send(person, json={"query": query, "variables": variables})

    async def sign_up(self, name: str) -> Person:
        username = f"{name}_{secrets.token_hex(3)}"
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        variables = {"input": {"username": username, "password": password}}
        payload = (await self.ask(SIGN_UP, variables))["signUp"]
        return Person(
            id=payload["viewer"]["id"],
            username=username,
            password=password,
            access_token=payload["accessToken"],
        )

    async def upload(self, photo: Path, person: Person) -> str:
        description = DESCRIPTIONS.get(photo.stem, photo.stem)
        variables = {"input": {"image": None, "description": description}}
        operations = {"query": UPLOAD, "variables": variables}
        answer = await self._send(
            person,
            data={
                "operations": orjson.dumps(operations).decode(),
                "map": '{"photo": ["variables.input.image"]}',
            },
            files={"photo": (photo.name, await asyncio.to_thread(photo.read_bytes))},
        )
        return str(answer["uploadPhoto"]["post"]["id"])

    async def wait_until_ready(self, post_ids: list[str], person: Person) -> None:
        try:
            async with asyncio.timeout(PROCESSING_MAX_SECONDS):
                while not await self._are_ready(post_ids, person):
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise DemoError(
                "The photographs were not compressed in time: see `make logs`"
            ) from None

    async def _are_ready(self, post_ids: list[str], person: Person) -> bool:
        posts = (await self.ask(STATUS, {"ids": post_ids}, person))["nodes"]
        for post in posts:
            if post and post["failure"]:
                raise DemoError(post["failure"])
        return all(post and post["status"] == "READY" for post in posts)

    async def _send(self, person: Person | None, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as httpx2 takes it
        headers = {"GraphQL-Require-Preflight": "1"}
        if person:
            headers["Authorization"] = f"Bearer {person.access_token}"
        try:
            response = await self._http.post(self._url, headers=headers, **request)
            answer = response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise DemoError(f"{self._url} did not answer: {error!r}") from None
        if answer.get("errors"):
            raise DemoError(answer["errors"][0]["message"])
        data: dict[str, Any] = answer["data"]
        for payload in data.values():
            if isinstance(payload, dict) and payload.get("errors"):
                raise DemoError(payload["errors"][0]["message"])
        return data
