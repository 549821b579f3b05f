"""More cartons than the limit."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import trace
from allocator.auditing.former import name_former_tier
from allocator.auditing.rule import Outcome, Rule, count_lines


def over_quota(case: Case) -> Outcome:
    """A retailer holds more of a product than it may have.

    What it finds
    -------------
    Pairs of retailer and product whose lines of the cycle together grant more than the limit
    (base and odd lot), or than the award where the second round gave more. A fortnightly
    retailer that is not due has the limit 0.

    Why it matters
    --------------
    Supply is fixed: what one retailer has above its limit is missing from its equals.

    Example
    -------
    Tier 17 may order 10 cartons of P0103; order D0044 holds 12.

    What to do
    ----------
    Take the cartons above the limit back to the pool before delivery; ask the order-taker why.

    Known limits
    ------------
    Lines of kind ``second_round`` are left out where a second round exists or may exist. Lines
    that are entered twice (see duplicate-line) count once here. Where there was a second round
    and its awards are not given, lines between the limit and the ceiling count as not checked.
    """
    second = pl.lit(0) if _no_second_round(case) else pl.col("second")
    held = pl.col("granted") - pl.col("spare") - second
    above = "over-quota-ceiling" if case.second_round_unknown else "over-quota-second-round"
    absent = ~pl.col("due").fill_null(True)
    judged = case.pairs.filter(
        (pl.col("status") == "active")
        & pl.col("tier").is_not_null()
        & (pl.col("released") | pl.col("cell").is_null())
    ).with_columns(held.alias("held"), pl.col("ceiling").alias("limit"))
    unproven = (pl.col("held") > pl.col("quota")) & (pl.col("held") <= pl.col("ceiling"))
    known = judged.filter(
        pl.col("granted").is_not_null()
        & ~(unproven & pl.lit(case.second_round_unknown)).fill_null(False)
    )
    flagged = known.filter(pl.col("held") > pl.col("limit")).select(
        "i",
        "k",
        "lines",
        "tier",
        "quota",
        "limit",
        "requested",
        pl.col("held").alias("observed"),
        pl.col("held").alias("granted"),
        (pl.col("held") - pl.col("limit")).alias("excess"),
        pl.when(absent)
        .then(pl.lit("over-quota-not-due"))
        .when(pl.col("limit") > pl.col("quota"))
        .then(pl.lit(above))
        .otherwise(pl.lit("over-quota"))
        .alias("message"),
    )
    return Outcome(
        found=trace(case, name_former_tier(case, flagged), ("i", "k")),
        checked=count_lines(known),
        concerned=count_lines(flagged),
        not_checked=count_lines(judged) - count_lines(known),
    )


def _no_second_round(case: Case) -> bool:
    return case.plan.source == "planned" and not case.plan.second_round


OVER_QUOTA = Rule(
    name="over-quota",
    code="V01",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="quotas",
    find=over_quota,
    needs=("granted",),
    wants=("clerk", "awards.award"),
)
