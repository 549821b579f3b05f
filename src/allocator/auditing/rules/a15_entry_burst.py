"""Orders entered faster than one can telephone."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.baskets import timed
from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, count, tally


def entry_burst(case: Case) -> Outcome:
    """An order-taker's phone orders follow each other faster than calls can be held.

    What it finds
    -------------
    Order-takers with ``audit.thresholds.burst_orders`` (five) or more phone orders on one day that
    came less than ``call_seconds`` (ten) after their order before. Orders of the same second were
    saved by the system in one go and do not count. One finding for each day.

    Why it matters
    --------------
    An order that nobody can have taken by telephone was entered without asking the shop: its right
    to order was used by someone else.

    Example
    -------
    C03 entered 41 orders on 2026-11-17, 17 of them less than 10 seconds after the one before.

    What to do
    ----------
    Listen to the recordings of these orders; ask whether they were written down first and entered
    in one go.

    Known limits
    ------------
    Uses the time of the order as it is recorded, so it knows nothing where orders are stamped when
    a batch is saved. Exports with days alone are not judged. Ordinary causes: a system that
    was down and calls that were noted on paper, chains that name several shops in one call.
    """
    limits = case.policy.thresholds
    phone = nw.col("channel").is_null() | (nw.col("channel") == "phone")
    lines = case.lines.filter(~nw.col("clerk").is_null(), phone)
    orders = lines.group_by("c", "clerk", "o").agg(
        nw.col("ordered_at").min().alias("moment"), count().alias("items")
    )
    orders = timed(orders)
    before = nw.col("second").shift(1).over("clerk", "day", order_by="second")
    gaps = case.engine.keep(
        orders.with_columns((nw.col("second") - before).alias("gap")).select(
            "c", "o", "clerk", "day", "gap", "items"
        )
    )
    one, zero = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)
    gap = nw.col("gap")
    fast = ((gap > 0) & (gap < limits.call_seconds)).fill_null(False)
    days = (
        gaps.with_columns(
            nw.when(fast).then(one).otherwise(zero).alias("fast"),
            nw.when(fast).then(gap).alias("quick"),
        )
        .group_by("clerk", "day")
        .agg(
            nw.col("fast").sum().alias("observed"),
            count().alias("orders"),
            nw.col("quick").min().alias("quickest"),
        )
        .filter(nw.col("observed") >= limits.burst_orders)
    )
    found = days.with_columns(
        nw.lit(limits.burst_orders - 1, nw.Int64).alias("limit"),
        nw.lit(limits.call_seconds, nw.Int64).alias("seconds"),
        nw.lit("entry-burst").alias("message"),
    )
    concerned = lines.join(gaps.filter(fast).select("o", "c", "day"), on=["o", "c"])
    return Outcome(found, ("clerk", "day"), tally(gaps, lines="items"), lines=concerned, tell=_tell)


def _tell(found: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("day").cast(pl.String).str.to_date("%Y%m%d").dt.strftime("%Y-%m-%d")
    return found.with_columns(day)


ENTRY_BURST = Rule(
    name="entry-burst",
    code="A15",
    kind="alert",
    severity="medium",
    subject="clerk",
    unit="orders",
    policy="audit.thresholds.burst_orders",
    find=entry_burst,
    needs=("clerk",),
    wants=("channel", "recording_id"),
)
