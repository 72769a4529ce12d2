"""What the figures were measured on: cores and versions, no names and no paths."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from docker.local.servers import find_servers

PACKAGES = (
    *("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "uvloop", "orjson"),
    *("motor", "pymongo", "redis", "dramatiq", "pillow"),
)


def machine() -> list[str]:
    """Lines that say which machine, which packages and which servers."""
    servers = (f"{each.name} {each.version} ({each.source})" for each in find_servers().all())
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"{len(os.sched_getaffinity(0))} cores ({platform.machine()}), {python}",
        ", ".join(f"{package} {version(package)}" for package in PACKAGES),
        ", ".join(servers),
    ]


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used, without that of its children."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
