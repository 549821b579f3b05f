"""What is released in a cycle, and who takes part in it: what a plan is made for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from allocator.allocation.cohorts import count_members, form_cells
from allocator.allocation.limits import Released, released_lines, supply_of_cycle
from allocator.allocation.segments import check_known, mentioned, named_regions
from allocator.allocation.turns import Roster, roster
from allocator.allocation.weights import IntegerWeights
from allocator.policy.allocation_models import AllocationPolicy
from allocator.records import Cells, Grading
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City


@dataclass(frozen=True, slots=True)
class Names:
    """What segments are called.

    attributes : that they are formed of; regions : segments that exist even without retailers
    """

    attributes: tuple[str, ...]
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """What is released in a cycle, and which segments that makes."""

    released: Released
    names: Names


def release_of(city: City, policy: AllocationPolicy, *, cycle: str, on: date) -> Release:
    """What a policy releases of the supply of a cycle.

    city : its retailers, products and supply are read

    Raises
    ------
    BadRequest : no supply in this cycle; retailers chosen by a value that none has
    """
    rows = supply_of_cycle(city, cycle)
    by_region = rows["region"].null_count() < len(rows)
    released = released_lines(city, rows, policy.reserve)
    attributes = mentioned(policy, released.product, by_region=by_region)
    check_known(retailers_on(city, on), policy, released.product)
    regions = named_regions(released.region, attributes)
    return Release(released, Names(attributes, tuple(regions)))


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Who takes part in a cycle: cells that all weigh 1, members as in ``QuotaPlan``, their lists.

    attributes : that segments are formed of
    """

    attributes: tuple[str, ...]
    cells: Cells
    members: pl.DataFrame
    order: Roster


def count_city(
    city: City, grading: Grading, names: Names, *, cycle: str, seed: str | None, on: date
) -> Counted:
    """Count the retailers of a cycle and draw their lists.

    city : its retailers and calendar are read

    Raises
    ------
    BadRequest : a retailer that takes part lacks an attribute that segments are formed of
    """
    members = count_members(city, grading, cycle=cycle, on=on, attributes=names.attributes)
    alike = IntegerWeights((1,) * grading.tiers, 1)
    cells, members = form_cells(members, grading.tiers, alike, list(names.regions))
    order = roster(members, len(cells.tier), seed, cycle)
    return Counted(names.attributes, cells, members, order)
