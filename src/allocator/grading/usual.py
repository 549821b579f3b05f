"""What is usual: medians and scatter of logarithms, in whole numbers throughout.

A month of ``q`` cartons is looked at as x = log2(1 + q), so that a doubling weighs as much as a
halving; sums below 0 (more returned than sold) count as 0. Logarithms are kept in parts of
2**-BITS as 32-bit integers, so medians are exact and the same on every machine.

The scatter of some values is 1.4826 times the median of their distances from their median (MAD):
for the normal law that is its standard deviation, and up to half of the values may be anything
without spoiling it [1]_. Two floors keep small numbers from accusing anybody, see ``least``.

.. [1] Hampel, F. R. (1974). The influence curve and its role in robust estimation. JASA 69, 383.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from allocator.grading.exact import LOG_BITS, Units, log2, muldiv
from allocator.records import Flags, Indices

BITS: Final = 20
"""Binary digits of a logarithm after the point: one part is less than a millionth of the sales."""

NORMAL: Final = Fraction(14826, 10000)
"""Standard deviation of the normal law over its MAD."""

_NATURAL: Final = 1_512_775
"""log2(e) in parts of 2**-BITS: what counting by chance scatters 1 carton by."""

_ABSENT: Final = np.iinfo(np.int32).max
"""Sorts last; no logarithm is as large (64 << BITS is half of it at most)."""

Logs = NDArray[np.int32]


def logs(cartons: Units) -> Logs:
    """Logarithms log2(1 + cartons) in parts of 2**-BITS, of the same shape; 0 below 0."""
    sold = np.maximum(cartons, 0)
    most = int(sold.max(initial=0))
    if most < sold.size:  # fewer different numbers than values: each logarithm once
        return _logs(np.arange(most + 1))[sold]
    return _logs(sold)


def _logs(cartons: Units) -> Logs:
    return (log2(cartons) >> (LOG_BITS - BITS)).astype(np.int32)


def log_of(factor: Fraction) -> int:
    """The logarithm of a factor >= 1 in parts of 2**-BITS, such as 1.15 of "15 per cent"."""
    above, below = log2(np.array([factor.numerator - 1, factor.denominator - 1])).tolist()
    return int(above - below) >> (LOG_BITS - BITS)


def middle_of_rows(values: Logs, present: Flags) -> Logs:
    """Medians of rows, (n,); of an even number the mean of the two middle ones, cut down.

    values, present : (n, U); what is not present does not count; 0 where nothing is
    """
    if not values.shape[1]:
        return np.zeros(len(values), np.int32)
    rising = np.sort(np.where(present, values, _ABSENT), axis=1)
    count = present.sum(axis=1)
    rows = np.arange(len(values))
    low = rising[rows, np.maximum(count - 1, 0) // 2].astype(np.int64)
    high = rising[rows, np.minimum(count // 2, values.shape[1] - 1)].astype(np.int64)
    return np.where(count > 0, (low + high) // 2, 0).astype(np.int32)


def middle_of_groups(
    values: Logs, present: Flags, group: Indices, groups: int
) -> tuple[Logs, Indices]:
    """Medians of groups in each column, and how many values each is of; both (groups, U).

    values, present : (n, U); group : (n,) 0..groups-1
    """
    columns = values.shape[1]
    middle = np.zeros((groups, columns), np.int32)
    size = np.zeros((groups, columns), np.int32)
    for u in range(columns):
        inside = present[:, u]
        mine = group[inside].astype(np.int64)
        count = np.bincount(mine, minlength=groups)
        # One sort of whole numbers: the group above, the value (made positive) below.
        rising = np.sort((mine << 32) + (values[inside, u].astype(np.int64) + (1 << 31)))
        first = np.cumsum(count) - count
        held = np.flatnonzero(count)
        low = rising[first[held] + (count[held] - 1) // 2]
        high = rising[first[held] + count[held] // 2]
        word = (1 << 32) - 1
        middle[held, u] = ((low & word) + (high & word)) // 2 - (1 << 31)
        size[:, u] = count
    return middle, size


def least(usual: Logs, share: Fraction) -> Units:
    """The least scatter that is believed, (n,): small samples and small numbers accuse nobody.

    Two floors, the larger counts. ``share``: a shop that happened to sell the same for some
    months is not thereby steady; its scatter is never taken below log2(1 + share). And counting:
    orders that come by chance, m a month, scatter by the root of m, in logarithms by
    log2(e) / root(m) (Poisson); three cartons instead of one tell nothing.

    usual : (n,) median logarithms, from which m + 1 is taken
    """
    floor = np.int64(log_of(1 + share))
    # Powers of a half octave are enough here, and are exact: root(2^(h/2)) from a table.
    halves = np.maximum(usual, 0).astype(np.int64) >> (BITS - 1)
    table = np.array([_chance(h) for h in range(int(halves.max(initial=0)) + 1)], np.int64)
    believed: Units = np.maximum(floor, table[halves])
    return believed


def _chance(halves: int) -> int:
    """log2(e) / root(2**(halves / 2)): the square root is taken twice of a whole number."""
    return isqrt(isqrt(_NATURAL**4 >> halves))


def allowed(scatter: Units, threshold: Fraction) -> Units:
    """How far from the usual a value may lie: ``threshold`` times the scatter."""
    return muldiv(scatter, threshold.numerator, threshold.denominator)


def scatter(mad: Logs) -> Units:
    """1.4826 MAD."""
    return muldiv(mad, NORMAL.numerator, NORMAL.denominator)


def cartons_between(low: Units, high: Units) -> tuple[Units, Units]:
    """The least and the most cartons whose logarithm lies in [low, high], (n,) each.

    Found by trying: no power is computed, so the range and the comparison of logarithms always
    agree. The most is at least 0.
    """
    return cartons_of(low), np.maximum(_first_at_least(high + 1) - 1, 0)


def cartons_of(middle: Logs | Units) -> Units:
    """The least cartons whose logarithm is ``middle`` or more, (n,)."""
    return _first_at_least(np.maximum(middle, 0).astype(np.int64))


def _first_at_least(bound: Units) -> Units:
    """The least cartons with a logarithm of ``bound`` or more, by halving."""
    whole = np.minimum(bound >> BITS, 61).astype(np.int64)
    below = np.left_shift(np.int64(1), whole) - 2  # 1 + cartons reach the whole power of two
    above = np.left_shift(np.int64(1), whole + 1)
    while (above - below > 1).any():
        middle = (below + above) // 2
        enough = (middle >= 0) & (_logs(np.maximum(middle, 0)) >= bound)
        above = np.where(enough, middle, above)
        below = np.where(enough, below, middle)
    return np.asarray(above, np.int64)
