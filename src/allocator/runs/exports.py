"""Audits of what others made: a run, a city, or three exports alone (orders, retailers, quotas)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from allocator.allocation.published import adopt_quotas
from allocator.auditing.findings import Findings
from allocator.errors import BadRequest
from allocator.grading.scheme import given_tiers
from allocator.policy.models import Policy
from allocator.policy.reading import read_policy
from allocator.runs.placing import is_ours
from allocator.runs.reading import read_run
from allocator.runs.week import MOST_NAMED, cycle_of, has_orders, inspect, run, with_orders
from allocator.tables.city import City
from allocator.tables.reading import read_city, read_table
from allocator.tables.source import printable


def audit_exports(
    city: City, *, cycle: str | None = None, on: date | None = None, policy: Policy | None = None
) -> Findings:
    """Check the orders of a city against a quota table that someone else published.

    Parameters
    ----------
    cycle : default the only one that the tables name; where none names one, all orders count
    on : whose retailer rows are in force, default the day of the last order

    Raises
    ------
    BadRequest : orders, quota table or tiers are missing, or several cycles and none was named
    """
    if city.orders is None:
        raise BadRequest("orders-needed")
    on = on or last_day(city)
    chosen = _cycle(city, cycle)
    check_orders(city, chosen)
    plan = adopt_quotas(
        city,
        given_tiers(city, on),
        cycle=chosen,
        on=on,
        policy=None if policy is None else policy.allocation,
        policy_digest="" if policy is None else policy.digest,
    )
    return inspect(city, policy, plan, None)


def last_day(city: City) -> date:
    """The day of the last order: a fact of the input, where the clock would not be."""
    last = None if city.orders is None else city.orders.frame["ordered_at"].max()
    if not isinstance(last, datetime):
        raise BadRequest("day-needed")
    return last.date()


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


def _cycle(city: City, cycle: str | None) -> str:
    try:
        return cycle_of(city, cycle)
    except BadRequest as error:
        if error.code == "cycle-unknown":
            return ""
        raise


def audit_sources(
    source: Path | None,
    files: Mapping[str, Path],
    *,
    policy: Path | None = None,
    on: date | None = None,
    cycle: str | None = None,
    seed: str | None = None,
    told: Callable[[City, Policy | None], None] | None = None,
) -> Findings:
    """Audit whatever was named: a run, a city, exports, or a city with some tables replaced.

    Parameters
    ----------
    source : output of a run, or a city; ``None`` = ``files`` alone
    files : paths by table name, instead of those of ``source``
    told : given the tables and the policy once they are read, for ``remarks``

    Raises
    ------
    BadRequest : what is named does not suffice; the message says what to add
    """
    if source is not None and is_ours(source):
        return _audit_run(source, files, told)
    own = None if source is None else source / "policy.yaml"
    path = policy or (own if own is not None and own.is_file() else None)
    if path is None:
        rules, aliases = None, None
    else:
        # Without a day the policy is read for the last order's, known only after reading it.
        rules = read_policy(path, on) if on is not None else None
        aliases = None if rules is None else rules.tables
    city = _gather(source, files, aliases)
    if path is not None and rules is None:
        rules = read_policy(path, last_day(city))
        if rules.tables:
            city = _gather(source, files, rules.tables)
    if told is not None:
        told(city, rules)
    if city.quotas is not None and _has_tiers(city):
        return audit_exports(city, cycle=cycle, on=on, policy=rules)
    if rules is None:
        raise BadRequest("audit-needs-policy" if city.quotas is None else "audit-needs-tiers")
    check_orders(city, cycle_of(city, cycle))
    findings = run(city, rules, cycle=cycle, seed=seed).findings
    if findings is None:
        raise BadRequest("orders-needed")
    return findings


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


def _gather(source: Path | None, files: Mapping[str, Path], aliases: Any) -> City:
    named = {name: read_table(name, path, aliases) for name, path in sorted(files.items())}
    if source is None:
        missing = sorted({"orders", "retailers", "quotas"} - set(named))
        if missing:
            raise BadRequest("audit-needs-files", options=", ".join(f"--{m}" for m in missing))
        return read_city(dict(named))
    city = read_city(source, aliases)
    return replace(city, **named, unread=city.unread)


def _has_tiers(city: City) -> bool:
    given = city.retailers.frame["tier"]
    return city.tiers is not None or given.null_count() < len(given)
