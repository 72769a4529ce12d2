"""Changes written into the log, and moments drawn in vain."""

import pytest

from app.live.model import ChangeKind
from app.live.store import ChangeLog
from app.transactions import Transaction, Transactions

ANN, BOB = 5, 6
PATIENCE_SECONDS = 10


class GaveUpError(Exception):
    """What a transaction of a test dies of."""


async def append(
    log: ChangeLog,
    transactions: Transactions,
    kind: ChangeKind = ChangeKind.POST_PUBLISHED,
    actor_id: int = ANN,
    subject_id: int = 9,
) -> int:
    async def append(transaction: Transaction) -> int:
        return await log.append(
            kind, actor_id=actor_id, subject_id=subject_id, transaction=transaction
        )

    return await transactions.run(append)


async def draw_in_vain(log: ChangeLog, transactions: Transactions) -> None:
    async def die(transaction: Transaction) -> None:
        await log.append(ChangeKind.FOLLOWED, actor_id=ANN, subject_id=BOB, transaction=transaction)
        raise GaveUpError

    with pytest.raises(GaveUpError):
        await transactions.run(die)
