"""Cut-offs nearest a shape: which numbers to cut at, found exactly among those that may be used.

Places where the rising scores may be cut are p_0 = 0 < p_1 < .. < p_m = n (scores below). Tier t of
T takes the scores from place i to place j, at the cost |N_t - n s_t| with N_t = p_j - p_i and s_t
its share in the shape; the least sum of costs is found tier by tier from the bottom up:

    f_t(j) = min over i of f_(t-1)(i) + |p_j - p_i - n s_t|        p_j - p_i >= fewest

With a limit L on the cliff between neighbours (supply of tier t+1 over that of t may be at most L
times the quotient of their mean sales M) a tier depends on the one below it, so pairs of places
are kept:

    g_t(i, j) = |p_j - p_i - n s_t| + min over h of g_(t-1)(h, i)   with
                w_t / w_(t-1) <= L M(i, j) / M(h, i)

For given i the h are sorted by M(h, i), so the minimum is a running one. Of several best divisions
the one with the lowest boundaries is taken, from the top tier down.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Final

import numpy as np

from allocator.grading.exact import Units
from allocator.records import MICRO

MOST_PLACES: Final = 500
"""Places to cut at that are tried together: time grows with the square."""

MOST_NUMBERS: Final = 50_000
"""Multiples of a step that are looked at; finer ones nobody publishes."""

CENTI: Final = 100
"""Mean sales are compared in hundredths of a carton."""

STEPS: Final = tuple(digit * 10**power for power in range(7, -1, -1) for digit in (5, 2, 1))
"""Steps of publishable numbers, millionths: 50 points, 20, 10, 5, .. down to a millionth."""

_NEVER: Final = 1 << 62

_PLACE_BITS: Final = 10
"""Room for a place beside its cost: costs of up to 10^9 retailers stay below 2^51."""


@dataclass(frozen=True, slots=True, eq=False)
class Cliff:
    """How far supply may run ahead of sales from a tier to the next.

    need : (T-1,) int64 millionths: least quotient of the mean sales of tiers t+1 and t
    sold : (n + 1,) int64, cartons of the retailers with the lowest scores, entry k of the k lowest
    """

    need: Units
    sold: Units


def needed_sales(weights: tuple[int, ...], limit: Fraction) -> Units:
    """What ``Cliff.need`` is for weights of tiers 1..T, rounded up to a millionth."""
    pairs = pairwise(weights)
    return np.array([ceil(MICRO * Fraction(b, a) / limit) for a, b in pairs], np.int64)


def mean_sales(sold: Units, shops: Units) -> Units:
    """Hundredths of a carton for each of ``shops`` > 0 retailers, rounded half up; at least 0."""
    mean: Units = np.maximum(2 * CENTI * sold + shops, 0) // (2 * shops)
    return mean


def nearest(
    places: Units, shape: Units, fewest: int = 1, cliff: Cliff | None = None
) -> Units | None:
    """Indices of the T-1 places to cut at, rising, tier 2 first; ``None`` where none will do.

    Parameters
    ----------
    places : (m + 1,) int64, 0 .. n, rising strictly
    shape : (T,) int64, millionths of the retailers
    fewest : retailers that each tier must have
    """
    size = places[None, :] - places[:, None]  # (i, j): retailers between the two places
    fits = size >= max(fewest, 1)
    if cliff is None:
        return _one_by_one(size, fits, int(places[-1]), shape)
    return _in_pairs(places, size, fits, shape, cliff)


def _one_by_one(size: Units, fits: np.ndarray, n: int, shape: Units) -> Units | None:
    best = np.full(len(size), _NEVER, np.int64)
    best[0] = 0
    choices = []
    for share in shape.tolist():
        cost = np.where(fits, np.abs(size * MICRO - n * share), _NEVER)
        both = np.where(cost < _NEVER, np.minimum(best[:, None], _NEVER - cost) + cost, _NEVER)
        chosen = both.argmin(axis=0)
        best = both[chosen, np.arange(len(size))]
        choices.append(chosen)
    if best[-1] >= _NEVER:
        return None
    cuts, place = [], len(size) - 1
    for chosen in reversed(choices[1:]):
        place = int(chosen[place])
        cuts.append(place)
    return np.array(cuts[::-1], np.int64)


def _in_pairs(
    places: Units, size: Units, fits: np.ndarray, shape: Units, cliff: Cliff
) -> Units | None:
    n, last = int(places[-1]), len(places) - 1
    total = cliff.sold[places]
    mean = mean_sales(total[None, :] - total[:, None], np.where(fits, size, 1))
    costs = [np.where(fits, np.abs(size * MICRO - n * share), _NEVER) for share in shape.tolist()]
    state = np.full_like(size, _NEVER)
    state[0] = costs[0][0]
    choices = []
    for t, cost in enumerate(costs[1:]):
        after = np.full_like(size, _NEVER)
        chosen = np.zeros(size.shape, np.int16)
        for i in range(1, last):
            known = np.flatnonzero(state[:, i] < _NEVER)
            if not len(known):
                continue
            order = known[np.argsort(mean[known, i], kind="stable")]
            running, who = _running_least(state[order, i], order)
            # need M(h, i) <= MICRO M(i, j): the h with the smaller mean sales
            open_ = np.searchsorted(mean[order, i] * int(cliff.need[t]), mean[i] * MICRO, "right")
            may = (open_ > 0) & (cost[i] < _NEVER)
            at = np.maximum(open_ - 1, 0)
            after[i] = np.where(may, running[at] + np.where(may, cost[i], 0), _NEVER)
            chosen[i] = who[at]
        choices.append(chosen)
        state = after
    column = state[:, last]
    i = int(column.argmin())
    if column[i] >= _NEVER:
        return None
    cuts, j = [], last
    for chosen in reversed(choices):
        cuts.append(i)
        i, j = int(chosen[i, j]), i
    return np.array(cuts[::-1], np.int64)


def _running_least(values: Units, who: Units) -> tuple[Units, Units]:
    """The least of the values so far, and whose it is: the lowest place of equals."""
    both = np.minimum.accumulate(values << _PLACE_BITS | who)
    return both >> _PLACE_BITS, both & ((1 << _PLACE_BITS) - 1)


def score_places(rising: Units, shape: Units) -> Units:
    """Places between different scores, (m + 1,)."""
    places = np.concatenate([[0], np.flatnonzero(np.diff(rising)) + 1, [len(rising)]])
    return thinned(places, shape)


def round_places(rising: Units, step: int, shape: Units) -> Units | None:
    """Places at which multiples of a step (millionths) cut; ``None`` where they are too many."""
    first, last = int(rising[0]) // step + 1, int(rising[-1]) // step
    if last - first > MOST_NUMBERS:
        return None
    numbers = np.arange(first, last + 1, dtype=np.int64) * step
    below = np.searchsorted(rising, numbers, "left")
    return thinned(np.unique(np.concatenate([[0], below, [len(rising)]])), shape)


def thinned(places: Units, shape: Units) -> Units:
    """All places, or of more than ``MOST_PLACES`` those that matter.

    As many as fit, evenly spread, and on both sides of each boundary of the shape.
    """
    if len(places) <= MOST_PLACES:
        return places
    wanted = np.cumsum(shape)[:-1] * int(places[-1]) // MICRO
    right = np.searchsorted(places, wanted, "left")
    even = np.arange(room := MOST_PLACES - 2 * len(wanted)) * (len(places) - 1) // (room - 1)
    kept: Units = places[np.unique(np.concatenate([even, right, np.maximum(right - 1, 0)]))]
    return kept


def roundest(low: int, high: int, finest: int = 1) -> int:
    """The roundest multiple of ``finest`` above ``low`` and up to ``high``: of the coarsest step.

    finest : millionths; a multiple of it must lie between the two
    """
    for step in (*(step for step in STEPS if step > finest and not step % finest), finest):
        number: int = high // step * step
        if number > low:
            return number
    raise ValueError("no such number")


def cut_offs(rising: Units, places: Units, finest: int = 1) -> Units:
    """Least scores of tiers 1..T, (T,) int64 millionths, as round as the places allow.

    places : (T-1,) how many scores lie below tiers 2..T
    """
    numbers = [roundest(int(rising[k - 1]), int(rising[k]), finest) for k in places.tolist()]
    return np.array([0, *numbers], np.int64)
