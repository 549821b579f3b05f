"""Rank shares: which part of the retailers, from the top, belongs to each tier.

The tier boundary after rank b_k = floor(n cum_k + 1/2), cum_k the sum of the shares of the k
highest tiers, is exact. A retailer's place is 1 + the number that score strictly higher, or with
``ties: lower`` the last place of those that score the same; its tier is the first, from the top,
whose boundary is not before its place. Boundaries never move for ties, so a tie that spans a
whole tier leaves that tier empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import floor

import numpy as np

from allocator.grading.exact import Units
from allocator.grading.standing import Standing


def boundaries(shares: Sequence[Fraction], retailers: int) -> Units:
    """Last place b_1..b_T of each tier, from the top tier down; ``shares`` in per cent, (T,)."""
    halves = Fraction(1, 2)
    return np.array(
        [floor(retailers * cumulated / 100 + halves) for cumulated in accumulate(shares)], np.int64
    )


def stand(score: Units, shares: Sequence[Fraction], *, ties_lower: bool) -> Standing:
    """Ranks, tiers and distances of n retailers with the given scores (millionths)."""
    n, tiers = len(score), len(shares)
    last = boundaries(shares, n)
    order = np.argsort(score, kind="stable")
    rising = score[order]
    falling = rising[::-1]
    # Retailers of one score stand together in the rising order, from ``start`` to before ``stop``.
    start = np.flatnonzero(np.append(True, rising[1:] != rising[:-1]))
    stop = np.append(start[1:], n)
    rank, level = np.empty(n, np.int64), np.empty(n, np.int64)
    rank[order] = np.repeat(n - stop + 1, stop - start)
    level[order] = np.repeat(n - start, stop - start)
    step = np.searchsorted(last, level if ties_lower else rank, "left")
    tier = tiers - step

    goal = np.where(step > 0, last[np.maximum(step - 1, 0)], 0)
    margin = 1 if ties_lower else 0  # with ``lower`` a tie is not enough
    needed = falling[np.maximum(goal - 1, 0)] + margin if n else score
    own_last = last[step] if n else step
    beyond = falling[np.minimum(own_last, n - 1)] if n else score

    places = np.diff(last, prepend=0)
    filled = np.bincount(step, minlength=tiers)[:tiers]
    cut = falling[np.maximum(last - 1, 0)] if n else np.zeros(tiers, np.int64)
    stands = places > 0
    swallowed = np.flatnonzero(stands & (filled == 0))
    return Standing(
        falling=falling,
        rank=rank.astype(np.int64),
        tier=tier.astype(np.int64),
        goal=goal,
        to_next=np.where(goal > 0, needed - score, -1),
        to_lower=np.where(own_last < n, score - beyond - margin, -1),
        last_rank=np.where(stands, last, -1)[::-1],
        cut_score=np.where(stands, cut, -1)[::-1],
        swallowed=tuple(int(tiers - k) for k in reversed(swallowed)),
    )
