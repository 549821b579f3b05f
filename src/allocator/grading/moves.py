"""Who moved between tiers: the migration matrix, and what it says about stability."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl

from allocator.grading.exact import Units
from allocator.records import Grading


@dataclass(frozen=True, slots=True, eq=False)
class Migration:
    """How many retailers went from each tier to each.

    count : (T, T) int64, entry [f-1, t-1]: retailers that had tier f and have tier t
    entered : (T,) int64, retailers of each tier that had none before
    left : (T,) int64, retailers that had each tier and have none now
    """

    count: Units
    entered: Units
    left: Units

    @property
    def known(self) -> int:
        """Retailers with a tier before and now."""
        return int(self.count.sum())

    @property
    def steps(self) -> Units:
        """Retailers by how far they moved, (2T-1,) int64: entry T-1 stayed, entry T went one up."""
        tiers = len(self.count)
        went = np.arange(tiers)[None, :] - np.arange(tiers)[:, None] + tiers - 1
        # Sums of whole numbers below 2^53: the float weights lose nothing.
        sums = np.bincount(went.ravel(), self.count.ravel(), 2 * tiers - 1)
        return sums.astype(np.int64)

    def moved(self, least: int = 1) -> int:
        """Retailers that moved by ``least`` tiers or more, up or down."""
        steps, middle = self.steps, len(self.count) - 1
        return int(steps[: max(middle - least + 1, 0)].sum() + steps[middle + least :].sum())

    def share(self, least: int = 1) -> Fraction | None:
        """Part of those with a tier before and now that moved by ``least`` tiers or more."""
        return Fraction(self.moved(least), self.known) if self.known else None

    @property
    def up(self) -> int:
        """Retailers that moved up."""
        return int(np.triu(self.count, 1).sum())

    @property
    def down(self) -> int:
        """Retailers that moved down."""
        return int(np.tril(self.count, -1).sum())

    @property
    def distance(self) -> Fraction | None:
        """Tiers that a retailer moved on average, up or down alike."""
        tiers = len(self.count)
        far = np.abs(np.arange(2 * tiers - 1) - tiers + 1)
        return Fraction(int((self.steps * far).sum()), self.known) if self.known else None


def migration(grading: Grading, before: str = "previous_tier", now: str = "tier") -> Migration:
    """The migration matrix of a grading, from the tiers before it to those it gives.

    Parameters
    ----------
    before, now : columns of ``Grading.table`` that hold tiers; ``tier_by_score`` as ``before``
        shows what the rules after the score changed
    """
    table = grading.table
    return counted(table[before], table[now], grading.tiers)


def counted(before: pl.Series, now: pl.Series, tiers: int) -> Migration:
    """The matrix of two columns of tiers, row by row the same retailer; null = has none.

    Parameters
    ----------
    tiers : least size T of the matrix; it grows where a tier of either column is higher
    """
    one, other = (column.fill_null(0).cast(pl.Int64).to_numpy() for column in (before, now))
    size = max(tiers, int(one.max(initial=0)), int(other.max(initial=0)))
    cells = np.bincount(one * (size + 1) + other, minlength=(size + 1) ** 2)
    square = cells.reshape(size + 1, size + 1).astype(np.int64)
    return Migration(count=square[1:, 1:], entered=square[0, 1:], left=square[1:, 0])
