"""An account that is deleted, as long as something may be left of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Departure:
    """An account that is gone since `moment`, a place in the log of changes.

    Its `username` is nobody else's until everything is erased. Even after that, something may come
    late: what was begun before the account was deleted, and has not ended.
    """

    account_id: int
    username: str
    moment: int
    deleted_at: datetime
    is_erased: bool = False

    def is_over(self, now: datetime, late: timedelta) -> bool:
        """Whether nothing can come any more that may come as late as that."""
        return self.deleted_at + late <= now
