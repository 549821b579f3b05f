"""Largest differences, and how many are large, within windows of a sequence: O(n log n).

The window of element j are the elements ``first[j] .. j - 1`` before it. Whole columns at a time:
extremes of windows from those of runs of 1, 2, 4, .. elements; counts from a wavelet matrix
(Claude and Navarro 2012), which sorts the sequence bit by bit and keeps how many went left.
"""

from __future__ import annotations

import numpy as np

from allocator.records import Units


def widest(first: Units, low: Units, high: Units) -> Units:
    """The largest difference that each element can have from one in its window, (n,) int64.

    low, high : (n,) int64, what an element may be; below 0 where the window is empty
    """
    up = _extremes(first, low, np.minimum, np.iinfo(np.int64).max // 2)
    down = _extremes(first, high, np.maximum, -(np.iinfo(np.int64).max // 2))
    gap: Units = np.maximum(high - up, down - low)
    return gap


def _extremes(first: Units, values: Units, better: np.ufunc, nothing: int) -> Units:
    """The best value in each window, ``nothing`` where it is empty."""
    found = np.full(len(values), nothing, np.int64)
    length = np.arange(len(values)) - first
    run, table = 1, values
    while (open_ := np.flatnonzero(length >= run)).size:
        fits = open_[length[open_] < 2 * run]
        found[fits] = better(table[first[fits]], table[fits - run])
        table = better(table[: max(len(table) - run, 0)], table[run:])
        run *= 2
    return found


def count_apart(first: Units, values: Units, least: int, asked: Units) -> int:
    """Pairs of an element and one in its window that differ by ``least`` or more.

    least : > 0; asked : indices of the elements whose windows are looked at
    """
    known = np.unique(values)
    rank = np.searchsorted(known, values)
    start, own = first[asked], values[asked]
    lower = np.searchsorted(known, own - least, side="right")
    higher = np.searchsorted(known, own + least, side="left")
    everyone = int((asked - start).sum())
    return (
        _counts(rank, start, asked, lower, len(known))
        + everyone
        - _counts(rank, start, asked, higher, len(known))
    )


def _counts(rank: Units, start: Units, end: Units, bound: Units, ranks: int) -> int:
    """How many of ``rank[start:end]`` are below ``bound``, over all queries.

    rank : (n,) 0..ranks-1; bound : 0..ranks
    """
    total = 0
    left, right, limit, level = (part.astype(np.int32) for part in (start, end, bound, rank))
    for bit in range(ranks.bit_length() - 1, -1, -1):
        one = (level >> bit & 1).astype(np.bool_)
        zeros = np.zeros(len(level) + 1, np.int32)
        np.cumsum(~one, out=zeros[1:])
        low, high = zeros[left], zeros[right]
        upper = (limit >> bit & 1).astype(np.bool_)
        total += int((high - low).sum(where=upper, dtype=np.int64))
        left = np.where(upper, left - low + zeros[-1], low)
        right = np.where(upper, right - high + zeros[-1], high)
        level = np.concatenate([level[~one], level[one]])
    return total
