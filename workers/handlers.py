"""Which function answers which job: one table."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from app.jobs import (
    EraseAccount,
    ErasePhoto,
    FanOut,
    FanOutChunk,
    Job,
    RenderPhoto,
    RenderPhotoSlowly,
    ReplicatePhoto,
)
from app.wiring import House


async def render_photo(house: House, *, post_id: int) -> None:
    """Turn an original into renditions; the post becomes READY or FAILED."""
    await house.rendering.render(post_id)


async def render_photo_slowly(house: House, *, post_id: int) -> None:
    """Do the same with all the time that a photo may take."""
    await house.rendering.render_slowly(post_id)


async def replicate_photo(house: House, *, post_id: int) -> None:
    """See that every object of a post is whole in two regions."""
    await house.replication.replicate(post_id)


async def erase_photo(house: House, *, post_id: int) -> None:
    """Remove the objects of a deleted post."""
    await house.rendering.erase(post_id)


async def fan_out(house: House, *, post_id: int) -> None:
    """Push a post to followers, from the first."""
    await house.fan_outs.push(post_id, 0)


async def fan_out_chunk(house: House, *, post_id: int, after: int) -> None:
    """Push a post to followers, from where it has been."""
    await house.fan_outs.push(post_id, after)


async def erase_account(house: House, *, account_id: int) -> None:
    """Erase what an account has that was deleted."""
    await house.departures.answer(account_id)


Handler = Callable[..., Awaitable[None]]
HANDLERS: Mapping[type[Job], Handler] = MappingProxyType(
    {
        RenderPhoto: render_photo,
        RenderPhotoSlowly: render_photo_slowly,
        ReplicatePhoto: replicate_photo,
        ErasePhoto: erase_photo,
        FanOut: fan_out,
        FanOutChunk: fan_out_chunk,
        EraseAccount: erase_account,
    }
)
