"""What the bands leave for one order line, from all that the retailer has ordered before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allocator.errors import BadRequest
from allocator.ordering.limits import Limits

Already = int | Mapping[str, int]
"""Cartons ordered before in the cycle: of the product, or of each product by its number."""


@dataclass(frozen=True, slots=True)
class Room:
    """The tightest band of a line: at most so many cartons together, so many ordered already."""

    band: str
    most: int
    ordered: int

    @property
    def left(self) -> int:
        """Cartons that still fit."""
        return max(self.most - self.ordered, 0)


def ordered_before(product: str, already: Already) -> int:
    """Cartons of the product itself.

    Raises
    ------
    BadRequest : a number is not whole or is below 0
    """
    numbers = already.values() if isinstance(already, Mapping) else (already,)
    for number in numbers:
        if type(number) is not int or number < 0:
            raise BadRequest("already-ordered-not-whole")
    return already.get(product, 0) if isinstance(already, Mapping) else already


def tightest(limits: Limits, p: int, cell: int, already: Already) -> Room | None:
    """The band that leaves least for product p in a cell; ``None`` = no band limits it.

    Raises
    ------
    BadRequest : a band does, and what was ordered of its other products is not told
    """
    found: Room | None = None
    for band in limits.bands:
        most = band.most[cell]
        if most < 0 or p not in band.products:
            continue
        if not isinstance(already, Mapping):
            raise BadRequest("already-ordered-by-product", band=band.name)
        known = limits.products
        ordered = sum(
            cartons for product, cartons in already.items() if known.get(product) in band.products
        )
        room = Room(band.name, most, ordered)
        if found is None or room.left < found.left:
            found = room
    return found
