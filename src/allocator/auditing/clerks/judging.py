"""From findings and order lines to the order-takers whom chance does not explain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from fractions import Fraction

import narwhals as nw
import polars as pl

from allocator.auditing.clerks.desk import orders_of, shops_of
from allocator.auditing.clerks.league import LEAST, LEVEL, League, judge
from allocator.auditing.clerks.measures import MEASURES, Measure
from allocator.auditing.findings import Coverage, Findings
from allocator.records import QuotaPlan
from allocator.tables.city import Table


def clerks(
    findings: Findings,
    orders: Table,
    plan: QuotaPlan,
    *,
    calendar: Table | None = None,
    level: Fraction = LEVEL,
    least: int = LEAST,
) -> League:
    """Set the order-takers of an audit beside each other.

    Parameters
    ----------
    findings : of the audit of these orders against this plan
    orders : the orders table
    calendar : cut-off of the cycle; without it every change after the order counts as late
    level : false alarms among the alarms that are put up with on average
    least : shops from which on an order-taker is judged

    Returns
    -------
    League : the same whatever the order of rows
    """
    frame = orders.frame
    cancelled = (pl.col("status") == "cancelled").fill_null(False)
    other = (pl.col("cycle") != plan.cycle).fill_null(False) if plan.cycle else pl.lit(False)
    lines = frame.lazy().filter(~cancelled & ~other, pl.col("product_id").is_in(plan.product))
    return of_lines(
        nw.from_native(lines),
        findings.frame,
        findings.coverage,
        plan,
        columns=frozenset(
            name for name in orders.columns if name in frame and frame[name].count() > 0
        ),
        closes=closing(calendar, plan.cycle),
        level=level,
        least=least,
    )


def of_lines(
    lines: nw.LazyFrame[pl.LazyFrame],
    found: pl.DataFrame,
    coverage: Sequence[Coverage],
    plan: QuotaPlan,
    *,
    columns: Collection[str],
    closes: datetime | None = None,
    ignored: Sequence[str] = (),
    level: Fraction = LEVEL,
    least: int = LEAST,
) -> League:
    """The same from counted lines of planned products, in whatever engine they are.

    columns : of the orders that hold anything
    """
    checked = {entry.rule for entry in coverage if entry.state == "checked"}
    stopped = {entry.rule: entry.missing for entry in coverage}
    missing = {
        measure.name: lacking
        for measure in MEASURES
        if (lacking := _missing(measure, checked, stopped, columns)) is not None
    }
    shops = shops_of(orders_of(lines, closes), found, plan)
    return judge(
        shops, missing,
        cycle=plan.cycle, as_of=plan.on, ignored=ignored, level=level, least=least,
    )  # fmt: skip


def closing(calendar: Table | None, cycle: str) -> datetime | None:
    """The cut-off of the cycle, the last of its order days."""
    if calendar is None:
        return None
    last = calendar.frame.filter(pl.col("cycle") == cycle)["closes_at"].max()
    return last if isinstance(last, datetime) else None


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
