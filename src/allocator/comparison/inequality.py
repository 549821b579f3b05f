"""How evenly something is spread over shops, in exact arithmetic on whole numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np

from allocator.records import Reals, Units

ROOM: Final = (1 << 63) - 1
"""Largest whole number of 64 bits: what is summed at a time stays below it."""

STEPS: Final = 100
"""Points of a Lorenz curve after the first: one for each per cent."""


def dot(one: Units, other: Units) -> int:
    """The sum of products, exact. one, other : (n,) int64, >= 0"""
    largest = int(one.max(initial=0)) * int(other.max(initial=0))
    chunk = ROOM // max(largest, 1)
    if not chunk:  # a single product may be too large for 64 bits
        return sum(a * b for a, b in zip(one.tolist(), other.tolist(), strict=True))
    return sum(int(one[k : k + chunk] @ other[k : k + chunk]) for k in range(0, len(one), chunk))


def gini(rising: Units) -> Fraction | None:
    """Gini index, 0 = all the same; ``None`` where there is nothing or nobody.

    ``2 sum_i i x_i / (n sum x) - (n + 1) / n`` with x rising and i from 1: half the mean difference
    of two shops over the mean. rising : (n,) int64, >= 0
    """
    n, total = len(rising), int(rising.sum())
    if not total:
        return None
    place = np.arange(1, n + 1)
    return Fraction(2 * dot(place, rising), n * total) - Fraction(n + 1, n)


def jain(values: Units) -> Fraction | None:
    """Jain's index ``(sum x)^2 / (n sum x^2)``, 1 = all the same; ``None`` where all are 0."""
    squares = dot(values, values)
    return Fraction(int(values.sum()) ** 2, len(values) * squares) if squares else None


def top_share(rising: Units, part: Fraction) -> Fraction | None:
    """The share of the total that the largest part of the shops holds, rounded up to whole shops.

    ``None`` where there is nothing.
    """
    n, total = len(rising), int(rising.sum())
    if not total:
        return None
    top = -(-n * part.numerator // part.denominator)
    return Fraction(int(rising[n - top :].sum()), total)


def percentile(rising: Units, percent: int) -> int | None:
    """The value at the nearest rank: the least that ``percent`` of the shops do not exceed."""
    if not len(rising):
        return None
    return int(rising[max(-(-len(rising) * percent // 100), 1) - 1])


def lorenz(rising: Units) -> Reals | None:
    """The Lorenz curve: the share that the poorest 0, 1, .. 100 % hold, (101,) float64.

    Straight lines between whole shops. ``None`` where there is nothing.
    """
    n, total = len(rising), int(rising.sum())
    if not total:
        return None
    held = np.concatenate([[0], np.cumsum(rising)])
    whole, rest = np.divmod(np.arange(STEPS + 1) * n, STEPS)
    following = np.append(rising, 0)[whole]
    curve: Reals = (held[whole] * STEPS + rest * following) / (STEPS * total)
    return curve
