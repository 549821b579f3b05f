"""Who may order how much, made for looking up: one order line in microseconds.

Built from a quota plan, or read back from the files of a run directory, so that an ordering
system needs neither solver nor policy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.errors import BrokenRun
from allocator.holdings import bases, cell_of
from allocator.records import QuotaPlan

SERVED, SUSPENDED, CLOSED, NOT_DUE, NO_TIER = range(5)
"""Standing of a retailer in the cycle: served, or why not."""

MOST_BYTES = 1 << 20
"""run.json is a page of text; anything larger is not one."""

QUOTA_COLUMNS: dict[str, type[pl.DataType]] = {
    "product_id": pl.String,
    "segment": pl.String,
    "rhythm": pl.String,
    "tier": pl.Int64,
    "base": pl.Int64,
    "seats": pl.Int64,
}
MEMBER_COLUMNS: dict[str, type[pl.DataType]] = {
    "retailer_id": pl.String,
    "status": pl.String,
    "tier": pl.Int64,
    "segment": pl.String,
    "rhythm": pl.String,
    "due": pl.Boolean,
    "cell": pl.Int64,
}
LIMIT_COLUMNS: dict[str, type[pl.DataType]] = {
    "product_id": pl.String,
    "retailer_id": pl.String,
    "base": pl.Int64,
}
OPTIONAL = ("lot",)
"""Columns that a table may lack: nothing is written where every value is the default."""


class BrokenLimits(BrokenRun):
    """A run directory from which no limits can be read."""

    domain = "ordering"


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Limits of n retailers and P products in one cycle; C cells of tier, segment and rhythm.

    retailers : retailer_id to position i; products : product_id to position p
    standing : (n,) bytes, one of the codes above; cell : (n,) int32, -1 = in no cell
    cells : C of (tier, segment, rhythm)
    lot : P cartons; base : P of C cartons, -1 = not released to the cell
    seats : P of C, lots offered by turns in the cell
    turn : P bit sets over retailers: who has the odd lot in this cycle
    own : P of (n,) int32 cartons, -1 = not released, where the retailers of a cell differ, because
        boundaries are smooth; else nothing
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
    own: tuple[NDArray[np.int32], ...] = ()

    def base_of(self, p: int, i: int) -> int:
        """Cartons of product p that retailer i may order without an odd lot; -1 = not released."""
        return int(self.own[p][i]) if self.own else self.base[p][int(self.cell[i])]

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
        own=_own(plan, products, len(names)),
    )


def _own(plan: QuotaPlan, products: NDArray[np.int64], names: int) -> tuple[NDArray[np.int32], ...]:
    """What each retailer may order of each product; nothing where a cell's quota says it."""
    if plan.between is None:
        return ()
    own = np.full((names, len(plan.members)), -1, dtype=np.int32)
    cell = cell_of(plan)
    for line, p in enumerate(products.tolist()):
        may = np.flatnonzero(plan.allowed[line][cell])
        own[p, may] = bases(plan, line)[may] * plan.lot[line]
    return tuple(own)


def read_limits(directory: str | Path) -> Limits:
    """The limits of a run: from run.json, quotas.csv, seats.csv, the members and the lots.

    Where boundaries are smooth also from limits.csv.

    Raises
    ------
    BrokenLimits : a file is missing, cannot be read or does not fit the others
    """
    folder = Path(directory)
    cycle, boundary = _head(folder)
    quotas = _columns(folder, "quotas.csv", QUOTA_COLUMNS)
    if sum(quotas.null_count().row(0)):
        raise BrokenLimits("limits-file-broken", file="quotas.csv")
    members = _columns(folder, "record/members.csv", MEMBER_COLUMNS).sort("retailer_id")
    turns = _columns(folder, "seats.csv", {"product_id": pl.String, "retailer_id": pl.String})
    lots = _columns(folder, "inputs/products.csv", {"product_id": pl.String, "lot": pl.Int64})
    key = ["segment", "rhythm", "tier"]
    cells = quotas.select(key).unique().sort(key).with_row_index("place")
    names = quotas["product_id"].unique().sort()
    index, retailers = _positions(names), _positions(members["retailer_id"])
    placed = quotas.join(cells, on=key, how="left", maintain_order="left")
    where = _places(placed["product_id"], names, "quotas.csv"), placed["place"].to_numpy()
    shape = (len(names), len(cells))
    base, seats = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    base[where], seats[where] = placed["base"].to_numpy(), placed["seats"].to_numpy()
    inside = members.join(cells, on=key, how="left", maintain_order="left")["place"]
    cell = np.where(members["cell"].is_null(), -1, inside.cast(pl.Int64).fill_null(-1).to_numpy())
    lot = names.to_frame().join(lots, on="product_id", how="left", maintain_order="left")
    return Limits(
        cycle=cycle,
        retailers=retailers,
        products=index,
        standing=_standing(members),
        cell=cell.astype(np.int32),
        cells=tuple(cells.select("tier", "segment", "rhythm").iter_rows()),
        lot=tuple(lot["lot"].fill_null(1).to_list()),
        base=tuple(map(tuple, base.tolist())),
        seats=tuple(map(tuple, seats.tolist())),
        turn=_bits(
            _places(turns["product_id"], names, "seats.csv"),
            _places(turns["retailer_id"], members["retailer_id"], "seats.csv"),
            len(names),
            len(members),
        ),
        own=_read_own(folder, names, members["retailer_id"]) if boundary == "smooth" else (),
    )


def _read_own(folder: Path, names: pl.Series, ids: pl.Series) -> tuple[NDArray[np.int32], ...]:
    columns = _columns(folder, "limits.csv", LIMIT_COLUMNS)
    if columns["base"].null_count():
        raise BrokenLimits("limits-file-broken", file="limits.csv")
    own = np.full((len(names), len(ids)), -1, dtype=np.int32)
    product = _places(columns["product_id"], names, "limits.csv")
    own[product, _places(columns["retailer_id"], ids, "limits.csv")] = columns["base"].to_numpy()
    return tuple(own)


def _places(values: pl.Series, names: pl.Series, file: str) -> NDArray[np.int64]:
    """Position of each value in ``names``; ``BrokenLimits`` where it is not there."""
    listed = names.to_frame("name").with_row_index("place")
    found = values.to_frame("name").join(listed, on="name", how="left", maintain_order="left")
    if found["place"].null_count():
        raise BrokenLimits("limits-files-differ", file=file)
    return found["place"].to_numpy().astype(np.int64)


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


def _head(folder: Path) -> tuple[str, str]:
    """Cycle and boundary of the run."""
    path = folder / "run.json"
    try:
        if path.stat().st_size <= MOST_BYTES:
            head = json.loads(path.read_bytes())
            return str(head["cycle"]), str(head.get("boundary", "step"))
    except OSError:
        raise BrokenLimits("limits-file-missing", file="run.json") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise BrokenLimits("limits-file-broken", file="run.json")


def _columns(folder: Path, name: str, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Some columns of a file of the run as it was written, the others left unread.

    The file may be without the columns of ``OPTIONAL``, and products may be unknown altogether.
    """
    path = folder / name
    if not path.is_file():
        if name == "inputs/products.csv":
            return pl.DataFrame(schema=dict(schema))
        raise BrokenLimits("limits-file-missing", file=name)
    try:
        lines = pl.scan_csv(path, infer_schema=False)
        present = lines.collect_schema().names()
        return lines.select(
            _plain(column, dtype)
            if column in present or column not in OPTIONAL
            else pl.lit(None, dtype).alias(column)
            for column, dtype in schema.items()
        ).collect()
    except (pl.exceptions.PolarsError, OSError):
        raise BrokenLimits("limits-file-broken", file=name) from None


def _plain(column: str, dtype: type[pl.DataType]) -> pl.Expr:
    """A cell without the apostrophe that keeps spreadsheets from running it."""
    if dtype == pl.String:
        return pl.col(column).fill_null("").str.replace(r"^'([=+\-@\t\r].*)$", "$1")
    if dtype == pl.Boolean:
        return pl.col(column) == "true"
    return pl.col(column).cast(dtype)


def cell_key(limits: Limits, product: str, cell: int) -> Sequence[str]:
    """The row of quotas.csv that holds a cell's quota, as ``column=value`` texts."""
    tier, segment, rhythm = limits.cells[cell]
    return f"product_id={product}", f"segment={segment}", f"rhythm={rhythm}", f"tier={tier}"
