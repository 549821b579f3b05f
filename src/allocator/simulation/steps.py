"""The steps of a cycle as functions of what they take, and nothing else (``stages``)."""

from __future__ import annotations

from datetime import date

import polars as pl

from allocator.allocation.awards import awards_of_members
from allocator.allocation.cliffs import Near, near_shops
from allocator.allocation.counting import Counted, Names, Release, count_city, release_of
from allocator.allocation.matching import Matched, match_lines
from allocator.allocation.published import adopt_quotas
from allocator.allocation.quotas import plan_counted
from allocator.allocation.requests import Requests, lay_out
from allocator.allocation.shelf import Shelf
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Grading, Indices, QuotaPlan
from allocator.runs.week import grade_by
from allocator.tables.city import City, Table


def grade(
    rules: GradingPolicy | None,
    on: date,
    retailers: Table,
    sales: Table | None,
    products: Table | None,
    tiers: Table | None,
    sanctions: Table | None,
    quotas: Table | None,
) -> Grading:
    """The tiers, without what is missing to the next one."""
    city = City(
        retailers, products=products, sales=sales, quotas=quotas, tiers=tiers, sanctions=sanctions
    )
    return grade_by(city, rules, on, ahead=False)


def release(
    rules: AllocationPolicy,
    cycle: str,
    on: date,
    retailers: Table,
    products: Table | None,
    supply: Table | None,
    unread: tuple[str, ...],
) -> Release:
    """What is released."""
    city = City(retailers, products=products, supply=supply, unread=unread)
    return release_of(city, rules, cycle=cycle, on=on)


def count(
    grading: Grading,
    names: Names,
    cycle: str,
    seed: str | None,
    on: date,
    retailers: Table,
    calendar: Table | None,
) -> Counted:
    """Who takes part, and their lists."""
    city = City(retailers, calendar=calendar)
    return count_city(city, grading, names, cycle=cycle, seed=seed, on=on)


def plan(
    shelf: Shelf | None,
    grading: Grading,
    rules: AllocationPolicy,
    release: Release,
    counted: Counted,
    cycle: str,
    seed: str | None,
    on: date,
    retailers: Table,
    products: Table | None,
    credits_: Table | None,
    orders: Table | None,
    quotas: Table | None,
    calendar: Table | None,
) -> QuotaPlan:
    """The quotas, without a certificate. shelf : as in ``plan_counted``."""
    city = City(
        retailers,
        products=products, quotas=quotas, orders=orders, calendar=calendar, credits=credits_,
    )  # fmt: skip
    return plan_counted(
        city, grading, rules, release.released, counted,
        cycle=cycle, seed=seed, on=on, prove=False, shelf=shelf,
    )  # fmt: skip


def adopt(
    grading: Grading,
    rules: AllocationPolicy,
    cycle: str,
    seed: str | None,
    on: date,
    retailers: Table,
    quotas: Table | None,
    bands: Table | None,
    supply: Table | None,
    products: Table | None,
    calendar: Table | None,
    credits_: Table | None,
) -> QuotaPlan:
    """The quotas of a table that was given."""
    city = City(
        retailers,
        products=products, supply=supply, quotas=quotas, bands=bands, calendar=calendar,
        credits=credits_,
    )  # fmt: skip
    return adopt_quotas(city, grading, cycle=cycle, on=on, policy=rules, seed=seed)


def lay(cycle: str, orders: Table, placed: bool) -> Requests:
    """The orders of a cycle."""
    return lay_out(orders.frame, cycle, placed=placed)


def find(
    requests: Requests,
    counted: Counted,
    product: tuple[str, ...],
    region: tuple[str, ...],
    lot: tuple[int, ...],
) -> Matched:
    """Which line and which member each order concerns."""
    return match_lines(requests, counted.members, counted.cells, product, region, lot)


def serve(
    requests: Requests, plan: QuotaPlan, matched: Matched, asked: Indices, counted: Counted | None
) -> Indices:
    """Awards of the counted members, (P, r) int32 cartons."""
    order = None if counted is None else counted.order
    return awards_of_members(requests, plan, order, matched, asked)


def near(grading: Grading, members: pl.DataFrame, segment: tuple[str, ...], smooth: bool) -> Near:
    """Who sells nearly the same."""
    return near_shops(members, segment, grading, smooth=smooth)
