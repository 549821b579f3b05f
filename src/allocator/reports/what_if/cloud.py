"""The trade-off chart: scenarios by two figures, those that no other beats marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from allocator.records import MICRO
from allocator.reports.axes import Axis, axis
from allocator.reports.what_if.curves import SIDE, polyline

ASIDE: Final = 260
ABOVE: Final = 170
"""Labels nearer than this would run into each other."""

SAME: Final = 60
"""Scenarios nearer than this share a label."""

NAMED: Final = 12
"""Undominated scenarios that are numbered in the drawing; the table tells all."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A scenario: ``mark`` is ``baseline``, ``best`` (undominated) or ``other``.

    label : its number and those of others at the same place; "" where another label is in the way
    """

    name: str
    x: int
    y: int
    mark: str
    told: str
    label: str


@dataclass(frozen=True, slots=True)
class Cloud:
    """Scenarios in a field; ``front`` joins the undominated ones."""

    width: int
    height: int
    across: Axis
    up: Axis
    dots: tuple[Dot, ...]
    front: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A scenario to be drawn: its two figures, and a sentence for who does not see the drawing."""

    name: str
    number: int
    x: float
    y: float
    mark: str
    told: str


def cloud(spots: Sequence[Spot]) -> Cloud:
    """Lay out scenarios; values are drawn to the millionth.

    Parameters
    ----------
    spots : with both figures known
    """
    height = 2700
    xs = [round(spot.x * MICRO) for spot in spots]
    ys = [round(spot.y * MICRO) for spot in spots]
    across, up = roomy(xs, 0, SIDE), roomy(ys, height, 0)
    best = sorted(
        (across.at(x), up.at(y))
        for x, y, spot in zip(xs, ys, spots, strict=True)
        if spot.mark == "best"
    )
    # The baseline and what no other beats are named first, and drawn last, on top.
    rank = {"other": 0, "best": 1, "baseline": 2}
    labels: dict[tuple[int, int], list[int]] = {}
    placed = []
    for x, y, spot in sorted(
        zip(xs, ys, spots, strict=True), key=lambda item: (-rank[item[2].mark], item[2].number)
    ):
        at = across.at(x), up.at(y)
        near = [k for k in labels if abs(at[0] - k[0]) <= ASIDE and abs(at[1] - k[1]) <= ABOVE]
        same = [k for k in near if abs(at[0] - k[0]) <= SAME and abs(at[1] - k[1]) <= SAME]
        wanted = spot.mark != "other" or len(spots) <= NAMED
        if wanted and not near:
            labels[at] = [spot.number]
        elif wanted and same:
            labels[same[0]].append(spot.number)
        placed.append((at, spot))
    dots = [
        Dot(spot.name, *at, spot.mark, spot.told, ", ".join(map(str, labels.pop(at, ()))))
        for at, spot in placed
    ]
    return Cloud(
        SIDE, height, across, up, tuple(reversed(dots)), polyline(best) if len(best) > 1 else ""
    )


def roomy(values: Sequence[int], start: int, end: int) -> Axis:
    """An axis over values with room beside the first and the last; not below 0 without need."""
    low, high = (min(values), max(values)) if values else (0, MICRO)
    room = (high - low) // 12 or max(abs(high) // 20, 1)
    least = max(low - room, 0) if low >= 0 else low - room
    return axis(least, high + room, start, end, 4)
