"""What is paid for what: scenarios by two figures, and which of them no other beats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from allocator.records import MICRO
from allocator.reports.what_if.cloud import Cloud, Spot, cloud
from allocator.reports.what_if.telling import exact, told, word


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure as an axis: its name in words, its unit, and which way is better."""

    name: str
    unit: str
    better: str | None


@dataclass(frozen=True, slots=True)
class Point:
    """A scenario by two figures; number 0 is today's rule.

    best : whether no other beats it, where that is known already
    where : what nobody chooses by a rule (supply, demand, shops), "" = as it is; only points under
        the same are compared
    """

    name: str
    number: int
    x: float
    y: float
    best: bool | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade-off chart with its words; ``value_x`` and ``value_y`` spell millionths."""

    told: str
    across: str
    up: str
    chart: Cloud
    value_x: Callable[[int], str]
    value_y: Callable[[int], str]


def trade_off(points: Sequence[Point], across: Measure, up: Measure, language: str) -> Trade | None:
    """The chart of scenarios by two figures; ``None`` where fewer than two have both."""
    if len(points) < 2:
        return None
    more = across.better != "less", up.better != "less"
    best = [own if p.best is None else p.best
            for p, own in zip(points, undominated(points, *more), strict=True)]  # fmt: skip
    spots = [
        Spot(
            point.name,
            point.number,
            point.x,
            point.y,
            "baseline" if point.number == 0 else "best" if fine else "other",
            word(
                "trade-dot", language,
                number=point.number, name=point.name,
                across=across.name, x=told(point.x, across.unit, language),
                up=up.name, y=told(point.y, up.unit, language),
            ),
        )
        for point, fine in zip(points, best, strict=True)
    ]  # fmt: skip
    labels = [
        word("trade-less" if axis.better == "less" else "trade-more", language, figure=axis.name)
        for axis in (across, up)
    ]
    values = [partial(_tick, unit=axis.unit, language=language) for axis in (across, up)]
    said = word("trade-told", language, best=sum(best), all=len(points))
    # A line joins what can be chosen between, so none where circumstances differ.
    joined = len({point.where for point in points}) == 1
    return Trade(said, labels[0], labels[1], cloud(spots, joined=joined), *values)


def undominated(points: Sequence[Point], more_x: bool, more_y: bool) -> list[bool]:
    """Which points no other one under the same circumstances beats.

    That is: is as good in both figures and better in one.
    """
    signed = [
        (p.where, exact(p.x) * (1 if more_x else -1), exact(p.y) * (1 if more_y else -1))
        for p in points
    ]
    return [
        not any(
            other[0] == where and other[1] >= x and other[2] >= y and other[1:] != (x, y)
            for other in signed
        )
        for where, x, y in signed
    ]


def _tick(micro: int, unit: str, language: str) -> str:
    return told(micro / MICRO, unit, language)
