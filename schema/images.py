"""Images, as their renditions."""

from typing import Self

import strawberry

from app.images.model import Image as HouseImage
from app.images.model import ImageFormat
from app.images.service import Images
from schema.enums import show_enum
from schema.fields import LIST_MAX

VARIANTS_MAX = 9  # a JPEG, and four widths as WebP and AVIF

show_enum(
    ImageFormat,
    name="ImageFormat",
    description="How a rendition is encoded.",
    values={
        "JPEG": "Every client can show it.",
        "WEBP": "Smaller than JPEG at the same quality.",
        "AVIF": "Smaller than WebP; not every installation makes it.",
    },
)


@strawberry.type(description="One rendition of a photo. The bytes behind its URL never change.")
class ImageVariant:
    url: str = strawberry.field(description="Where it is, at the CDN.")
    width: int = strawberry.field(description="In pixels.")
    height: int = strawberry.field(description="In pixels.")
    format: ImageFormat = strawberry.field(description="How it is encoded.")
    byte_size: int = strawberry.field(description="Its length in bytes.")
    sha256: str = strawberry.field(description="Hex SHA-256 of the bytes behind `url`.")


@strawberry.type(description="A photo, as its renditions.")
class Image:
    url: str = strawberry.field(
        description="The default rendition: what a client shows that knows nothing about formats "
        "or widths."
    )
    width: int = strawberry.field(description="Of the default rendition, in pixels.")
    height: int = strawberry.field(description="Of the default rendition, in pixels.")
    thumbhash: str = strawberry.field(
        description="Base64 ThumbHash, a placeholder of about 25 bytes."
    )
    variants: list[ImageVariant] = strawberry.field(
        description="All renditions, from narrow to wide.", metadata={LIST_MAX: VARIANTS_MAX}
    )

    @classmethod
    def of(cls, image: HouseImage, images: Images) -> Self:
        """Show an image of the house."""
        return cls(
            url=images.url(image, image.default),
            width=image.width_px,
            height=image.height_px,
            thumbhash=image.thumbhash,
            variants=[
                ImageVariant(
                    url=images.url(image, variant),
                    width=variant.width_px,
                    height=variant.height_px,
                    format=variant.format,
                    byte_size=variant.byte_size,
                    sha256=variant.sha256,
                )
                for variant in image.variants
            ],
        )
