"""The settings of every process of the stack, as environment variables."""

import json
import os
import shlex
from collections.abc import Mapping

from app.settings import ENV_PREFIX, Settings
from docker.local import HOME_REGION, REGIONS, WEB, playground
from docker.local.home import Home, write_private
from docker.local.ports import Ports
from docker.local.replica_set import REPLICA_SET

HOME_MARK = "PHOTOFEED_LOCAL_HOME"
"""Names, in each process that a stack starts, the home of that stack."""

RATES = (
    "rate_viewer_max_cost",
    "rate_address_max_cost",
    "sign_in_account_max_attempts",
    "sign_in_address_max_attempts",
)
NEVER_REACHED = str(10**12)
"""The stack's rates: whoever tries it out, or loads it, does so from one address."""


def stack_environment(home: Home, ports: Ports, chosen: Mapping[str, str]) -> dict[str, str]:
    """Every `PHOTOFEED_*` variable of this stack.

    Args:
        home: whose credentials they carry.
        ports: where the servers listen.
        chosen: settings that are no addresses, by variable; they win over the stack's own.
    """
    credentials = home.credentials()
    documents = WEB / "persisted-documents.json"
    settings = {
        "environment": "development",
        "region": HOME_REGION,
        "token_secret": credentials.token_secret,
        "bucket_prefix": "photofeed",
        **dict.fromkeys(RATES, NEVER_REACHED),
        **({"playground_folder": str(playground.FILES)} if playground.is_installed() else {}),
        **({"trusted_documents_file": str(documents)} if documents.exists() else {}),
    }
    addresses = {
        "mongodb_url": f"mongodb://{ports.address('mongod')}/?replicaSet={REPLICA_SET['_id']}",
        "broker_url": f"redis://{ports.address('broker')}/0",
        "cache_url": f"redis://{ports.address('cache')}/0",
        "object_stores": json.dumps(
            {region: f"http://{ports.address(f'store-{region}')}" for region in REGIONS}
        ),
        "object_store_access_key": credentials.access_key,
        "object_store_secret_key": credentials.secret_key,
        "object_store_upload_access_key": credentials.upload_access_key,
        "object_store_upload_secret_key": credentials.upload_secret_key,
        "cdn_url": f"http://{ports.public_address('cdn')}",
    }
    return {
        **{ENV_PREFIX + name.upper(): value for name, value in settings.items()},
        **chosen,
        **{ENV_PREFIX + name.upper(): value for name, value in addresses.items()},
    }


def chosen_settings() -> dict[str, str]:
    """The settings that whoever runs `make up` has in the environment."""
    names = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name in names}


def process_environment(home: Home, settings: Mapping[str, str]) -> dict[str, str]:
    """What a process of the stack starts with: the caller's environment, and the settings."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(ENV_PREFIX)}
    folder = home.data / "tmp"
    folder.mkdir(exist_ok=True)
    return {
        **inherited,
        **settings,
        HOME_MARK: str(home.root),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder),
    }


def with_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, and these."""
    return {**os.environ, **variables}


def write_environment(home: Home, settings: Mapping[str, str]) -> None:
    """Keep the settings in a file of shell assignments."""
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(settings.items())]
    write_private(home.environment_file, "".join(lines))


def read_environment(home: Home) -> dict[str, str]:
    """What `write_environment` wrote."""
    words = shlex.split(home.environment_file.read_text())
    return dict(word.split("=", 1) for word in words)
