"""Signing up, in and out, and finding accounts."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import partial

from app.accounts.model import (
    Account,
    AccountSettings,
    Credentials,
    Viewer,
    check_password,
    check_username,
    displayed_name,
)
from app.accounts.passwords import Passwords
from app.accounts.sessions import SessionOfAccount, SessionStore
from app.accounts.store import AccountStore, IdTakenError, UsernameTakenError
from app.accounts.tokens import (
    AccessTokens,
    RefreshToken,
    new_refresh_token,
    new_session_id,
    parse_refresh_token,
)
from app.batches import Batches
from app.errors import Refusal, RefusalCode, UnauthenticatedError
from app.ids import IdSource, created_at, random_shard
from app.transactions import Transactions

CHECKED_SESSIONS_MAX = 1_000


class Accounts:
    """Accounts and their sessions."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        sessions: SessionStore,
        passwords: Passwords,
        access_tokens: AccessTokens,
        transactions: Transactions,
        ids: IdSource,
        session_seconds: int,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._access_tokens = access_tokens
        self._transactions = transactions
        self._ids = ids
        self._session_life = timedelta(seconds=session_seconds)
        self._checks = Batches(self._check, max_keys=CHECKED_SESSIONS_MAX)

    async def sign_up(self, username: str, password: str, display_name: str | None) -> Credentials:
        """Open an account and sign in; refuses bad or taken names and bad passwords."""
        check_username(username)
        check_password(password)
        if await self._accounts.find_by_username(username):
            raise _username_taken()
        password_hash = await self._passwords.hash(password)
        account = await self._insert(
            username, displayed_name(display_name, username), password_hash
        )
        return await self._begin_session(account)

    async def log_in(self, username: str, password: str) -> Credentials:
        """Sign in; an unknown name and a wrong password are refused alike, in the same time."""
        found = await self._accounts.password_of(username)
        if not await self._passwords.matches(password, found[1] if found else None) or not found:
            raise _invalid_credentials()
        return await self._begin_session(found[0])

    async def refresh(self, refresh_token: str) -> Credentials:
        """Trade a refresh token for new credentials.

        A token works once. One that was used before may have been stolen, so it ends the session
        for everyone who holds a token of it.
        """
        old = parse_refresh_token(refresh_token)
        if old is None:
            raise _invalid_token()
        new = new_refresh_token(old.session_id)
        account_id = await self._sessions.rotate(
            session_id=old.session_id,
            old_hash=old.hash(),
            new_hash=new.hash(),
            expires_at=datetime.now(UTC) + self._session_life,
        )
        account = await self._accounts.find(account_id) if account_id is not None else None
        if account is None:
            await self._sessions.end(old.session_id)
            raise _invalid_token()
        return self._credentials(account, new)

    async def confirm(self, viewer: Viewer, password: str) -> None:
        """Refuse a password that is not the viewer's.

        Raises:
            UnauthenticatedError: the account is gone.
        """
        password_hash = await self._accounts.password_hash_of(viewer.account_id)
        if password_hash is None:
            raise UnauthenticatedError("The account is gone")
        if not await self._passwords.matches(password, password_hash):
            raise Refusal(
                RefusalCode.INVALID_CREDENTIALS, "The password is not right.", field="password"
            )

    async def settings_of(self, account_id: int) -> AccountSettings | None:
        """What somebody has set for their account."""
        return await self._accounts.settings_of(account_id)

    async def change_settings(self, viewer: Viewer, *, alt_text_required: bool | None) -> Account:
        """Have the viewer's photos need alternative texts, or not; None changes nothing.

        Raises:
            UnauthenticatedError: the account is gone.
        """
        if alt_text_required is not None:
            await self._accounts.set_alt_text_required(
                viewer.account_id, is_required=alt_text_required
            )
        account = await self._accounts.find(viewer.account_id)
        if account is None:
            raise UnauthenticatedError("The account is gone")
        return account

    async def log_out(self, viewer: Viewer) -> None:
        """End the viewer's session; its access tokens are good no more."""
        await self._sessions.end(viewer.session_id)

    async def authenticate(self, access_token: str) -> Viewer:
        """Whose access token this is.

        Raises:
            UnauthenticatedError: it is expired or broken, or its session is over.
        """
        viewer = self._access_tokens.read(access_token)
        if not await self._checks.ask_one((viewer.session_id, viewer.account_id)):
            raise UnauthenticatedError("The session is over")
        return viewer

    async def are_signed_in(self, viewers: Collection[Viewer]) -> set[Viewer]:
        """Those of some viewers whose sessions go on."""
        sessions = {(viewer.session_id, viewer.account_id): viewer for viewer in viewers}
        return {sessions[each] for each in await self._checks.ask(sessions)}

    async def find(self, account_id: int) -> Account | None:
        """One account by id."""
        return await self._accounts.find(account_id)

    async def find_many(self, account_ids: Collection[int]) -> dict[int, Account]:
        """Accounts by id, in one read; ids of nobody are left out."""
        return await self._accounts.find_many(account_ids)

    async def find_by_username(self, username: str) -> Account | None:
        """One account by its username, whatever its case."""
        return await self._accounts.find_by_username(username)

    async def _check(self, sessions: Collection[SessionOfAccount]) -> dict[SessionOfAccount, bool]:
        return dict.fromkeys(await self._sessions.are_alive(sessions), True)

    async def _insert(self, username: str, display_name: str, password_hash: str) -> Account:
        while True:
            account = _new_account(self._ids.next(random_shard()), username, display_name)
            insert = partial(self._accounts.insert, account, password_hash)
            try:
                await self._transactions.run(insert)
            except UsernameTakenError:
                raise _username_taken() from None
            except IdTakenError:
                continue
            return account

    async def _begin_session(self, account: Account) -> Credentials:
        token = new_refresh_token(new_session_id())
        await self._sessions.insert(
            session_id=token.session_id,
            account_id=account.id,
            token_hash=token.hash(),
            expires_at=datetime.now(UTC) + self._session_life,
        )
        # Of an account that was deleted before, nobody else ends this session.
        if await self._accounts.find(account.id) is None:
            await self._sessions.end(token.session_id)
            raise _invalid_credentials()
        return self._credentials(account, token)

    def _credentials(self, account: Account, refresh_token: RefreshToken) -> Credentials:
        viewer = Viewer(account_id=account.id, session_id=refresh_token.session_id)
        access_token, expires_at = self._access_tokens.sign(viewer)
        return Credentials(
            account=account,
            viewer=viewer,
            access_token=access_token,
            refresh_token=str(refresh_token),
            expires_at=expires_at,
        )


def _new_account(account_id: int, username: str, display_name: str) -> Account:
    return Account(
        id=account_id,
        username=username,
        display_name=display_name,
        created_at=created_at(account_id),
        post_count=0,
        follower_count=0,
        following_count=0,
        following_version=0,
    )


def _username_taken() -> Refusal:
    return Refusal(RefusalCode.USERNAME_TAKEN, "That username is taken.", field="username")


def _invalid_credentials() -> Refusal:
    return Refusal(RefusalCode.INVALID_CREDENTIALS, "The username or the password is not right.")


def _invalid_token() -> Refusal:
    return Refusal(
        RefusalCode.INVALID_TOKEN,
        "The refresh token is not good, or no longer: sign in again.",
        field="refresh_token",
    )
