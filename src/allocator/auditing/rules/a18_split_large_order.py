"""Several orders that each stay just under the size at which somebody looks twice."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.history import CARTONS, MOST_LINE, PERMYRIAD, nothing_judged, permyriad
from allocator.auditing.rule import Outcome, Rule, count, tally


def split_large_order(case: Case) -> Outcome:
    """Several orders of one shop in a cycle, each a little smaller than a large order.

    What it finds
    -------------
    Shops with two or more orders in the cycle that each hold at least
    ``audit.thresholds.near_limit`` (80 %) of ``large_order`` cartons, but fewer than it: the
    size from which your city looks at an order twice. Without it in the policy nothing is judged.

    Why it matters
    --------------
    Whoever knows the size at which an order is looked at stays below it, several times.

    Example
    -------
    Orders of 50 cartons are looked at; R17 placed three of 48, 45 and 49 in one week.

    What to do
    ----------
    Look at the orders together as at one large order.

    Known limits
    ------------
    Says nothing where the policy names no such size. Cartons of all products count. Ordinary
    causes: a shop that orders for its week in parts because money or room is short.
    """
    limits = case.policy.thresholds
    if limits.large_order is None:
        return nothing_judged(case)
    known = case.lines.filter(~nw.col("i").is_null())
    orders = known.group_by("i", "o").agg(CARTONS.clip(0, MOST_LINE).sum().alias("cartons"))
    just_under = orders.filter(
        nw.col("cartons") < limits.large_order,
        nw.col("cartons") * PERMYRIAD >= limits.large_order * permyriad(limits.near_limit),
    )
    found = (
        just_under.group_by("i")
        .agg(
            count().alias("orders"),
            nw.col("cartons").sum().alias("observed"),
            nw.col("cartons").max().alias("largest"),
        )
        .filter(nw.col("orders") > 1)
        .with_columns(
            nw.lit(limits.large_order, nw.Int64).alias("limit"),
            nw.lit("split-large-order").alias("message"),
        )
    )
    concerned = known.join(just_under.select("i", "o"), on=["i", "o"], how="semi")
    return Outcome(found, ("i",), tally(known), lines=concerned)


SPLIT_LARGE_ORDER = Rule(
    name="split-large-order",
    code="A18",
    kind="alert",
    severity="medium",
    subject="retailer_id",
    unit="cartons",
    policy="audit.thresholds.large_order",
    find=split_large_order,
    wants=("clerk",),
)
