"""`python -m tests.bench`: start a stack, measure, print, and say by the exit code if all is well.

BENCH_ONLY=name measures one group; BENCH_JSON=file has the figures written there, too.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import Field
from pydantic_settings import BaseSettings
from rich.console import Console

from tests.bench import (
    deliveries,
    device_feed,
    device_photos,
    edge,
    edge_misses,
    feed_pages,
    graphql_in_memory,
    graphql_peers,
    live_deliveries,
    page_latency,
    photos,
    publish_to_subscriber,
    timeline_memory,
    upload_to_feed,
)
from tests.bench.machine import machine
from tests.bench.report import Figure, to_json, to_table
from tests.bench.rounds import Bench
from tests.stack import TestStack, running_servers, tails

BENCHES: Mapping[str, Bench] = MappingProxyType(
    {
        "feed_pages": feed_pages.measure,
        "graphql_peers": graphql_peers.measure,
        "graphql_in_memory": graphql_in_memory.measure,
        "page_latency": page_latency.measure,
        "deliveries": deliveries.measure,
        "timeline_memory": timeline_memory.measure,
        "upload_to_feed": upload_to_feed.measure,
        "edge": edge.measure,
        "edge_misses": edge_misses.measure,
        "photos": photos.measure,
        "device_feed": device_feed.measure,
        "device_photos": device_photos.measure,
        "live_deliveries": live_deliveries.measure,
        "publish_to_subscriber": publish_to_subscriber.measure,
    }
)
TABLE_COLUMNS_MIN = 150


class Choices(BaseSettings):
    """What whoever runs it may choose."""

    only: str | None = Field(default=None, validation_alias="BENCH_ONLY")
    json_file: Path | None = Field(default=None, validation_alias="BENCH_JSON")


def main() -> int:
    """Measure what is chosen; returns 0 if all of it could be measured."""
    choices, progress = Choices(), Console(stderr=True, markup=False)
    if choices.only is not None and choices.only not in BENCHES:
        progress.print(f"BENCH_ONLY is one of {', '.join(BENCHES)}, not {choices.only}")
        return 2
    names = [choices.only] if choices.only else list(BENCHES)
    progress.print("Starting a stack …")
    with running_servers(chosen={}) as stack:
        stack.start_ours()
        figures, failed = _measure(names, stack, progress)
    output = Console(markup=False)
    output.width = max(output.width, TABLE_COLUMNS_MIN)
    for line in machine():
        output.print(line, highlight=False, soft_wrap=True)
    output.print(to_table(figures))
    if choices.json_file:
        choices.json_file.write_text(to_json(figures))
    if failed:
        progress.print(f"Not measured: {', '.join(failed)}")
    return 1 if failed else 0


def _measure(
    names: list[str], stack: TestStack, progress: Console
) -> tuple[list[Figure], list[str]]:
    """Every figure that could be measured, and the names of the groups that could not."""
    figures: list[Figure] = []
    failed: list[str] = []
    begin = time.monotonic()

    def say(text: str) -> None:
        progress.print(f"{time.monotonic() - begin:5.0f} s  {name}  {text}", highlight=False)

    for name in names:
        try:
            figures += asyncio.run(BENCHES[name](stack, say))
        except Exception:  # noqa: BLE001 - the other figures are still worth having
            progress.print_exception()
            progress.print(tails(stack, ("nginx", "api-1", "media", "feeds")))
            failed.append(name)
    return figures, failed


if __name__ == "__main__":
    sys.exit(main())
