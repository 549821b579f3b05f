"""Cartons left over while shops are short."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.judging import free_of, outcome
from allocator.auditing.rule import Outcome, Rule


def supply_left(case: Case) -> Outcome:
    """Cartons of a product remain although shops asked for more than they got.

    What it finds
    -------------
    Products of which, after all orders, a lot or more of the supply less reserve is left, while
    active retailers to whom it is released were granted less than they asked for.

    Why it matters
    --------------
    What is left helps nobody this week; the shops that were refused see it on the shelf of the
    warehouse.

    Example
    -------
    120 cartons of P0103 are left; 45 shops asked for 90 more than their quota allowed.

    What to do
    ----------
    Offer the rest in a second round, or raise the quotas next time; ask why it was kept.

    Known limits
    ------------
    An alert: a quota is a limit that may well leave something over. Needs the supply and what
    was asked.
    """
    plan, free = case.plan, free_of(case)
    short = nw.col("asked") - nw.col("spare_asked") - nw.col("granted")
    told = case.pairs.filter(~nw.col("asked").is_null(), ~nw.col("granted").is_null())
    eager = (nw.col("status") == "active") & nw.col("released") & (short > 0)
    zero = nw.lit(0, nw.Int64)
    sums, goods = case.engine.collect(
        told.with_columns(
            nw.when(eager).then(short).otherwise(zero).alias("unmet"),
            nw.when(eager).then(nw.lit(1, nw.Int64)).otherwise(zero).alias("shops"),
        )
        .group_by("k")
        .agg(nw.col("granted", "unmet", "shops").sum()),
        case.products.select("k", "product_id"),
    )
    at = {product: p for p, product in enumerate(plan.product)}
    rows, checked = [], 0
    for row in sums.join(goods, on="k").sort("product_id").iter_rows(named=True):
        p = at[row["product_id"]]
        if free[p] < 0:
            continue
        checked += len(plan.cells.tier)
        left = int(free[p]) - row["granted"]
        if left < plan.lot[p] or not row["unmet"]:
            continue
        rows.append(
            {
                "product_id": row["product_id"],
                "observed": left,
                "limit": 0,
                "message": "supply-left",
                "supply": int(free[p]),
                "granted": row["granted"],
                "unmet": row["unmet"],
                "retailers": row["shops"],
            }
        )
    lacking = int((free < 0).sum()) * len(plan.cells.tier)
    return outcome(case, rows, checked, lacking)


SUPPLY_LEFT = Rule(
    name="supply-left",
    code="A40",
    kind="alert",
    severity="medium",
    subject="product_id",
    unit="cartons",
    policy="supply.quantity",
    find=supply_left,
    needs=("quotas.quota", "supply.quantity", "requested", "granted"),
    counted="quotas",
)
