"""Which of the servers behind a process answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

CHECK_TIMEOUT_SECONDS = 2.0
Check = Callable[[], Awaitable[object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """`missing` names every server that did not answer; without some, a process cannot serve."""

    is_ready: bool
    missing: tuple[str, ...]


class Readiness:
    """Asks every server at once.

    A process is ready while the `needed` ones answer, and one of those of which `either` will do.
    Without the `helpful` ones it serves more slowly, or puts work off, and loses nothing.
    """

    def __init__(
        self,
        *,
        needed: Mapping[str, Check],
        either: Mapping[str, Check],
        helpful: Mapping[str, Check],
    ) -> None:
        self._needed = needed
        self._either = either
        self._helpful = helpful

    async def report(self) -> Report:
        """Ask now; takes CHECK_TIMEOUT_SECONDS at most."""
        checks = {**self._needed, **self._either, **self._helpful}
        answers = await asyncio.gather(*(_answers(check) for check in checks.values()))
        missing = tuple(name for name, there in zip(checks, answers, strict=True) if not there)
        is_ready = not self._needed.keys() & missing and bool(self._either.keys() - missing)
        return Report(is_ready=is_ready, missing=missing)


async def _answers(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            await check()
    except Exception:  # noqa: BLE001 - whatever went wrong, the server did not answer
        return False
    return True
