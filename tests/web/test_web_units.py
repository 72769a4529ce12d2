"""The web app's own tests, which Vitest runs."""

import subprocess
import sys

import pytest

from docker.local import REPOSITORY
from docker.local.environment import with_variables


def test_the_web_app_s_own_tests_pass() -> None:
    command = (sys.executable, "-m", "docker.local.web", "test")
    done = subprocess.run(  # noqa: S603 - ours
        command,
        cwd=REPOSITORY,
        env=with_variables({"NO_COLOR": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(done.stdout, pytrace=False)
