"""Audits of what others made: a run, a city, or three exports alone (orders, retailers, quotas)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from allocator.allocation.published import adopt_quotas
from allocator.auditing.findings import Findings
from allocator.auditing.several import joined
from allocator.errors import BadRequest
from allocator.grading.scheme import given_tiers
from allocator.policy.models import Policy
from allocator.policy.reading import read_policy
from allocator.records import QuotaPlan
from allocator.runs.cycles import cycles_to_audit, with_notes, with_weeks
from allocator.runs.placing import is_ours
from allocator.runs.reading import read_run
from allocator.runs.week import MOST_NAMED, cycle_of, has_orders, inspect, run, with_orders
from allocator.tables.city import City
from allocator.tables.reading import read_city, read_table
from allocator.tables.source import printable
from allocator.tables.stored import StoredOrders, store_orders

MOST_LINES = 200
"""Order lines on disk that are fetched for one finding."""

MOST_SHOWN = 50_000
"""Order lines on disk that are fetched for all findings."""

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
        city, orders = _in_weeks(city, orders)
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


def _in_weeks(city: City, orders: StoredOrders | None) -> tuple[City, StoredOrders | None]:
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


def audit_sources(
    source: Path | None,
    files: Mapping[str, Path],
    *,
    policy: Path | None = None,
    on: date | None = None,
    cycle: str | None = None,
    seed: str | None = None,
    memory: str | None = None,
    told: Callable[[City, Policy | None], None] | None = None,
) -> Findings:
    """Audit whatever was named: a run, a city, exports, or a city with some tables replaced.

    Parameters
    ----------
    source : output of a run, or a city; ``None`` = ``files`` alone
    files : paths by table name, instead of those of ``source``
    memory : most that the order lines may take of memory at once (``1GB``): the rest stays on
        disk; needs an orders file and a quota table
    told : given the tables and the policy, for ``remarks`` and the evidence; of orders on disk
        the lines that findings name

    Raises
    ------
    BadRequest : what is named does not suffice; the message says what to add
    """
    if memory is not None and "orders" not in files:
        raise BadRequest("memory-needs-orders")
    if source is not None and is_ours(source):
        if memory is not None:
            raise BadRequest("memory-needs-quotas")
        return _audit_run(source, files, told)
    with ExitStack() as kept:
        return _audit_tables(
            source, files, policy=policy, on=on, cycle=cycle, seed=seed,
            keep=None if memory is None else partial(_stored, kept, memory), told=told,
        )  # fmt: skip


Keep = Callable[[Path, Any], StoredOrders]
"""Puts an orders file on disk, given own headers and values."""


def _stored(kept: ExitStack, memory: str, path: Path, aliases: Any) -> StoredOrders:
    return kept.enter_context(store_orders(path, memory, aliases))


def _audit_tables(
    source: Path | None,
    files: Mapping[str, Path],
    *,
    policy: Path | None,
    on: date | None,
    cycle: str | None,
    seed: str | None,
    keep: Keep | None,
    told: Callable[[City, Policy | None], None] | None,
) -> Findings:
    """The orders of tables, in memory or, by ``keep``, on disk."""
    own = None if source is None else source / "policy.yaml"
    path = policy or (own if own is not None and own.is_file() else None)
    if path is None:
        rules, aliases = None, None
    else:
        # Without a day the policy is read for the last order's, known only after reading it.
        rules = read_policy(path, on) if on is not None else None
        aliases = None if rules is None else rules.tables
    city, orders = _gather(source, files, aliases, keep)
    if path is not None and rules is None:
        rules = read_policy(path, last_day(city))
        if rules.tables:
            city, orders = _gather(source, files, rules.tables, keep)
    foreign = city.quotas is not None and _has_tiers(city)
    if foreign:
        if cycle is None:
            city, orders = _in_weeks(city, orders)
        city = with_notes(city)
    if told is not None and orders is None:
        told(city, rules)
    if foreign:
        dated = rules if path is None or on is not None else partial(read_policy, path)
        audited = audit_exports(city, cycle=cycle, on=on, policy=dated, orders=orders)
        if told is not None and orders is not None:
            told(_with_evidence(city, orders, audited), rules)
        return audited
    if orders is not None:
        raise BadRequest("memory-needs-quotas")
    if rules is None:
        raise BadRequest("audit-needs-policy" if city.quotas is None else "audit-needs-tiers")
    check_orders(city, cycle_of(city, cycle))
    findings = run(city, rules, cycle=cycle, seed=seed).findings
    if findings is None:
        raise BadRequest("orders-needed")
    return findings


def _with_evidence(city: City, stored: StoredOrders, findings: Findings) -> City:
    """The city with the order lines that findings name, the first of each and of all."""
    if city.orders is None:
        return city
    places = findings.frame.select(pl.col("evidence").explode()).unnest("evidence")
    rows = places.filter(table="orders").select(pl.col("rows").list.head(MOST_LINES))
    named = rows.to_series().explode().drop_nulls().head(MOST_SHOWN)
    return replace(city, orders=replace(city.orders, frame=stored.lines(named)))


def _audit_run(
    source: Path,
    files: Mapping[str, Path],
    told: Callable[[City, Policy | None], None] | None,
) -> Findings:
    """The orders of a run, or others against the same standard."""
    done = read_run(source)
    other = sorted(set(files) - {"orders"})
    if other:
        raise BadRequest("audit-run-is-fixed", tables=", ".join(other))
    if "orders" in files:
        table = read_table("orders", files["orders"], done.policy.tables)
        done = with_orders(done, table)
    if told is not None:
        told(done.city, done.policy)
    check_orders(done.city, done.cycle)
    return inspect(done.city, done.policy, done.plan, done.allocation)


def _gather(
    source: Path | None, files: Mapping[str, Path], aliases: Any, keep: Keep | None
) -> tuple[City, StoredOrders | None]:
    """The tables; with ``keep`` the orders on disk, of which the city has the outline."""
    orders = None if keep is None else keep(files["orders"], aliases)
    named = {
        name: orders.outline
        if orders is not None and name == "orders"
        else read_table(name, path, aliases)
        for name, path in sorted(files.items())
    }
    if source is None:
        missing = sorted({"orders", "retailers", "quotas"} - set(named))
        if missing:
            raise BadRequest("audit-needs-files", options=", ".join(f"--{m}" for m in missing))
        return read_city(dict(named)), orders
    city = read_city(source, aliases)
    return replace(city, **named, unread=city.unread), orders


def _has_tiers(city: City) -> bool:
    given = city.retailers.frame["tier"]
    return city.tiers is not None or given.null_count() < len(given)
