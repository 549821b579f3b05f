"""Take a published quota table (投放表) as the standard: nothing is planned."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import polars as pl

from allocator.allocation.cohorts import form_cells, with_tiers
from allocator.allocation.credits import carried_credits
from allocator.allocation.limits import Released, quota_ceilings, whole_reserve
from allocator.allocation.printed_bands import printed_bands
from allocator.allocation.segments import ATTRIBUTES, segment_name
from allocator.allocation.shares import bands_of, baskets_of, check_choices
from allocator.allocation.weights import IntegerWeights, tier_weights
from allocator.errors import BadRequest
from allocator.policy.allocation_models import AllocationPolicy
from allocator.records import (
    MICRO,
    SEGMENT_SEPARATOR,
    Cells,
    Grading,
    JointLimit,
    QuotaPlan,
    Turns,
    Units,
)
from allocator.tables.calendar import due_retailers, retailers_on
from allocator.tables.city import City
from allocator.tables.schemas import QUOTA_PARTS

SEGMENT_COLUMNS = ("market", "format", "credit", "trade_area", "region")
"""Attributes of a retailer that a quota table may be split by, as exports do."""


def adopt_quotas(
    city: City,
    grading: Grading,
    *,
    cycle: str,
    on: date | None = None,
    policy: AllocationPolicy | None = None,
    policy_digest: str = "",
    seed: str | None = None,
    with_odd_lots: bool = False,
) -> QuotaPlan:
    """The quotas of a cycle as they were published elsewhere.

    Parameters
    ----------
    cycle : rows of the quota table that name another cycle do not count
    with_odd_lots : count the odd lots that the table promises, though not to whom: they may be
        judged, but nobody can be told that it is its turn
    policy : bands, baskets, and weights, ceilings and reserve for a second round; without it there
        is none

    Raises
    ------
    BadRequest : no quota table, none of this cycle, or segments that no attribute has
    """
    on = on or grading.on
    rows = _rows_of_cycle(city, cycle)
    tiers = max([grading.tiers, *rows["tier"].to_list()])
    attributes, rows = _for_whom(retailers_on(city, on), rows)
    named = sorted(rows["whom"].unique().to_list()) if attributes else []
    members = _members(city, grading, cycle, on, attributes, rows["rhythm"].is_not_null().any())
    weights = (
        tier_weights(policy.weights, tiers, grading) if policy else IntegerWeights((1,) * tiers, 1)
    )
    cells, members = form_cells(members, tiers, weights, [whom for whom in named if whom])
    product = tuple(rows["product_id"].unique().sort().to_list())
    base, seats = _by_cell(rows, cells, product, attributes)
    if not with_odd_lots:
        seats = np.zeros_like(base)
    given = (base > 0) | (seats > 0)
    lot, supply, reserve = _supply(city, cycle, product, policy, rows)
    nothing = np.zeros(0, dtype=np.int32)
    bands, baskets = _together(city, cycle, product, cells, policy, tiers)
    carried = carried_credits(city, members, product)
    ceiling = base if policy is None else quota_ceilings(product, lot, cells, policy, tiers)
    return QuotaPlan(
        cycle=cycle,
        on=on,
        seed=seed,
        source="published",
        policy_digest=policy_digest,
        tiers=tiers,
        cells=cells,
        members=members,
        product=product,
        region=("",) * len(product),
        lot=lot,
        supply=supply,
        reserve=reserve,
        method=("published",) * len(product),
        step=np.full(len(product), -1, dtype=np.int64),
        tier_order=np.zeros(len(product), dtype=np.bool_),
        allowed=given,
        floor=np.zeros_like(base),
        ceiling=np.where(given, np.maximum(ceiling, base), 0),
        entitlement=base.astype(np.float64),
        base=base,
        seats=seats,
        turns=Turns(nothing, nothing, nothing),
        credit_before=carried,
        credit_after=carried,
        second_round=policy is not None and policy.second_round,
        proofs=(),
        mass=np.where(given, cells.count * MICRO, 0),
        covered=np.zeros_like(base),
        bands=bands,
        baskets=baskets,
    )


def _together(
    city: City,
    cycle: str,
    product: tuple[str, ...],
    cells: Cells,
    policy: AllocationPolicy | None,
    tiers: int,
) -> tuple[tuple[JointLimit, ...], tuple[JointLimit, ...]]:
    """Bands and baskets: they bind orders, whoever made the quotas.

    A band that the table of bands prints goes before one of the policy of that name.
    """
    printed = printed_bands(city, cycle, product, cells)
    named = {band.name for band in printed}
    if policy is None or not (policy.bands or policy.baskets):
        return printed, ()
    known: dict[str, tuple[str | None, int | None]] = {}
    if city.products is not None:
        rows = city.products.frame.select("product_id", "price_band", "price_class").rows()
        known = {name: (band, price) for name, band, price in rows}
    prices = [known.get(name, (None, None)) for name in product]
    one = np.ones(len(product), dtype=np.int64)
    released = Released(
        product,
        ("",) * len(product),
        lot=one,
        supply=one,
        reserve=one - 1,
        price_band=tuple(band for band, _ in prices),
        price_class=tuple(price for _, price in prices),
    )
    check_choices(city, policy.model_copy(update={"groups": ()}), released)
    return (
        (
            *printed,
            *(band for band in bands_of(released, cells, policy, tiers) if band.name not in named),
        ),
        baskets_of(released, cells, policy, tiers),
    )


def _rows_of_cycle(city: City, cycle: str) -> pl.DataFrame:
    if city.quotas is None:
        raise BadRequest("no-quotas")
    frame = city.quotas.frame
    rows = frame.filter(pl.col("cycle").is_null() | (pl.col("cycle") == cycle))
    if rows.is_empty():
        known = frame["cycle"].drop_nulls().unique().sort().to_list()
        raise BadRequest("cycle-not-in-quotas", cycle=cycle, known=", ".join(known[:12]))
    return rows.filter(pl.col("quota").is_not_null()).sort("product_id", "segment", "tier")


def _by_cell(
    rows: pl.DataFrame, cells: Cells, product: tuple[str, ...], attributes: tuple[str, ...]
) -> tuple[Units, Units]:
    """Quotas (cartons) and odd lots of each product and cell, (P, C) int64.

    A row that says more about whom it is for goes before one that says less.
    """
    base = np.zeros((len(product), len(cells.tier)), dtype=np.int64)
    seats = np.zeros_like(base)
    parts = [segment.split(SEGMENT_SEPARATOR) for segment in cells.segment]
    held = {
        name: np.array([part[k] if len(part) > k else "" for part in parts])
        for k, name in enumerate(attributes)
    }
    held["rhythm"] = np.array(cells.rhythm)
    at = {name: p for p, name in enumerate(product)}
    for row in rows.iter_rows(named=True):
        # A table has few rows (products x tiers x segments): this is no hot path.
        reached = cells.tier == row["tier"]
        for name, values in held.items():
            if row[name] is not None:
                reached = reached & (values == row[name])
        base[at[row["product_id"]], reached] = row["quota"]
        seats[at[row["product_id"]], reached] = row["seats"] or 0
    return base, seats


def _for_whom(retailers: pl.DataFrame, rows: pl.DataFrame) -> tuple[tuple[str, ...], pl.DataFrame]:
    """The attributes that the table divides retailers by, and its rows with one column for each.

    Of the rows that reach one retailer the last one says most. ``whom`` is the segment that a row
    names in full, ``""`` where it leaves an attribute open.

    Raises
    ------
    BadRequest : values that no retailer has, or rhythms where the retailers' are not known
    """
    segments = sorted(rows["segment"].drop_nulls().unique().to_list())
    for name, values in zip(
        columns := _segment_columns(retailers, segments),
        zip(*(segment.split(SEGMENT_SEPARATOR) for segment in segments), strict=True),
        strict=True,
    ):
        meant = dict(zip(segments, values, strict=True))
        told = pl.col("segment").replace_strict(meant, default=None, return_dtype=pl.String)
        rows = rows.with_columns(pl.coalesce(name, told).alias(name))
    attributes = tuple(name for name in ATTRIBUTES if rows[name].is_not_null().any())
    for name in attributes:
        named = rows[name].drop_nulls().unique().sort()
        if not named.is_in(retailers[name].unique().implode()).any():
            raise BadRequest(
                "quota-segment-unknown",
                segment=", ".join(named.head(12).to_list()),
                columns=name if name not in columns else ", ".join(SEGMENT_COLUMNS),
            )
    if (rows["rhythm"] == "fortnightly").any() and retailers["order_cycle"].is_null().all():
        raise BadRequest("quota-rhythm-without-cycles")
    whole = pl.concat_str(attributes, separator=SEGMENT_SEPARATOR) if attributes else pl.lit("")
    said = pl.sum_horizontal(pl.col(*attributes, "rhythm").is_not_null().cast(pl.Int64))
    return attributes, (
        rows.with_columns(whole.fill_null("").alias("whom"), said.alias("said")).sort(
            "product_id", "said", *attributes, "rhythm", "tier", nulls_last=False
        )
    )


def _members(
    city: City,
    grading: Grading,
    cycle: str,
    on: date,
    attributes: tuple[str, ...],
    by_rhythm: bool,
) -> pl.DataFrame:
    retailers = retailers_on(city, on)
    # Three exports alone have no calendar: then everybody may order every week.
    due = (
        due_retailers(city, cycle, on)
        if city.calendar is not None
        else retailers.select("retailer_id", due=pl.lit(True))
    )
    known = city.calendar is not None or by_rhythm
    # Where the table divides by what a retailer's file does not say, it has no known limit.
    lacking = pl.any_horizontal(pl.lit(False), *(pl.col(name).is_null() for name in attributes))
    unplaced = lacking & (pl.col("status") == "active")
    return (
        with_tiers(
            retailers.select(
                "retailer_id",
                pl.when(unplaced).then(pl.lit("unplaced")).otherwise("status").alias("status"),
                segment=segment_name(attributes),
                rhythm=pl.col("rhythm") if known else pl.lit("weekly"),
            ),
            grading,
        )
        .join(due, on="retailer_id", how="left", maintain_order="left")
        .with_columns(
            counted=(pl.col("status") == "active") & pl.col("due") & pl.col("tier").is_not_null()
        )
    )


def _segment_columns(retailers: pl.DataFrame, segments: list[str]) -> tuple[str, ...]:
    """The attributes among whose values every segment of the quota table is found.

    A segment of several attributes is named as in a plan of ours: ``east | urban``.
    """
    if not segments:
        return ()
    named = [segment.split(SEGMENT_SEPARATOR) for segment in segments]
    parts = max(len(values) for values in named)
    order = SEGMENT_COLUMNS if parts == 1 else ATTRIBUTES
    known = {name: set(retailers[name].drop_nulls().unique().to_list()) for name in order}
    for columns in itertools.combinations(order, parts):
        if all(
            len(values) == parts
            and all(value in known[name] for name, value in zip(columns, values, strict=True))
            for values in named
        ):
            return columns
    raise BadRequest(
        "quota-segment-unknown", segment=", ".join(segments), columns=", ".join(SEGMENT_COLUMNS)
    )


def _told_supply(rows: pl.DataFrame) -> dict[str, int]:
    """Cartons of each product that the quota table itself says are there, or that it releases.

    Each row of a wide table says it once, and so for whom the row is: what differs is summed, what
    is the same in each row is the whole.
    """
    whom = [name for name in QUOTA_PARTS if name in rows.columns]
    figure = pl.coalesce("supply", "offered")
    parts = rows.group_by("product_id", *whom).agg(figure.max().alias("figure"))
    told = parts.group_by("product_id").agg(
        pl.when(pl.col("figure").n_unique() == 1).then(pl.col("figure").max())
        .otherwise(pl.col("figure").sum()).alias("figure"),
        pl.col("figure").is_null().any().alias("open"),
    )  # fmt: skip
    return dict(told.filter(~pl.col("open")).select("product_id", "figure").rows())


def _supply(
    city: City,
    cycle: str,
    product: tuple[str, ...],
    policy: AllocationPolicy | None,
    rows: pl.DataFrame,
) -> tuple[Units, Units, Units]:
    """Lot, supply (-1 = unknown) and reserve of each product, (P,) int64 cartons."""
    lots: dict[str, int] = {}
    if city.products is not None:
        frame = city.products.frame.filter(pl.col("lot").is_not_null())
        lots = dict(frame.select("product_id", "lot").rows())
    known: dict[str, int] = {}
    if city.supply is not None:
        frame = city.supply.frame.filter(pl.col("cycle") == cycle)
        known = dict(frame.group_by("product_id").agg(pl.col("quantity").sum()).rows())
    else:
        known = _told_supply(rows)
    lot = np.array([lots.get(name, 1) for name in product], dtype=np.int64)
    supply = np.array([known.get(name, -1) for name in product], dtype=np.int64)
    kept = [
        0 if policy is None or quantity < 0 else whole_reserve(quantity, size, policy.reserve)
        for quantity, size in zip(supply.tolist(), lot.tolist(), strict=True)
    ]
    return lot, supply, np.array(kept, dtype=np.int64)
