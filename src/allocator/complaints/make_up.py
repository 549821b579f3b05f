"""What is owed, against what the reserve still has: make-up orders come out of it (N11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from allocator.complaints.docket import Docket
from allocator.complaints.record import MakeUp

UNKNOWN: Final = (None, None)

Stock = Mapping[int, tuple[int | None, int | None]]
"""Line p -> cartons left in the reserve, cartons of the release that nobody holds."""


def stock_left(docket: Docket) -> Stock:
    """What the cycle's orders have left of each line.

    Ordinary orders beyond the release eat into the reserve, make-up orders come out of it; what
    stands twice in the orders counts twice, as it would be delivered.
    """
    plan, allocation, orders = docket.run.plan, docket.run.allocation, docket.run.city.orders
    if allocation is None or orders is None:
        return {}
    line_of = allocation.lines.select("retailer_id", "product_id", "line").with_columns(
        pl.col("retailer_id", "product_id").cast(pl.String)
    )
    by_product = pl.col("product_id").replace_strict(_only_lines(plan.product), default=None)
    rows = (
        orders.frame.filter(
            pl.col("cycle").is_null() | (pl.col("cycle") == docket.run.cycle),
            (pl.col("status") != "cancelled").fill_null(True),
        )
        .with_columns(pl.col("retailer_id", "product_id").cast(pl.String))
        .join(line_of, on=["retailer_id", "product_id"], how="left")
        .with_columns(
            pl.coalesce("line", by_product).alias("p"),
            pl.coalesce("granted", "requested").alias("taken"),
            (pl.col("kind") == "make_up").fill_null(False).alias("made_up"),
        )
        .group_by("p", "made_up")
        .agg(pl.col("taken").sum())
    )
    taken = {(p, made_up): int(cartons) for p, made_up, cartons in rows.iter_rows()}
    left = {}
    for p in range(len(plan.product)):
        supply, reserve = int(plan.supply[p]), int(plan.reserve[p])
        ordinary, made_up = taken.get((p, False), 0), taken.get((p, True), 0)
        free = supply - reserve - ordinary
        spare = max(min(reserve, reserve + free) - made_up, 0)
        left[p] = UNKNOWN if supply < 0 else (spare, max(free, 0))
    return left


def _only_lines(products: Iterable[str]) -> dict[str, int]:
    """Product -> its line, of products that have one line only."""
    lines: dict[str, list[int]] = {}
    for p, product in enumerate(products):
        lines.setdefault(product, []).append(p)
    return {product: rows[0] for product, rows in lines.items() if len(rows) == 1}


def make_up(
    docket: Docket, retailer: str, owed: Iterable[tuple[str, int]], stock: Stock
) -> tuple[tuple[MakeUp, ...], Stock]:
    """The make-up orders of one verdict, and the stock once they are placed."""
    left, told = dict(stock), []
    for product, cartons in owed:
        offer = docket.standing(retailer).offers.get(product)
        reserve, released = left.get(offer.p, UNKNOWN) if offer else UNKNOWN
        covered = None if reserve is None else min(reserve, cartons)
        told.append(MakeUp(product, cartons, reserve, covered, released))
        if offer is not None and reserve is not None and released is not None:
            rest = cartons - (covered or 0)
            left[offer.p] = reserve - (covered or 0), max(released - rest, 0)
    return tuple(told), left
