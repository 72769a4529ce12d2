"""The edges of the CDN: they are asked for a new image before anybody else asks."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

import httpx2

from app.breaker import Breaker
from app.images.model import Image

WARM_MAX_SECONDS: Final = 1.0
"""For all variants at all edges together: a photo is kept back no longer for that."""
LEFT_ALONE_SECONDS: Final = 5.0
"""For so long an edge is left alone that did not answer."""

log = logging.getLogger(__name__)


class Edges:
    """Edges by the addresses under which this process reaches them.

    Whoever asks an edge for what it does not have yet waits until it has fetched that, and all who
    ask meanwhile wait half a second.
    """

    def __init__(self, *, addresses: Iterable[str], http: httpx2.AsyncClient) -> None:
        self._http = http
        self._breakers = {
            address.rstrip("/"): Breaker(open_seconds=LEFT_ALONE_SECONDS) for address in addresses
        }

    async def warm(self, image: Image) -> None:
        """Have each edge fetch every variant; best effort."""
        await asyncio.gather(*(self._warm(address, image) for address in self._breakers))

    async def _warm(self, address: str, image: Image) -> None:
        breaker = self._breakers[address]
        if not breaker.lets_pass():
            return
        paths = [f"{address}/{image.region}/{each.key}" for each in image.variants]
        try:
            async with asyncio.timeout(WARM_MAX_SECONDS):
                answers = await asyncio.gather(*(self._http.head(path) for path in paths))
        except (TimeoutError, httpx2.HTTPError) as error:
            breaker.open()
            log.warning("The edge %s was not warmed: %r", address, error)
            return
        breaker.close()
        if refused := [answer.status_code for answer in answers if not answer.is_success]:
            log.warning("The edge %s was not warmed: it answered %s", address, refused)
