"""README's table of settings is the one that the code makes."""

import re
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from app.operate.command import command
from app.operate.settings_reference import settings_reference
from app.settings import ENV_PREFIX, Settings

README: Final = Path(__file__).parents[2] / "README.md"


def test_readme_has_the_table() -> None:
    found = re.search(
        r"<!-- settings -->\n(.*?)\n*<!-- /settings -->", README.read_text(), re.DOTALL
    )
    assert found is not None
    assert found[1].strip() == settings_reference(), "put in what `photofeed settings` prints"


def test_every_setting_is_explained() -> None:
    rows = settings_reference().splitlines()[2:]
    assert len(rows) == len(Settings.model_fields)
    for row, name in zip(rows, Settings.model_fields, strict=True):
        variable, default, meaning = (cell.strip() for cell in row.strip("|").split("|"))
        assert variable == f"`{ENV_PREFIX}{name.upper()}`"
        assert default in {"required", "none"} or default.startswith("`")
        assert meaning.endswith(".")


def test_the_command_prints_it_without_any_setting() -> None:
    done = CliRunner().invoke(command, ["settings"], env={"PHOTOFEED_REGION": ""})
    assert done.exit_code == 0
    assert done.stdout == settings_reference() + "\n"
