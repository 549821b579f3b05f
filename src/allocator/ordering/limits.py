"""Who may order how much, made for looking up: one order line in microseconds.

Built from a quota plan, or read back from the files of a run directory, so that an ordering
system needs neither solver nor policy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.errors import BrokenRun
from allocator.records import QuotaPlan
from allocator.tables.calendar import due_retailers, retailers_on
from allocator.tables.city import City
from allocator.tables.reading import read_table

SERVED, SUSPENDED, CLOSED, NOT_DUE, NO_TIER = range(5)
"""Standing of a retailer in the cycle: served, or why not."""

MOST_BYTES = 1 << 20
"""run.json is a page of text; anything larger is not one."""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Limits of n retailers and P products in one cycle; C cells of tier, segment and rhythm.

    retailers : retailer_id to position i; products : product_id to position p
    standing : (n,) bytes, one of the codes above; cell : (n,) int32, -1 = in no cell
    cells : C of (tier, segment, rhythm)
    lot : P cartons; base : P of C cartons, -1 = not released to the cell
    seats : P of C, lots offered by turns in the cell
    turn : P bit sets over retailers: who has the odd lot in this cycle
    """

    cycle: str
    retailers: Mapping[str, int]
    products: Mapping[str, int]
    standing: bytes
    cell: NDArray[np.int32]
    cells: tuple[tuple[int, str, str], ...]
    lot: tuple[int, ...]
    base: tuple[tuple[int, ...], ...]
    seats: tuple[tuple[int, ...], ...]
    turn: tuple[bytes, ...]

    def has_turn(self, p: int, i: int) -> bool:
        """Whether retailer i has an odd lot of product p in this cycle."""
        return bool(self.turn[p][i >> 3] >> (i & 7) & 1)


def limits_of(plan: QuotaPlan) -> Limits:
    """The limits of a plan; products released by region become one product again."""
    members = plan.members
    cells = tuple(zip(plan.cells.tier.tolist(), plan.cells.segment, plan.cells.rhythm, strict=True))
    names = sorted(set(plan.product))
    index = {name: p for p, name in enumerate(names)}
    shape = (len(names), len(cells))
    base, seats = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    lot = np.ones(len(names), dtype=np.int64)
    for line, name in enumerate(plan.product):
        p, allowed = index[name], plan.allowed[line]
        lot[p] = plan.lot[line]
        base[p, allowed] = plan.base[line, allowed]
        seats[p, allowed] = plan.seats[line, allowed]
    products = np.array([index[name] for name in plan.product], dtype=np.int64)
    return Limits(
        cycle=plan.cycle,
        retailers=_positions(members["retailer_id"]),
        products=index,
        standing=_standing(members),
        cell=members["cell"].fill_null(-1).to_numpy().astype(np.int32),
        cells=cells,
        lot=tuple(lot.tolist()),
        base=tuple(map(tuple, base.tolist())),
        seats=tuple(map(tuple, seats.tolist())),
        turn=_bits(products[plan.turns.line], plan.turns.retailer, len(names), len(members)),
    )


def read_limits(directory: str | Path) -> Limits:
    """The limits of a run, from quotas.csv, seats.csv, grading.csv, run.json and inputs/.

    Raises
    ------
    BrokenRun : a file is missing or does not fit the others
    BadTable : a table of ``inputs`` cannot be used
    """
    folder = Path(directory)
    cycle, on = _head(folder)
    quotas = _columns(
        folder / "quotas.csv",
        {
            "product_id": pl.String,
            "segment": pl.String,
            "rhythm": pl.String,
            "tier": pl.Int64,
            "base": pl.Int64,
            "seats": pl.Int64,
        },
    ).with_columns(pl.col("segment").fill_null(""))
    grading = _columns(folder / "grading.csv", {"retailer_id": pl.String, "tier": pl.Int64})
    seats = _columns(
        folder / "seats.csv", {"product_id": pl.String, "retailer_id": pl.String}, optional=True
    )
    city = _inputs(folder / "inputs")
    lots = pl.DataFrame(schema={"product_id": pl.String, "lot": pl.Int64})
    if city.products is not None:
        lots = city.products.frame.select("product_id", "lot")
    cells = quotas.select("segment", "rhythm", "tier").unique().sort("segment", "rhythm", "tier")
    cells = cells.with_row_index("cell").cast({"cell": pl.Int32})
    by_region = bool((cells["segment"] != "").any())
    members = (
        retailers_on(city, on)
        .join(due_retailers(city, cycle, on), on="retailer_id", how="left")
        .join(grading, on="retailer_id", how="left")
        .with_columns(segment=pl.col("region").fill_null("") if by_region else pl.lit(""))
        .join(cells, on=["segment", "rhythm", "tier"], how="left")
        .sort("retailer_id")
    )
    names = quotas["product_id"].unique().sort()
    placed = quotas.join(cells, on=["segment", "rhythm", "tier"], how="left").with_columns(
        p=pl.col("product_id").replace_strict(names, pl.int_range(len(names), eager=True))
    )
    shape = (len(names), len(cells))
    base, offered = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    where = placed["p"].to_numpy(), placed["cell"].to_numpy()
    base[where], offered[where] = placed["base"].to_numpy(), placed["seats"].to_numpy()
    retailers = _positions(members["retailer_id"])
    index = _positions(names)
    holders = (
        seats.with_columns(
            p=pl.col("product_id").replace_strict(names, list(range(len(names))), default=None),
            i=pl.col("retailer_id").replace_strict(
                members["retailer_id"], list(range(len(members))), default=None
            ),
        )
        if len(seats)
        else seats.with_columns(p=pl.lit(0), i=pl.lit(0))
    )
    if holders["p"].null_count() or holders["i"].null_count():
        raise BrokenRun("limits-seats-unknown", file="seats.csv")
    lot = names.to_frame().join(lots, on="product_id", how="left", maintain_order="left")
    return Limits(
        cycle=cycle,
        retailers=retailers,
        products=index,
        standing=_standing(members),
        cell=members["cell"].fill_null(-1).to_numpy().astype(np.int32),
        cells=tuple(cells.select("tier", "segment", "rhythm").iter_rows()),
        lot=tuple(lot["lot"].fill_null(1).to_list()),
        base=tuple(map(tuple, base.tolist())),
        seats=tuple(map(tuple, offered.tolist())),
        turn=_bits(
            holders["p"].to_numpy().astype(np.int64),
            holders["i"].to_numpy().astype(np.int64),
            len(names),
            len(members),
        ),
    )


def _positions(names: pl.Series) -> dict[str, int]:
    return {name: k for k, name in enumerate(names.to_list())}


def _standing(members: pl.DataFrame) -> bytes:
    """(n,) codes from status, due and tier of each member."""
    code = members.select(
        pl.when(pl.col("status") == "suspended")
        .then(SUSPENDED)
        .when(pl.col("status") != "active")
        .then(CLOSED)
        .when(pl.col("due").not_())
        .then(NOT_DUE)
        .when(pl.col("tier").is_null() | pl.col("cell").is_null())
        .then(NO_TIER)
        .otherwise(SERVED)
        .cast(pl.UInt8)
    )
    return bytes(code.to_series().to_numpy())


def _bits(
    product: NDArray[np.integer], retailer: NDArray[np.integer], products: int, retailers: int
) -> tuple[bytes, ...]:
    """One bit set per product, bit i of byte i // 8 for retailer i."""
    order = np.argsort(product, kind="stable")
    bounds = np.searchsorted(product[order], np.arange(products + 1))
    sets = []
    for p in range(products):
        flags = np.zeros(retailers, dtype=np.bool_)
        flags[retailer[order[bounds[p] : bounds[p + 1]]]] = True
        sets.append(np.packbits(flags, bitorder="little").tobytes())
    return tuple(sets)


def _head(folder: Path) -> tuple[str, date]:
    """Cycle and date of the run."""
    path = folder / "run.json"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BrokenRun("limits-file-broken", file="run.json")
        head = json.loads(path.read_bytes())
        return str(head["cycle"]), date.fromisoformat(head["on"])
    except OSError:
        raise BrokenRun("limits-file-missing", file="run.json") from None
    except (ValueError, KeyError, TypeError):
        raise BrokenRun("limits-file-broken", file="run.json") from None


def _inputs(folder: Path) -> City:
    """The three tables that say who is served and in which lots; orders are not needed."""
    files = {name: folder / f"{name}.csv" for name in ("retailers", "products", "calendar")}
    if not files["retailers"].is_file():
        raise BrokenRun("limits-file-missing", file="inputs/retailers.csv")
    return City(**{name: read_table(name, file) for name, file in files.items() if file.is_file()})


def _columns(
    path: Path, schema: Mapping[str, type[pl.DataType]], *, optional: bool = False
) -> pl.DataFrame:
    """Some columns of a file of the run, others left unread."""
    if not path.is_file():
        if optional:
            return pl.DataFrame(schema=dict(schema))
        raise BrokenRun("limits-file-missing", file=path.name)
    try:
        return (
            pl.scan_csv(path, infer_schema=False)
            .select(pl.col(name).cast(dtype) for name, dtype in schema.items())
            .collect()
        )
    except pl.exceptions.PolarsError:
        raise BrokenRun("limits-file-broken", file=path.name) from None


def cell_key(limits: Limits, product: str, cell: int) -> Sequence[str]:
    """The row of quotas.csv that holds a cell's quota, as ``column=value`` texts."""
    tier, segment, rhythm = limits.cells[cell]
    return f"product_id={product}", f"segment={segment}", f"rhythm={rhythm}", f"tier={tier}"
