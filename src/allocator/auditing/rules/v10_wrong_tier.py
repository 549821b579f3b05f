"""Orders taken under another tier than the retailer's."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import Outcome, Rule, count, tally
from allocator.auditing.timing import spelt


def wrong_tier(case: Case) -> Outcome:
    """The tier an order was taken under is not the tier in force.

    What it finds
    -------------
    Orders whose column ``tier`` differs from the retailer's tier on the date of the standard; where
    earlier or later gradings are given (table ``tiers``, or dated rows of the retailers), whose
    tier it is instead.

    Why it matters
    --------------
    The tier decides the limit; an old tier in the ordering system gives too much or too little
    on every line.

    Example
    -------
    R000212 is in tier 17 since the last grading; order D0033 was taken under tier 16.

    What to do
    ----------
    Load the tiers of the last grading into the ordering system; check the lines of the order
    against the right limits (over-quota and below-standard say which).

    Known limits
    ------------
    Needs the tier in the orders; without it an old tier shows only as lines off the standard.
    Orders placed before the grading in force, where its day is on record, are not checked.
    """
    judged = _with_since(case, case.lines.filter(~nw.col("i").is_null(), ~nw.col("tier").is_null()))
    before = nw.col("ordered_at").dt.date() < nw.col("since")
    known = ~nw.col("order_tier").is_null() & ~before.fill_null(False)
    keys = ("o", "i", "order_tier")
    flagged = (
        judged.filter(known & (nw.col("order_tier") != nw.col("tier")))
        .group_by(*keys)
        .agg(count().alias("lines"), nw.col("tier").min())
        .with_columns(nw.col("order_tier").alias("observed"), nw.col("tier").alias("limit"))
    )
    flagged = _with_grading(case, flagged, keys).with_columns(
        nw.when(~nw.col("former").is_null())
        .then(nw.lit("wrong-tier-former"))
        .when(~nw.col("later").is_null())
        .then(nw.lit("wrong-tier-later"))
        .otherwise(nw.lit("wrong-tier"))
        .alias("message"),
        nw.coalesce("former", "later").alias("graded"),
    )
    return Outcome(flagged.drop("former", "later"), keys, tally(judged, known), tell=_tell)


def _gradings(case: Case) -> Frame | None:
    """Tiers with the day from which each holds: i, order_tier, day; ``None`` without such a table.

    Both of the earlier gradings and of the dated rows of retailers.
    """
    dated = [
        frame.filter(~nw.col("i").is_null()).select(
            "i", nw.col("tier").alias("order_tier"), nw.col(day).alias("day")
        )
        for frame, day in ((case.gradings, "graded_on"), (case.shop_rows, "valid_from"))
        if frame is not None
    ]
    return nw.concat(dated, how="vertical") if dated else None


def _with_since(case: Case, lines: Frame) -> Frame:
    """Lines with the day from which the tier of the standard holds; null = not on record.

    An order placed before that day was taken under the tier of its own day, rightly.
    """
    dated = _gradings(case)
    if dated is None:
        return lines.with_columns(nw.lit(None, nw.Date).alias("since"))
    until = dated.filter(nw.col("day") <= nw.lit(case.plan.on, nw.Date))
    since = until.group_by("i").agg(nw.col("day").max().alias("since"))
    return lines.join(since, on="i", how="left")


def _with_grading(case: Case, flagged: Frame, keys: tuple[str, ...]) -> Frame:
    """With the day of the grading that gave the retailer the tier of the order.

    former : the last such day up to that of the standard; later : the first after it; null = none
    """
    nothing = nw.lit(None, nw.Date)
    dated = _gradings(case)
    if dated is None:
        return flagged.with_columns(nothing.alias("former"), nothing.alias("later"))
    day, on = nw.col("day"), nw.lit(case.plan.on, nw.Date)
    days = (
        dated.join(flagged.select(*keys), on=["i", "order_tier"], how="inner")
        .with_columns(
            nw.when(day <= on).then(day).alias("former"), nw.when(day > on).then(day).alias("later")
        )
        .group_by(*keys)
        .agg(nw.col("former").max(), nw.col("later").min())
    )
    return flagged.join(days, on=list(keys), how="left")


def _tell(found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The tier is of the order, whatever product it holds."""
    return spelt("graded")(found.drop("product_id"), lines)


WRONG_TIER = Rule(
    name="wrong-tier",
    code="V10",
    kind="violation",
    severity="high",
    subject="order_id",
    unit="tier",
    policy="grading.tiers",
    find=wrong_tier,
    needs=("tier",),
    wants=("clerk",),
)
