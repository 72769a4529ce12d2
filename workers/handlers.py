"""Which function answers which job: one table."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from app.jobs import AnnouncePost, ErasePhoto, FanOut, Job, RenderPhoto, RetractPost
from app.wiring import House


async def render_photo(house: House, *, post_id: int) -> None:
    """Turn an original into renditions; the post becomes READY or FAILED."""
    await house.rendering.render(post_id)


async def erase_photo(house: House, *, post_id: int) -> None:
    """Remove the objects of a deleted post."""
    await house.rendering.erase(post_id)


async def fan_out(house: House, *, post_id: int, after: int) -> None:
    """Push a post to one chunk of followers."""
    await house.fan_outs.push_chunk(post_id, after)


async def announce_post(house: House, *, post_id: int) -> None:
    """Tell connected followers that a post is there."""
    await house.announcements.announce(post_id)


async def retract_post(house: House, *, post_id: int) -> None:
    """Tell connected followers that a post is gone."""
    await house.announcements.retract(post_id)


Handler = Callable[..., Awaitable[None]]
HANDLERS: Mapping[type[Job], Handler] = MappingProxyType(
    {
        RenderPhoto: render_photo,
        ErasePhoto: erase_photo,
        FanOut: fan_out,
        AnnouncePost: announce_post,
        RetractPost: retract_post,
    }
)
