"""One basket for many shops, from one order-taker."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.baskets import SAME, orders_with_baskets
from allocator.auditing.case import Case
from allocator.auditing.evidence import JOINT
from allocator.auditing.rule import Outcome, Rule, tally

TIERS = 3
"""Different tiers among the shops: equals may well ask for equal baskets."""


def same_basket(case: Case) -> Outcome:
    """An order-taker entered exactly the same basket for shops that have little in common.

    What it finds
    -------------
    Baskets of ``audit.thresholds.basket_lines`` (three) lines or more, the same products and the
    same cartons asked, that one order-taker entered for ``same_basket_shops`` (five) shops or
    more of at least three tiers, where fewer other shops have it. One finding for each basket.

    Why it matters
    --------------
    Shops of different size do not ask for the same: equal baskets may have been filled in without
    asking.

    Example
    -------
    C03 entered the same 6 products, 12 cartons, for 9 shops of the tiers 4 to 22.

    What to do
    ----------
    Listen to the recordings of these orders.

    Known limits
    ------------
    Needs different tiers, so it does not see shops of one tier that were filled in alike. Ordinary
    causes: a set that the company recommended for the week, shops that take one carton of each.
    """
    limits = case.policy.thresholds
    orders = case.engine.keep(
        orders_with_baskets(case).filter(
            nw.col("items") >= limits.basket_lines, ~nw.col("tier").is_null()
        )
    )
    by_clerk = orders.filter(~nw.col("c").is_null())
    shops = by_clerk.select("c", "i", "tier", *SAME).unique()
    baskets = shops.group_by("c", *SAME).agg(
        nw.len().cast(nw.Int64).alias("retailers"),
        nw.col("tier").n_unique().cast(nw.Int64).alias("tiers"),
        nw.col("tier").min().alias("lowest_tier"),
        nw.col("tier").max().alias("highest_tier"),
    )
    holders = (
        orders.select("i", *SAME)
        .unique()
        .group_by(*SAME)
        .agg(nw.len().cast(nw.Int64).alias("holders"))
    )
    found = (
        baskets.filter(nw.col("retailers") >= limits.same_basket_shops, nw.col("tiers") >= TIERS)
        .join(holders, on=list(SAME))
        .filter(nw.col("holders") - nw.col("retailers") < nw.col("retailers"))
        .select(
            "c",
            *SAME,
            "lowest_tier",
            "highest_tier",
            nw.col("cartons").alias("each"),
            nw.col("items").alias("kinds"),
            nw.col("retailers").alias("observed"),
            nw.lit(limits.same_basket_shops - 1, nw.Int64).alias("limit"),
            nw.lit("same-basket").alias("message"),
        )
    )
    own = by_clerk.select("c", "i", "o", *SAME)
    lines = case.lines.join(own, on=["c", "i", "o"])
    return Outcome(found, ("c", *SAME), tally(by_clerk, lines="items"), lines=lines, tell=_tell)


def _tell(found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    shops = lines.group_by("c", *SAME).agg(
        pl.col("retailer_id").unique().sort().str.join(JOINT).alias("others")
    )
    return found.join(shops, on=["c", *SAME], how="left").drop("items", "cartons")


SAME_BASKET = Rule(
    name="same-basket",
    code="A16",
    kind="alert",
    severity="medium",
    subject="clerk",
    unit="retailers",
    policy="audit.thresholds.same_basket_shops",
    find=same_basket,
    needs=("clerk",),
    wants=("requested", "recording_id"),
)
