"""Ends the supervisor above it when the process that it was started for has ended."""

import os
import select
import signal
import sys


def main(owner: int) -> None:
    """Wait for the owner's end, however it comes, and let supervisor stop everything."""
    try:
        handle = os.pidfd_open(owner)
    except ProcessLookupError:
        pass
    else:
        select.select([handle], [], [])
    os.kill(os.getppid(), signal.SIGTERM)


if __name__ == "__main__":
    main(int(sys.argv[1]))
