"""Equals that were treated differently."""

from __future__ import annotations

from functools import partial

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.evidence import names
from allocator.auditing.rule import Outcome, Rule, count, tally

GROUP = ("cell", "k", "base", "seated", "order")
"""Equals: one cell and one limit, which differs within a cell where boundaries are smooth."""


def unequal_treatment(case: Case) -> Outcome:
    """Same cell, same product, same request, different cartons; traced to the order-taker (N1).

    What it finds
    -------------
    Groups of retailers of one tier, segment and rhythm that asked for the same number of cartons
    of a product (or all for the limit or more), where the distance between what was granted and
    what the standard gives is not the same for all. The odd lot of a seat is part of the
    standard, so it never counts as unequal.

    Why it matters
    --------------
    Retailers of one tier are equals; a difference between them has no reason but the person who
    entered the order.

    Example
    -------
    Two shops of tier 17 asked for 10 cartons of P0103; C01 entered 10 for one, C03 5 for the
    other.

    What to do
    ----------
    Compare the order-takers named; make up what is owed, and check their other orders.

    Known limits
    ------------
    A group where everybody is short by the same number is not unequal (below-standard finds it).
    Retailers with lines entered twice, and products of which less is there than the quota table
    promises, are not compared. Lines of the second round are left out where nobody tells what it
    gave.
    """
    judged = case.pairs.filter(
        (nw.col("status") == "active") & ~nw.col("cell").is_null() & nw.col("released")
    )
    zero = nw.lit(0, nw.Int64)
    cap = nw.col("base") + nw.when(nw.col("seated")).then(nw.col("lot")).otherwise(zero)
    # What a second round without awards added proves nothing: compared up to the limit only.
    held = nw.col("first")
    up_to = nw.min_horizontal("first", nw.max_horizontal("quota", "standard"))
    if case.second_round_unknown:
        held = up_to
    else:  # nor does an odd lot that goes by turn, where nobody knows whose turn it is
        held = nw.when(nw.col("turn_unknown")).then(up_to).otherwise(held)
    known = (
        ~nw.col("standard").is_null()
        & ~nw.col("granted").is_null()
        & (nw.col("spare") == 0)
        & (nw.col("spare_asked") == 0)
        & nw.col("left").is_null()
        & (nw.col("asked") > 0)
    )
    equals = judged.filter(known).select(
        "i",
        "tier",
        nw.col("first").alias("granted"),
        *GROUP[:-1],
        nw.min_horizontal(nw.col("asked"), cap).alias("order"),
        (held - nw.col("standard")).alias("apart"),
        cap.alias("quota"),
    )
    groups = (
        equals.group_by(*GROUP)
        .agg(
            nw.col("apart").min().alias("lowest"),
            nw.col("apart").max().alias("highest"),
            count().alias("retailers"),
        )
        .filter(nw.col("lowest") != nw.col("highest"))
    )
    compared = case.engine.keep(equals.join(groups, on=list(GROUP), how="inner"))
    flagged = _flagged(case, compared)
    return Outcome(
        flagged,
        GROUP,
        tally(judged, known, "lines"),
        lines=_lines(case, compared, flagged),
        tell=partial(_tell, case),
    )


def _flagged(case: Case, compared: Frame) -> Frame:
    """One row per group: who departs from the standard, and one equal who was treated best.

    The first retailer by number stands for the worst treated, and for the best.
    """
    departs = nw.col("apart") != 0
    lowest = nw.col("apart") == nw.col("lowest")
    highest = nw.col("apart") == nw.col("highest")
    return (
        compared.with_columns(
            departs.cast(nw.Int64).alias("departs"),
            nw.when(departs).then(nw.col("granted")).alias("off"),
            nw.when(lowest).then(nw.col("i")).alias("worst_i"),
            nw.when(highest).then(nw.col("i")).alias("peer_i"),
        )
        .group_by(*GROUP)
        .agg(
            nw.col("tier", "retailers", "quota", "worst_i", "peer_i", "lowest").min(),
            nw.col("highest").max(),
            nw.col("departs").sum().alias("departed"),
            nw.col("off").min().alias("least"),
            nw.col("off").max().alias("most"),
        )
        .with_columns(
            (nw.col("highest") - nw.col("lowest")).alias("observed"),
            nw.lit(0, nw.Int64).alias("limit"),
            nw.col("order").alias("requested"),
            nw.when(nw.col("order") >= nw.col("quota"))
            .then(nw.lit("unequal-treatment-limit"))
            .otherwise(nw.lit("unequal-treatment"))
            .alias("message"),
        )
        .drop("highest", "lowest")
        .join(case.products.select("k", "product_id"), on="k")
    )


def _lines(case: Case, compared: Frame, flagged: Frame) -> Frame:
    """Order lines of those who depart, and of the two who are named beside them (witness)."""
    parties = compared.join(flagged.select(*GROUP, "worst_i", "peer_i"), on=list(GROUP))
    named = (nw.col("i") == nw.col("worst_i")) | (nw.col("i") == nw.col("peer_i"))
    departs = nw.col("apart") != 0
    return case.lines.join(
        parties.filter(departs | named).select(
            "i", "k", *GROUP[2:], (nw.col("apart") == 0).alias("witness")
        ),
        on=["i", "k"],
    )


def _tell(case: Case, found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Names of the two retailers, what they hold, and the segment."""
    for who in ("worst", "peer"):
        mine = lines.join(
            found.select(*GROUP, pl.col(f"{who}_i").alias("i")), on=[*GROUP, "i"], how="semi"
        )
        one = mine.group_by(*GROUP).agg(
            pl.col("retailer_id").min().alias(who),
            pl.col("granted").sum().alias(f"{who}_granted"),
            names("order_id").alias(f"{who}_order"),
        )
        found = found.join(one, on=list(GROUP))
    cells = case.plan.cells
    segments = pl.DataFrame(
        {
            "cell": pl.int_range(len(cells.segment), dtype=pl.Int32, eager=True),
            "segment": pl.Series(list(cells.segment), dtype=pl.String),
        }
    ).with_columns(pl.when(pl.col("segment") != "").then("segment"))
    return found.join(segments, on="cell").drop(
        "retailer_id", "worst_i", "peer_i", "base", "seated", "order"
    )


UNEQUAL_TREATMENT = Rule(
    name="unequal-treatment",
    code="V03",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="quotas",
    find=unequal_treatment,
    needs=("requested", "granted"),
    wants=("clerk", "awards.award"),
)
