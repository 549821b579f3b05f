"""The rows of a program as arrays of their non-zero entries, for sums without a solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.records import Indices, Reals


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """R rows ``sum a x <= b`` over K positions, entry by entry.

    row, position : (E,) int32; coefficient : (E,) float64
    bound : (R,) float64, cartons; positions : K
    """

    row: Indices
    position: Indices
    coefficient: Reals
    bound: Reals
    positions: int

    def sums(self, table: Reals) -> Reals:
        """``sum_j a_rj x_j`` of each row, shape (R,)."""
        terms = self.coefficient * table[self.position]
        return np.bincount(self.row, terms, len(self.bound)).astype(np.float64)

    def sizes(self, table: Reals) -> Reals:
        """``sum_j |a_rj x_j|`` of each row, shape (R,): the scale of its rounding error."""
        terms = np.abs(self.coefficient * table[self.position])
        return np.bincount(self.row, terms, len(self.bound)).astype(np.float64)

    def prices(self, y: Reals) -> Reals:
        """``sum_r y_r a_rj`` of each position, shape (K,)."""
        terms = self.coefficient * y[self.row]
        return np.bincount(self.position, terms, self.positions).astype(np.float64)
