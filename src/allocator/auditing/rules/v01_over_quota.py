"""More cartons than the limit."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.former import name_former_tier
from allocator.auditing.rule import Outcome, Rule, tally


def over_quota(case: Case) -> Outcome:
    """A retailer holds more of a product than it may have.

    What it finds
    -------------
    Pairs of retailer and product whose lines of the cycle together grant more than the limit
    (base and odd lot), or than the award where the second round gave more.

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
    A quota table alone knows no second round: where the orders do not say which lines are of one
    (column ``kind``), what it added looks like too much, and a warning says so. Where the table has
    odd lots by turn without names, one lot more proves nothing; see too-many-odd-lots.
    Lines of kind ``second_round`` are left out where a second round exists or may exist. Lines
    that are entered twice (see duplicate-line) count once here. Where there was a second round
    and its awards are not given, lines between the limit and the ceiling count as not checked. A
    fortnightly retailer in its other week is found by not-due.
    """
    second = nw.col("second") - nw.col("spare_second")
    held = nw.col("granted") - nw.col("spare")
    held = held if _no_second_round(case) else held - second
    above = "over-quota-ceiling" if case.second_round_unknown else "over-quota-second-round"
    judged = case.pairs.filter(
        (nw.col("status") == "active") & ~nw.col("tier").is_null() & nw.col("released")
    ).with_columns(held.alias("held"), nw.col("ceiling").alias("limit"))
    unproven = (nw.col("held") > nw.col("quota")) & (nw.col("held") <= nw.col("ceiling"))
    known = ~nw.col("granted").is_null()
    open_to = nw.lit(True) if case.second_round_unknown else nw.col("turn_unknown")
    known = known & ~(unproven & open_to).fill_null(False)
    flagged = judged.filter(known & (nw.col("held") > nw.col("limit"))).select(
        "i",
        "k",
        "cell",
        "lines",
        "tier",
        "quota",
        "limit",
        "requested",
        nw.col("held").alias("observed"),
        nw.col("held").alias("granted"),
        (nw.col("held") - nw.col("limit")).alias("excess"),
        nw.when(nw.col("turn_unknown") & (nw.col("limit") == nw.col("quota") + nw.col("lot")))
        .then(nw.lit("beyond-odd-lot"))
        .when(nw.col("limit") > nw.col("quota"))
        .then(nw.lit(above))
        .otherwise(nw.lit("over-quota"))
        .alias("message"),
    )
    return Outcome(
        flagged,
        ("i", "k"),
        tally(judged, known, "lines"),
        tell=lambda found, _: name_former_tier(case, found),
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
