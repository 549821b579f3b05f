"""Recounts what was left out or cut for a shop, from the sanctions and the screening."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from allocator.explanation.claims import Claim, Facts
from allocator.explanation.recount.again import rules
from allocator.explanation.recount.case import Case, Found
from allocator.grading.window import rule_of, window_of
from allocator.tables.dates import month_of


def _days(name: str) -> tuple[date, date]:
    """First and last day of 2026-01, 2026-W03 or 2026-01-05."""
    if "W" in name:
        first = date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
        return first, first + timedelta(days=6)
    if len(name) == 10:
        return date.fromisoformat(name), date.fromisoformat(name)
    first = date.fromisoformat(f"{name}-01")
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)


def _names(case: Case) -> tuple[str, ...]:
    """The units on record, if they are those of the policy on the day."""
    names: tuple[str, ...] = case.run.grading.window
    same = window_of(rule_of(rules(case)), case.run.grading.on).names()
    return names if names == same else ()


def _named(case: Case, claim: Claim) -> tuple[str, Facts] | None:
    """The unit that a claim names, as it is spelled there."""
    for name in _names(case):
        first, last = _days(name)
        facts: Facts = {"first_on": first, "last_on": last}
        if len(name) == 7:
            facts = {"touched_month": name}
        if all(claim.parameters.get(key) == value for key, value in facts.items()):
            return name, facts
    return None


def screened(case: Case, claim: Claim) -> Found:
    """The month's row of the screening: what was bought and what counts instead."""
    named, found = _named(case, claim), case.run.grading.screened
    if named is None or found is None:
        return None
    name, facts = named
    rows = found.filter(pl.col("action") != "flag", retailer_id=case.retailer, unit=name)
    if rows.height != 1:
        return None
    row = rows.row(0, named=True)
    cut = claim.code.startswith("month-cut")
    if cut != (row["counted"] is not None):
        return None
    more: Facts = {"counted": row["counted"]} if cut else {}
    return {**facts, "observed": row["observed"], **more}


def exempt(case: Case, claim: Claim) -> Found:
    """A row of the sanctions table takes the month out."""
    named, table = _named(case, claim), case.run.city.sanctions
    allowed = rules(case).sanctions
    if named is None or table is None or allowed is None or allowed.exempt_month is None:
        return None
    name, facts = named
    first, last = _days(name)
    for row in table.frame.filter(retailer_id=case.retailer, kind="exempt_month").to_dicts():
        since, until = row["from"], row["until"]
        if row["value"] is not None:
            since = month_of(pl.Series([row["value"]]))[0]
            until = _days(f"{since:%Y-%m}")[1]
        if since <= last and (until is None or first <= until):
            return facts
    return None
