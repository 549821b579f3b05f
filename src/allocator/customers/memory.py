"""What a watch remembers of the months passed: levels to come are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from allocator.customers.evidence import WINDOWS, Best, departures
from allocator.customers.expectation import SPAN, Usual, first_seasons, usual_of
from allocator.customers.series import Series, logs_of
from allocator.records import Flags, Reals, Units

FIRST: Final = 6
"""Months of own history before a shop is judged at all."""

AGAIN: Final = 4
"""The same after an alarm: otherwise a shop would go unwatched for half a year."""

FIRST_REACH: Final = 0.8
"""How far, as a log, one of the first months may stand from their middle: half or double."""

PULLED_IN: Final = 2.5
"""(deviations) a month further off counts as this far in later expectations: one large order, or
one month of holidays, must neither shift nor widen what is usual."""

YEAR: Final = 12
"""Months in a year."""


@dataclass(slots=True, eq=False)
class Memory:
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


def begin(series: Series, peers: Units) -> Memory:
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
    return Memory(
        history=history,
        known=known,
        departure=np.zeros((months, shops), np.float32),
        since=since,
        need=np.full(shops, FIRST),
        before=start[:, -1],
        adjustment=np.stack([index[0, -1], np.zeros(shops)]),
    )


def usual_before(memory: Memory, view: int, end: int) -> Usual:
    """What the months before ``end`` say."""
    months = range(max(end - SPAN, 0), end)
    rows = ((memory.history[view, t], memory.known[view, t]) for t in months)
    return usual_of(rows, len(memory.since))


def settle(memory: Memory, t: int, shops: Units) -> None:
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


def remember(
    memory: Memory, usual: list[Usual], spreads: list[Reals], ready: Flags,
    best: Best, alarm: Units, now: Reals, t: int,
) -> None:  # fmt: skip
    """Month t becomes history: pulled in, or the beginning of a new one after an alarm."""
    for view, (levels, spread) in enumerate(zip(usual, spreads, strict=True)):
        off = departures(view, [now], levels)[0]
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
