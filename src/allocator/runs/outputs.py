"""The tables of a run directory, column by column as ``formats.md`` names them.

Each function makes one file's frame from finished records; ``restoring.py`` reads them back.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.allocation.cliffs import Cliffs
from allocator.allocation.quotas import turn_frame
from allocator.grading.screening import SCREENED
from allocator.hiding import FEW, LEAST_TOLD, shops_ordering
from allocator.holdings import ceilings_only, cell_of, holdings, promised, slopes
from allocator.records import DECIMALS as SCORE_DECIMALS
from allocator.records import MICRO, Allocation, Grading, QuotaPlan

DECIMALS = {"fen": 2, "fen-per-carton": 2, "millionths": 6, "points": 6}
"""Digits after the point by the unit of an item; money is written in yuan."""

GRADING = ["retailer_id", "score", "rank", "tier", "previous_tier", "reason", "to_next_tier"]
RECORDED = ["retailer_id", "graded", "tier_by_score", "to_next_score", "to_lower_score"]
MOVED = ["earned_tier", "previous_earned", "moves"]
"""Columns of grading.csv that only policies with movement, credit levels or sanctions have."""
MEMBERS = ["retailer_id", "status", "tier", "segment", "rhythm", "due", "cell"]
LIMITS = ["product_id", "retailer_id", "entitlement", "base"]
AWARDS = [
    "product_id", "retailer_id", "tier", "requested", "limit", "round_one", "round_two", "award",
    "granted",
]  # fmt: skip
BAND_ROOM = "band_room"
"""Column of awards that only plans with bands have."""


def grading_columns(*, moving: bool) -> list[str]:
    """The columns of ``grading.csv`` before its items."""
    return [*GRADING, *(MOVED if moving else [])]


def award_columns(plan: QuotaPlan) -> list[str]:
    """The columns of ``awards.csv`` after the cycle."""
    return [*AWARDS, *([BAND_ROOM] if plan.bands else [])]


def decimal(column: str, digits: int) -> pl.Expr:
    """A whole number of 10^-digits parts as a decimal, exact: 1500000 is 1.500000."""
    whole = pl.col(column)
    if digits == 0:
        return whole
    parts = 10**digits
    size = whole.abs()
    text = (
        pl.when(whole < 0).then(pl.lit("-")).otherwise(pl.lit(""))
        + (size // parts).cast(pl.String)
        + "."
        + (size % parts).cast(pl.String).str.zfill(digits)
    )
    exact: pl.Expr = text.cast(pl.Decimal(38, digits)).alias(column)
    return exact


def grading_table(grading: Grading) -> pl.DataFrame:
    """``grading.csv``: score in points, money in yuan, everything else as it is counted.

    The score has as many decimals as the policy gives each item; it is a whole number of those.
    """
    digits = {item.name: DECIMALS.get(item.unit, 0) for item in grading.items}
    score = pl.col("score") // 10 ** (SCORE_DECIMALS - grading.decimals)
    return grading.table.with_columns(score).select(
        *(
            decimal(name, grading.decimals) if name == "score" else pl.col(name)
            for name in grading_columns(moving=grading.moving)
        ),
        *(decimal(name, places) for name, places in digits.items()),
    )


def grading_record(grading: Grading) -> pl.DataFrame:
    """``record/grading.csv``: what explanations need besides ``grading.csv``."""
    return grading.table.select(*RECORDED, *(f"{item.name}_points" for item in grading.items))


def screening_table(screened: pl.DataFrame) -> pl.DataFrame:
    """``screening.csv``: months out of the usual, before and after, the first to visit on top."""
    return screened.select(SCREENED.keys())


def quota_table(plan: QuotaPlan) -> pl.DataFrame:
    """``quotas.csv``: one row for each released line and cell that may have it."""
    line, cell = np.nonzero(plan.allowed)
    cells = plan.cells
    lines = len(line)
    visits = np.array([plan.visits(p) for p in range(len(plan.product))]).reshape(
        -1, len(cells.tier)
    )
    weight = cells.weight[cell] * visits[line, cell] / cells.weight_unit
    return pl.DataFrame(
        {
            "product_id": pl.Series(plan.product, dtype=pl.String).gather(line),
            "segment": pl.Series(cells.segment, dtype=pl.String).gather(cell),
            "rhythm": pl.Series(cells.rhythm, dtype=pl.String).gather(cell),
            "tier": cells.tier[cell],
            "retailers": cells.count[cell],
            "weight": _rounded(weight) if lines else pl.Series([], dtype=pl.String),
            "entitlement": _rounded(plan.entitlement[line, cell])
            if lines
            else pl.Series([], dtype=pl.String),
            "base": plan.base[line, cell],
            "seats": plan.seats[line, cell],
            **({"guaranteed": ~ceilings_only(plan)[line]} if plan.oversell == "share" else {}),
        }
    ).sort("product_id", "segment", "rhythm", "tier")


def limit_table(plan: QuotaPlan) -> pl.DataFrame:
    """``limits.csv``: what each retailer may order of each product, odd lots apart.

    Only where boundaries are smooth: with steps ``quotas.csv`` says it.
    """
    cell, names = cell_of(plan), plan.members["retailer_id"]
    parts = []
    for p, product in enumerate(plan.product):
        may = np.flatnonzero(plan.allowed[p][cell])
        mine, lot = holdings(plan, p), int(plan.lot[p])
        part = {
            "product_id": pl.repeat(product, len(may), dtype=pl.String, eager=True),
            "retailer_id": names.gather(may),
            "entitlement": mine.share[may] * lot,
            "base": mine.base[may] * lot,
        }
        parts.append(pl.DataFrame(part))
    schema = dict.fromkeys(LIMITS[:2], pl.String) | dict.fromkeys(LIMITS[2:], pl.Int64)
    table = pl.concat([pl.DataFrame(schema=schema), *parts])
    return table.with_columns(decimal("entitlement", 6)).sort("product_id", "retailer_id")


def band_table(plan: QuotaPlan) -> pl.DataFrame:
    """``bands.csv``: most cartons together, a row for each band, product and cell that has one."""
    rows = [
        (band.name, plan.product[p], c, int(band.most[c]))
        for band in plan.bands
        for p in band.lines.tolist()
        for c in np.flatnonzero(plan.allowed[p] & (band.most >= 0)).tolist()
    ]
    cell, cells = [c for _, _, c, _ in rows], plan.cells
    return pl.DataFrame(
        {
            "band": pl.Series([name for name, _, _, _ in rows], dtype=pl.String),
            "product_id": pl.Series([product for _, product, _, _ in rows], dtype=pl.String),
            "segment": pl.Series(cells.segment, dtype=pl.String).gather(cell),
            "rhythm": pl.Series(cells.rhythm, dtype=pl.String).gather(cell),
            "tier": cells.tier[cell],
            "at_most": pl.Series([most for _, _, _, most in rows], dtype=pl.Int64),
        }
    )


def seat_table(plan: QuotaPlan) -> pl.DataFrame:
    """``seats.csv``: who may order an odd lot, by product, cell and place on the list."""
    return turn_frame(plan).sort("product_id", "segment", "rhythm", "tier", "place")


def award_table(plan: QuotaPlan, allocation: Allocation) -> pl.DataFrame:
    """``awards.csv``: a row for each retailer and product ordered."""
    cycle = pl.lit(allocation.cycle).alias("cycle")
    return allocation.lines.select(cycle, *award_columns(plan)).sort("product_id", "retailer_id")


def open_summary(plan: QuotaPlan, allocation: Allocation | None) -> pl.DataFrame:
    """``summary.csv``, for everybody: what fewer than six shops ordered of is left out.

    ``requested``, ``awarded`` and ``left`` are then empty, ``reserve`` is that of the plan, since
    what was drawn from it tells the orders too, and ``not_told`` says why. Of one or two shops the
    totals would be their orders; of up to five the others could take their own off.
    """
    told = summary_table(plan, allocation)
    if allocation is None:
        return told.with_columns(pl.lit(None, pl.String).alias("not_told"))
    few = pl.col("shops").fill_null(0) < LEAST_TOLD
    planned = summary_table(plan, None).select("product_id", kept="reserve")
    return (
        told.join(shops_ordering(allocation.lines), on="product_id", how="left")
        .join(planned, on="product_id", maintain_order="left")
        .select(
            "product_id",
            "supply",
            pl.when(few).then("kept").otherwise("reserve").alias("reserve"),
            "planned",
            *(pl.when(~few).then(name).alias(name) for name in ("requested", "awarded", "left")),
            pl.when(few).then(pl.lit(FEW)).alias("not_told"),
        )
        .sort("product_id")
    )


def summary_table(plan: QuotaPlan, allocation: Allocation | None) -> pl.DataFrame:
    """The supply and what became of it: one row for each product, its regions together.

    Empty: a supply that is not known; what was asked, where an order tells only what was
    granted; and what belongs to orders, where there were none. ``left`` is then what the quotas
    leave. Where round one drew on the reserve (``oversell: refuse``), ``reserve`` is what remains.
    """
    known = plan.supply >= 0
    frame = pl.DataFrame(
        {
            "product_id": pl.Series(plan.product, dtype=pl.String),
            "supply": pl.Series(plan.supply).set(pl.Series(~known), None),
            "reserve": plan.reserve,
            "planned": promised(plan),
        }
    )
    if allocation is None:
        frame = frame.with_columns(
            pl.lit(None, pl.Int64).alias("requested"),
            pl.lit(None, pl.Int64).alias("awarded"),
            (pl.col("supply") - pl.col("reserve") - pl.col("planned")).alias("left"),
        )
        if plan.oversell:  # not all of it is expected to be ordered
            frame = frame.with_columns(pl.col("left").clip(lower_bound=0))
    else:
        orders = allocation.lines.filter(pl.col("line").is_not_null()).select(
            "product_id", "requested", "award"
        )
        frame = frame.with_columns(
            pl.when(pl.col("supply").is_not_null()).then(pl.Series(allocation.left)).alias("left")
        )
        if plan.oversell:
            drawn = pl.col("left").clip(upper_bound=0)
            frame = frame.with_columns(
                reserve=pl.col("reserve") + drawn, left=pl.col("left") - drawn
            )
    unknown = pl.col("supply").null_count() > 0
    frame = frame.group_by("product_id").agg(
        pl.when(~unknown).then(pl.col("supply").sum()).alias("supply"),
        pl.col("reserve", "planned").sum(),
        *([pl.col("requested", "awarded").first()] if allocation is None else []),
        pl.when(~unknown).then(pl.col("left").sum()).alias("left"),
    )
    if allocation is not None:
        asked = orders.group_by("product_id").agg(
            pl.when(pl.col("requested").null_count() == 0)
            .then(pl.col("requested").sum())
            .alias("requested"),
            pl.col("award").sum().alias("awarded"),
            pl.lit(value=True).alias("ordered"),
        )
        nobody = pl.col("ordered").is_null()
        frame = frame.join(asked, on="product_id", how="left").with_columns(
            pl.when(nobody).then(0).otherwise(pl.col("requested")).alias("requested"),
            pl.col("awarded").fill_null(0),
        )
    return frame.select(
        "product_id", "supply", "reserve", "planned", "requested", "awarded", "left"
    ).sort("product_id")


def cliff_table(plan: QuotaPlan, cliffs: Cliffs) -> pl.DataFrame:
    """``cliffs.csv``: what shops with nearly the same sales can be apart, a row for each line.

    ``retailers`` and ``pairs`` compared; ``largest``: cartons of entitlement between two of them,
    6 decimals; ``apart``: pairs with a carton or more between them; ``cartons``: most whole
    cartons between what two of them may order in the cycle. All are empty where they could not be
    computed or would tell of single shops, and ``not_computed`` says why. ``slope``: most cartons
    of entitlement more for one point of score, rounded up to 6 decimals; empty where boundaries
    are steps.
    """
    figures = {
        name: getattr(cliffs, name)
        for name in ("retailers", "pairs", "largest", "apart", "cartons")
    }
    told = (cliffs.retailers >= LEAST_TOLD) & (cliffs.not_computed == "")
    why = [None if open_ else cliffs.not_computed or FEW for open_ in told.tolist()]
    steep = np.ceil(slopes(plan) * MICRO).astype(np.int64)
    slope = pl.Series(steep.tolist() if plan.between else [None] * len(steep), dtype=pl.Int64)
    frame = pl.DataFrame(
        {
            "product_id": pl.Series(plan.product, dtype=pl.String),
            "region": pl.Series([name or None for name in plan.region], dtype=pl.String),
            **figures,
            "not_computed": pl.Series(why, dtype=pl.String),
            "slope": slope,
        }
    )
    return frame.with_columns(
        decimal("slope", 6),
        *(
            pl.when(pl.col("not_computed").is_null())
            .then(decimal(name, 6) if name == "largest" else pl.col(name))
            .alias(name)
            for name in figures
        ),
    ).sort("product_id", "region", nulls_last=False)


def _rounded(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> pl.Series:
    """Reals with 6 decimals as text: printing, not arithmetic."""
    return pl.Series([f"{value:.6f}" for value in values.tolist()], dtype=pl.String)
