"""More shops with an odd lot than the table has odd lots."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, count, tally


def too_many_odd_lots(case: Case) -> Outcome:
    """More shops of a tier were given the odd lot than there are odd lots.

    What it finds
    -------------
    Tiers for which the quota table promises a number of odd lots by turn, without names, and in
    which more retailers than that hold more than the quota without a turn.

    Why it matters
    --------------
    Without names nobody can be told that it was not its turn, but the number of turns binds:
    beyond it somebody was given what another was refused.

    Example
    -------
    Tier 17 may order 2 cartons of P0103, and 8 of its 40 shops a third one; 11 hold 3.

    What to do
    ----------
    Ask for the list of turns; take back what is above the number, beginning with the shops that
    are not on it.

    Known limits
    ------------
    Lines of the second round are left out where the orders say so (column kind). A shop that
    holds more than quota and odd lot is told by over-quota.
    """
    held = nw.col("granted") - nw.col("spare") - nw.col("second") + nw.col("spare_second")
    judged = case.pairs.filter(
        nw.col("status") == "active", nw.col("seated"), ~nw.col("granted").is_null()
    )
    lots = case.engine.lend(seats_by_cell(case))
    flagged = (
        judged.filter(held > nw.col("quota"), held <= nw.col("quota") + nw.col("lot"))
        .group_by("k", "cell")
        .agg(
            count().alias("retailers"),
            nw.col("lines").sum(),
            nw.col("tier").min(),
            nw.col("base").min().alias("quota"),
        )
        .join(lots, on=["k", "cell"])
        .filter(nw.col("retailers") > nw.col("odd"))
        .select(
            "k",
            "cell",
            "lines",
            "tier",
            "quota",
            "retailers",
            "odd",
            nw.col("retailers").alias("observed"),
            nw.col("odd").alias("limit"),
            (nw.col("retailers") - nw.col("odd")).alias("excess"),
            nw.lit("too-many-odd-lots").alias("message"),
        )
    )
    beyond = judged.filter(held > nw.col("quota")).select("k", "cell", "i")
    lines = case.lines.join(beyond, on=["k", "cell", "i"], how="semi")
    return Outcome(flagged, ("k", "cell"), tally(judged, None, "lines"), lines=lines)


def seats_by_cell(case: Case) -> pl.DataFrame:
    """Odd lots without names of each product and cell: k, cell, odd."""
    plan = case.plan
    p, cell = np.nonzero(plan.seats)
    (goods,) = case.engine.collect(case.products.select("k", "product_id"))
    at = dict(goods.select("product_id", "k").rows())
    return pl.DataFrame(
        {
            "k": [at[plan.product[line]] for line in p.tolist()],
            "cell": cell.astype(np.int32),
            "odd": plan.seats[p, cell],
        },
        schema={"k": pl.Int32, "cell": pl.Int32, "odd": pl.Int64},
    )


TOO_MANY_ODD_LOTS = Rule(
    name="too-many-odd-lots",
    code="V35",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="retailers",
    policy="quotas",
    find=too_many_odd_lots,
    needs=("granted", "quotas.seats"),
    wants=("clerk", "kind"),
)
