"""How a post is written down in MongoDB."""

from typing import Any

from app.images.model import Image, ImageFormat, Variant
from app.posts.model import FanOutState, OwedJobs, Post, PostState
from app.sharding import by_id


def to_document(post: Post) -> dict[str, Any]:
    """A post's own fields; what it owes is the store's business."""
    return {
        **by_id(post.id),
        "author_id": post.author_id,
        "region": post.region,
        "description": post.description,
        "alt_text": post.alt_text,
        "created_at": post.created_at,
        "original_sha256": post.original_sha256,
        "state": post.state.value,
        "failure": post.failure,
        "image": image_document(post.image) if post.image else None,
        "moment": post.moment,
    }


def to_post(document: dict[str, Any]) -> Post:
    """The post that a document stands for."""
    return Post(
        id=document["_id"],
        author_id=document["author_id"],
        region=document["region"],
        description=document["description"],
        alt_text=document["alt_text"],
        created_at=document["created_at"],
        original_sha256=document["original_sha256"],
        state=PostState(document["state"]),
        failure=document["failure"],
        image=_image(document["image"]) if document["image"] else None,
        moment=document.get("moment", 0),
        is_slow=document.get("is_slow", False),
    )


def to_owed_jobs(document: dict[str, Any]) -> OwedJobs:
    """What a post owes."""
    return OwedJobs(
        post_id=document["_id"],
        names=tuple(document["owed"]),
        fan_out_after=document.get("fan_out_after", 0),
        is_slow=document.get("is_slow", False),
    )


def to_fan_out_state(document: dict[str, Any]) -> FanOutState:
    """How far the fan-out is that a post owes."""
    return FanOutState(author_id=document["author_id"], reached=document.get("fan_out_after", 0))


def image_document(image: Image) -> dict[str, Any]:
    """An image as a sub-document of its post."""
    return {
        "region": image.region,
        "thumbhash": image.thumbhash,
        "variants": [
            {
                "key": variant.key,
                "width_px": variant.width_px,
                "height_px": variant.height_px,
                "format": variant.format.value,
                "byte_size": variant.byte_size,
                "sha256": variant.sha256,
            }
            for variant in image.variants
        ],
    }


def _image(document: dict[str, Any]) -> Image:
    return Image(
        region=document["region"],
        thumbhash=document["thumbhash"],
        variants=tuple(
            Variant(
                key=variant["key"],
                width_px=variant["width_px"],
                height_px=variant["height_px"],
                format=ImageFormat(variant["format"]),
                byte_size=variant["byte_size"],
                sha256=variant["sha256"],
            )
            for variant in document["variants"]
        ),
    )
