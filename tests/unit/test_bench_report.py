"""Figures as tables and as JSON, and the turns they are measured in."""

import json

import pytest
from rich.console import Console

from tests.bench.report import Figure, to_json, to_table
from tests.bench.rounds import take_turns

RATE = Figure(name="pages", value=50.0, unit="pages/s", limit=200.0, note="of one process")
LATENCY = Figure(name="upload_p50", value=800.0, unit="ms", limit=600.0, less_is_better=True)
ALONE = Figure(name="alone", value=1 / 3, unit="s", peer=0.5, less_is_better=True)


@pytest.mark.parametrize(("figure", "ratio"), [(RATE, 0.25), (LATENCY, 0.75), (ALONE, None)])
def test_a_ratio_of_one_is_as_good_as_the_limit(figure: Figure, ratio: float | None) -> None:
    assert figure.ratio == ratio


def test_a_ratio_above_one_is_better_than_the_peer() -> None:
    assert Figure(name="rate", value=30.0, unit="pages/s", peer=15.0).peer_ratio == 2.0
    assert ALONE.peer_ratio == pytest.approx(1.5)
    assert RATE.peer_ratio is None


def test_json_has_the_same_keys_for_every_figure() -> None:
    rows = json.loads(to_json([RATE, LATENCY, ALONE]))
    assert rows[0] == {
        "name": "pages",
        "value": 50.0,
        "unit": "pages/s",
        "limit": 200.0,
        "peer": None,
        "ratio": 0.25,
        "peer_ratio": None,
    }
    assert rows[2]["value"] == 0.3333
    assert [rows[2][key] for key in ("limit", "peer", "ratio", "peer_ratio")] == [
        None,
        0.5,
        None,
        1.5,
    ]
    assert all(row.keys() == rows[0].keys() for row in rows)


def test_the_table_says_what_a_ratio_is() -> None:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(to_table([RATE, LATENCY, ALONE]))
    text = captured.get()
    assert "limit / value where less is" in text
    assert all(word in text for word in ("pages/s", "0.25", "0.75", "of one process"))


async def test_turns_alternate_and_yield_medians() -> None:
    order: list[str] = []
    found = iter((10.0, 30.0, 20.0))

    async def measured() -> float:
        order.append("measured")
        return next(found)

    async def limit() -> float:
        order.append("limit")
        return 40.0

    said: list[str] = []
    rounds = await take_turns(3, measured, limit, said.append)
    assert (rounds.value, rounds.limit) == (20.0, 40.0)
    assert order == ["measured", "limit", "limit", "measured", "measured", "limit"]
    assert said == ["1/3: 10, limit 40", "2/3: 30, limit 40", "3/3: 20, limit 40"]
    assert rounds.spread == "10 to 30; limit 40 to 40"
