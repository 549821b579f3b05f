"""Each retailer and product: what was asked and entered in all, beside what the standard gives."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.engine import Engine, Frame
from allocator.auditing.joint import within_joint_limits
from allocator.auditing.standard import own_limits, seats_of
from allocator.records import Allocation, QuotaPlan

SAME_LINE = ("o", "q", "retailer_id", "kind")
"""What makes two lines one that was entered twice: a second round or a make-up order of the same
product in one order is another line, and so is another shop's under the same order number."""


def duplicates_of(lines: Frame) -> Frame:
    """Lines entered more than once: o, q, retailer_id, kind, lines."""
    # Few orders name a product twice: only these are looked at closely.
    suspect = lines.group_by("o", "q").agg(nw.len().alias("n")).filter(nw.col("n") > 1)
    near = lines.join(suspect.select("o", "q"), on=["o", "q"], how="semi")
    counted = near.group_by(*SAME_LINE).agg(nw.len().cast(nw.Int64).alias("lines"))
    return counted.filter(nw.col("lines") > 1)


def _pairs(lines: Frame, duplicates: Frame, open_second: bool) -> Frame:
    """Lines summed per retailer and product; ``spare`` is what duplicates may have added.

    open_second : nobody knows what a second round gave; its lines stand beside the standard
    """
    zero = nw.lit(0, nw.Int64)
    columns = ("requested", "asked", "granted")
    spares = ("spare", "spare_asked", "spare_second")
    kind = nw.col("kind")
    beside = (kind == "make_up") | (kind == "second_round") if open_second else kind == "make_up"
    judged = lines.filter(~nw.col("i").is_null(), ~nw.col("k").is_null()).with_columns(
        nw.when(beside).then(zero).otherwise(nw.col("requested")).alias("asked"),
        nw.when(kind == "second_round").then(nw.col("granted")).otherwise(zero).alias("second"),
    )
    # A sum over unknown quantities is unknown, not smaller.
    pairs = (
        judged.group_by("i", "k")
        .agg(
            nw.len().cast(nw.Int64).alias("lines"),
            *(nw.col(name).sum() for name in (*columns, "second")),
            *(nw.col(name).count().cast(nw.Int64).alias(f"{name}_known") for name in columns),
        )
        .with_columns(
            nw.when(nw.col(f"{name}_known") == nw.col("lines")).then(nw.col(name)).alias(name)
            for name in columns
        )
        .drop(*(f"{name}_known" for name in columns))
    )
    spare = (
        judged.join(duplicates.select(*SAME_LINE), on=list(SAME_LINE), how="semi")
        .group_by("i", "k", "o", "kind")
        .agg(
            (nw.col("granted").sum() - nw.col("granted").min()).alias("spare"),
            (nw.col("asked").sum() - nw.col("asked").min()).alias("spare_asked"),
            (nw.col("second").sum() - nw.col("second").min()).alias("spare_second"),
        )
        .group_by("i", "k")
        .agg(nw.col(*spares).sum())
    )
    first = nw.col("granted") - nw.col("second") if open_second else nw.col("granted")
    return pairs.join(spare, on=["i", "k"], how="left").with_columns(
        nw.col(*spares).fill_null(0), first.alias("first")
    )


def _awards(
    allocation: Allocation | None, members: pl.DataFrame, products: pl.DataFrame
) -> pl.DataFrame:
    if allocation is None:
        return pl.DataFrame(schema={"i": pl.Int32, "k": pl.Int32, "award": pl.Int64})
    lines = allocation.lines.select(
        pl.col("retailer_id", "product_id").cast(pl.String), pl.col("award").cast(pl.Int64)
    )
    return (
        lines.join(members.select("retailer_id", "i"), on="retailer_id")
        .join(products.select("product_id", "k"), on="product_id")
        .group_by("i", "k")
        .agg(pl.col("award").sum())
    )


def _with_turns_unnamed(plan: QuotaPlan) -> tuple[nw.Expr, ...]:
    """A quota table may promise odd lots by turn and not say whose turn it is.

    Then any retailer of the cell may be one of those: one lot above its quota proves nothing.
    """
    if plan.source == "planned" or len(plan.turns.line):
        return (nw.lit(False).alias("turn_unknown"),)
    more = nw.col("ceiling") + nw.col("lot")
    return (
        nw.when(nw.col("seated")).then(more).otherwise(nw.col("ceiling")).alias("ceiling"),
        nw.col("seated").alias("turn_unknown"),
    )


def paired(
    engine: Engine,
    lines: Frame,
    duplicates: Frame,
    plan: QuotaPlan,
    allocation: Allocation | None,
    members: pl.DataFrame,
    goods: pl.DataFrame,
    places: Frame,
) -> Frame:
    """The columns of ``Case.pairs`` but ``left``.

    members : i, retailer_id, status, tier, due, cell; goods : k, product_id, lot; lines,
    duplicates, places : as of the case
    """
    open_to = ("most",) if plan.second_round and allocation is None else ()
    open_second = allocation is None and (plan.source != "planned" or plan.second_round)
    pairs = (
        _pairs(lines, duplicates, open_second)
        .join(engine.lend(members.drop("retailer_id")), on="i", how="left")
        .join(engine.lend(goods.drop("product_id")), on="k", how="left")
        .join(places, on=["k", "cell"], how="left")
    )
    pairs = (
        own_limits(engine, pairs, plan)
        .join(engine.lend(seats_of(plan)), on=["p", "i"], how="left")
        .join(engine.lend(_awards(allocation, members, goods)), on=["i", "k"], how="left")
        .with_columns(
            nw.col("base").fill_null(0),
            nw.col("released", "seated").fill_null(False),
            (nw.col("base").fill_null(0) + nw.col("seat").fill_null(0) * nw.col("lot")).alias(
                "quota"
            ),
        )
        .with_columns(nw.max_horizontal("quota", "award", *open_to).alias("ceiling"))
        .with_columns(*_with_turns_unnamed(plan))
    )
    asked = nw.col("asked") - nw.col("spare_asked")
    in_lots = nw.min_horizontal(asked // nw.col("lot") * nw.col("lot"), nw.col("quota"))
    pairs = pairs.with_columns(
        nw.when(~nw.col("asked").is_null())
        .then(
            nw.when(nw.col("award").is_null())
            .then(in_lots)
            .otherwise(nw.min_horizontal(asked, nw.col("award")))
        )
        .alias("standard")
    )
    pairs = engine.keep(pairs)
    return within_joint_limits(engine, pairs, plan, goods) if allocation is None else pairs
