"""What one lot more of a product would change: planned again from the plan alone, not priced."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allocator.allocation.binding import lines_named
from allocator.allocation.cartons import whole_cartons
from allocator.allocation.joined import Entitled
from allocator.allocation.leximin import Lines
from allocator.allocation.objectives import aimed_tables
from allocator.allocation.program import near
from allocator.allocation.programs import lines_of
from allocator.allocation.rounding import Draw
from allocator.allocation.turns import roster
from allocator.errors import BadRequest
from allocator.records import QuotaPlan, Reals, Units


@dataclass(frozen=True, slots=True, eq=False)
class OneMore:
    """The plan with more of one line, less the plan as it is.

    line : p; cartons : how many more
    entitlement : (P, C) float64 cartons for each retailer, rounding of sums taken as nothing
    base : (P, C) int64 cartons for each retailer; seats : (P, C) int64 lots of each cell
    """

    line: int
    cartons: int
    entitlement: Reals
    base: Units
    seats: Units


def one_more(plan: QuotaPlan, product: str, *, region: str = "", lots: int = 1) -> OneMore:
    """What ``lots`` more of a product would change for everybody, all lines included.

    The limits of groups stay as they are in cartons, though a policy states them as shares, and
    each line keeps its method. Whole cartons are rounded again with the credits of the plan.

    Raises
    ------
    BadRequest : the product is not in the plan, or its quotas were published elsewhere
    """
    named = [p for p in lines_named(plan, product) if plan.region[p] in (region, "")]
    if not named:
        known = sorted({plan.region[p] for p in lines_named(plan, product)})
        raise BadRequest("region-not-planned", product=product, known=", ".join(known))
    lines, p = lines_of(plan), named[0]
    supply = lines.supply.copy()
    cartons = lots * int(plan.lot[p])
    supply[p] += cartons
    more = replace(lines, supply=supply)
    table, _ = aimed_tables(more, plan.cells, plan.objective, plan.product)
    change = table - plan.entitlement
    same = np.abs(change) <= near(1.0) * (1.0 + np.abs(table)) * len(plan.cells.tier)
    base, seats = _whole(plan, more, table)
    return OneMore(p, cartons, np.where(same, 0.0, change), base - plan.base, seats - plan.seats)


def shares_with(plan: QuotaPlan, p: int, lots: int) -> Reals:
    """Entitlements of line p with so many lots more of supply, (C,) float64 cartons.

    The line is planned alone: for those that no basket joins with others, and no group limits.
    """
    lines = lines_of(plan)
    supply, alone = lines.supply.copy(), np.zeros_like(lines.allowed)
    supply[p] += lots * int(plan.lot[p])
    alone[p] = lines.allowed[p]
    table, _ = aimed_tables(
        replace(lines, supply=supply, allowed=alone), plan.cells, plan.objective, plan.product
    )
    shares: Reals = table[p]
    return shares


def _whole(plan: QuotaPlan, lines: Lines, table: Reals) -> tuple[Units, Units]:
    """Whole cartons of a table by the methods, credits and draw of a plan: base and seats."""
    cells = plan.cells
    labels = cells.labels()
    order = roster(plan.members, len(cells.tier), plan.seed, plan.cycle)
    draws = [Draw(plan.seed, plan.cycle, product, labels) for product in plan.product]
    task = Entitled(lines, cells, plan.lot, plan.method, table)
    lots, _ = whole_cartons(task, plan.between, plan.product, plan.credit_before, order, draws)
    base = np.stack([line.base for line in lots]) * plan.lot[:, None]
    return base, np.stack([line.seats for line in lots])
