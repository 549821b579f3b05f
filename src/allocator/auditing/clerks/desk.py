"""What each order-taker did for each shop of the cycle: the trials, and what stands out in them.

One shop that one order-taker served is one trial, however many lines it ordered: the lines of one
call hang together, and only calls can be counted as if by the throw of a die.
"""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.engine import Engine, Frame
from allocator.auditing.evidence import JOINT
from allocator.auditing.hours import Hours
from allocator.records import QuotaPlan

SHOP = ("clerk", "retailer_id")

BELOW = ("below-standard",)
ABOVE = ("over-quota", "not-released", "above-request")
UNEQUAL = ("unequal-treatment",)

LINE_STEPS = (2, 3, 5, 9)
"""Shops are compared with shops of about as many lines: 1, 2, 3 to 4, 5 to 8, 9 or more."""

TIER_PARTS = 3
"""... and of the same third of the tiers."""


COUNTS = (
    "lines",
    "wanting",
    "phone",
    "called",
    "recorded",
    "answered",
    "unanswered",
    "late",
)
"""Order lines of each kind."""


def orders_of(engine: Engine, lines: Frame, hours: Hours) -> pl.DataFrame:
    """Orders by order-taker and shop.

    Parameters
    ----------
    lines : counted order lines of planned products, columns of the table *orders*
    hours : cut-offs; where none is known every change after the order counts as late

    Returns
    -------
    clerk, retailer_id, order_id str; lines, wanting (asked for more than was entered), phone,
    called, recorded, answered, unanswered, late: i64 lines. Only lines with an order-taker.
    """

    def lines_with(name: str, holds: nw.Expr) -> nw.Expr:
        return nw.when(holds).then(nw.lit(1)).otherwise(nw.lit(0)).alias(name)

    phone = nw.col("channel").is_null() | (nw.col("channel") == "phone")
    placed = nw.col("ordered_at")
    since = hours.closing(placed) if hours.close else placed
    own = nw.col("changed_by").is_null() | (nw.col("changed_by") == nw.col("clerk"))
    marked = lines.filter(~nw.col("clerk").is_null()).select(
        *SHOP,
        "order_id",
        lines_with("lines", ~nw.col("order_id").is_null()),
        lines_with("wanting", nw.col("requested") > nw.col("granted")),
        lines_with("phone", phone),
        lines_with("called", ~nw.col("called_at").is_null()),
        lines_with("recorded", ~nw.col("recording_id").is_null()),
        lines_with("answered", nw.col("call_result") == "answered"),
        lines_with("unanswered", nw.col("call_result") == "unanswered"),
        lines_with("late", own & (nw.col("changed_at") > since)),
    )
    sums = marked.group_by(*SHOP, "order_id").agg(*(nw.col(name).sum() for name in COUNTS))
    (collected,) = engine.collect(sums)
    return collected.with_columns(pl.col(*COUNTS).cast(pl.Int64)).sort(*SHOP, "order_id")


def shops_of(orders: pl.DataFrame, findings: pl.DataFrame, plan: QuotaPlan) -> pl.DataFrame:
    """Trials: one row per order-taker and shop.

    Returns
    -------
    The columns of ``orders_of`` but order_id, summed; below, above, unequal i64: findings that
    concern the shop and this order-taker alone; below_cartons, above_cartons i64; chances i64:
    lines on which more than the standard was asked or entered; stratum i32: shops of one
    stratum are alike in lines and tier
    """
    shops = orders.group_by(*SHOP).agg(pl.exclude("order_id").sum())
    above = _pairs(findings, ABOVE, pl.col("observed") - pl.col("limit"))
    beyond = above.group_by(*SHOP).agg(
        pl.len().cast(pl.Int64).alias("above"),
        pl.col("cartons").sum().alias("above_cartons"),
        (~pl.col("wanting")).sum().cast(pl.Int64).alias("beyond"),
    )
    below = (
        _pairs(findings, BELOW, pl.col("limit") - pl.col("observed"))
        .group_by(*SHOP)
        .agg(
            pl.len().cast(pl.Int64).alias("below"),
            pl.col("cartons").sum().alias("below_cartons"),
        )
    )
    unequal = (
        _orders(findings, UNEQUAL)
        .join(orders.select(*SHOP, "order_id"), on="order_id")
        .group_by(*SHOP)
        .agg(pl.len().cast(pl.Int64).alias("unequal"))
    )
    for found in (below, beyond, unequal):
        shops = shops.join(found, on=list(SHOP), how="left")
    tier = pl.col("tier").fill_null(0)
    third = pl.when(tier > 0).then((tier - 1) * TIER_PARTS // max(plan.tiers, 1)).otherwise(-1)
    members = plan.members.select(pl.col("retailer_id").cast(pl.String), "tier")
    size = pl.sum_horizontal((pl.col("lines") >= step).cast(pl.Int32) for step in LINE_STEPS)
    return (
        shops.join(members, on="retailer_id", how="left")
        .with_columns(pl.exclude(*SHOP, "tier").fill_null(0))
        .with_columns(
            (pl.col("wanting") + pl.col("beyond")).alias("chances"),
            ((third + 1) * (len(LINE_STEPS) + 1) + size).cast(pl.Int32).alias("stratum"),
        )
        .drop("tier", "beyond")
        .sort(*SHOP)
    )


def _pairs(findings: pl.DataFrame, rules: tuple[str, ...], cartons: pl.Expr) -> pl.DataFrame:
    """Retailers and products that rules found, where one order-taker alone entered them.

    A pair that two entered together is held against neither.
    """
    alone = ~pl.col("clerk").str.contains(JOINT, literal=True)
    return (
        findings.filter(pl.col("rule").is_in(rules) & pl.col("clerk").is_not_null() & alone)
        .filter(pl.col("retailer_id").is_not_null() & pl.col("product_id").is_not_null())
        .with_columns(
            cartons.fill_null(0).alias("cartons"),
            (pl.col("facts").str.json_path_match("$.requested").cast(pl.Int64) > pl.col("observed"))
            .fill_null(False)
            .alias("wanting"),
        )
        .group_by(*SHOP, "product_id")
        .agg(pl.col("cartons", "wanting").max())
    )


def _orders(findings: pl.DataFrame, rules: tuple[str, ...]) -> pl.DataFrame:
    """Orders that rules name, one row per finding and order: n, order_id."""
    return (
        findings.filter(pl.col("rule").is_in(rules) & pl.col("order_id").is_not_null())
        .select(pl.col("order_id").str.split(JOINT))
        .with_row_index("n")
        .explode("order_id")
    )
