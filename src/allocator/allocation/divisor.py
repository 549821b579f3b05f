"""One lot at a time to whoever has least for its weight, solved on counts (``model.md`` 4).

The k-th lot of a retailer of weight w comes at level (k - 1/2) / w: Webster's divisor method with
caps and guarantees [1]_. At any level every retailer has ``round(level x weight)`` lots between
what is guaranteed and what it wants, so the level of the last lot is found on counts, in whole
numbers. With a fixed order among ties this is a fixed path in the sense of Moulin [2]_: efficient,
truthful, consistent, and more supply lowers no award.

.. [1] Balinski & Young 1982, Fair Representation.
.. [2] Moulin 1999, Rationing a commodity along fixed paths, J. Econ. Theory 84.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.records import Flags, Units


@dataclass(frozen=True, slots=True)
class LastLot:
    """The level at which the supply runs out: ``twice / (2 weight)``.

    twice : 2k - 1, where the last lot is the k-th of a retailer of ``weight``; 0 where nothing is
        left beyond the guarantees
    odd : lots for those whose next lot comes just at this level, at least one fewer than they are;
        0 where each of them gets it
    full : whether each of them gets it
    """

    twice: int
    weight: int
    odd: int
    full: bool

    def before(self, weight: Units) -> Units:
        """Whole lots that come before the level, for each weight."""
        lots: Units = (self.twice * weight + self.weight - 1) // (2 * self.weight)
        return lots

    def until(self, weight: Units) -> Units:
        """Whole lots that come before the level or at it, for each weight."""
        lots: Units = (self.twice * weight + self.weight) // (2 * self.weight)
        return lots

    def sure(self, weight: Units) -> Units:
        """Whole lots for each weight that need no draw."""
        return self.until(weight) if self.full else self.before(weight)

    def tied(self, weight: Units) -> Flags:
        """Whether a lot of each weight comes just at the level and has to be drawn."""
        drawn: Flags = (self.until(weight) > self.before(weight)) & (self.odd > 0)
        return drawn


def last_lot(low: Units, high: Units, count: Units, weight: Units, supply: int) -> LastLot | None:
    """Where the supply runs out; ``None`` when everybody can have ``high``.

    Parameters
    ----------
    low, high : (h,) int64 lots, guaranteed and wanted, 0 <= low <= high <= 2^20
    count : (h,) int64 retailers; weight : (h,) int64 in 1..2^40, so that products fit 64 bits
    supply : lots
    """
    if int((count * high).sum()) <= supply:
        return None
    still = (high > low) & (count > 0)
    spare = supply - int((count * low).sum())
    low, high, count, weight = low[still], high[still], count[still], weight[still]

    def given(lots: Units) -> int:
        return int((count * (np.clip(lots, low, high) - low)).sum())

    if spare <= 0:
        return LastLot(0, 1, 0, False)
    best: LastLot | None = None
    for w in np.unique(weight).tolist():
        first, last = 1, int(high[weight == w].max())
        while first < last:
            middle = (first + last) // 2
            if given(LastLot(2 * middle - 1, w, 0, False).until(weight)) >= spare:
                last = middle
            else:
                first = middle + 1
        found = LastLot(2 * first - 1, w, 0, False)
        enough = given(found.until(weight)) >= spare
        if enough and (best is None or found.twice * best.weight < best.twice * w):
            best = found
    if best is None:
        raise ArithmeticError("no level uses the supply")
    odd = spare - given(best.before(weight))
    full = spare == given(best.until(weight))
    return LastLot(best.twice, best.weight, 0 if full else odd, full)
