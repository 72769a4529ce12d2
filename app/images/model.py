"""What a photo and its renditions are, their names and their limits; no I/O, no decoding."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from app.settings import Settings

RENDITION_WIDTHS_PX: Final = (320, 640, 1080, 1600)
DEFAULT_WIDTH_MAX_PX: Final = 1080
HEAD_BYTES: Final = 256
"""How much of a file `photo_type` wants to see."""


class PhotoType(StrEnum):
    """What people may upload; the value is the media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    AVIF = "image/avif"
    HEIC = "image/heic"
    HEIF = "image/heif"


class ImageFormat(StrEnum):
    """What renditions may be encoded as."""

    JPEG = "JPEG"
    WEBP = "WEBP"
    AVIF = "AVIF"

    @property
    def extension(self) -> str:
        """How a rendition's key ends."""
        return "jpg" if self is ImageFormat.JPEG else self.value.lower()

    @property
    def content_type(self) -> str:
        """The media type a rendition is served with."""
        return f"image/{self.value.lower()}"


class NotAPhotoError(Exception):
    """The uploaded file turned out to be no photo; `reason` tells its author why, in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutOfTimeError(NotAPhotoError):
    """Decoding took more time than it was given; with more of it, the file may be a photo."""


class ObjectStoreError(Exception):
    """The object store of `region` did not do what it was asked; it may, when asked again."""

    def __init__(self, region: str, message: str) -> None:
        super().__init__(f"Object store of region {region}: {message}")
        self.region = region


class ObjectStoreAwayError(ObjectStoreError):
    """The object store of `region` does not answer, or says that it cannot work."""


class ObjectMissingError(ObjectStoreError):
    """The object store of `region` answers, and has no such object or bucket."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Photo:
    """An uploaded file, as far as it is known without decoding it; `sha256` is hex."""

    type: PhotoType
    byte_size: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendition:
    """A file made from a photo; `sha256` is hex."""

    width_px: int
    height_px: int
    format: ImageFormat
    byte_size: int
    sha256: str

    @property
    def name(self) -> str:
        """Its file's name, such as `640.webp`."""
        return f"{self.width_px}.{self.format.extension}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant(Rendition):
    """A rendition in an object store: under its key there is never anything else."""

    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """What decoding a photo yields; `thumbhash` is base64 with padding.

    The renditions go from narrow to wide, and within a width JPEG, WebP, AVIF. Exactly one is a
    JPEG; each width has a WebP, and an AVIF if the settings want it.
    """

    thumbhash: str
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A photo ready to be shown: its variants, and the region whose store has them.

    `thumbhash` is base64 with padding. The variants go from narrow to wide, and within a width
    JPEG, WebP, AVIF. Exactly one is a JPEG, for clients that know nothing else.
    """

    region: str
    thumbhash: str
    variants: tuple[Variant, ...]

    def __post_init__(self) -> None:
        if [variant.format for variant in self.variants].count(ImageFormat.JPEG) != 1:
            raise ValueError("An image has exactly one JPEG.")

    @property
    def default(self) -> Variant:
        """The one JPEG, at most 1080 pixels wide."""
        return next(each for each in self.variants if each.format is ImageFormat.JPEG)

    @property
    def width_px(self) -> int:
        """Width of the default variant."""
        return self.default.width_px

    @property
    def height_px(self) -> int:
        """Height of the default variant."""
        return self.default.height_px


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a photo may be, what decoding it may cost, what is made; named as in the settings."""

    image_max_bytes: int
    image_max_pixels: int
    image_max_side_px: int
    decode_memory_max_bytes: int
    decode_quick_cpu_max_seconds: int
    decode_cpu_max_seconds: int
    decode_wall_max_seconds: float
    renditions_avif: bool

    @classmethod
    def from_settings(cls, settings: "Settings") -> Self:
        """Pick the limits out of the settings."""
        return cls(**{field.name: getattr(settings, field.name) for field in fields(cls)})

    @property
    def formats(self) -> frozenset[ImageFormat]:
        """The formats of renditions."""
        always = {ImageFormat.JPEG, ImageFormat.WEBP}
        return frozenset(always | {ImageFormat.AVIF} if self.renditions_avif else always)

    def quick(self) -> Self:
        """The same, with the CPU time of those that are not to keep others waiting."""
        return replace(self, decode_cpu_max_seconds=self.decode_quick_cpu_max_seconds)

    def excess(self, width_px: int, height_px: int) -> str | None:
        """Say what is too much about a picture of that size, in words; None if nothing is."""
        if width_px * height_px > self.image_max_pixels:
            return f"The picture has more than {self.image_max_pixels / 1e6:g} megapixels."
        if max(width_px, height_px) > self.image_max_side_px:
            return f"The picture has a side longer than {self.image_max_side_px} pixels."
        return None


def original_prefix(post_id: int) -> str:
    """What the keys of the uploaded files of a post begin with; they are never public."""
    return f"originals/{post_id:016x}/"


def original_key(post_id: int, sha256: str) -> str:
    """Key of an uploaded file: `originals/<post>/<sha256, 16 digits>`.

    Two processes may draw the same id for two photos at once. Whoever is second draws another, and
    must not have overwritten the other's photo meanwhile.
    """
    return f"{original_prefix(post_id)}{sha256[:16]}"


def rendition_prefix(post_id: int) -> str:
    """What the keys of all renditions of a post begin with."""
    return f"renditions/{post_id:016x}/"


def rendition_key(post_id: int, rendition: Rendition) -> str:
    """Key of a rendition: `renditions/{post}/{first 16 digits of the SHA-256}/{width}.{ext}`."""
    return f"{rendition_prefix(post_id)}{rendition.sha256[:16]}/{rendition.name}"


def rendition_widths_px(source_px: int) -> tuple[int, ...]:
    """Widths made from a source of that width, from narrow to wide.

    None is wider than the source; the widest of a source narrower than 1600 has the source's width.
    """
    narrower = tuple(width for width in RENDITION_WIDTHS_PX if width < source_px)
    return (*narrower, source_px) if source_px <= RENDITION_WIDTHS_PX[-1] else narrower


def photo_type(head: bytes) -> PhotoType | None:
    """What a file is, by its first `HEAD_BYTES` bytes; None if it is nothing we accept."""
    if head.startswith(b"\xff\xd8\xff"):
        return PhotoType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PhotoType.PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return PhotoType.WEBP
    if head[4:8] == b"ftyp":
        return _type_by_brands(head[8 : int.from_bytes(head[:4])])
    return None


# Brands of ISO/IEC 23008-12 (HEIF) and of the AV1 Image File Format. A brand that names the codec
# says more than one that names the container alone, so those come last. HEIF that is only a film
# (`msf1`, `hevc`) is none of them; of AVIF, the first frame is taken.
_BRANDS: Final[Mapping[PhotoType, frozenset[bytes]]] = MappingProxyType(
    {
        PhotoType.AVIF: frozenset({b"avif", b"avis"}),
        PhotoType.HEIC: frozenset({b"heic", b"heix", b"heim", b"heis"}),
        PhotoType.HEIF: frozenset({b"mif1", b"mif2"}),
    }
)


def _type_by_brands(file_type: bytes) -> PhotoType | None:
    brands = {file_type[at : at + 4] for at in range(0, len(file_type), 4)}
    return next((kind for kind, known in _BRANDS.items() if brands & known), None)
