"""One limit, several orders."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.history import CARTONS
from allocator.auditing.rule import Outcome, Rule, count, tally


def split_order(case: Case) -> Outcome:
    """Several orders of one shop, each within its limit of a product, together above it.

    What it finds
    -------------
    Shops that ordered a product in two or more ordinary orders of the cycle, none of them above
    the limit, which together exceed it.

    Why it matters
    --------------
    An ordering system that looks at one order at a time lets each of them through. Splitting is
    one of the ways in which a limit is got round.

    Example
    -------
    R17 may order 10 cartons of P0103 and ordered 6 and 7 in two orders of the same week.

    What to do
    ----------
    Ask why there were several orders, and let the system check the sum.

    Known limits
    ------------
    What is above the limit is a violation and stands under over-quota as well; this alert says
    how it came about. Second-round and make-up orders do not count, nor do lines entered twice in
    one order. Ordinary causes: a forgotten product, an order corrected by a second one.
    """
    parts = case.lines.filter(
        ~nw.col("i").is_null(), ~nw.col("k").is_null(), nw.col("kind") == "ordinary"
    ).with_columns(CARTONS.alias("cartons"))
    orders = parts.group_by("i", "k", "o").agg(nw.col("cartons").max())
    quotas = case.pairs.filter(nw.col("quota") > 0, nw.col("lines") > 1).select(
        "i", "k", "quota", "tier"
    )
    found = (
        orders.filter(nw.col("cartons") > 0)
        .join(quotas, on=["i", "k"])
        .group_by("i", "k")
        .agg(
            count().alias("orders"),
            nw.col("cartons").sum().alias("observed"),
            nw.col("cartons").max().alias("largest"),
            nw.col("quota", "tier").min(),
        )
        .filter(
            nw.col("orders") > 1,
            nw.col("largest") <= nw.col("quota"),
            nw.col("observed") > nw.col("quota"),
        )
        .with_columns(nw.col("quota").alias("limit"), nw.lit("split-order").alias("message"))
    )
    known = case.pairs.filter(nw.col("quota") > 0)
    return Outcome(found, ("i", "k"), tally(known, lines="lines"))


SPLIT_ORDER = Rule(
    name="split-order",
    code="A06",
    kind="alert",
    severity="medium",
    subject="retailer_id",
    unit="cartons",
    policy="quotas",
    find=split_order,
    wants=("clerk",),
)
