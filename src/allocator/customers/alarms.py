"""Which shops suddenly buy far less or far more than they, and shops like them, usually do.

Month by month, each shop is held against its expectation (``expectation.py``) in up to three
views (``series.py``). In each view the question is the same: how much better does "halved" (or
"doubled") explain the last month, or the last two together, than "as usual"? The answer is a log
likelihood ratio; over two months the ratios add up, as in a CUSUM that looks back two months. An
alarm needs

- evidence at the bar of its view (``BARS``), and
- cartons that did fall by a quarter or rise by a third on average over these months, and
- a history: ``FIRST`` months, ``AGAIN`` after an alarm; and at least ``LEAST_CARTONS`` a month.

Months scatter with a heavy tail (Student's t with ``TAIL`` degrees of freedom), so that one odd
month is no proof; a shop that swings by itself needs far more than a steady one, and one that
swings wildly is never accused. After an alarm the history begins anew at the change: each change
is told once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from allocator.customers.evidence import (
    BAR_ALONE,
    BARS,
    MOST_OFF,
    WINDOWS,
    Best,
    departures,
    seldom_bought,
)
from allocator.customers.expectation import Usual, last_year, scatter, seasons, size_classes
from allocator.customers.memory import (
    FIRST,
    YEAR,
    Memory,
    begin,
    remember,
    settle,
    usual_before,
)
from allocator.customers.series import Series, logs_of
from allocator.records import Flags, Reals, Units

LEAST_CARTONS: Final = 10
"""Cartons a month that are usual at least: below, one order more or less is half the volume."""


LEAST_CHANGE: Final = float(np.log(4 / 3))
"""Cartons must have fallen by a quarter or risen by a third."""


BUDGET: Final = 0.02
"""Share of judged shops that may be flagged in the average month."""
STEP: Final = 1.1
"""Where more are flagged, all bars are raised by this factor until no more are."""
LEAST_JUDGED: Final = 500
"""Judged shops times months from which the share says anything about the bars."""


@dataclass(frozen=True, slots=True, eq=False)
class Alarms:
    """Every alarm of the months judged.

    found : one row per alarm, by month and shop: t i64 (index of the month), i i64 (of the shop),
        window i64 (months changed), fall bool, view i64 (of ``VIEWS``, the one with most
        evidence), cartons, usual f64 (mean of the changed months), peers f64 (log of how
        peers moved), yearly f64 (log of what last year's same months add), lines, usual_lines f64
    judged : (T, n) bool
    young : (n,) bool, shops whose history is too short for the last month
    bar : factor on ``BARS`` that keeps the city within ``BUDGET``; 1 = as calibrated
    peers : (n,) codes of the peer groups
    """

    found: pl.DataFrame
    judged: Flags
    young: Flags
    bar: float
    peers: Units


def alarms_of(series: Series, peers: Units) -> Alarms:
    """Watch all months of a series.

    Parameters
    ----------
    peers : (n,) int64 codes from 0 of shops that have a season in common
    """
    bar = 1.0
    while True:
        alarms = watch(series, peers, bar)
        judged = int(alarms.judged.sum())
        if judged < LEAST_JUDGED or alarms.found.height <= BUDGET * judged:
            return alarms
        bar *= STEP


def watch(series: Series, peers: Units, bar: float = 1.0) -> Alarms:
    """The same with bars that are given."""
    shops, months = series.volume.shape[1], len(series.months)
    memory = begin(series, peers)
    judged = np.zeros((months, shops), bool)
    found = []
    for t in range(FIRST, months):
        judged[t], alarm = _judge(series, memory, peers, t, bar)
        found.append(alarm)
    young = (months - 1 - memory.since < memory.need) & ~judged[-1]
    return Alarms(pl.concat(found) if found else _NONE, judged, young, bar, peers)


_NONE = pl.DataFrame(
    schema={
        **dict.fromkeys(("t", "i", "window"), pl.Int64), "fall": pl.Boolean, "view": pl.Int64,
        **dict.fromkeys(("cartons", "usual", "peers", "yearly", "lines", "usual_lines"),
                        pl.Float64),
    }
)  # fmt: skip


def _judge(
    series: Series, memory: Memory, peers: Units, t: int, bar: float
) -> tuple[Flags, pl.DataFrame]:
    """Judge month t and remember it; returns who was judged, and the alarms."""
    age = t - memory.since
    settle(memory, t, np.flatnonzero(age == memory.need))
    views = range(len(memory.history))
    usual = [[usual_before(memory, view, t + 1 - w) for view in views] for w in WINDOWS]
    ready = (age >= memory.need) & (usual[0][0].months > 0)
    size = size_classes(usual[0][0].level)
    now, adjustment = _adjusted(series, memory, peers, t, usual[0], ready)
    rows = [now, memory.before]
    judged = np.zeros(len(age), bool)
    best = Best.none(len(age))
    bars = tuple(bar * own for own in (BARS if len(views) > 1 else (BAR_ALONE,)))
    spreads = []
    for w, levels in zip(WINDOWS, usual, strict=True):
        held = ready & (series.volume[t - w] > 0) & (levels[0].level >= np.log(LEAST_CARTONS))
        judged |= held
        off = departures(0, rows[:w], levels[0])
        change = np.where(np.isnan(off), -MOST_OFF, off).mean(axis=0)
        # Few shops changed enough to matter: only they are weighed.
        some = np.flatnonzero(held & (np.abs(change) >= LEAST_CHANGE))
        for view in views:
            spread = scatter(levels[view], size, held)
            off = departures(view, rows[:w], levels[view], some)
            seldom = seldom_bought(age[some] + 1 - w, levels[0].months[some]) if view == 0 else None
            best.weigh(some, off, spread[some], seldom, change[some], w, view, bars[view])
            spreads.append(spread)
    alarm = np.flatnonzero(best.strength >= 1)
    found = _told(series, usual, adjustment, memory.adjustment, best, alarm, t)
    remember(memory, usual[0], spreads[: len(views)], ready, best, alarm, now, t)
    memory.before, memory.adjustment = now, adjustment
    return judged, found


def _adjusted(
    series: Series, memory: Memory, peers: Units, t: int, usual: list[Usual], ready: Flags
) -> tuple[Reals, Reals]:
    """The views of month t without season and last year, and what was taken out of the cartons."""
    now = logs_of(series, t)
    taken = np.zeros((2, now.shape[1]))
    for view, levels in enumerate(usual):
        off = now[view] - levels.level
        counted = ready & np.isfinite(off)
        now[view] -= (season := seasons(off, peers, counted))
        if view == 0:
            taken[0] = season
        if view == 0 and t >= YEAR:
            former = np.where(memory.since <= t - YEAR, memory.departure[t - YEAR], 0.0)
            taken[1] = last_year(off - season, former, counted & (former != 0))
    now[:2] -= taken[1]  # what a year ago added cartons added lines, by and large
    return now, taken


def _told(
    series: Series, usual: list[list[Usual]], adjustment: Reals, earlier: Reals, best: Best,
    hit: Units, t: int,
) -> pl.DataFrame:  # fmt: skip
    """The alarms of month t with their figures.

    adjustment, earlier : (2, n) what was taken out of the cartons of month t and of the one before
    """
    window, two = best.window[hit], best.window[hit] == 2
    taken = np.stack([adjustment[:, hit], earlier[:, hit]])  # (month, season or last year, shop)

    def over(figures: Reals) -> Reals:
        """Mean over the months of the window, (2, h) -> (h,)."""
        result: Reals = np.where(two, figures.mean(axis=0), figures[0])
        return result

    def level(view: int) -> Reals:
        one, other = (levels[view].level[hit] for levels in usual)
        return np.where(two, other, one)

    def held(table: Units) -> Reals:
        return over(table[[t, t - 1]][:, hit].astype(np.float64))

    nothing = np.full(len(hit), np.nan)
    return pl.DataFrame(
        {
            "t": np.full(len(hit), t, np.int64),
            "i": hit.astype(np.int64),
            "window": window.astype(np.int64),
            "fall": best.fall[hit],
            "view": best.view[hit].astype(np.int64),
            "cartons": held(series.volume),
            "usual": over(np.exp(level(0)[None] + taken.sum(axis=1))),
            "peers": over(taken[:, 0]),
            "yearly": over(taken[:, 1]),
            "lines": held(series.lines) if series.by_product else nothing,
            "usual_lines": np.exp(level(1)) if series.by_product else nothing,
        },
        schema=_NONE.schema,
    )
