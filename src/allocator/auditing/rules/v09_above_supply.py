"""More cartons granted than there are."""

from __future__ import annotations

from functools import partial

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.pairing import SAME_LINE
from allocator.auditing.rule import Outcome, Rule, count, tally
from allocator.auditing.standard import supplied


def above_supply(case: Case) -> Outcome:
    """The lines of a product add up to more than its supply.

    What it finds
    -------------
    Products (per region, where the supply has regions) whose granted cartons together exceed the
    supply, or, make-up orders aside, the supply less the reserve.

    Why it matters
    --------------
    Somebody's confirmed order cannot be delivered, or the reserve was used without a record.

    Example
    -------
    100 cartons of P0103 were released, 5 of them held in reserve; the orders add up to 98.

    What to do
    ----------
    Stop delivery of the last lines above the limit, or record the extra supply in the supply table.

    Known limits
    ------------
    Lines entered twice count once. Where a product has a supply per region, lines of unknown
    retailers have no region and are left out.
    """
    lines = sourced(case)
    known = case.stock.filter(~nw.col("supply").is_null())
    has_supply = ~nw.col("supply").is_null()
    judged = lines.join(known.select("p", "supply"), on="p", how="left")
    zero = nw.lit(0, nw.Int64)
    made_up = nw.when(nw.col("kind") == "make_up").then(nw.col("granted")).otherwise(zero)
    beyond = nw.col("granted") - nw.col("supply")
    totals = (
        judged.filter(has_supply)
        .select("p", "granted", made_up.alias("made_up"))
        .group_by("p")
        .agg(count().alias("lines"), nw.col("granted").sum(), nw.col("made_up").sum())
        .join(spare_of(case, lines), on="p", how="left")
        .join(known, on="p")
        .with_columns(nw.col("granted") - nw.col("spare").fill_null(0))
        .with_columns(
            beyond.alias("beyond"),
            (beyond - nw.col("made_up") + nw.col("reserve")).alias("into_reserve"),
        )
        .with_columns(nw.max_horizontal("beyond", "into_reserve").alias("excess"))
    )
    flagged = totals.filter(nw.col("excess") > 0).select(
        "p",
        "product_id",
        "lines",
        "supply",
        "reserve",
        "excess",
        "granted",
        nw.when(nw.col("region") != "").then(nw.col("region")).alias("segment"),
        nw.col("granted").alias("observed"),
        (nw.col("granted") - nw.col("excess")).alias("limit"),
        nw.when(nw.col("beyond") <= 0)
        .then(nw.lit("above-supply-reserve"))
        .when(nw.col("into_reserve") > nw.col("beyond"))
        .then(nw.lit("above-supply-and-reserve"))
        .otherwise(nw.lit("above-supply"))
        .alias("message"),
    )
    return Outcome(
        flagged, ("p",), tally(judged, has_supply), lines=judged, tell=partial(_tell, case)
    )


def sourced(case: Case) -> Frame:
    """Lines of planned products with the supply line p they draw on."""
    lines = case.lines.filter(~nw.col("k").is_null(), ~nw.col("granted").is_null())
    single = (
        case.stock.group_by("k")
        .agg(nw.col("p").min().alias("only"), count().alias("sources"))
        .filter(nw.col("sources") == 1)
        .drop("sources")
    )
    return (
        lines.join(single, on="k", how="left")
        .join(case.places.select("k", "cell", "p"), on=["k", "cell"], how="left")
        .with_columns(nw.coalesce(nw.col("only"), nw.col("p")).alias("p"))
    )


def spare_of(case: Case, lines: Frame) -> Frame:
    """Cartons that count only if lines entered twice are two orders: p, spare."""
    return (
        lines.join(case.duplicates.select(*SAME_LINE), on=list(SAME_LINE), how="semi")
        .group_by("p", *SAME_LINE)
        .agg((nw.col("granted").sum() - nw.col("granted").min()).alias("spare"))
        .group_by("p")
        .agg(nw.col("spare").sum())
    )


def _tell(case: Case, found: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """So many orders and order-takers name nobody."""
    return cite_supply(case, found.drop("retailer_id", "order_id", "clerk"))


def cite_supply(case: Case, found: pl.DataFrame) -> pl.DataFrame:
    """Findings about products with the rows of the supply table."""
    if case.supply is None:
        return found
    rows = (
        supplied(case.supply, case.plan.cycle)
        .group_by("product_id")
        .agg(pl.col("row").sort().alias("supply_rows"))
    )
    return found.join(rows, on="product_id", how="left")


ABOVE_SUPPLY = Rule(
    name="above-supply",
    code="V09",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="supply.quantity",
    find=above_supply,
    needs=("granted", "supply.quantity"),
)
