"""What a search tried: the values of one line of the rule against the figure looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from allocator.records import MICRO
from allocator.reports.axes import Axis
from allocator.reports.what_if.cloud import roomy

WIDTH: Final = 3000
HEIGHT: Final = 1900

LETTER: Final = 75
"""Width of a letter of a label, as wide as they come on a phone."""

MOST_LABELS: Final = 9
"""Values that are written below the drawing; every mark tells its own."""

ORDER: Final = ("missed", "kept", "nearest", "best")
"""Marks in the order in which they are drawn, the last on top."""


@dataclass(frozen=True, slots=True)
class Try:
    """A scenario that was tried. mark : of ``ORDER``; value : of the path; y : the figure"""

    value: str
    y: float
    mark: str
    told: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Where it is drawn."""

    x: int
    y: int
    mark: str
    told: str


@dataclass(frozen=True, slots=True)
class Tries:
    """The drawing; ``labels`` : (place, value) below it; ``today`` : height of today's figure."""

    width: int
    height: int
    up: Axis
    labels: tuple[tuple[int, str], ...]
    marks: tuple[Mark, ...]
    today: int | None


def tries(shown: Sequence[Try], today: float | None) -> Tries:
    """Lay out tries: numbers along an axis, other values side by side in their order.

    Parameters
    ----------
    shown : with the figure known, at least one
    today : figure of today's rule
    """
    heights = [round(one.y * MICRO) for one in shown]
    level = None if today is None else round(today * MICRO)
    up = roomy([*heights, *([] if level is None else [level])], HEIGHT, 0)
    at = _places([one.value for one in shown])
    drawn = sorted(zip(shown, heights, strict=True), key=lambda item: ORDER.index(item[0].mark))
    # Scenarios at one place are one mark, with the words of all.
    marks: dict[tuple[int, int, str], list[str]] = {}
    for one, height in drawn:
        marks.setdefault((at[one.value], up.at(height), one.mark), []).append(one.told)
    return Tries(
        WIDTH,
        HEIGHT,
        up,
        _labels(at),
        tuple(Mark(*place, "\n".join(told)) for place, told in marks.items()),
        None if level is None else up.at(level),
    )


def _places(values: Sequence[str]) -> dict[str, int]:
    """Where each value lies across; by size where all are numbers, in the order met otherwise."""
    listed = list(dict.fromkeys(values))
    margin = WIDTH // (2 * max(len(listed), 2))
    sign = "%" if all(value.endswith("%") for value in listed) else ""
    try:
        numbers = {value: Decimal(value.removesuffix(sign)) for value in listed}
    except InvalidOperation:
        numbers = {}
    finite = all(number.is_finite() for number in numbers.values())
    if not finite or len(set(numbers.values())) < 2:
        return {value: WIDTH * (2 * k + 1) // (2 * len(listed)) for k, value in enumerate(listed)}
    low, high = min(numbers.values()), max(numbers.values())
    return {
        value: margin + int((number - low) * (WIDTH - 2 * margin) / (high - low))
        for value, number in sorted(numbers.items(), key=lambda item: item[1])
    }


def _labels(at: dict[str, int]) -> tuple[tuple[int, str], ...]:
    """Values that are written, cut to the room they have and no two into each other."""
    every = sorted((place, value) for value, place in at.items())
    room = WIDTH // max(min(len(every), MOST_LABELS), 1) // LETTER
    found: list[tuple[int, str]] = []
    end = -WIDTH
    for place, value in every:
        text = value if len(value) <= max(room, 4) else value[: max(room, 4) - 1] + "…"
        half = len(text) * LETTER // 2
        if place - half >= end:
            found.append((place, text))
            end = place + half + LETTER
    return tuple(found)
