"""Bars of a what-if: gainers and losers by group, change by size of shop, complaints by kind.

Lengths are whole tenths of a unit of the drawing, as in ``reports/charts.py``. Sides, shades and
printed numbers tell what colours tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from allocator.records import MICRO
from allocator.reports.axes import Axis, axis
from allocator.reports.charts import WIDTH

NAMED: Final = 40
"""Rows that can all be named; of more, every fifth."""

LEAST: Final = 6
"""Length of what is not nothing."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Retailers of one group by what changes for them.

    far_less, less, more, far_more : by two cartons or more, or by one
    """

    label: str
    far_less: int
    less: int
    same: int
    more: int
    far_more: int

    @property
    def losers(self) -> int:
        """Retailers that get fewer cartons."""
        return self.far_less + self.less

    @property
    def gainers(self) -> int:
        """Retailers that get more cartons."""
        return self.far_more + self.more

    @property
    def retailers(self) -> int:
        """Retailers of the group."""
        return self.losers + self.same + self.gainers


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar: how its retailers fare, and where it lies."""

    way: str
    x: int
    length: int


@dataclass(frozen=True, slots=True)
class Line:
    """A group: losers to the left of the middle, gainers to the right."""

    tally: Tally
    y: int
    pieces: tuple[Piece, ...]
    left: int
    right: int
    named: bool


@dataclass(frozen=True, slots=True)
class Diverging:
    """Gainers and losers as parts of their group, one line each."""

    height: int
    thick: int
    middle: int
    lines: tuple[Line, ...]
    ticks: tuple[tuple[int, int, int], ...]


def diverging(tallies: Sequence[Tally]) -> Diverging:
    """Bars about a middle line: as long as the part of the group that loses or gains.

    Beside the middle stand those with two cartons or more, so that the heavy part of both sides
    can be compared; ticks are per cent and their places to the left and right.
    """
    pitch = 170 if len(tallies) <= NAMED else 70
    middle, room = 1970, 1120
    most = max((_part(max(t.losers, t.gainers), t.retailers) for t in tallies), default=0)
    scale = axis(0, max(-(-most * 100 // MICRO), 1), 0, room, 4)
    full = scale.last * MICRO // 100
    lines = []
    for place, tally in enumerate(tallies):

        def length(count: int, tally: Tally = tally) -> int:
            if not count:
                return 0
            return max(room * _part(count, tally.retailers) // full, LEAST)

        far_left, left = length(tally.far_less), length(tally.less)
        far_right, right = length(tally.far_more), length(tally.more)
        lines.append(
            Line(
                tally=tally,
                y=place * pitch,
                pieces=tuple(
                    piece
                    for piece in (
                        Piece("far-less", middle - far_left, far_left),
                        Piece("less", middle - far_left - left, left),
                        Piece("far-more", middle, far_right),
                        Piece("more", middle + far_right, right),
                    )
                    if piece.length
                ),
                left=middle - far_left - left,
                right=middle + far_right + right,
                named=len(tallies) <= NAMED or place % 5 == 0,
            )
        )
    ticks = tuple((t, middle - scale.at(t), middle + scale.at(t)) for t in scale.ticks[::2] or (0,))
    thick = pitch - (40 if len(tallies) <= NAMED else 15)
    return Diverging(len(tallies) * pitch, thick, middle, tuple(lines), ticks)


@dataclass(frozen=True, slots=True)
class Rise:
    """Cartons more or fewer of one group of shops: a column above or below the line."""

    label: str
    change: Fraction
    x: int
    y: int
    height: int
    way: str


@dataclass(frozen=True, slots=True)
class Rises:
    """Change by group; ``zero`` is where the line lies."""

    height: int
    thick: int
    zero: int
    rises: tuple[Rise, ...]


def rises(changes: Sequence[tuple[str, Fraction]]) -> Rises:
    """Columns as high as the cartons that a shop of the group gains or loses on average."""
    top, room = 170, 1300
    highest = max((c for _, c in changes), default=Fraction(0))
    lowest = min((c for _, c in changes), default=Fraction(0))
    up, down = max(highest, Fraction(0)), max(-lowest, Fraction(0))
    span = up + down or Fraction(1)
    zero = top + int(room * up / span)
    pitch = (WIDTH - 100) // max(len(changes), 1)
    drawn = []
    for place, (label, change) in enumerate(changes):
        height = int(room * abs(change) / span)
        height = max(height, LEAST) if change else 0
        way = "far-more" if change > 0 else "far-less" if change < 0 else "same"
        y = zero - height if change > 0 else zero
        drawn.append(Rise(label, change, 50 + place * pitch, y, height, way))
    return Rises(top + room + 170, max(pitch - 70, pitch // 2), zero, tuple(drawn))


@dataclass(frozen=True, slots=True)
class Pair:
    """A count before and after; ``None`` = not known."""

    label: str
    before: int | None
    after: int | None
    y: int
    before_length: int
    after_length: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counts before and after, one below the other."""

    height: int
    thick: int
    scale: Axis
    pairs: tuple[Pair, ...]


def paired(counts: Sequence[tuple[str, int | None, int | None]]) -> Pairs:
    """Two bars for each label, as long as its counts."""
    pitch, room = 480, 3200
    most = max((n for _, *both in counts for n in both if n is not None), default=0)
    scale = axis(0, max(most, 1), 0, room, 5)

    def length(count: int | None) -> int:
        return max(scale.at(count), LEAST) if count else 0

    pairs = tuple(
        Pair(label, before, after, place * pitch, length(before), length(after))
        for place, (label, before, after) in enumerate(counts)
    )
    return Pairs(len(counts) * pitch, 120, scale, pairs)


def _part(some: int, all_: int) -> int:
    """A part of a group in millionths; 0 of nobody."""
    return some * MICRO // all_ if all_ else 0
