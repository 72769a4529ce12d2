"""`photofeed`, as an operator runs it."""

import asyncio
import sys
from pathlib import Path

from tests.stack import TestStack

COMMAND_MAX_SECONDS = 90
COMMAND = Path(sys.executable).with_name("photofeed")


async def photofeed(stack: TestStack, *arguments: str) -> tuple[int, str]:
    """Exit code and output of one run."""
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *arguments,
        env=stack.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(COMMAND_MAX_SECONDS):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()
