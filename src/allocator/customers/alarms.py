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
from numpy.typing import NDArray

from allocator.customers.expectation import (
    SPAN,
    Usual,
    first_seasons,
    last_year,
    scatter,
    seasons,
    size_classes,
    usual_of,
)
from allocator.customers.series import Series, logs_of
from allocator.records import Flags, Reals, Units

FIRST: Final = 6
"""Months of own history before a shop is judged at all."""
AGAIN: Final = 4
"""The same after an alarm: otherwise a shop would go unwatched for half a year."""
WINDOWS: Final = (1, 2)
"""Months that may have changed: the last one, or the last two."""
LEAST_CARTONS: Final = 10
"""Cartons a month that are usual at least: below, one order more or less is half the volume."""

HALF: Final = float(np.log(2))
"""The change that is looked for, as a log: to half, or to twice as much."""
LEAST_CHANGE: Final = float(np.log(4 / 3))
"""Cartons must have fallen by a quarter or risen by a third."""
TAIL: Final = 2
"""Degrees of freedom of Student's t for a single month."""
MOST_OFF: Final = float(np.log(3))
"""A month counts as off by this much at most, as a log: a third, or three times as much. Without it
a shop that all but stops would be further from "halved" than from "as usual"."""

VIEWS: Final = ("volume", "lines", "size")
BARS: Final = (3.8, 3.7, 2.5)
"""Evidence that an alarm needs in each view, calibrated on a real year (``docs/customers.md``):
3.7 means that "halved" explains the months exp(3.7), about 40 times, better than "as usual"."""
BAR_ALONE: Final = 2.9
"""The same where the sales name no products and volume is the only view."""
RISES: Final = 1.7
"""Rises need so much more: volumes lean to the right, and a missed fall costs more."""

BUDGET: Final = 0.02
"""Share of judged shops that may be flagged in the average month."""
STEP: Final = 1.1
"""Where more are flagged, all bars are raised by this factor until no more are."""
LEAST_JUDGED: Final = 500
"""Judged shops times months from which the share says anything about the bars."""

FIRST_REACH: Final = 0.8
"""How far, as a log, one of the first months may stand from their middle: half or double."""
PULLED_IN: Final = 2.5
"""(deviations) a month further off counts as this far in later expectations: one large order, or
one month of holidays, must neither shift nor widen what is usual."""
YEAR: Final = 12
"""Months in a year."""

EVERYBODY: Final = slice(None)

GRAIN: Final = 1e-6
"""Evidence is rounded to this before it is compared."""


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
    memory = _begin(series, peers)
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


@dataclass(slots=True, eq=False)
class _Memory:
    """The months passed so far: what later months are held against.

    history : (V, T, n) float32, season taken out, odd months pulled in; 0 where nothing is known
    known : (V, T, n) bool
    departure : (T, n) float32 of the cartons from the level of the time, for the same month a year
        later; 0 = unknown
    since, need : (n,) month from which history counts, and how many months it must have
    before, adjustment : (V, n) the month before, season taken out; and (2, n) what was taken out of
        its cartons for the season and for last year
    """

    history: NDArray[np.float32]
    known: Flags
    departure: NDArray[np.float32]
    since: Units
    need: Units
    before: Reals
    adjustment: Reals


def _begin(series: Series, peers: Units) -> _Memory:
    """The first months, before anybody has a history: only their season is taken out."""
    months, shops = series.volume.shape
    sold = series.volume > 0
    begun = np.where(sold.any(axis=0), sold.argmax(axis=0), months)
    # Whoever begins later began in the middle of a month: that one tells nothing.
    since = np.where(begun > 0, begun + 1, 0)
    start = np.stack([logs_of(series, t) for t in range(min(FIRST, months))], axis=1)
    index = np.stack([first_seasons(view, peers) for view in start])
    start -= index
    history = np.zeros((len(start), months, shops), np.float32)
    known = np.zeros(history.shape, bool)
    for t in range(start.shape[1]):
        known[:, t] = np.isfinite(start[:, t]) & (since <= t)
        history[:, t] = np.where(known[:, t], start[:, t], 0.0)
    return _Memory(
        history=history,
        known=known,
        departure=np.zeros((months, shops), np.float32),
        since=since,
        need=np.full(shops, FIRST),
        before=start[:, -1],
        adjustment=np.stack([index[0, -1], np.zeros(shops)]),
    )


def _judge(
    series: Series, memory: _Memory, peers: Units, t: int, bar: float
) -> tuple[Flags, pl.DataFrame]:
    """Judge month t and remember it; returns who was judged, and the alarms."""
    age = t - memory.since
    _settle(memory, t, np.flatnonzero(age == memory.need))
    views = range(len(memory.history))
    usual = [[_usual(memory, view, t + 1 - w) for view in views] for w in WINDOWS]
    ready = (age >= memory.need) & (usual[0][0].months > 0)
    size = size_classes(usual[0][0].level)
    now, adjustment = _adjusted(series, memory, peers, t, usual[0], ready)
    rows = [now, memory.before]
    judged = np.zeros(len(age), bool)
    best = _Best.none(len(age))
    bars = tuple(bar * own for own in (BARS if len(views) > 1 else (BAR_ALONE,)))
    spreads = []
    for w, levels in zip(WINDOWS, usual, strict=True):
        held = ready & (series.volume[t - w] > 0) & (levels[0].level >= np.log(LEAST_CARTONS))
        judged |= held
        off = _departures(0, rows[:w], levels[0])
        change = np.where(np.isnan(off), -MOST_OFF, off).mean(axis=0)
        # Few shops changed enough to matter: only they are weighed.
        some = np.flatnonzero(held & (np.abs(change) >= LEAST_CHANGE))
        for view in views:
            spread = scatter(levels[view], size, held)
            off = _departures(view, rows[:w], levels[view], some)
            seldom = _seldom(age[some] + 1 - w, levels[0].months[some]) if view == 0 else None
            best.weigh(some, off, spread[some], seldom, change[some], w, view, bars[view])
            spreads.append(spread)
    alarm = np.flatnonzero(best.strength >= 1)
    found = _told(series, usual, adjustment, memory.adjustment, best, alarm, t)
    _remember(memory, usual[0], spreads[: len(views)], ready, best, alarm, now, t)
    memory.before, memory.adjustment = now, adjustment
    return judged, found


def _usual(memory: _Memory, view: int, end: int) -> Usual:
    """What the months before ``end`` say."""
    months = range(max(end - SPAN, 0), end)
    rows = ((memory.history[view, t], memory.known[view, t]) for t in months)
    return usual_of(rows, len(memory.since))


def _settle(memory: _Memory, t: int, shops: Units) -> None:
    """The first months of a history, once there are enough: odd ones pulled towards the middle."""
    for need in (FIRST, AGAIN):
        some = shops[memory.need[shops] == need]
        rows = np.arange(t - need, t)[:, None]
        for history, known in zip(memory.history, memory.known, strict=True):
            block, told = history[rows, some].astype(np.float64), known[rows, some]
            mean = block.sum(axis=0) / np.maximum(told.sum(axis=0), 1)
            middle = np.median(np.where(told, block, mean), axis=0)
            block = np.clip(block, middle - FIRST_REACH, middle + FIRST_REACH)
            history[rows, some] = np.where(told, block, 0.0)


def _adjusted(
    series: Series, memory: _Memory, peers: Units, t: int, usual: list[Usual], ready: Flags
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


def _departures(
    view: int, rows: list[Reals], usual: Usual, some: Units | slice = EVERYBODY
) -> Reals:
    """How far each month of a window is off the level, (w, n); NaN where a view says nothing."""
    level = usual.level[some]
    return np.stack([np.clip(row[view][some] - level, -MOST_OFF, MOST_OFF) for row in rows])


@dataclass(slots=True, eq=False)
class _Best:
    """The strongest evidence so far of each of n shops, as a multiple of its bar.

    strength : (n,) float64, rounded to ``GRAIN``; window, view : (n,) where it was; fall : (n,)
    """

    strength: Reals
    window: Units
    view: Units
    fall: Flags

    @classmethod
    def none(cls, shops: int) -> _Best:
        """Nothing yet."""
        zeros = np.zeros(shops, np.int64)
        return cls(np.zeros(shops), zeros, zeros.copy(), np.zeros(shops, bool))

    def weigh(
        self, some: Units, off: Reals, spread: Reals, seldom: Reals | None, change: Reals, w: int,
        view: int, bar: float,
    ) -> None:  # fmt: skip
        """Take in one view of one window of ``some`` shops.

        off : (w, s) departures; spread : (s,) variance; seldom : (s,) evidence of a month without
        a purchase, where the view tells; change : (s,) how far the cartons are off
        """
        fall = change < 0
        odds = _evidence(np.where(fall, -off, off), spread)
        if seldom is not None:
            odds += np.where(fall, np.isnan(off).sum(axis=0) * seldom, 0.0)
        strength = odds / np.where(fall, bar, bar * RISES)
        strength = np.rint(strength / GRAIN) * GRAIN
        better = strength > self.strength[some]
        who = some[better]
        self.strength[who], self.fall[who] = strength[better], fall[better]
        self.window[who], self.view[who] = w, view


def _evidence(off: Reals, spread: Reals) -> Reals:
    """Log likelihood ratio of "off by ``HALF``" against "as usual", summed over the months."""
    unit = TAIL * spread
    odds = np.log1p(off**2 / unit) - np.log1p((off - HALF) ** 2 / unit)
    result: Reals = (TAIL + 1) / 2 * np.nansum(odds, axis=0)
    return result


def _seldom(months: Units, bought: Units) -> Reals:
    """Evidence of one month without a purchase, by how seldom that was so (rule of succession).

    With k months of history, s of them without a purchase, another one has the chance
    (s + 1) / (k + 2) as usual, and is certain for a shop that stopped.
    """
    span = np.minimum(months, SPAN)
    evidence: Reals = np.log((span + 2) / (span - bought + 1))
    return evidence


def _remember(
    memory: _Memory, usual: list[Usual], spreads: list[Reals], ready: Flags,
    best: _Best, alarm: Units, now: Reals, t: int,
) -> None:  # fmt: skip
    """Month t becomes history: pulled in, or the beginning of a new one after an alarm."""
    for view, (levels, spread) in enumerate(zip(usual, spreads, strict=True)):
        off = _departures(view, [now], levels)[0]
        reach = PULLED_IN * np.sqrt(spread)
        off = np.clip(off, -reach, reach)
        told = np.isfinite(now[view]) & (memory.since <= t)
        memory.known[view, t] = told
        value = np.where(ready, levels.level + off, now[view])
        memory.history[view, t] = np.where(told, value, 0.0)
        if view == 0:
            memory.departure[t] = np.where(ready & told, off, 0.0)
    window = best.window[alarm]
    memory.since[alarm], memory.need[alarm] = t + 1 - window, AGAIN
    memory.known[:, : t - 1, alarm] = False
    memory.history[:, : t - 1, alarm] = 0.0
    for w in WINDOWS:
        # The last two months as they were; the one before the change does not count any more.
        values, month = (now, t) if w == 1 else (memory.before, t - 1)
        raw = values[:, alarm]
        told = np.isfinite(raw) & (window >= w)
        memory.known[:, month, alarm] = told
        memory.history[:, month, alarm] = np.where(told, raw, 0.0)


def _told(
    series: Series, usual: list[list[Usual]], adjustment: Reals, earlier: Reals, best: _Best,
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
