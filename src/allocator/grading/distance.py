"""How many cartons a month more would have lifted a retailer by a tier: found by regrading.

A retailer that had sold x cartons a month more in each month of the window, at its own mean
price and with its own mix of price classes, all others unchanged, would have had

    v'_k = v_k + g_k (m x)

with g_k what the item gains by a carton (``items.gain``: 1 carton, the mean price in whole fen,
...) and m the months of the window, m x to the nearest carton (a month is 30 days where weeks or
days are counted); mean price and mix stay as they are. Its points then, and those of
everybody else (a maximum pushed up, ranks overtaken), come from the scales themselves. Raising
one's values never lets more others score above one (``model.md`` 8), nor does it lower the own
score, so the least x is found by bisection, all retailers at once.

What x must reach depends on the rule: a *place* among the others with rank shares; a *score* with
cut-offs, bands, and natural breaks as they were drawn; a *tier* with the bands of two items. For a
place the count of higher scores is almost always plain before looking at the others one by one;
where it is not, only those whose points could fall far enough are looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from allocator.grading.exact import Units
from allocator.grading.scales import Scale
from allocator.records import Flags

FOLD: Final = 10
"""A change of more than ten times the present sales is not a figure to tell a shopkeeper ..."""

AT_LEAST: Final = 100
"""... unless it is a hundred cartons a month or less."""

_MOST: Final = 1 << 61
"""No value grows by more than this: sums of sales stay below twice as much (``turnover``)."""

_PAIRS: Final = 1 << 20
"""Pairs of retailers compared at once: bounds the memory, not the result."""

_AT_ONCE: Final = 1 << 14
"""(retailers) So many are bisected together: what they need stays in a processor's cache."""

_STRIDES: Final = (1, 1, 8, 64)
"""(cartons) How far on the search goes, again and again, before it bisects."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The n graded retailers with their K items.

    names, scales : K; gain : (K, n) int64, what the item grows by for each carton more
    values : (K, n) int64, in the units of the items; points : (K, n) int64, millionths
    score : (n,) int64, millionths, the sum of the points
    cartons : (n,) int64, cartons in the window, V; months : length of the window, m
    """

    names: tuple[str, ...]
    values: Units
    points: Units
    score: Units
    scales: Sequence[Scale]
    gain: Units
    cartons: Units
    months: Fraction


Reaches = Callable[[Units, Units], Flags]
"""Whether each of some retailers (k,) gets there with so many cartons a month more, (k,)."""


def cartons_to_place(scored: Scored, goal: Units, *, ties_lower: bool) -> Units:
    """Least cartons a month more with which each retailer would stand at place ``goal`` or better.

    Parameters
    ----------
    goal : (n,) int64, place to reach; 0 = nothing to reach

    Returns
    -------
    (n,) int64; -1 where there is no goal, nothing was sold, or no realistic change would do.
    """
    order = np.argsort(scored.score, kind="stable")
    rising = scored.score[order]
    wanting = order[(goal > 0)[order]]  # by score: neighbours are searched
    return least_cartons(
        scored,
        wanting,
        rising[-np.maximum(goal, 1)] - scored.score if len(goal) else goal,
        lambda who, extra: _reaches(scored, order, rising, who, extra, goal[who], ties_lower),
    )


def cartons_to_score(scored: Scored, goal: Units) -> Units:
    """Least cartons a month more with which each retailer's own score would be ``goal`` or more.

    goal : (n,) int64, millionths of a point; negative = nothing to reach. Result as above.
    """
    return least_cartons(
        scored,
        np.flatnonzero(goal >= 0),
        goal - scored.score,
        lambda who, extra: own_score(scored, who, grown(scored, who, extra)) >= goal[who],
    )


def least_cartons(scored: Scored, wanting: Units, lacking: Units, reaches: Reaches) -> Units:
    """For those that sold anything; a figure that is not realistic is none.

    lacking : (n,) int64, points to where the search begins; they decide how soon it ends only
    """
    result = np.full(len(scored.score), -1, np.int64)
    selling = wanting[scored.cartons[wanting] > 0]
    parts = np.array_split(selling, max(-(-len(selling) // _AT_ONCE), 1))
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        found = pool.map(partial(_searched, scored, lacking, reaches), parts)
        for part, cartons in zip(parts, found, strict=True):
            result[part] = cartons
    return result


def _searched(scored: Scored, lacking: Units, reaches: Reaches, selling: Units) -> Units:
    """The same of some, (k,): they do not look at one another's result.

    Scores rise almost in a straight line over the little way to the next tier, so the figure is
    looked for where a line would put it, then a few steps on; and by bisection where that fails.
    """
    result, place = np.full(len(selling), -1, np.int64), np.arange(len(selling))
    who = selling
    monthly = -(-scored.cartons[who] * scored.months.denominator // scored.months.numerator)
    high = np.maximum(FOLD * monthly, AT_LEAST)
    reached = reaches(who, high)
    who, place, high = who[reached], place[reached], high[reached]
    low, probe = np.zeros_like(high), _by_line(scored, who, lacking[who], high)
    for stride in itertools.chain(_STRIDES, itertools.repeat(0)):
        reached = reaches(who, probe)
        high, low = np.where(reached, probe, high), np.where(reached, low, probe)
        done = high - low <= 1
        result[place[done]] = high[done]
        who, place, low, high = (x[~done] for x in (who, place, low, high))
        reached = reached[~done]
        if not len(who):
            return result
        near = np.where(reached, high - stride, low + stride)
        probe = np.where(stride and (near > low) & (near < high), near, (low + high) // 2)
    return result


def _by_line(scored: Scored, who: Units, lacking: Units, most: Units) -> Units:
    """Cartons a month, 1 to ``most``, that would do if all were as steep as the first of them."""
    few = np.maximum(most // (16 * FOLD), 1)
    rise = np.maximum(own_score(scored, who, grown(scored, who, few)) - scored.score[who], 1)
    guess = np.minimum(few * (np.maximum(lacking, 0) / rise), most)
    cartons: Units = np.clip(np.ceil(guess).astype(np.int64), 1, most)
    return cartons


Changes = Mapping[int, tuple[Units, Units]]
"""Number of an item that grows -> old and new values of some retailers."""


def grown(scored: Scored, who: Units, extra: Units) -> Changes:
    """Old and new values of the items that grow when ``who`` sell ``extra`` cartons a month."""
    more = nearest(scored.months, extra)
    pairs = {}
    for k in np.flatnonzero(scored.gain.any(axis=1)):
        old = scored.values[k, who]
        each = np.minimum(scored.gain[k, who], _MOST // np.maximum(more, 1))
        pairs[int(k)] = old, old + each * more
    return pairs


def nearest(months: Fraction, monthly: Units | np.int64) -> Units:
    """Cartons in the window at so many a month, to the nearest, halves up."""
    twice = 2 * months.denominator
    return np.asarray((2 * months.numerator * monthly + months.denominator) // twice)


def own_score(scored: Scored, who: Units, changed: Changes) -> Units:
    """The scores of ``who`` after their own changes, all others as before."""
    own = scored.score[who]
    for k, (old, new) in changed.items():
        own = own + scored.scales[k].own(old, new) - scored.points[k, who]
    return own


def _reaches(
    scored: Scored,
    order: Units,
    rising: Units,
    who: Units,
    extra: Units,
    goal: Units,
    ties_lower: bool,
) -> Flags:
    """Whether each of ``who`` would stand at its goal or better with ``extra`` cartons a month.

    rising : (n,) int64, the scores in ``order``
    """
    n = len(rising)
    changed = grown(scored, who, extra)
    own, fall = own_score(scored, who, changed), np.zeros_like(extra)
    rise = np.zeros_like(extra)
    for k, (old, new) in changed.items():
        fall += scored.scales[k].fall(old, new)
        if scored.scales[k].reference <= 0:  # nobody had points of it: now others may have
            rise += scored.scales[k].rise(old, new)
    bar = own - 1 if ties_lower else own  # others count when they score above the bar
    itself = scored.score[who] > bar - rise
    start = np.searchsorted(rising, bar - rise, "right")
    reached = n - start - itself < goal
    open_ = np.flatnonzero(~reached & (fall + rise > 0))
    stop = np.searchsorted(rising, (bar + fall)[open_], "right")
    open_, stop = (x[n - stop - 1 < goal[open_]] for x in (open_, stop))
    if len(open_):
        above = n - start[open_] - itself[open_]
        near = {k: (old[open_], new[open_]) for k, (old, new) in changed.items()}
        above -= _fallen(scored, order, who[open_], near, bar[open_], start[open_], stop)
        reached[open_] = above < goal[open_]
    return reached


def _fallen(
    scored: Scored,
    order: Units,
    who: Units,
    changed: Changes,
    bar: Units,
    start: Units,
    stop: Units,
) -> Units:
    """How many others at places ``start`` to ``stop`` of the rising order fall to the bar."""
    length = stop - start
    result = np.zeros_like(length)
    chunk = np.cumsum(length) // _PAIRS
    for part in np.split(np.arange(len(who)), np.flatnonzero(np.diff(chunk)) + 1):
        mine = np.repeat(part, length[part])
        offset = np.cumsum(length[part]) - length[part]
        place = np.arange(len(mine)) + np.repeat(start[part] - offset, length[part])
        other = order[place]
        score = scored.score[other]
        for k, (old, new) in changed.items():
            then = scored.scales[k].theirs(old[mine], new[mine], scored.values[k, other])
            score = score + then - scored.points[k, other]
        fell = (score <= bar[mine]) & (other != who[mine])
        result += np.bincount(mine[fell], minlength=len(who))
    return result
