"""Renders photos as a worker does, in a process of its own, so that its CPU time can be told.

It is asked by lines of JSON, `{"original", "folder", "times"}`, and answers each with
`{"cpu_seconds", "wall_seconds"}` for one time: of this process, of the one that forks, and of the
forks. The one that forks has been started by then, and renders one more before it is measured.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Final

from app.images.sandbox import Sandbox
from tests.photographs import LIMITS

TICKS: Final = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Answer until there is no more to answer."""
    sandbox = Sandbox(limits=LIMITS)
    for line in sys.stdin:
        asked = json.loads(line)
        original, folder = Path(asked["original"]), Path(asked["folder"])
        sandbox.render(original, folder, is_quick=True)
        began, cpu_began = time.perf_counter(), _cpu_seconds()
        for _ in range(asked["times"]):
            sandbox.render(original, folder, is_quick=True)
        answer = {
            "wall_seconds": (time.perf_counter() - began) / asked["times"],
            "cpu_seconds": (_cpu_seconds() - cpu_began) / asked["times"],
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    sandbox.close()


def _cpu_seconds() -> float:
    """Of this process, of its children, and of all theirs that have ended."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return used.ru_utime + used.ru_stime + sum(map(_ticks, children)) / TICKS


def _ticks(pid: str) -> int:
    """User and system time, its own and that of its children: proc(5), fields 14 to 17."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


if __name__ == "__main__":
    main()
