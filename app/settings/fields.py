"""Types of settings, and how they are read from a variable."""

from typing import Annotated

import orjson
from pydantic import BeforeValidator, Field, HttpUrl, SecretStr
from pydantic_settings import NoDecode


def _decoded(value: object) -> object:
    try:
        return orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        raise ValueError("this is not JSON") from None


Count = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]
Secret = Annotated[SecretStr, Field(min_length=1)]
# Decoded by us, since what pydantic-settings says of bad JSON is no ValidationError.
RegionsByRegion = Annotated[dict[str, str], NoDecode, BeforeValidator(_decoded)]
StoresByRegion = Annotated[dict[str, HttpUrl], NoDecode, BeforeValidator(_decoded)]
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_decoded)]
Addresses = Annotated[tuple[HttpUrl, ...], NoDecode, BeforeValidator(_decoded)]
