"""What a device has really sent: the original of a post, read behind the API's back."""

import asyncio
import tempfile
from pathlib import Path

from app.images.model import original_prefix
from app.images.store import ObjectStores
from tests.faults.truth import number_of
from tests.stack import TestStack


async def original_of(stack: TestStack, post_id: str) -> bytes:
    """The bytes of a post's original in its region."""
    return await asyncio.to_thread(_read, stack, original_prefix(number_of(post_id)))


def _read(stack: TestStack, prefix: str) -> bytes:
    stores = ObjectStores.from_settings(stack.settings)
    (key,) = stores.keys(stack.settings.region, prefix)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "original")
        stores.fetch(stack.settings.region, key, path)
        return path.read_bytes()
