"""The trade-off chart: scenarios by two figures, those that no other beats marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from allocator.records import MICRO
from allocator.reports.axes import Axis, axis
from allocator.reports.what_if.curves import SIDE, polyline
from allocator.reports.what_if.labels import Label, labelled, ranges

SAME: Final = 90
"""Scenarios nearer than this share a label: their marks run into each other."""

LABELS: Final = 40
"""Places that are numbered; the table tells all."""

LONGEST: Final = 16
"""Letters of a label; a longer one ends in dots."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A scenario: ``mark`` is ``baseline``, ``best`` (undominated) or ``other``."""

    name: str
    x: int
    y: int
    mark: str
    told: str


@dataclass(frozen=True, slots=True)
class Cloud:
    """Scenarios in a field; ``front`` joins the undominated ones.

    labels : their numbers, one for all whose marks run into each other
    """

    width: int
    height: int
    across: Axis
    up: Axis
    dots: tuple[Dot, ...]
    front: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A scenario to be drawn: its two figures, and a sentence for who does not see the drawing."""

    name: str
    number: int
    x: float
    y: float
    mark: str
    told: str


def cloud(spots: Sequence[Spot], *, joined: bool = True) -> Cloud:
    """Lay out scenarios; values are drawn to the millionth.

    Parameters
    ----------
    spots : with both figures known
    joined : whether a line joins those that no other beats
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
    # The baseline and what no other beats are numbered first, and drawn last, on top.
    rank = {"other": 0, "best": 1, "baseline": 2}
    placed = sorted(
        (((across.at(x), up.at(y)), spot) for x, y, spot in zip(xs, ys, spots, strict=True)),
        key=lambda item: (-rank[item[1].mark], item[1].number),
    )
    near: dict[tuple[int, int], list[int]] = {}
    for at, spot in placed:
        place = next((k for k in near if max(abs(at[0] - k[0]), abs(at[1] - k[1])) <= SAME), at)
        near.setdefault(place, []).append(spot.number)
    wanted = [(*at, _cut(ranges(numbers))) for at, numbers in list(near.items())[:LABELS]]
    marks = list(dict.fromkeys(at for at, _ in placed))
    return Cloud(
        SIDE,
        height,
        across,
        up,
        tuple(Dot(spot.name, *at, spot.mark, spot.told) for at, spot in reversed(placed)),
        polyline(best) if joined and len(best) > 1 else "",
        tuple(labelled(wanted, marks, SIDE, height)),
    )


def _cut(label: str) -> str:
    """A label that is not too long for the drawing."""
    if len(label) <= LONGEST:
        return label
    return label[: LONGEST - 2].rpartition(", ")[0] + " …"


def roomy(values: Sequence[int], start: int, end: int) -> Axis:
    """An axis over values with room beside the first and the last; not below 0 without need."""
    low, high = (min(values), max(values)) if values else (0, MICRO)
    room = (high - low) // 12 or max(abs(high) // 20, 1)
    least = max(low - room, 0) if low >= 0 else low - room
    return axis(least, high + room, start, end, 4)
