"""Audits of whatever was named: a run, a city, exports, or a city with some tables replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from allocator.auditing.findings import Findings
from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.policy.reading import read_policy
from allocator.runs.cycles import with_notes
from allocator.runs.exports import audit_exports, check_orders, in_weeks, last_day
from allocator.runs.placing import is_ours
from allocator.runs.reading import read_run
from allocator.runs.week import cycle_of, inspect, run, with_orders
from allocator.tables.city import City
from allocator.tables.reading import read_city, read_table
from allocator.tables.stored import StoredOrders, store_orders

MOST_LINES = 200
"""Order lines on disk that are fetched for one finding."""

MOST_SHOWN = 50_000
"""Order lines on disk that are fetched for all findings."""


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
            city, orders = in_weeks(city, orders)
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
