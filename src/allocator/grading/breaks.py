"""Natural breaks: boundaries where the scores themselves fall apart, by exact dynamic programming.

The scores, in rising order, are cut into classes so that

    sum over classes of sum over their scores x of |x - median of the class|

is as small as it can be (the absolute deviation about class medians of Jenks and Caspall [1]_).
Absolute deviations of whole numbers are whole numbers, so the optimum is exact; squares would need
fractions of every denominator up to n, and give the few largest shops a tier each.

Equal scores are never cut apart. Of several best divisions the one is taken whose top tier is the
largest, then the next, and so on down. With f_q(i) the least cost of the i lowest scores in q
classes,

    f_q(i) = min over j of f_(q-1)(j) + cost(j, i),

and cost(j, i) + cost(j', i') <= cost(j, i') + cost(j', i) for j < j' <= i < i': the best j never
falls as i rises (limits on the sizes of classes keep that: what they forbid lies in the corners).
So a layer is solved by halving, each half within the bounds that the middle leaves, O(n log n).

.. [1] G. F. Jenks and F. C. Caspall, Error on choroplethic maps, Annals of the Association of
   American Geographers 61 (1971), 217-244.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from allocator.grading.exact import Units

_NEVER: Final = 1 << 62
"""Cost of what cannot be; sums of deviations stay below."""


@dataclass(frozen=True, slots=True, eq=False)
class _Ordered:
    """n scores in rising order, which may be cut where they differ.

    cut : (d + 1,) int32, how many scores lie below each place where they may be cut; 0 and n too
    total : (d + 1,) int64, sum of the scores below each cut
    halves : (2 n + 1,) int64, entry s is the sum of the s // 2 lowest and of the (s + 1) // 2
        lowest scores

    Of the scores from place a to b the distances to their median are the sum of the upper half less
    that of the lower: with S(m) the sum of the m lowest, S(a) + S(b) - S(m) - S(m'), where m and
    m' are half of a + b, rounded down and up.
    """

    cut: NDArray[np.int32]
    total: Units
    halves: Units

    @classmethod
    def of(cls, rising: Units, cut: Units) -> _Ordered:
        """The sums of n rising scores."""
        total = np.concatenate([[0], np.cumsum(rising)])
        at = np.arange(2 * len(rising) + 1)
        return cls(cut.astype(np.int32), total[cut], total[at // 2] + total[(at + 1) // 2])


class TooWide(ValueError):
    """The scores lie so far apart that their distances cannot be added up."""


def natural_breaks(
    score: Units, tiers: int, fewest: Units | None = None, most: Units | None = None
) -> Units | None:
    """The least score of each tier, (T,) int64 in the unit of the scores, at entry t-1 for tier t.

    Parameters
    ----------
    score : (n,) int64
    tiers : T
    fewest, most : (T,) int64, how many retailers a tier must have and may have, by tier from 1;
        without them, where there are fewer different scores than tiers, each has its own tier
        from the top one down

    Returns
    -------
    0 for the lowest tier that can be reached, -1 for those below it; ``None`` where no division
    keeps the sizes.

    Raises
    ------
    TooWide : the sum of all distances does not fit 62 bits
    """
    free = fewest is None and most is None
    n = len(score)
    rising = np.sort(score)
    inner = np.flatnonzero(np.diff(rising)) + 1
    classes = min(tiers, len(inner) + 1) if free else tiers
    if n == 0:  # nobody is scored, so no size is broken
        return _spread([], tiers, 1)
    if classes > len(inner) + 1:
        return None
    rising = rising - rising[0]
    if 8 * n * int(rising[-1]) >= _NEVER:
        raise TooWide
    data = _Ordered.of(rising, np.concatenate([[0], inner, [n]]))
    low = np.ones(tiers, np.int64) if fewest is None else np.maximum(fewest, 1)
    high = np.full(tiers, n, np.int64) if most is None else most
    cuts = _divided(data, low[tiers - classes :], high[tiers - classes :])
    if cuts is None:
        return None
    return _spread(np.sort(score)[cuts].tolist(), tiers, classes)


def _spread(starts: list[int], tiers: int, classes: int) -> Units:
    """Least scores of the ``classes`` highest tiers; the lowest of them begins at 0."""
    least = np.full(tiers, -1, np.int64)
    least[tiers - classes] = 0
    least[tiers - classes + 1 :] = starts
    return least


def _divided(data: _Ordered, fewest: Units, most: Units) -> Units | None:
    """How many scores lie below each class but the lowest, rising; ``None`` = impossible."""
    last = len(data.cut) - 1
    best = np.full(last + 1, _NEVER, np.int64)
    best[0] = 0
    choices = []
    for q, (low, high) in enumerate(zip(fewest.tolist(), most.tolist(), strict=True), 1):
        rows = np.array([last]) if q == len(fewest) else np.arange(last + 1)
        first = np.searchsorted(data.cut, data.cut[rows] - high, "left").astype(np.int32)
        final = np.searchsorted(data.cut, data.cut[rows] - low, "right").astype(np.int32) - 1
        known = np.concatenate([[0], np.cumsum(best < _NEVER)])
        can = (final >= first) & (known[np.maximum(final, 0) + 1] > known[first])
        best, chosen = _layer(data, best, rows[can], first[can], final[can])
        choices.append(chosen)
    if best[last] >= _NEVER:
        return None
    cuts, place = [], last
    for chosen in reversed(choices[1:]):
        place = int(chosen[place])
        cuts.append(int(data.cut[place]))
    return np.array(cuts[::-1], np.int64)


def _layer(
    data: _Ordered, before: Units, rows: Units, first: Units, final: Units
) -> tuple[Units, NDArray[np.int32]]:
    """One class more: least cost up to each cut, and the lowest cut below it that gives it.

    before : (d + 1,) least costs with one class less
    rows : cuts that can be reached, rising; first, final : the cuts from which each can be
    """
    best = np.full(len(before), _NEVER, np.int64)
    chosen = np.zeros(len(before), np.int32)
    # The cost of j below i but for what depends on i alone; what is impossible stays so.
    below = np.where(before < _NEVER, before + data.total, _NEVER)
    start, stop = np.zeros(1, np.int32), np.full(1, len(rows) - 1, np.int32)
    low, high = np.zeros(1, np.int32), np.full(1, len(before) - 1, np.int32)
    while len(start := start[keep := start <= stop]):
        stop, low, high = stop[keep], low[keep], high[keep]
        middle = (start + stop) // 2
        lowest = np.maximum(low, first[middle])
        length = np.minimum(high, final[middle]) - lowest + 1
        offset = np.cumsum(length) - length
        j = np.arange(offset[-1] + length[-1], dtype=np.int32)
        j += np.repeat(lowest - offset.astype(np.int32), length)
        both = data.cut[j]
        both += np.repeat(data.cut[rows[middle]], length)
        cost = below[j]
        cost -= data.halves[both]
        least = np.minimum.reduceat(cost, offset)
        hits = np.flatnonzero(cost == np.repeat(least, length))
        at = j[hits[np.searchsorted(hits, offset)]]
        best[rows[middle]] = least + data.total[rows[middle]]
        chosen[rows[middle]] = at
        start, stop = np.concatenate([start, middle + 1]), np.concatenate([middle - 1, stop])
        low, high = np.concatenate([low, at]), np.concatenate([at, high])
    return best, chosen
