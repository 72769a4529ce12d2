"""What every resolver is given: the house, whoever asks, and loaders that batch."""

import asyncio
from collections.abc import Mapping

from starlette.requests import HTTPConnection
from strawberry.dataloader import DataLoader
from strawberry.types.info import Info as StrawberryInfo

from app.accounts.model import Account, Viewer
from app.errors import UnauthenticatedError
from app.wiring import House

BEARER = "bearer "


class Context:
    """One request, or one WebSocket with all its operations."""

    def __init__(self, house: House, connection: HTTPConnection) -> None:
        self.house = house
        self.connection_params: object = None
        self._connection = connection
        self._signed_in: Viewer | None = None
        self._viewer: asyncio.Task[Viewer | None] | None = None
        # Without a cache: what a socket's operations load must not be older than they are.
        self.accounts = DataLoader[int, Account | None](self._load_accounts, cache=False)
        self.viewer_follows = DataLoader[int, bool](self._load_viewer_follows, cache=False)

    async def viewer(self) -> Viewer | None:
        """Whoever asks; None if no token was sent.

        Raises:
            UnauthenticatedError: the token is expired or broken, or its session is over.
        """
        if self._connection.scope["type"] == "websocket":
            return await self._authenticate()
        if self._signed_in:
            return self._signed_in
        if self._viewer is None:
            self._viewer = asyncio.create_task(self._authenticate())
        return await asyncio.shield(self._viewer)

    async def viewer_id(self) -> int | None:
        """The account of whoever asks; None if no token was sent. Raises as `viewer`."""
        viewer = await self.viewer()
        return viewer.account_id if viewer else None

    async def signed_in(self) -> Viewer:
        """Whoever asks, who must have an account.

        Raises:
            UnauthenticatedError: no token was sent, or it is no good.
        """
        viewer = await self.viewer()
        if viewer is None:
            raise UnauthenticatedError("Sign in first")
        return viewer

    def go_on_as(self, viewer: Viewer) -> None:
        """Take whoever has just signed in for the viewer, whatever token this request came with."""
        self._signed_in = viewer

    async def _authenticate(self) -> Viewer | None:
        authorization = self._authorization()
        if authorization is None:
            return None
        if not authorization.lower().startswith(BEARER):
            raise UnauthenticatedError("Authorization has to be `Bearer` and an access token")
        return await self.house.accounts.authenticate(authorization[len(BEARER) :].strip())

    def _authorization(self) -> str | None:
        params = self.connection_params
        if isinstance(params, Mapping):
            named = (value for name, value in params.items() if name.lower() == "authorization")
            sent = next(named, None)
            if sent is not None:
                return str(sent)
        return self._connection.headers.get("authorization")

    async def _load_accounts(self, account_ids: list[int]) -> list[Account | None]:
        found = await self.house.accounts.find_many(set(account_ids))
        return [found.get(account_id) for account_id in account_ids]

    async def _load_viewer_follows(self, account_ids: list[int]) -> list[bool]:
        viewer_id = await self.viewer_id()
        if viewer_id is None:
            return [False] * len(account_ids)
        followed = await self.house.follows.followed_among(viewer_id, set(account_ids))
        return [account_id in followed for account_id in account_ids]


Info = StrawberryInfo[Context, None]
