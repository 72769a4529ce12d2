"""Every setting of every process: read once, typed, and loud about the first one that is wrong."""

import os
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from app.errors import ConfigurationError
from app.settings.door import DoorSettings
from app.settings.house import HouseSettings

ENV_PREFIX = "PHOTOFEED_"
SECRETS_FOLDER = "/run/secrets"


class Settings(DoorSettings, HouseSettings):
    """What a deployment may choose; each field is `PHOTOFEED_` and its name, in capitals.

    A field may also be a file of that name under the secrets folder (`PHOTOFEED_SECRETS_FOLDER`,
    else `/run/secrets`), as container engines hand secrets out. The environment wins. An empty
    variable counts as none.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )


def load_settings() -> Settings:
    """Read the environment and the secrets folder.

    Raises:
        ConfigurationError: naming the first setting that is missing or wrong, never its value.
    """
    folder = os.environ.get(f"{ENV_PREFIX}SECRETS_FOLDER", SECRETS_FOLDER)
    try:
        return Settings(_secrets_dir=folder if Path(folder).is_dir() else None)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ENV_PREFIX + ".".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(f"Setting {name}: {first['msg']}") from None
