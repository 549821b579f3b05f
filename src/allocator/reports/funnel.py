"""The funnel plot of an indicator: each order-taker's share by its shops, with what chance allows.

Spiegelhalter 2005: the limits widen where there are few shops, so that nobody looks bad for having
few. The lines are those of all shops dealt at random (19 in 20, and 998 in 1,000, both sides); the
verdict compares like shops only and controls all comparisons together, so a point beyond a line is
not yet outside: those outside are squares, with their name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from html import escape

import polars as pl

from allocator.auditing.clerks.chance import drawn
from allocator.auditing.clerks.league import League
from allocator.records import MICRO
from allocator.wording import Fact, say, spell

WIDTH, HEIGHT = 3800, 1900
LEFT, RIGHT, TOP, BOTTOM = 420, 160, 120, 420
TAILS = (0.025, 0.001)
"""Chance beyond each side of the two pairs of limits."""

MOST_NAMES = 12
STEPS = 60
"""Sizes at which the limits are drawn."""


@dataclass(frozen=True, slots=True)
class Point:
    """One order-taker: where it lies, and what is said of it."""

    x: int
    y: int
    outside: bool
    few: bool
    clerk: str
    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """An indicator as lengths of a drawing, tenths of a point, y downwards.

    limits : path of each limit; middle : height of the city's share
    ticks : (value, place) of the two axes
    """

    points: tuple[Point, ...]
    limits: tuple[str, ...]
    middle: int
    across: tuple[tuple[int, int], ...]
    upward: tuple[tuple[int, int], ...]


def funnel(league: League, name: str) -> Funnel | None:
    """The figures of the plot; ``None`` where the indicator has no shares to compare."""
    rows = league.frame.filter((pl.col("indicator") == name) & pl.col("low").is_not_null())
    if rows.is_empty() or not int(rows["count"].sum()):
        return None
    city, marked = int(rows["of"].sum()), int(rows["count"].sum())
    widest = _round_up(max(rows["of"].to_list()))
    sizes = sorted({max(1, round(widest * k / STEPS)) for k in range(1, STEPS + 1)})
    sizes = [size for size in sizes if size <= city]
    bands = {size: _limits(city, marked, size) for size in sizes}
    highest = max(*rows["share"].to_list(), *(band[1] for band in bands[sizes[-1]]))
    top = min(MICRO, _round_up(min(MICRO, highest * 5 // 4) // 10_000 or 1) * 10_000)

    def x(of: int) -> int:
        return LEFT + of * (WIDTH - LEFT - RIGHT) // widest

    def y(share: int) -> int:
        return TOP + (top - min(share, top)) * (HEIGHT - TOP - BOTTOM) // top

    limits = tuple(
        "M" + "L".join(f"{x(size)} {y(bands[size][tail][side])}" for size in sizes)
        for tail in range(len(TAILS))
        for side in (0, 1)
    )
    points = tuple(
        Point(
            x(row["of"]), y(row["share"]), row["outside"], row["state"] == "too-few",
            row["clerk"], row["count"], row["of"],
        )
        for row in rows.iter_rows(named=True)
    )  # fmt: skip
    return Funnel(
        points=points,
        limits=limits,
        middle=y(marked * MICRO // city),
        across=tuple((widest * k // 4, x(widest * k // 4)) for k in range(5)),
        upward=tuple((top * k // 4, y(top * k // 4)) for k in range(5)),
    )


def _limits(city: int, marked: int, size: int) -> tuple[tuple[int, int], ...]:
    """Shares (millionths) that chance keeps to, for each of ``TAILS``: lower, upper."""
    least, chances = drawn(city, marked, size)
    found = []
    for tail in TAILS:
        low, below = 0, float(chances[0])
        while below <= tail:
            low += 1
            below += float(chances[low])
        high, above = len(chances) - 1, float(chances[-1])
        while above <= tail:
            high -= 1
            above += float(chances[high])
        found.append(((least + low) * MICRO // size, (least + high) * MICRO // size))
    return tuple(found)


def _round_up(number: int) -> int:
    """The next number of which quarters read well."""
    unit = 4
    while number > unit * 10:
        unit *= 10
    return -(-number // unit) * unit


def funnel_svg(league: League, name: str, language: str = "en") -> str:
    """The plot as a self-contained ``<svg>``; empty where there is nothing to draw."""
    plot = funnel(league, name)
    if plot is None:
        return ""

    def text(code: str, **facts: Fact) -> str:
        return escape(say("clerks", code, facts, language))

    number = partial(spell, language=language)
    title = text(f"indicator-{name}")
    outside = sum(point.outside for point in plot.points)
    told = text("funnel-told", clerks=len(plot.points), outside=outside)
    low, bottom = f"{name}-t", HEIGHT - BOTTOM
    parts = [
        f'<svg class="chart" role="img" aria-labelledby="funnel-{low} funnel-{name}-d" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">',
        f'<title id="funnel-{low}">{title}</title><desc id="funnel-{name}-d">{told}</desc>',
        f'<path class="line" d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}"/>',
        f'<path class="stay" d="M{LEFT} {plot.middle}H{WIDTH - RIGHT}"/>',
    ]
    for number_of, path in enumerate(plot.limits):
        parts.append(f'<path class="{"faint" if number_of < 2 else "cut"}" d="{path}"/>')
    for value, at in plot.across:
        parts.append(f'<text class="mid" x="{at}" y="{bottom + 150}">{number(value)}</text>')
    for share, at in plot.upward:
        label = number(share // 10_000)
        parts.append(f'<text class="end" x="{LEFT - 50}" y="{at + 40}">{label} %</text>')
    parts.append(
        f'<text class="mid axis" x="{(WIDTH + LEFT) // 2}" y="{HEIGHT - 90}">'
        f"{text('funnel-axis')}</text>"
    )
    named = 0
    for point in plot.points:
        what = text("funnel-point", clerk=point.clerk, count=point.count, of=point.of)
        if point.outside:
            shape = (
                f'<rect class="down" x="{point.x - 50}" y="{point.y - 50}" width="100" '
                f'height="100"><title>{what}</title></rect>'
            )
            if named < MOST_NAMES:
                named += 1
                side = "end" if point.x > WIDTH * 3 // 4 else "start"
                at = point.x + (-80 if side == "end" else 80)
                shape += (
                    f'<text class="{side}" x="{at}" y="{point.y + 40}">{escape(point.clerk)}</text>'
                )
        else:
            kind = "same" if point.few else "up"
            shape = (
                f'<circle class="{kind}" cx="{point.x}" cy="{point.y}" r="42">'
                f"<title>{what}</title></circle>"
            )
        parts.append(shape)
    parts.append("</svg>")
    return "\n".join(parts)
