"""More cartons of several products together than their band allows."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import JOINT
from allocator.auditing.joint import held_together, products_in
from allocator.auditing.rule import Outcome, Rule, tally
from allocator.auditing.standard import products_of
from allocator.records import Between, JointLimit, QuotaPlan


def band_exceeded(case: Case) -> Outcome:
    """A retailer holds more of the products of a band together than its tier may have.

    What it finds
    -------------
    Retailers whose lines of the cycle grant more cartons of a band's products together than the
    band allows their tier, second round and make-up orders included.

    Why it matters
    --------------
    In a price band each product may be ordered up to its own limit, but only so many of all
    together. Who goes above has what its equals had to choose between.

    Example
    -------
    Tier 17 may order 5 cartons of each of three products, 10 together; a shop holds 5, 5 and 2.

    What to do
    ----------
    Take the cartons above the total back to the pool before delivery, last line first; ask the
    order-taker why.

    Known limits
    ------------
    Bands come from the policy or from the quota table; without either there is nothing to check.
    Lines that are entered twice (see duplicate-line) count once. A line whose cartons are not
    known counts as none.
    """
    return together_exceeded(case, case.plan.bands, None, "band-exceeded")


def together_exceeded(
    case: Case, limits: Sequence[JointLimit], between: Between | None, code: str
) -> Outcome:
    """Retailers above one of some limits on several products.

    Where the quotas of the tier alone add up to more, the message is ``<code>-table``.
    """
    engine = case.engine
    goods, _ = products_of(case.plan)
    pairs = case.pairs.filter(nw.col("status") == "active")
    held = held_together(pairs, case.plan, limits, between, goods, engine)
    inside = engine.lend(products_in(case.plan, limits, goods))
    found = (
        held.filter(nw.col("held") > nw.col("total"))
        .join(engine.lend(_named(case.plan, limits)), on="g", how="left")
        .select(
            "g",
            "i",
            "tier",
            "together",
            "products",
            nw.col("held").alias("observed"),
            nw.col("total").alias("limit"),
            (nw.col("held") - nw.col("total")).alias("excess"),
            nw.when(nw.col("wide") == 1)
            .then(nw.lit(f"{code}-table"))
            .otherwise(nw.lit(code))
            .alias("message"),
        )
    )
    judged = pairs.join(inside.select("k").unique(), on="k", how="semi")
    return Outcome(
        found=found,
        keys=("g", "i"),
        tally=tally(judged, ~nw.col("granted").is_null(), lines="lines"),
        lines=case.lines.join(inside, on="k", how="inner"),
        tell=_without_group,
    )


def _named(plan: QuotaPlan, limits: Sequence[JointLimit]) -> pl.DataFrame:
    """Name and products of each limit: g, together, products (joined)."""
    return pl.DataFrame(
        {
            "g": pl.Series(range(len(limits)), dtype=pl.Int32),
            "together": pl.Series([limit.name for limit in limits], dtype=pl.String),
            "products": pl.Series(
                [
                    JOINT.join(sorted({plan.product[p] for p in limit.lines.tolist()}))
                    for limit in limits
                ],
                dtype=pl.String,
            ),
        }
    )


def _without_group(found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The position of a limit says nothing outside of the audit; several products are none."""
    return found.drop("g").with_columns(pl.lit(None, pl.String).alias("product_id"))


BAND_EXCEEDED = Rule(
    name="band-exceeded",
    code="V12",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="allocation.bands",
    find=band_exceeded,
    needs=("granted", "bands.at_most"),
    wants=("clerk",),
)
