"""The case before the rules: counted order lines beside what the standard gives them.

Built once per audit by joins; rules only filter and group. Two grains: ``lines`` (as entered)
and ``pairs`` (a retailer and a product, lines summed), because limits bind the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from allocator.auditing.clerks.league import League
from allocator.auditing.demands import Demands
from allocator.auditing.engine import Engine, Frame
from allocator.auditing.hours import Hours
from allocator.policy.audit_models import AuditPolicy
from allocator.records import QuotaPlan
from allocator.tables.city import Table


class Cited(Protocol):
    """A table whose rows are cited."""

    @property
    def file(self) -> str | None:
        """Its file; ``None`` for a dataframe."""

    @property
    def sheet(self) -> str | None:
        """Its sheet, in a workbook."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Everything a rule may look at. Frames are lazy, of one engine, in no order.

    lines : counted order lines: row; every column of the orders (null where absent), of which
        ``tier`` and ``status`` as order_tier (tier the order was taken under) and order_status;
        i (retailer, null = unknown), status, tier, cell (null = not counted in this cycle), due;
        k (product, null = not in the plan), lot; o, c, q (stand-ins for order_id, clerk and
        product_id, good for grouping and joining only)
    fallen : lines of this cycle that were cancelled, the same columns; they count nowhere else
    past : lines that count of earlier cycles (begun before this one), the same columns
    pairs : one row per known retailer and planned product: i, k, lines, status, tier, cell, due,
        lot; released (whether the plan gives the tier any right), base, quota (base and seat),
        seated (whether the cell has seats); requested, granted (null if a line lacks it), asked
        (requested, make-up orders aside: they mend, they do not ask for more; lines of a second
        round aside too where nobody knows what it gave), award (null without an allocation),
        standard (null where asked is unknown), second (cartons of second-round lines), first
        (granted, without them where they are aside: what the standard binds), spare and
        spare_asked (cartons that count only if duplicate lines are two orders), spare_second (those
        of spare that are of second-round lines), left (null, or cartons still there of a product
        whose standards exceed its supply), ceiling
        (most that a second round may have made of the quota: above it nothing is allowed),
        turn_unknown (the cell has odd lots by turn, and nobody knows whose turn it is)
    products : k, product_id, lot
    places : for each product and cell: k, cell, p (-1 = none), base, most, released, seated
    stock : p, k, product_id, region, supply, reserve (cartons; supply null where none is known)
    duplicates : o, q, retailer_id, kind, lines: entered more than once
    shops : the retailers in force on the day of the plan, with i; shop_rows : all dated rows
    goods : the products table with k; calendar, sales, gradings (the table of tiers), sanctions :
        as the tables; sold : the sales table itself, to be cited. ``None`` = not given
    policy : thresholds of alerts
    quotas : the quota table that is judged, where the plan was published elsewhere; demands : what
        the policy asks of it, ``None`` without one
    hours : when orders of the cycle could be placed
    second_round_unknown : there was a second round whose awards are not given, so that up to the
        ceiling nothing above the quota is proven
    columns : what is present: ``column`` of the orders, ``table.column`` of the other tables,
        ``past`` where there are lines of earlier cycles
    count : counted lines; unplanned : of these, of products that are not in the plan; unplaced :
        of retailers that lack what a quota table divides by
    league : the order-takers beside each other, once the other rules have found what they find
    """

    engine: Engine
    plan: QuotaPlan
    policy: AuditPolicy
    hours: Hours
    orders: Cited
    retailers: Table | None
    supply: Table | None
    quotas: Table | None
    demands: Demands | None
    lines: Frame
    fallen: Frame
    past: Frame
    pairs: Frame
    products: Frame
    places: Frame
    stock: Frame
    duplicates: Frame
    shops: Frame | None
    shop_rows: Frame | None
    goods: Frame | None
    calendar: Frame | None
    sales: Frame | None
    sold: Table | None
    gradings: Frame | None
    sanctions: Frame | None
    second_round_unknown: bool
    columns: frozenset[str]
    count: int
    unplanned: int
    unplaced: int
    aside: Mapping[str, int]
    league: League | None = None
