"""What every resolver is given: the house, whoever asks, and loaders that batch."""

import time
from collections.abc import Collection, Mapping
from functools import cached_property

from strawberry.dataloader import DataLoader
from strawberry.types.info import Info as StrawberryInfo

from app.accounts.model import Account, Viewer
from app.errors import UnauthenticatedError
from app.wiring import House

BEARER = "bearer "
GONE = "The account is gone"
LONG_AGO = 0.0
"""As of then, whatever is kept is new enough."""


class Context:
    """One operation: who asks for it, from where, and since when.

    What it reads of kept accounts and edges is not older than it is, `time.monotonic` as it was
    made; that of a mutation not older than the reading, that of a subscription whatever is kept.
    """

    def __init__(
        self, house: House, *, authorization: str | None = None, address: str = ""
    ) -> None:
        self.house = house
        self.address = address
        self.not_before: float | None = time.monotonic()
        self._authorization = authorization
        self._is_identified = False
        self._viewer: Viewer | None = None
        self._refusal: UnauthenticatedError | None = None

    async def identify(self) -> Viewer | None:
        """Find out who asks; None if that is nobody, or cannot be told from the token."""
        if self._authorization is not None and not self._is_identified:
            try:
                self._viewer = await self._authenticate(self._authorization)
            except UnauthenticatedError as error:
                self._refusal = error
        self._is_identified = True
        return self._viewer

    async def viewer(self) -> Viewer | None:
        """Whoever asks; None if no token was sent.

        Raises:
            UnauthenticatedError: the token is expired or broken, or its session is over.
        """
        if not self._is_identified:
            await self.identify()
        if self._refusal:
            raise self._refusal
        return self._viewer

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

    async def own_account(self) -> Account:
        """The account of whoever asks. Raises as `signed_in`."""
        viewer = await self.signed_in()
        account = (await self.find_accounts([viewer.account_id])).get(viewer.account_id)
        if account is None:
            raise UnauthenticatedError(GONE)
        return account

    @property
    def is_nobody(self) -> bool:
        """Whether no token was sent, and nobody has signed in since."""
        return self._authorization is None and self._viewer is None

    @property
    def is_turned_away(self) -> bool:
        """Whether whoever asks was found out to have a token that is no good, or no longer."""
        return self._refusal is not None

    def go_on_as(self, viewer: Viewer) -> None:
        """Take whoever has just signed in for the viewer, whatever token this request came with."""
        self._viewer, self._refusal, self._is_identified = viewer, None, True

    def leave(self) -> None:
        """Whoever asks has no account any more."""
        self._viewer, self._refusal = None, UnauthenticatedError(GONE)

    async def find_accounts(self, account_ids: Collection[int]) -> Mapping[int, Account]:
        """Accounts by id; ids of nobody are left out."""
        return await self.house.kept.accounts(account_ids, not_before=self._as_of())

    async def followed_among(self, account_ids: Collection[int]) -> Mapping[int, bool]:
        """Whether the viewer follows each of some accounts; nobody follows none."""
        viewer_id = await self.viewer_id()
        if viewer_id is None:
            return dict.fromkeys(account_ids, False)
        followed = await self.house.kept.followed_among(
            viewer_id, account_ids, not_before=self._as_of()
        )
        return {account_id: account_id in followed for account_id in account_ids}

    # Without a cache: what is loaded after a mutation must not be older than it.

    @cached_property
    def accounts(self) -> DataLoader[int, Account | None]:
        """Accounts, for resolvers that ask for one each."""
        return DataLoader(self._load_accounts, cache=False)

    @cached_property
    def viewer_follows(self) -> DataLoader[int, bool]:
        """Whether the viewer follows an account, likewise."""
        return DataLoader(self._load_viewer_follows, cache=False)

    async def _authenticate(self, authorization: str) -> Viewer:
        if not authorization.lower().startswith(BEARER):
            raise UnauthenticatedError("Authorization has to be `Bearer` and an access token")
        return await self.house.accounts.authenticate(authorization[len(BEARER) :].strip())

    def _as_of(self) -> float:
        return time.monotonic() if self.not_before is None else self.not_before

    async def _load_accounts(self, account_ids: list[int]) -> list[Account | None]:
        found = await self.find_accounts(set(account_ids))
        return [found.get(account_id) for account_id in account_ids]

    async def _load_viewer_follows(self, account_ids: list[int]) -> list[bool]:
        found = await self.followed_among(set(account_ids))
        return [found[account_id] for account_id in account_ids]


Info = StrawberryInfo[Context, None]
