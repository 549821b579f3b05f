"""From findings and order lines to the order-takers whom chance does not explain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.clerks.comparing import LEAST, LEVEL, judge
from allocator.auditing.clerks.desk import orders_of, shops_of
from allocator.auditing.clerks.league import League
from allocator.auditing.clerks.measures import MEASURES, Measure
from allocator.auditing.engine import Engine, Frame
from allocator.auditing.findings import Coverage, Findings
from allocator.auditing.hours import Hours
from allocator.auditing.preparing import prepare
from allocator.records import QuotaPlan
from allocator.tables.city import Table
from allocator.tables.reading import as_table


def clerks(
    findings: Findings,
    orders: Table | Any,
    plan: QuotaPlan,
    *,
    calendar: Table | Any | None = None,
    level: Fraction = LEVEL,
    least: int = LEAST,
) -> League:
    """Set the order-takers of an audit beside each other.

    Parameters
    ----------
    findings : of the audit of these orders against this plan
    orders : the orders table, or a dataframe of it
    calendar : cut-off of the cycle; without it every change after the order counts as late
    level : false alarms among the alarms that are put up with on average
    least : shops from which on an order-taker is judged

    Returns
    -------
    League : the same whatever the order of rows
    """
    case = prepare(
        as_table("orders", orders), plan,
        calendar=None if calendar is None else as_table("calendar", calendar),
    )  # fmt: skip
    return of_lines(
        case.engine, case.lines, case.hours, findings.frame, findings.coverage, plan,
        columns=case.columns, level=level, least=least,
    )  # fmt: skip


def league_of(
    case: Case, found: pl.DataFrame, coverage: Sequence[Coverage], chosen: Collection[str]
) -> League | None:
    """The same within an audit, from what the other rules found; ``None`` where nobody asks.

    chosen : rules that run
    """
    ignored = [measure.rule for measure in MEASURES if measure.rule not in chosen]
    if len(ignored) == len(MEASURES):
        return None
    limits = case.policy.thresholds
    return of_lines(
        case.engine, case.lines, case.hours, found, coverage, case.plan,
        columns=case.columns, ignored=ignored,
        level=Fraction(limits.clerk_false_alarms), least=limits.clerk_shops,
    )  # fmt: skip


def of_lines(
    engine: Engine,
    lines: Frame,
    hours: Hours,
    found: pl.DataFrame,
    coverage: Sequence[Coverage],
    plan: QuotaPlan,
    *,
    columns: Collection[str],
    ignored: Sequence[str] = (),
    level: Fraction = LEVEL,
    least: int = LEAST,
) -> League:
    """The same from counted lines (``Case.lines``), in whatever engine they are.

    columns : of the orders that hold anything
    """
    checked = {entry.rule for entry in coverage if entry.state == "checked"}
    stopped = {entry.rule: entry.missing for entry in coverage}
    missing = {
        measure.name: lacking
        for measure in MEASURES
        if (lacking := _missing(measure, checked, stopped, columns)) is not None
    }
    shops = shops_of(orders_of(engine, lines.filter(~nw.col("k").is_null()), hours), found, plan)
    return judge(
        shops, missing,
        cycle=plan.cycle, as_of=plan.on, ignored=ignored, level=level, least=least,
    )  # fmt: skip


def _missing(
    measure: Measure, checked: Collection[str], stopped: dict[str, tuple[str, ...]],
    columns: Collection[str],
) -> tuple[str, ...] | None:  # fmt: skip
    """Columns without which an indicator cannot be had; ``None`` = it can."""
    if "clerk" not in columns:
        return ("clerk",)
    lacking = [name for group in measure.needs if not set(group) & set(columns) for name in group]
    if measure.rests_on and not set(measure.rests_on) & set(checked):
        lacking += [name for rule in measure.rests_on for name in stopped.get(rule, ())]
        return tuple(sorted(set(lacking)))
    return tuple(lacking) if lacking else None
