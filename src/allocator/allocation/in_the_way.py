"""Which baskets and groups kept whole lots of a line from being given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from allocator.allocation.rounding import snap
from allocator.records import MICRO, QuotaPlan, Shortfall, Units


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Indices into ``QuotaPlan.baskets`` and ``QuotaPlan.groups`` that have no room for a lot."""

    baskets: tuple[int, ...]
    groups: tuple[int, ...]


def in_the_way(plan: QuotaPlan, short: Shortfall) -> InTheWay:
    """The limits without room for one more lot in a cell that did not get its odd part.

    Where every total has room, lots of different size or sets that overlap found none for whole
    lots all the same: then all limits of the line are named.
    """
    p, lot, count = short.line, int(plan.lot[short.line]), plan.cells.count
    held = plan.base * count + plan.seats * plan.lot[:, None]
    odd = (count > 0) & (held[p] * MICRO < snap(plan.entitlement[p] / lot * count) * lot)

    def full_baskets() -> Iterator[int]:
        for b, basket in enumerate(plan.baskets):
            room = basket.most * count - held[basket.lines].sum(axis=0)
            if p in basket.lines and (odd & (basket.most >= 0) & (room < lot)).any():
                yield b

    def full_groups() -> Iterator[int]:
        for g, group in enumerate(plan.groups):
            if group.line == p and group.most >= 0 and odd[group.cells].any():
                retailers = np.maximum(count[group.cells], 1)
                rate: Units = -(-group.mass // retailers)
                taken = int((rate * held[p, group.cells]).sum())
                if group.most * MICRO - taken < lot * int(rate.max(initial=0)):
                    yield g

    found = InTheWay(tuple(full_baskets()), tuple(full_groups()))
    if found.baskets or found.groups:
        return found
    return InTheWay(
        tuple(b for b, basket in enumerate(plan.baskets) if p in basket.lines),
        tuple(g for g, group in enumerate(plan.groups) if group.line == p and group.most >= 0),
    )
