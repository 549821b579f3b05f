"""Who sells nearly the same: pairs of retailers that a quota should not put far apart.

Below all floors, so that those who judge a table compare the same pairs as those who plan one.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from allocator.records import Units

NEAR_PERCENT: Final = 5
"""(per cent of the larger sales) Sales that differ by no more are nearly the same."""


def near_pairs(sales: Units, group: Units, groups: int) -> Units:
    """Pairs with nearly the same sales by the groups of the two, (K, K) int64, upper triangle.

    Parameters
    ----------
    sales : (n,) int64 cartons; who returned more than was bought is near nobody
    group : (n,) int64, 0..K-1
    groups : K
    """
    order = np.argsort(sales, kind="stable")
    member, first = group[order], near_windows(sales[order])
    here = np.arange(len(first))
    counts = np.zeros((groups, groups), np.int64)
    for k in np.unique(member).tolist():
        running = np.concatenate([[0], np.cumsum(member == k)])
        below = running[here] - running[first]
        # Sums of whole numbers below 2^53 (n^2 pairs): the float weights lose nothing.
        counts[:, k] = np.bincount(member, below, groups).astype(np.int64)
    both = counts + counts.T
    both[np.diag_indices(groups)] //= 2
    return np.triu(both)


def near_windows(sold: Units) -> Units:
    """First of those before each with nearly the same sales, (n,) int64. sold : (n,) rising"""
    # a <= b are near if 100 (b - a) <= 5 b.
    first = np.searchsorted(100 * sold, (100 - NEAR_PERCENT) * sold, side="left")
    return np.minimum(first, np.arange(len(sold)))
