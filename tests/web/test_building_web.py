"""When a web app is built anew, and what stays when that fails."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from docker.local.web import NpmError, WebApp

BUILD: Final = """
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const folder = process.argv[process.argv.indexOf("--outDir") + 1];
const page = readFileSync("index.html", "utf8");
appendFileSync("log", `${page}\\n`);
mkdirSync(folder);
writeFileSync(`${folder}/half.html`, page);
if (page === "slow") while (existsSync("log"));
if (page === "broken") throw new Error("The page is broken.");
mkdirSync("src/gql", { recursive: true });
writeFileSync("src/gql/persisted-documents.json", "{}");
writeFileSync(`${folder}/index.html`, page);
"""
BUILDER: Final = """
import sys
from pathlib import Path
from docker.local.web import WebApp
source, built = map(Path, sys.argv[1:])
WebApp(source=source, schema=source / "schema.graphql", built=built).build()
"""
PACKAGE: Final = {"name": "app", "private": True, "scripts": {"build": "node build.js"}}
LOCK: Final = {"name": "app", "lockfileVersion": 3, "requires": True, "packages": {"": {}}}


@pytest.fixture
def app(tmp_path: Path) -> WebApp:
    """An app without packages, whose page says how its build goes."""
    source = tmp_path / "web"
    (source / "src").mkdir(parents=True)
    (source / "package.json").write_text(json.dumps(PACKAGE | {"type": "module"}))
    (source / "package-lock.json").write_text(json.dumps(LOCK))
    (source / "build.js").write_text(BUILD)
    (source / "schema.graphql").write_text("type Query")
    (source / "index.html").write_text("first")
    return WebApp(source=source, schema=source / "schema.graphql", built=tmp_path / "builds/app")


def builds(app: WebApp) -> list[str]:
    return (app.source / "log").read_text().split()


def page(app: WebApp) -> str:
    return (app.built / "files/index.html").read_text()


def test_it_is_built_when_something_changed_that_is_in_it(app: WebApp) -> None:
    app.build()
    app.build()
    assert builds(app) == ["first"]
    (app.source / "src/page.test.ts").write_text("a test is not in it")
    app.build()
    assert builds(app) == ["first"]
    for changed in (app.source / "src/page.ts", app.schema, app.source / "package.json"):
        with changed.open("a") as file:
            file.write(" ")
        app.build()
    assert builds(app) == ["first"] * 4
    assert page(app) == "first"
    assert (app.built / "persisted-documents.json").read_text() == "{}"


def test_those_who_start_at_once_build_once(app: WebApp) -> None:
    command = (sys.executable, "-c", BUILDER, app.source, app.built)
    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(subprocess.run, command, check=True) for _ in range(3)]
    assert [each.result().returncode for each in done] == [0, 0, 0]
    assert builds(app) == ["first"]


def test_a_build_that_fails_says_why_and_leaves_the_one_before(app: WebApp) -> None:
    app.build()
    (app.source / "index.html").write_text("broken")
    with pytest.raises(NpmError, match=r"The page is broken\."):
        app.build()
    assert page(app) == "first"
    (app.source / "index.html").write_text("mended")
    app.build()
    assert page(app) == "mended"


def test_a_build_that_is_killed_leaves_the_one_before(app: WebApp) -> None:
    app.build()
    (app.source / "index.html").write_text("slow")
    command = (sys.executable, "-c", BUILDER, app.source, app.built)
    builder = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - ours
    deadline = time.monotonic() + 30
    while len(builds(app)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(builder.pid, signal.SIGKILL)
    builder.wait()
    assert page(app) == "first"
    (app.source / "index.html").write_text("second")
    app.build()
    assert page(app) == "second"
    assert len(list(app.built.parent.glob("build-*"))) == 2
