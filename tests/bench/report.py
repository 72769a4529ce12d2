"""What a run has measured: as a table to be read, as JSON to be kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

DIGITS = 4
CAPTION = (
    "to limit, to peer: 1.0 is as good as the raw limit or the peer; value / limit where more is "
    "better, limit / value where less is, and likewise for peers"
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
        return self._beside(self.limit)

    @property
    def peer_ratio(self) -> float | None:
        """How much better the value is than the peer; 1.0 is as good. None without a peer."""
        return self._beside(self.peer)

    def _beside(self, other: float | None) -> float | None:
        if other is None:
            return None
        return other / self.value if self.less_is_better else self.value / other


def to_json(figures: Sequence[Figure]) -> str:
    """A JSON list of `{name, value, unit, limit, peer, ratio, peer_ratio}`."""
    rows = [
        {
            "name": figure.name,
            "value": _rounded(figure.value),
            "unit": figure.unit,
            "limit": _rounded(figure.limit),
            "peer": _rounded(figure.peer),
            "ratio": _rounded(figure.ratio),
            "peer_ratio": _rounded(figure.peer_ratio),
        }
        for figure in figures
    ]
    return json.dumps(rows, indent=2) + "\n"


def to_table(figures: Sequence[Figure]) -> Table:
    """The same, to be printed, with the notes."""
    table = Table(caption=CAPTION, caption_justify="left")
    for heading in ("figure", "value", "raw limit", "to limit", "peer", "to peer"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    table.add_column("unit")
    table.add_column("note")
    for figure in figures:
        table.add_row(
            figure.name,
            shown(figure.value),
            shown(figure.limit),
            _ratio(figure.ratio),
            shown(figure.peer),
            _ratio(figure.peer_ratio),
            figure.unit,
            figure.note,
        )
    return table


def shown(value: float | None) -> str:
    """A value for people: three digits at least, and none of them noise."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
