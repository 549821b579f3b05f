"""Room that is left for each retailer in its baskets and bands (``model.md`` 5).

Whatever takes cartons from a retailer's joint limits looks here how many are left, and notes here
what it took.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from allocator.holdings import UNLIMITED, cell_of, together
from allocator.records import Flags, JointLimit, QuotaPlan, Units


@dataclass(frozen=True, slots=True, eq=False)
class Rooms:
    """J joint limits over P lines for r retailers in the order of the roster.

    holds : (J, P) bool, the lines of each limit
    left : (J, r) int64 cartons, ``UNLIMITED`` where none stands; ``take`` counts down in it
    """

    holds: Flags
    left: Units

    def coupled(self) -> Flags:
        """(P,) bool, the lines that stand in any of the limits."""
        return np.asarray(self.holds.any(axis=0))

    def of(self, line: Units, who: Units) -> Units:
        """Cartons left in the tightest limit of each pair of a line and a retailer, (m,) int64."""
        room = np.full(len(who), UNLIMITED)
        for holds, left in zip(self.holds, self.left, strict=True):
            np.minimum(room, left[who], out=room, where=holds[line])
        return room

    def take(self, line: Units, who: Units, cartons: Units) -> None:
        """Count down what pairs of a line and a retailer were given. A retailer may come often."""
        for holds, left in zip(self.holds, self.left, strict=True):
            inside = holds[line]
            np.subtract.at(left, who[inside], cartons[inside])


def rooms(plan: QuotaPlan, baskets: Sequence[JointLimit]) -> Rooms:
    """All room that the bands of a plan, and some baskets, leave before anything is ordered.

    A band is what its tier's notice says, a basket rises from tier to tier as quotas do.
    """
    cell, limits = cell_of(plan), (*plan.bands, *baskets)
    holds = np.zeros((len(limits), len(plan.product)), dtype=np.bool_)
    left = np.empty((len(limits), len(cell)), dtype=np.int64)
    for j, limit in enumerate(limits):
        holds[j, limit.lines] = True
        left[j] = together(limit, plan.between if j >= len(plan.bands) else None, cell)
    return Rooms(holds, left)
