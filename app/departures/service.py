"""Deleting an account: it is gone at once, and what it had is erased some at a time."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Protocol

from app.accounts.model import Viewer
from app.departures.model import Departure
from app.departures.store import DepartureStore
from app.errors import UnauthenticatedError
from app.jobs import EraseAccount, JobQueue, send_owed_jobs
from app.transactions import Transaction, Transactions

INLINE_MAX_SECONDS = 5.0
"""How long whoever deletes an account waits for its erasure, at most; a job does the rest."""

JOB_SECONDS = 20.0
"""A job that takes longer lets others have their turn."""

SWEEP_MAX_ACCOUNTS = 50

log = logging.getLogger(__name__)


class Accounts(Protocol):
    """Who somebody is."""

    async def confirm(self, viewer: Viewer, password: str) -> None:
        """Refuse a password that is not the viewer's."""


class Sessions(Protocol):
    """Who is signed in."""

    async def end_all_of(self, account_id: int, transaction: Transaction | None = None) -> None:
        """End every session of an account."""


class ClosedAccounts(Protocol):
    """What is left of an account."""

    async def close(
        self, account_id: int, *, deleted_at: datetime, transaction: Transaction
    ) -> str | None:
        """Take everything personal from it; its username, None if that was done before."""

    async def free(self, account_id: int, username: str, transaction: Transaction) -> None:
        """Let somebody else have its username."""


class Erasure(Protocol):
    """One kind of things that an account may have."""

    async def erase_some_of(self, account_id: int) -> bool:
        """Erase some more; False if there are no more."""


class Uploads(Protocol):
    """What was uploaded, and not published."""

    async def remove_all_of(self, account_id: int) -> None:
        """Remove all uploads of an account."""


class Changes(Protocol):
    """Where it is written down that an account is gone; each returns its moment."""

    async def account_deleted(self, account_id: int, transaction: Transaction) -> int:
        """Nobody follows it from now on, and it has no posts."""

    async def account_erased(self, account_id: int, transaction: Transaction) -> int:
        """Nothing is left of what it had."""

    async def wake(self, moment: int) -> None:
        """Have everybody look; best effort."""


class Departures:
    """Deletes accounts, with everything they own.

    From the transaction that closes an account on, it cannot be signed in to, found, or followed,
    nothing of it becomes READY, and readers pass over whatever it has. Erasing that is owed until
    it is done, and may run twice, at once, and be killed anywhere.
    """

    def __init__(
        self,
        *,
        departures: DepartureStore,
        accounts: Accounts,
        sessions: Sessions,
        closed: ClosedAccounts,
        erasures: Iterable[Erasure],
        uploads: Uploads,
        changes: Changes,
        jobs: JobQueue,
        transactions: Transactions,
        late_seconds: float,
    ) -> None:
        """Take what erases each kind of things, in that order.

        What was begun before an account was deleted has ended after `late_seconds`.
        """
        self._departures = departures
        self._accounts = accounts
        self._sessions = sessions
        self._closed = closed
        self._erasures = tuple(erasures)
        self._uploads = uploads
        self._changes = changes
        self._jobs = jobs
        self._transactions = transactions
        self._late = timedelta(seconds=late_seconds)

    async def depart(
        self, viewer: Viewer, password: str, *, max_seconds: float = INLINE_MAX_SECONDS
    ) -> None:
        """Delete the viewer's account; refuses a wrong password.

        Nearly all are erased when this returns; after `max_seconds` a job goes on.

        Raises:
            UnauthenticatedError: it was deleted meanwhile.
        """
        await self._accounts.confirm(viewer, password)
        await self._wake(await self._transactions.run(partial(self._close, viewer.account_id)))
        try:
            is_erased = await self.erase(viewer.account_id, max_seconds=max_seconds)
        except Exception as error:  # noqa: BLE001 - it is deleted, and stays owed
            log.warning("Account %d is still to be erased: %r", viewer.account_id, error)
            is_erased = False
        if not is_erased:
            await self._send([viewer.account_id])

    async def answer(self, account_id: int) -> None:
        """Erase an account for as long as a job may take, and see to the rest."""
        if not await self.erase(account_id, max_seconds=JOB_SECONDS):
            await self._send([account_id])

    async def erase(self, account_id: int, *, max_seconds: float) -> bool:
        """Erase an account that was deleted; False if time was up before all was found gone."""
        departure = await self._departures.begin(account_id, seconds=max_seconds)
        if departure is None:
            return True
        began_at, give_way_at = datetime.now(UTC), monotonic() + max_seconds
        # Somebody may have signed in while the account was being closed.
        await self._sessions.end_all_of(account_id)
        for erasure in self._erasures:
            while await erasure.erase_some_of(account_id):
                if monotonic() > give_way_at:
                    return False
        await self._uploads.remove_all_of(account_id)
        if not departure.is_erased:
            await self._wake(await self._transactions.run(partial(self._finish, departure)))
        if departure.is_over(began_at, self._late):
            await self._departures.remove(account_id)
        return True

    async def send_overdue(self) -> int:
        """Send again what has stayed owed for too long; returns the number of accounts."""
        overdue = await self._departures.take_overdue(SWEEP_MAX_ACCOUNTS)
        await self._send(overdue)
        return len(overdue)

    async def _close(self, account_id: int, tx: Transaction) -> int:
        deleted_at = datetime.now(UTC)
        username = await self._closed.close(account_id, deleted_at=deleted_at, transaction=tx)
        if username is None:
            raise UnauthenticatedError("The account is gone")
        await self._sessions.end_all_of(account_id, tx)
        moment = await self._changes.account_deleted(account_id, tx)
        departure = Departure(
            account_id=account_id, username=username, moment=moment, deleted_at=deleted_at
        )
        await self._departures.insert(departure, tx)
        return moment

    async def _finish(self, departure: Departure, tx: Transaction) -> int | None:
        """Note that nothing is left; it is looked for once more when nothing can come late."""
        account_id = departure.account_id
        last_at = departure.deleted_at + self._late
        if not await self._departures.become_erased(account_id, due_at=last_at, transaction=tx):
            return None
        await self._closed.free(account_id, departure.username, tx)
        return await self._changes.account_erased(account_id, tx)

    async def _wake(self, moment: int | None) -> None:
        if moment is not None:
            await self._changes.wake(moment)

    async def _send(self, account_ids: Iterable[int]) -> None:
        await send_owed_jobs(self._jobs, (EraseAccount(account_id=each) for each in account_ids))
