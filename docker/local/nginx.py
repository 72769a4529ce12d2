"""The template's variables, and the configuration that they make of it.

`python -m docker.local.nginx` prints the one of `make up`, to be looked through.
"""

import ipaddress
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template

from docker.local import REGIONS, REPOSITORY, SHARED, WEB
from docker.local.errors import StackError
from docker.local.ports import Choices, Ports, chosen_ports
from docker.local.processes import APIS

WEB_DEVELOPMENT = "http://localhost:5173"
"""Where `npm run dev` serves the web app."""

TEMPLATE = REPOSITORY / "docker/nginx/nginx.conf.template"


def local_variables(
    ports: Ports, folder: Path, bucket_prefix: str, origins: Iterable[str] = ()
) -> dict[str, str]:
    """Every variable of the template, for the local stack; its own pages may always send forms."""
    gateways = (ports.public_address("gateway"), ports.address("gateway"))
    own = (*(f"http://{gateway}" for gateway in gateways), WEB_DEVELOPMENT)
    return {
        "PHOTOFEED_BUCKET_PREFIX": bucket_prefix,
        "PHOTOFEED_CDN_URL": f"http://{ports.public_address('cdn')}",
        "PHOTOFEED_UPLOAD_URL": "",
        "PHOTOFEED_NGINX_FOLDER": str(folder),
        "PHOTOFEED_NGINX_WEB_FOLDER": str(WEB / "files"),
        "PHOTOFEED_NGINX_GATEWAY_LISTEN": ports.address("gateway"),
        "PHOTOFEED_NGINX_CDN_LISTEN": ports.address("cdn"),
        # Nobody else speaks to it: on another loopback address it needs no port of its own.
        "PHOTOFEED_NGINX_SPOOL_LISTEN": f"127.0.0.2:{ports['gateway']}",
        "PHOTOFEED_NGINX_API_SERVERS": api_servers([ports.address(name) for name in APIS]),
        "PHOTOFEED_NGINX_STORES": stores({r: ports.address(f"store-{r}") for r in REGIONS}),
        "PHOTOFEED_NGINX_REGIONS": "|".join(REGIONS),
        "PHOTOFEED_NGINX_REPLICAS": replicas(REGIONS),
        # Every address here is a number, so it is never asked.
        "PHOTOFEED_NGINX_RESOLVER": "127.0.0.1",
        "PHOTOFEED_NGINX_TRUSTED_PROXY": "unix:",
        "PHOTOFEED_NGINX_UPLOAD_MAX_SIZE": "24m",
        "PHOTOFEED_NGINX_HEADER_TIMEOUT": "10s",
        "PHOTOFEED_NGINX_BODY_TIMEOUT": "15s",
        "PHOTOFEED_NGINX_CACHE_MAX_SIZE": "1g",
        "PHOTOFEED_NGINX_CACHE_MIN_FREE": "64m",
        "PHOTOFEED_NGINX_ALLOWED_ORIGINS": allowed_origins((*own, *origins)),
    }


def render(variables: Mapping[str, str]) -> str:
    """The configuration, as the nginx image's envsubst would write it."""
    return Template(TEMPLATE.read_text()).safe_substitute(variables)


def api_servers(addresses: list[str]) -> str:
    """The members of the upstream of the API; one that refuses a connection rests for a second."""
    return " ".join(f"{_server(address)} max_fails=1 fail_timeout=1s;" for address in addresses)


def stores(addresses: Mapping[str, str]) -> str:
    """An upstream for each region's store.

    The second server of each is never used: nginx takes the only server of an upstream as healthy
    for ever, and a region that hangs would cost every miss its whole timeout.
    """
    return " ".join(
        f"upstream store_{region} {{ zone store_{region} 64k; "
        f"{_server(address)} max_fails=2 fail_timeout=5s; server 127.0.0.1:9 down; keepalive 16; }}"
        for region, address in addresses.items()
    )


def replicas(regions: tuple[str, ...]) -> str:
    """For each region the next one, which is asked in its stead."""
    following = regions[1:] + regions[:1]
    return " ".join(f"{region} {other};" for region, other in zip(regions, following, strict=True))


def chosen_origins(environment: Mapping[str, str]) -> list[str]:
    """The origins whose pages may call the API: they may send forms, too.

    Raises:
        StackError: they are no JSON list, which the API would refuse as well.
    """
    given = environment.get("PHOTOFEED_ALLOWED_ORIGINS", "[]")
    try:
        origins = json.loads(given)
    except ValueError:
        origins = None
    if not isinstance(origins, list) or not all(isinstance(each, str) for each in origins):
        raise StackError(f"PHOTOFEED_ALLOWED_ORIGINS is a JSON list of origins, not {given!r}.")
    return origins


def allowed_origins(origins: Iterable[str]) -> str:
    """The origins whose pages may send forms to the edge; `*` is any."""
    entries = ("~." if origin == "*" else f'"{origin}"' for origin in origins)
    return " ".join(f"{entry} 1;" for entry in dict.fromkeys(entries))


def _server(address: str) -> str:
    host = address.rpartition(":")[0]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # A name may come to mean other addresses while nginx runs.
        return f"server {address} resolve"
    return f"server {address}"


if __name__ == "__main__":
    sys.stdout.write(render(local_variables(chosen_ports(Choices()), SHARED, "photofeed")))
