"""Cartons of a product that the retailer's tier may not have."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import Outcome, Rule, count, tally


def not_released(case: Case) -> Outcome:
    """A product went to a retailer whose tier has no right to it in this cycle.

    What it finds
    -------------
    Pairs with cartons granted although the plan gives the retailer's tier (and segment) none of
    the product, or the retailer has no tier; and, where the products table is given, scarce
    products that are not released to anybody in this cycle.

    Why it matters
    --------------
    Release by tier is the rule for scarce products; an exception is favour.

    Example
    -------
    P0101 is released to tiers 20 to 30; a shop of tier 12 holds 2 cartons.

    What to do
    ----------
    Take the cartons back to the pool before delivery; ask who approved the line.

    Known limits
    ------------
    In a quota table, quota 0 and an empty cell both mean "not released".
    """
    judged = case.pairs.filter(
        (nw.col("status") == "active") & (~nw.col("cell").is_null() | nw.col("tier").is_null())
    )
    known = ~nw.col("granted").is_null()
    excess = nw.col("granted") - nw.col("spare") - nw.col("award").fill_null(0)
    flagged = judged.filter(known & ~nw.col("released") & (excess > 0)).select(
        "i",
        "k",
        "lines",
        "tier",
        "requested",
        "granted",
        nw.col("granted").alias("observed"),
        nw.lit(0, nw.Int64).alias("limit"),
        excess.alias("excess"),
        nw.when(nw.col("tier").is_null())
        .then(nw.lit("not-released-no-tier"))
        .otherwise(nw.lit("not-released"))
        .alias("message"),
    )
    named = flagged.join(case.products.select("k", "product_id"), on="k").select(*COLUMNS)
    looked = tally(judged, known, "lines")
    unplanned = _unplanned(case)
    if unplanned is None:
        return Outcome(named, KEYS, looked)
    beyond, found = unplanned
    return Outcome(nw.concat([named, found]), KEYS, nw.concat([looked, tally(beyond)]))


KEYS = ("i", "product_id")
COLUMNS = (
    *KEYS, "lines", "tier", "requested", "granted", "observed", "limit", "excess", "message",
)  # fmt: skip


def _unplanned(case: Case) -> tuple[Frame, Frame] | None:
    """Lines of scarce products that the plan does not release, and those with cartons granted."""
    if "products.scarce" not in case.columns or case.goods is None:
        return None
    scarce = case.goods.filter(nw.col("scarce")).select("product_id")
    judged = case.lines.filter(nw.col("k").is_null(), ~nw.col("i").is_null()).join(
        scarce, on="product_id", how="semi"
    )
    flagged = (
        judged.group_by(*KEYS)
        .agg(
            count().alias("lines"),
            nw.col("tier").min(),
            nw.col("granted").sum().cast(nw.Int64),
        )
        .filter(nw.col("granted") > 0)
        .with_columns(
            nw.col("granted").alias("observed"),
            nw.lit(0, nw.Int64).alias("limit"),
            nw.col("granted").alias("excess"),
            nw.lit(None, nw.Int64).alias("requested"),
            nw.lit("not-released-at-all").alias("message"),
        )
    )
    return judged, flagged.select(*COLUMNS)


NOT_RELEASED = Rule(
    name="not-released",
    code="V04",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="quotas",
    find=not_released,
    needs=("granted",),
    wants=("clerk", "products.scarce"),
)
