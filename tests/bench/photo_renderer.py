"""Renders photos as a worker does, in a process of its own, so that its CPU time can be told.

It is asked by lines of JSON, `{"original", "folder", "times"}`, and answers each with
`{"cpu_seconds", "wall_seconds"}` for one time: of this process, of the one that forks, which is
started once for all the times, and of the forks.
"""

import json
import resource
import sys
import time
from pathlib import Path

from app.images.sandbox import Sandbox
from tests.photographs import LIMITS


def main() -> None:
    """Answer until there is no more to answer."""
    for line in sys.stdin:
        asked = json.loads(line)
        began, cpu_began = time.perf_counter(), _cpu_seconds()
        sandbox = Sandbox(limits=LIMITS)
        for _ in range(asked["times"]):
            sandbox.render(Path(asked["original"]), Path(asked["folder"]), is_quick=True)
        sandbox.close()
        answer = {
            "wall_seconds": (time.perf_counter() - began) / asked["times"],
            "cpu_seconds": (_cpu_seconds() - cpu_began) / asked["times"],
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _cpu_seconds() -> float:
    """Of this process, and of all that have ended under it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    main()
