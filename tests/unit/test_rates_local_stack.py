"""The local stack refuses nobody for asking too much, unless it is told to."""

from pathlib import Path

from app.settings import ENV_PREFIX, Settings
from docker.local.environment import RATES, stack_environment
from docker.local.home import Home
from docker.local.ports import Choices, chosen_ports

MOST_A_SECOND = 10_000_000  # objects, of all that one machine may be asked for


def rates_of_a_stack(folder: Path, chosen: dict[str, str]) -> dict[str, int]:
    home = Home(root=folder / "home")
    home.make()
    environment = stack_environment(home, chosen_ports(Choices()), chosen)
    return {name: int(environment[ENV_PREFIX + name.upper()]) for name in RATES}


def test_its_rates_are_never_reached(tmp_path: Path) -> None:
    rates = rates_of_a_stack(tmp_path, {})
    assert set(rates) == {
        name
        for name in Settings.model_fields
        if name.startswith(("rate_", "sign_in_")) and "_max_" in name
    }
    window_seconds = Settings.model_fields["sign_in_window_seconds"].default
    assert min(rates.values()) > MOST_A_SECOND * window_seconds


def test_whoever_asks_for_the_production_rates_has_them(tmp_path: Path) -> None:
    production = {name: Settings.model_fields[name].default for name in RATES}
    chosen = {ENV_PREFIX + name.upper(): str(value) for name, value in production.items()}
    assert rates_of_a_stack(tmp_path, chosen) == production
