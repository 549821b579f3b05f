"""What a run holds on one retailer: what it may order, what it ordered, its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from allocator.explanation.indices import Row

NOTHING: Row = {}


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """What one retailer may order of one product in round one.

    p : released line, index into the plan
    base : cartons without the odd lot, for each retailer of the cell alike where boundaries are
        steps
    share : millionths of a carton, the entitlement that the base comes from
    waits : whether this retailer stands in line for an odd lot, as far as there are any
    seat : cartons more, because an odd lot fell to this retailer
    limit : base + seat
    """

    product: str
    p: int
    base: int
    share: int
    waits: bool
    seat: int

    @property
    def limit(self) -> int:
        """Most cartons in round one."""
        return self.base + self.seat


class Line(NamedTuple):
    """One product that the retailer ordered, in cartons.

    asked : ``None`` where unknown; limit, round_one, round_two : 0 where it is not released
    standard : what the rules give; granted : what was entered, ``None`` where unknown
    room : what bands left when round one came to the line, ``None`` where there are none
    """

    product: str
    p: int | None
    asked: int | None
    limit: int
    round_one: int
    round_two: int
    standard: int
    granted: int | None
    room: int | None

    @property
    def got(self) -> int:
        """What the shopkeeper holds."""
        return self.standard if self.granted is None else self.granted

    @property
    def withheld(self) -> int:
        """Cartons of the standard that were not entered."""
        return max(self.standard - self.got, 0)

    @property
    def missing(self) -> int:
        """Cartons asked for and not given by the rules."""
        return 0 if self.asked is None else max(self.asked - self.standard, 0)


OpenOffers = tuple[Mapping[str, Offer], tuple[str, ...]]
"""What is released, by product; and the products that are not."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Everything the run holds on one retailer.

    i : index into the plan's members; ``cell`` is ``None`` when not counted in this cycle
    graded : own row of the grading table; person : own row of the retailers table in force
    lines : what was ordered, by product; open_offers : asked for what is released when it matters
    """

    retailer: str
    i: int
    tier: int | None
    status: str | None
    due: bool
    cell: int | None
    graded: Row
    person: Row
    lines: Mapping[str, Line]
    open_offers: Callable[[int, int | None], OpenOffers]

    @property
    def active(self) -> bool:
        """Whether it may order at all: nobody who is suspended is advised to buy more."""
        return self.status in (None, "active")

    @cached_property
    def _released(self) -> OpenOffers:
        return self.open_offers(self.i, self.cell)

    @property
    def offers(self) -> Mapping[str, Offer]:
        """What is released to it in this cycle, by product."""
        return self._released[0]

    @property
    def refused(self) -> tuple[str, ...]:
        """Products of the plan that are not released to its cell."""
        return self._released[1]
