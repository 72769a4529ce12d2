"""How the schema's scalars are written and read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NewType

import strawberry
from starlette.datastructures import UploadFile
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition

Upload = NewType("Upload", UploadFile)


def write_moment(moment: datetime) -> str:
    """RFC 3339, UTC, three fraction digits: `2026-11-22T17:00:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_moment(text: object) -> datetime:
    """Read RFC 3339; refuses what has no offset from UTC."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise StrawberryInputCoercionError("A DateTime is RFC 3339 with an offset from UTC.")
    return moment


def read_upload(value: object) -> UploadFile:
    """Take a file part of a multipart request; nothing else can be an Upload."""
    if not isinstance(value, UploadFile):
        raise StrawberryInputCoercionError("An Upload is a file part of a multipart request.")
    return value


def write_upload(_: object) -> str:
    """Refuse: an Upload only goes in."""
    raise TypeError("An Upload cannot be an output")


SCALARS: Mapping[object, ScalarDefinition] = MappingProxyType(
    {
        datetime: strawberry.scalar(
            name="DateTime",
            description="RFC 3339, UTC, three fraction digits: `2026-11-22T17:00:00.123Z`.",
            specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
            serialize=write_moment,
            parse_value=read_moment,
        ),
        Upload: strawberry.scalar(
            name="Upload",
            description="A file part of a multipart request "
            "(GraphQL multipart request specification).",
            specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
            serialize=write_upload,
            parse_value=read_upload,
        ),
    }
)
