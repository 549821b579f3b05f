"""Who may order how much, made for looking up: one order line in microseconds.

Built from a quota plan, or read back from the files of a run directory, so that an ordering
system needs neither solver nor policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.holdings import bases, ceilings_only, cell_of
from allocator.records import QuotaPlan

SERVED, SUSPENDED, CLOSED, NOT_DUE, NO_TIER, STOPPED = range(6)
"""Standing of a retailer in the cycle: served, or why not."""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Most cartons of several products together for one retailer.

    products : positions p; most : C cartons for a retailer of each cell, -1 = no limit
    """

    name: str
    products: frozenset[int]
    most: tuple[int, ...]


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
    bands : what binds several products together
    shared : pairs (p, cell) whose quotas are more than the supply if all is ordered: what each
        gets is only known when all orders are
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
    bands: tuple[Band, ...] = ()
    shared: frozenset[tuple[int, int]] = frozenset()

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
    shared = np.nonzero(plan.allowed & ceilings_only(plan)[:, None])
    released = np.asarray(plan.allowed.any(axis=1))
    return Limits(
        cycle=plan.cycle,
        retailers=positions(members["retailer_id"]),
        products=index,
        standing=standing_of(members),
        cell=members["cell"].fill_null(-1).to_numpy().astype(np.int32),
        cells=cells,
        lot=tuple(lot.tolist()),
        base=tuple(map(tuple, base.tolist())),
        seats=tuple(map(tuple, seats.tolist())),
        turn=bits(products[plan.turns.line], plan.turns.retailer, len(names), len(members)),
        bands=tuple(
            Band(
                band.name,
                frozenset(products[band.lines[released[band.lines]]].tolist()),
                tuple(band.most.tolist()),
            )
            for band in plan.bands
        ),
        own=_own(plan, products, len(names)),
        shared=frozenset(zip(products[shared[0]].tolist(), shared[1].tolist(), strict=True)),
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


def positions(names: pl.Series) -> dict[str, int]:
    """Position of each name."""
    return {name: k for k, name in enumerate(names.to_list())}


def standing_of(members: pl.DataFrame) -> bytes:
    """(n,) codes from status, due and tier of each member."""
    code = members.select(
        pl.when(pl.col("status") == "suspended")
        .then(SUSPENDED)
        .when(pl.col("status") == "stopped")
        .then(STOPPED)
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


def bits(
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


def cell_key(limits: Limits, product: str, cell: int) -> Sequence[str]:
    """The row of quotas.csv that holds a cell's quota, as ``column=value`` texts."""
    tier, segment, rhythm = limits.cells[cell]
    return f"product_id={product}", f"segment={segment}", f"rhythm={rhythm}", f"tier={tier}"
