"""What the plan gives, as columns: products, cells, odd lots and stock, ready to be joined."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.auditing.engine import Engine, Frame
from allocator.holdings import ceilings, cell_of, holdings
from allocator.records import QuotaPlan
from allocator.tables.city import Table


def products_of(plan: QuotaPlan) -> tuple[pl.DataFrame, np.ndarray]:
    """One row per product (k, product_id, lot), and the k of each line p."""
    names, first, k_of_line = np.unique(
        np.array(plan.product, dtype=object), return_index=True, return_inverse=True
    )
    frame = pl.DataFrame(
        {
            "k": np.arange(len(names), dtype=np.int32),
            "product_id": pl.Series(list(names), dtype=pl.String),
            "lot": np.asarray(plan.lot, dtype=np.int64)[first],
        }
    )
    return frame, k_of_line


def places_of(plan: QuotaPlan, k_of_line: np.ndarray, products: int) -> pl.DataFrame:
    """What the plan gives each product (k) in each cell: line p, base, whether released at all.

    Where a product has a line per region, the line of a cell is the one it is allowed on.
    """
    C = len(plan.cells.tier)
    line = np.full((products, C), -1, dtype=np.int32)
    for p, k in enumerate(k_of_line):
        line[k, plan.allowed[p]] = p
    given = (plan.base > 0) | (plan.seats > 0) | (plan.entitlement > 0)
    cells = np.broadcast_to(np.arange(C), line.shape)

    def at(values: NDArray[Any]) -> NDArray[Any]:
        # Where a cell is on no line (-1) nothing is given; a plan may hold no product at all.
        return np.where(line >= 0, values[line, cells], 0).ravel() if line.size else line.ravel()

    return pl.DataFrame(
        {
            "k": np.repeat(np.arange(products, dtype=np.int32), C),
            "cell": np.tile(np.arange(C, dtype=np.int32), products),
            "p": line.ravel(),
            "base": at(plan.base).astype(np.int64),
            "most": at(plan.ceiling).astype(np.int64),
            "released": at(given).astype(np.bool_),
            "seated": at(plan.seats > 0).astype(np.bool_),
        }
    )


def own_limits(engine: Engine, pairs: Frame, plan: QuotaPlan) -> Frame:
    """The pairs with base, most, released and seated of the retailer's own, not of its cell.

    pairs : p and i, and these columns as the cell has them. With steps they are the same.
    """
    if plan.between is None:
        return pairs
    pairs = engine.keep(pairs)
    (places,) = engine.collect(pairs.select("p", "i").filter(~nw.col("p").is_null()))
    line, who = (places[name].to_numpy() for name in ("p", "i"))
    order = np.argsort(line, kind="stable")
    bounds = np.searchsorted(line[order], np.arange(len(plan.product) + 1))
    cell = cell_of(plan)
    base, most = np.zeros(len(line), np.int64), np.zeros(len(line), np.int64)
    released, seated = np.zeros(len(line), np.bool_), np.zeros(len(line), np.bool_)
    for p, lot in enumerate(plan.lot.tolist()):
        at = order[bounds[p] : bounds[p + 1]]
        i, mine = who[at], holdings(plan, p)
        base[at], most[at] = mine.base[i] * lot, ceilings(plan, p)[i] * lot
        released[at] = (mine.share[i] > 0) | (mine.base[i] > 0)
        seated[at] = mine.waits[i] & (plan.seats[p] > 0)[cell[i]]
    own = {"base": base, "most": most, "released": released, "seated": seated}
    limits = places.with_columns(pl.Series(name, values) for name, values in own.items())
    return pairs.drop(*own).join(engine.lend(limits), on=["p", "i"], how="left")


def seats_of(plan: QuotaPlan) -> pl.DataFrame:
    """Odd lots by name: line p, retailer i, seat (lots)."""
    return (
        pl.DataFrame(
            {
                "p": plan.turns.line.astype(np.int32),
                "i": plan.turns.retailer.astype(np.int32),
            }
        )
        .group_by("p", "i")
        .agg(pl.len().cast(pl.Int64).alias("seat"))
    )


def stock_of(plan: QuotaPlan, k_of_line: np.ndarray, supply: Table | None) -> pl.DataFrame:
    """Supply and reserve of each line: the plan's, else what the supply table says."""
    stock = pl.DataFrame(
        {
            "p": np.arange(len(plan.product), dtype=np.int32),
            "k": k_of_line.astype(np.int32),
            "product_id": pl.Series(list(plan.product), dtype=pl.String),
            "region": pl.Series(list(plan.region), dtype=pl.String),
            "supply": np.asarray(plan.supply, dtype=np.int64),
            "reserve": np.asarray(plan.reserve, dtype=np.int64),
        }
    ).with_columns(pl.when(pl.col("supply") >= 0).then("supply"))
    if supply is None:
        return stock
    held = supplied(supply, plan.cycle)
    whole = held.group_by("product_id").agg(pl.col("quantity").sum().alias("whole"))
    part = held.group_by("product_id", "region").agg(pl.col("quantity").sum().alias("part"))
    listed = pl.when(pl.col("region") == "").then("whole").otherwise("part")
    return (
        stock.join(whole, on="product_id", how="left")
        .join(part, on=["product_id", "region"], how="left")
        .with_columns(pl.coalesce("supply", listed))
        .drop("whole", "part")
        .sort("p")
    )


def supplied(supply: Table, cycle: str) -> pl.DataFrame:
    """Rows of the supply table for the cycle: product_id, region, quantity, row.

    Without a cycle a table of several cycles tells nothing: no rows.
    """
    frame = supply.frame
    if cycle:
        frame = frame.filter((pl.col("cycle") == cycle).fill_null(True))
    elif frame.get_column("cycle").n_unique() > 1:
        frame = frame.clear()
    return frame.select(
        pl.col("product_id", "region").cast(pl.String), pl.col("quantity").cast(pl.Int64), "row"
    )


def shortage_of(engine: Engine, pairs: Frame, stock: pl.DataFrame) -> pl.DataFrame:
    """Products whose standards exceed what may be sold: k, left (cartons not granted, >= 0)."""
    due = nw.coalesce(nw.col("standard"), nw.min_horizontal("granted", "quota"))
    (sums,) = engine.collect(
        pairs.select("k", "granted", due.alias("due"))
        .group_by("k")
        .agg(nw.col("due").sum(), nw.col("granted").sum())
    )
    free = stock.group_by("k").agg(
        pl.col("supply").is_null().any().alias("unknown"),
        (pl.col("supply") - pl.col("reserve")).sum().alias("free"),
    )
    return (
        sums.join(free, on="k")
        .filter(~pl.col("unknown") & (pl.col("due") > pl.col("free")))
        .select("k", (pl.col("free") - pl.col("granted")).clip(0).alias("left"))
    )
