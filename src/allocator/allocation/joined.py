"""Lines whose whole cartons hang together: those that a group or a basket names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from allocator.allocation.leximin import Lines
from allocator.records import MICRO, Cells, Group, JointLimit, Reals, Units


@dataclass(frozen=True, slots=True, eq=False)
class Entitled:
    """Entitlements of all P released lines, and the rows that whole lots must keep.

    lines : with their groups and baskets; lot : (P,) int64 cartons
    method : P of ``rotate``, ``lottery``, ``equal``, ``path``
    entitlement : (P, C) float64 cartons per retailer
    """

    lines: Lines
    cells: Cells
    lot: Units
    method: tuple[str, ...]
    entitlement: Reals

    @property
    def mass(self) -> Units:
        """What one carton for each retailer of a cell takes of the supply, (P, C) millionths."""
        if self.lines.mass is None:
            return np.broadcast_to(self.cells.count * MICRO, self.entitlement.shape)
        return self.lines.mass


def joined_lines(baskets: Sequence[JointLimit], groups: Sequence[Group]) -> list[tuple[int, ...]]:
    """The lines that groups or baskets name, those together that baskets join, by first line."""
    together = {group.line: {group.line} for group in groups}
    for basket in baskets:
        joined = set(basket.lines.tolist())
        joined = joined.union(*(together.get(p, ()) for p in joined))
        together.update(dict.fromkeys(joined, joined))
    return sorted({tuple(sorted(lines)) for lines in together.values()})


def room_left(
    baskets: Sequence[JointLimit], lines: Sequence[int], used: Units
) -> tuple[JointLimit, ...]:
    """What is left in the baskets for some lines beside what every retailer has already.

    used : (P, C) int64 cartons

    Returns
    -------
    baskets over positions in ``lines``, never below 0; those with none of the lines fall away
    """
    place, left = {p: k for k, p in enumerate(lines)}, []
    for basket in baskets:
        inside = sorted(place[p] for p in basket.lines.tolist() if p in place)
        if inside:
            most = np.maximum(basket.most - used[basket.lines].sum(axis=0), 0)
            most = np.where(basket.most < 0, -1, most)
            left.append(JointLimit(basket.name, np.array(inside, dtype=np.int32), most))
    return tuple(left)


def common_lot(basket: JointLimit, lot: Units) -> int:
    """The largest number of cartons that every lot in a basket is a multiple of."""
    return gcd(*lot[basket.lines].tolist())


def taken(group: Group, count: Units) -> tuple[Units, Units]:
    """What one carton of one retailer takes from a group's share, millionths, down and up.

    count : (C,) retailers. Returns (k,) int64 twice: a minimum counts with what is surely taken,
    a maximum with what may be; the two differ only where the take-up is no whole millionth.
    """
    retailers = np.maximum(count[group.cells], 1)
    return group.mass // retailers, -(-group.mass // retailers)
