"""Orders of a retailer that is suspended or closed."""

from __future__ import annotations

from datetime import date

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, count, tally
from allocator.auditing.timing import TAKEN

STOPPED = ("suspended", "closed", "stopped")
"""Retailers that may not order; ``unplaced`` ones may, though nobody knows how much."""


def inactive_retailer(case: Case) -> Outcome:
    """A suspended or closed retailer holds cartons.

    What it finds
    -------------
    Retailers whose status is not active and that were granted cartons (or asked for some, where
    only that is known), of any product.

    Why it matters
    --------------
    Somebody else takes cartons under the name of a shop that may not order.

    Example
    -------
    R000345 is closed; order D0090 holds 3 cartons under its number.

    What to do
    ----------
    Stop delivery; find out who placed and who would receive the order.

    Known limits
    ------------
    Where the retailers have dated rows (valid_from), the status of the day of the order counts,
    so that a shop that closed after its order is none. Without them it is the status on the date
    of the standard. A supply stop by sanction counts from its first day. No status means active.
    """
    judged = case.lines.filter(~nw.col("i").is_null())
    flagged = (
        _with_status_then(case, judged)
        .filter(nw.col("then").is_in(STOPPED) & (nw.col("taken") > 0))
        .select("row", "i", "retailer_id", "taken", "then")
    )
    keys = ("retailer_id", "then")
    found = (
        flagged.group_by(*keys)
        .agg(count().alias("lines"), nw.col("taken").sum().alias("observed"))
        .with_columns(
            *NOTHING_ALLOWED,
            nw.col("then").alias("status"),
            nw.concat_str(nw.lit("inactive-retailer-"), nw.col("then")).alias("message"),
        )
    )
    lines = case.lines.join(flagged.select("row", "then"), on="row", how="inner")
    return Outcome(found, keys, tally(judged), lines=lines, tell=_tell)


def _with_status_then(case: Case, lines: Frame) -> Frame:
    """Lines with the cartons taken, and then: the retailer's status when the line was ordered.

    Null where the retailer's file begins later. A sanction that stops supply (status ``stopped``)
    is the plan's own word, from its first day on.
    """
    lines = lines.with_columns(TAKEN.alias("taken"), nw.col("ordered_at").dt.date().alias("day"))
    lines = _with_sanction(case, lines)
    now = nw.col("status")
    stopped = now == "stopped"
    free = stopped & (nw.col("day") < nw.col("begun")).fill_null(False)
    now = nw.when(free).then(nw.lit("active")).otherwise(now)
    if case.shop_rows is None or "retailers.valid_from" not in case.columns:
        return lines.with_columns(now.alias("then"))
    since = nw.col("valid_from").fill_null(date.min)
    known = case.shop_rows.filter(~nw.col("i").is_null())
    dated = known.select("i", since.alias("valid_from"), nw.col("status").alias("dated"))
    # Few shops ever stop: only these are looked at closely.
    few = known.filter(nw.col("status").is_in(STOPPED)).select("i").unique()
    dated = dated.join(few, on="i", how="semi")
    last = (
        lines.select("row", "i", "day")
        .join(dated, on="i", how="inner")
        .filter((nw.col("valid_from") <= nw.col("day")).fill_null(True))
        .group_by("row", "i")
        .agg(nw.col("valid_from").max())
        .join(dated, on=["i", "valid_from"], how="inner")
        .select("row", "dated")
    )
    lines = lines.join(last, on="row", how="left").join(
        few.with_columns(nw.lit(True).alias("told")), on="i", how="left"
    )
    told = nw.col("told").fill_null(False) & ~nw.col("day").is_null() & (~stopped | free)
    return lines.with_columns(nw.when(told).then(nw.col("dated")).otherwise(now).alias("then"))


def _with_sanction(case: Case, lines: Frame) -> Frame:
    """With begun: the first day of the sanction that stops the supply; null = unknown."""
    if case.sanctions is None:
        return lines.with_columns(nw.lit(None, nw.Date).alias("begun"))
    on = nw.lit(case.plan.on, nw.Date)
    in_force = (nw.col("from") <= on).fill_null(True) & (nw.col("until") >= on).fill_null(True)
    stops = (
        case.sanctions.filter(nw.col("kind") == "suspend", in_force, ~nw.col("i").is_null())
        .select("i", nw.col("from").fill_null(date.min).alias("begun"))
        .group_by("i")
        .agg(nw.col("begun").min())
    )
    return lines.join(stops, on="i", how="left")


def _tell(found: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """The status is told once."""
    return found.drop("then")


INACTIVE_RETAILER = Rule(
    name="inactive-retailer",
    code="V06",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="retailers.status",
    find=inactive_retailer,
    needs=("retailers.status",),
    wants=("clerk",),
)
