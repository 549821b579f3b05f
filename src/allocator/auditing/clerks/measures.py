"""What is measured of an order-taker: of which shops, which of them count, and what that needs."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """One indicator.

    name : key of the texts; rule, code : of the finding about an order-taker outside the limits
    of, hit : over the trials of ``desk.shops_of``: which shops count at all, and which speak
        against the order-taker; for ``few-shops`` lines take the place of shops
    rests_on : rules of the audit whose findings it counts, at least one of them checked
    needs : groups of columns of the orders; of each group one must be there
    cartons : column of the trials with the cartons concerned
    """

    name: str
    rule: str
    code: str
    of: pl.Expr
    hit: pl.Expr
    rests_on: tuple[str, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    cartons: str | None = None


_SERVED = pl.col("lines") > 0
_BY_PHONE = pl.col("phone") > 0

BELOW = Measure(
    name="below",
    rule="clerk-below-standard",
    code="A30",
    of=_SERVED,
    hit=pl.col("below") > 0,
    rests_on=("below-standard",),
    cartons="below_cartons",
)
ABOVE = Measure(
    name="above",
    rule="clerk-above-standard",
    code="A31",
    of=_SERVED,
    hit=pl.col("above") > 0,
    rests_on=("over-quota", "not-released", "above-request"),
    cartons="above_cartons",
)
FEW_SHOPS = Measure(
    name="few-shops",
    rule="clerk-few-shops",
    code="A32",
    of=pl.col("chances") > 0,
    hit=pl.col("above") > 0,
    rests_on=("over-quota", "not-released", "above-request"),
    needs=(("requested",),),
    cartons="above_cartons",
)
UNEQUAL = Measure(
    name="unequal",
    rule="clerk-unequal-treatment",
    code="A33",
    of=_SERVED,
    hit=pl.col("unequal") > 0,
    rests_on=("unequal-treatment",),
)
LATE = Measure(
    name="late",
    rule="clerk-late-corrections",
    code="A34",
    of=_SERVED,
    hit=pl.col("late") > 0,
    needs=(("changed_at",),),
)
UNANSWERED = Measure(
    name="unanswered",
    rule="clerk-unanswered-calls",
    code="A35",
    of=_BY_PHONE & (pl.col("answered") + pl.col("unanswered") > 0),
    hit=pl.col("unanswered") > 0,
    needs=(("call_result",),),
)
WITHOUT_CALL = Measure(
    name="without-call",
    rule="clerk-orders-without-call",
    code="A36",
    of=_BY_PHONE,
    hit=(pl.col("called") == 0) & (pl.col("recorded") == 0),
    needs=(("called_at", "recording_id"),),
)

MEASURES = (BELOW, ABOVE, FEW_SHOPS, UNEQUAL, LATE, UNANSWERED, WITHOUT_CALL)
