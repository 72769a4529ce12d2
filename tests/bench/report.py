"""What a run has measured: as a table to be read, as JSON to be kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

DIGITS = 4
CAPTION = (
    "ratio: 1.0 is as good as the raw limit; value / limit where more is better, "
    "limit / value where less is"
)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure, in `unit`, beside its raw limit and a peer in the same unit, where there are any.

    `note` is for the reader of the table: how the rounds spread, and what the figure leaves out.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    peer: float | None = None
    less_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How near the value comes to the limit; 1.0 is as good. None without a limit."""
        if self.limit is None:
            return None
        return self.limit / self.value if self.less_is_better else self.value / self.limit


def to_json(figures: Sequence[Figure]) -> str:
    """A JSON list of `{name, value, unit, limit, peer, ratio}`."""
    rows = [
        {
            "name": figure.name,
            "value": _rounded(figure.value),
            "unit": figure.unit,
            "limit": _rounded(figure.limit),
            "peer": _rounded(figure.peer),
            "ratio": _rounded(figure.ratio),
        }
        for figure in figures
    ]
    return json.dumps(rows, indent=2) + "\n"


def to_table(figures: Sequence[Figure]) -> Table:
    """The same, to be printed, with the notes."""
    table = Table(caption=CAPTION, caption_justify="left")
    for heading in ("figure", "value", "raw limit", "peer", "ratio"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    table.add_column("unit")
    table.add_column("note")
    for figure in figures:
        table.add_row(
            figure.name,
            shown(figure.value),
            shown(figure.limit),
            shown(figure.peer),
            "-" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.unit,
            figure.note,
        )
    return table


def shown(value: float | None) -> str:
    """A value for people: three digits at least, and none of them noise."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
