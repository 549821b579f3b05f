"""Bands and baskets: what one retailer holds of several products together, beside what it may."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw
import numpy as np
import polars as pl

from allocator.auditing.engine import Engine, Frame
from allocator.holdings import UNLIMITED, cell_of, together
from allocator.records import Between, JointLimit, QuotaPlan


def products_in(plan: QuotaPlan, limits: Sequence[JointLimit], goods: pl.DataFrame) -> pl.DataFrame:
    """The products of each limit: g (position of the limit), k.

    goods : k, product_id; lines of one product, one per region, are one product
    """
    rows = [
        (g, product)
        for g, limit in enumerate(limits)
        for product in dict.fromkeys(plan.product[p] for p in limit.lines.tolist())
    ]
    listed = pl.DataFrame(rows, schema={"g": pl.Int32, "product_id": pl.String}, orient="row")
    return listed.join(goods.select("k", "product_id"), on="product_id").select("g", "k")


def most_of(
    plan: QuotaPlan, limits: Sequence[JointLimit], between: Between | None
) -> tuple[str, pl.DataFrame]:
    """Most cartons together, only where there is a limit: g, cell or i, total, wide.

    By cell, or by retailer where limits are joined between the tiers; the first result says which.
    between : ``None`` for bands, which are what the notice says of a tier; the plan's for baskets,
    which rise from tier to tier as quotas do. wide : the
    quotas of the cell alone add up to more, so that the quota table itself breaks the limit
    """
    if between is None:
        parts = [
            pl.DataFrame(
                {
                    "g": np.full(len(limit.most), g, np.int32),
                    "cell": np.arange(len(limit.most), dtype=np.int32),
                    "total": limit.most,
                    "wide": plan.base[limit.lines].sum(axis=0) > limit.most,
                }
            )
            for g, limit in enumerate(limits)
        ]
        by, schema = "cell", {"g": pl.Int32, "cell": pl.Int32}
    else:
        cell = cell_of(plan)
        parts = [
            pl.DataFrame(
                {
                    "g": np.full(len(cell), g, np.int32),
                    "i": np.arange(len(cell), dtype=np.int32),
                    "total": np.where(most >= UNLIMITED, -1, most),
                    "wide": np.zeros(len(cell), np.bool_),
                }
            )
            for g, most in enumerate(together(limit, between, cell) for limit in limits)
        ]
        by, schema = "i", {"g": pl.Int32, "i": pl.Int32}
    empty = pl.DataFrame(schema=schema | {"total": pl.Int64, "wide": pl.Boolean})
    return by, pl.concat([empty, *parts]).filter(pl.col("total") >= 0)


def held_together(
    pairs: Frame,
    plan: QuotaPlan,
    limits: Sequence[JointLimit],
    between: Between | None,
    goods: pl.DataFrame,
    engine: Engine,
) -> Frame:
    """What each retailer holds within each limit.

    pairs : i, k, cell, tier, granted, spare, lines

    Returns
    -------
    g, i, tier; held (cartons, lines entered twice once), unknown (pairs whose cartons are not
    known and count as 0), lines, total, wide
    """
    by, most = most_of(plan, limits, between)
    zero = nw.lit(0, nw.Int64)
    return (
        pairs.filter(~nw.col("cell").is_null())
        .join(engine.lend(products_in(plan, limits, goods)), on="k", how="inner")
        .join(engine.lend(most), on=["g", by], how="inner")
        .with_columns(
            nw.when(nw.col("granted").is_null())
            .then(zero)
            .otherwise(nw.col("granted") - nw.col("spare"))
            .alias("known"),
            nw.col("granted").is_null().cast(nw.Int64).alias("unknown"),
            nw.col("wide").cast(nw.Int64).alias("wide"),
        )
        .group_by("g", "i")
        .agg(
            nw.col("known").sum().alias("held"),
            nw.col("unknown").sum(),
            nw.col("lines").sum(),
            nw.col("tier").min(),
            nw.col("total").min(),
            nw.col("wide").max(),
        )
    )


def joint_known(plan: QuotaPlan) -> frozenset[str]:
    """What rules may need of a plan, as columns of tables that only some plans have."""
    told = {"bands.at_most": plan.bands, "baskets.at_most": plan.baskets}
    return frozenset(name for name, limits in told.items() if limits)


def within_joint_limits(
    engine: Engine, pairs: Frame, plan: QuotaPlan, goods: pl.DataFrame
) -> Frame:
    """The pairs with no higher standard than what bands and baskets leave beside what was granted.

    pairs : with lot and standard. Where an allocation is given its awards have seen to that.
    """
    rooms = [
        room_left(pairs, plan, limits, between, goods, engine)
        for limits, between in ((plan.bands, None), (plan.baskets, plan.between))
        if limits
    ]
    if not rooms:
        return pairs
    held = nw.col("first") + nw.col("room") // nw.col("lot") * nw.col("lot")
    capped = nw.when(nw.col("room").is_null() | nw.col("granted").is_null()).then(
        nw.col("standard")
    )
    lowered = nw.when(nw.col("standard") > held).then(held).otherwise(nw.col("standard"))
    room = nw.concat(rooms, how="vertical").group_by("i", "k").agg(nw.col("room").min())
    return engine.keep(
        pairs.join(room, on=["i", "k"], how="left")
        .with_columns(capped.otherwise(lowered).alias("standard"))
        .drop("room")
    )


def room_left(
    pairs: Frame,
    plan: QuotaPlan,
    limits: Sequence[JointLimit],
    between: Between | None,
    goods: pl.DataFrame,
    engine: Engine,
) -> Frame:
    """Cartons that each limit of a pair still leaves: i, k, room; a pair comes once a limit.

    A retailer whose total is reached is owed nothing, whichever product it ran short of: which
    line came first the audit does not guess. With cartons that are not known there is no room.
    """
    room = nw.col("total") - nw.col("held")
    proven = (room > 0) & (nw.col("unknown") == 0)
    left = held_together(pairs, plan, limits, between, goods, engine).with_columns(
        nw.when(proven).then(room).otherwise(nw.lit(0, nw.Int64)).alias("room")
    )
    return (
        pairs.select("i", "k")
        .join(engine.lend(products_in(plan, limits, goods)), on="k", how="inner")
        .join(left.select("g", "i", "room"), on=["g", "i"], how="inner")
        .select("i", "k", nw.col("room").cast(nw.Int64))
    )
