"""Audits of what others made: a run, a city, or three exports alone (orders, retailers, quotas)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import polars as pl

from allocator.allocation.published import adopt_quotas
from allocator.auditing.findings import Findings
from allocator.auditing.several import joined
from allocator.errors import BadRequest
from allocator.grading.scheme import given_tiers
from allocator.policy.models import Policy
from allocator.records import QuotaPlan
from allocator.runs.cycles import cycles_to_audit, with_weeks
from allocator.runs.week import MOST_NAMED, has_orders, inspect
from allocator.tables.city import City
from allocator.tables.source import printable
from allocator.tables.stored import StoredOrders

MOST_CODES = 5
"""Codes that a refusal shows of each table."""


def audit_exports(
    city: City,
    *,
    cycle: str | None = None,
    on: date | None = None,
    policy: Policy | Callable[[date], Policy] | None = None,
    orders: StoredOrders | None = None,
) -> Findings:
    """Check the orders of a city against a quota table that someone else published.

    Parameters
    ----------
    cycle : default every cycle of the orders for which there are quotas; where no table names a
        cycle, ISO weeks are cycles, and orders of one week are all of one
    on : whose retailer rows are in force, default the day of the last order of each cycle
    policy : of all cycles, or what gives that of a day: each cycle is judged by the rule of its own
    orders : kept on disk (``store_orders``); those of the city are then their outline

    Raises
    ------
    BadRequest : orders, quota table or tiers are missing, or no line has a quota
    """
    if city.orders is None:
        raise BadRequest("orders-needed")
    if cycle is None:
        city, orders = in_weeks(city, orders)
    cycles = cycles_to_audit(city, cycle, None if orders is None else orders.open_lines)
    return joined([_audit_cycle(city, each, on, policy, orders) for each in cycles])


def _audit_cycle(
    city: City,
    cycle: str,
    on: date | None,
    policies: Policy | Callable[[date], Policy] | None,
    orders: StoredOrders | None,
) -> Findings:
    check_orders(city, cycle)
    on = on or last_day(city, cycle)
    policy = policies if policies is None or isinstance(policies, Policy) else policies(on)
    plan = adopt_quotas(
        city,
        given_tiers(city, on),
        cycle=cycle,
        on=on,
        policy=None if policy is None else policy.allocation,
        policy_digest="" if policy is None else policy.digest,
        with_odd_lots=True,
    )
    _check_codes(city, plan, orders)
    return inspect(city, policy, plan, None, orders)


def in_weeks(city: City, orders: StoredOrders | None) -> tuple[City, StoredOrders | None]:
    """``with_weeks`` for orders in memory and on disk alike."""
    weekly = with_weeks(city)
    if orders is None or weekly is city or weekly.orders is None:
        return weekly, orders
    return weekly, orders.by_week(weekly.orders)


def _check_codes(city: City, plan: QuotaPlan, stored: StoredOrders | None) -> None:
    """Refuse an audit in which no line meets a limit: codes that differ would look like order.

    Raises
    ------
    BadRequest : not one product of the orders is in the quota table, or not one of several
        retailers in the retailers table
    """
    if city.orders is None:
        raise BadRequest("orders-needed")
    for column, known, code, least in (
        ("product_id", pl.Series(plan.product, dtype=pl.String), "products-apart", 1),
        ("retailer_id", city.retailers.frame["retailer_id"], "retailers-apart", 2),
    ):
        if stored is None:
            ordered = city.orders.frame[column].cast(pl.String).unique().sort()
        else:
            ordered = stored.distinct(column)
        if len(ordered) >= least and not ordered.is_in(known.implode()).any():
            shown = (
                ", ".join(printable(name) for name in names.head(MOST_CODES).to_list())
                for names in (ordered, known.unique().sort())
            )
            raise BadRequest(code, orders=next(shown), known=next(shown))


def last_day(city: City, cycle: str = "") -> date:
    """The day of the last order (of a cycle): a fact of the input, where the clock would not be."""
    last = None
    if city.orders is not None:
        frame = _ordinary(city.orders.frame)
        of_cycle = pl.col("cycle").is_null() | (pl.col("cycle") == cycle)
        last = (frame.filter(of_cycle) if cycle else frame)["ordered_at"].max()
    if not isinstance(last, datetime):
        raise BadRequest("day-needed")
    return last.date()


def _ordinary(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that tell when the cycle was: make-up orders come later, cancelled ones any day."""
    told = lines.filter(
        (pl.col("kind") == "ordinary").fill_null(value=True),
        (pl.col("status") != "cancelled").fill_null(value=True),
    )
    return told if len(told) else lines


def check_orders(city: City, cycle: str) -> None:
    """Refuse an audit of nothing: it would say that nothing was found.

    Raises
    ------
    BadRequest : no order line is of the cycle; the message names the cycles there are
    """
    if city.orders is None:
        raise BadRequest("orders-needed")
    if not has_orders(city, cycle):
        known = city.orders.frame["cycle"].drop_nulls().unique().sort().to_list()
        raise BadRequest(
            "orders-of-cycle-needed",
            cycle=printable(cycle),
            known=", ".join(known[:MOST_NAMED]) or "-",
        )
