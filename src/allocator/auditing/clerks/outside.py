"""Findings about order-takers whom chance does not explain, with the orders to listen to."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.clerks.desk import SHOP
from allocator.auditing.clerks.measures import FEW_SHOPS, Measure
from allocator.auditing.rule import Outcome, Rule, tally
from allocator.records import MICRO


def outside(case: Case, measure: Measure) -> Outcome:
    """Order-takers outside the limits of an indicator; evidence: lines of shops that stand out."""
    served = case.lines.filter(~nw.col("clerk").is_null(), ~nw.col("k").is_null())
    league = case.league
    state = {} if league is None else {one.name: one.state for one in league.indicators}
    if league is None or state[measure.name] != "checked":
        nothing = tally(served, nw.col("row") < 0)
        return Outcome(served.select("clerk").filter(nw.col("clerk") == ""), (), nothing)
    rows = league.frame.filter(pl.col("indicator") == measure.name)
    others = pl.col("of").sum() - pl.col("of"), pl.col("count").sum() - pl.col("count")
    told = rows.with_columns(
        others[0].alias("others_of"),
        others[1].alias("others_count"),
        pl.col("count").alias("observed"),
        pl.lit(measure.rule).alias("message"),
    ).filter("outside")
    spoken = pl.Series("expected", [_tenths(x) for x in told["expected"]], pl.String)
    told = told.with_columns(spoken).select(
        "clerk", "observed", "limit", "message", "of", "expected", "cartons",
        *(("shops", "top_cartons") if measure is FEW_SHOPS else ("others_of", "others_count")),
    )  # fmt: skip
    if measure is FEW_SHOPS:
        hit = rows.filter("outside").select("clerk", pl.col("of") * MICRO - pl.col("expected"))
        reach = pl.Series("expected_shops", [_tenths(x) for x in hit["of"]], pl.String)
        told = told.with_columns(reach, (pl.col("of") - pl.col("limit")).alias("fewest"))
    shops = league.shops.filter(
        measure.of & measure.hit & pl.col("clerk").is_in(told["clerk"].implode())
    )
    lines = served.join(case.engine.lend(shops.select(*SHOP)), on=list(SHOP), how="inner")
    return Outcome(case.engine.lend(told), ("clerk",), tally(served), lines=lines)


def rule_about(
    measure: Measure,
    find: Callable[[Case], Outcome],
    *,
    needs: tuple[str, ...],
    unit: str = "shops",
    wants: tuple[str, ...] = (),
) -> Rule:
    """The rule of an indicator: an alert about an order-taker, once the lines were looked at."""
    return Rule(
        name=measure.rule,
        code=measure.code,
        kind="alert",
        severity="medium",
        subject="clerk",
        unit=unit,
        policy="audit.thresholds.clerk_false_alarms",
        find=find,
        needs=needs,
        wants=wants,
        after=True,
    )


def _tenths(micro: int) -> str:
    """Millionths as a number with one decimal, rounded half up."""
    return str(Decimal((micro * 20 + MICRO) // (2 * MICRO)) / 10)
