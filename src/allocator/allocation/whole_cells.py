"""Cell totals in whole lots under groups and baskets, for the lines whose odd lots go by turns.

For the cells of a program whose share ``N_c q_pc`` is no whole number of lots, ``z_pc`` says
whether the odd lot is given, so that ``Y_pc = floor(N_c q_pc / l_p) + z_pc`` (``model.md`` 4)::

    supply/p     whole_p <= sum_c Y_pc <= most_p       whole_p = floor(sum_c N_c q_pc / l_p)
    most/g       sum_{c in G} u_c l_p Y_pc <= most
    least/g      sum_{c in G} u_c l_p Y_pc >= least
    basket/b/c   sum_{p in B} l_p Y_pc <= N_c most_c

Groups that are nested or disjoint and baskets that are nested or disjoint are two laminar families:
their incidence matrix is totally unimodular, the shares themselves are a point of the polytope, so
there is a whole point too, and it misses neither a minimum nor the supply. Where sets overlap, or
lots and take-up differ, it can miss some.

Where limits and not the supply hold a line back, it may have one lot more, when credits make that
lot's claim positive (``rounding.lots_to_share``).

Chosen is, one after the other, the least that is missed
of the minima, the least of the supply that is kept back, the largest sum of (credit + fraction)
over the odd lots given, and the least sum of public hashes. The last makes the choice unique,
whatever the solver, but for odds of 1 in 2^40 / pairs (the isolation lemma [1]_); for one line
without groups it is the order of the single hashes, as in ``rounding.share_out``.

.. [1] Mulmuley, Vazirani & Vazirani 1987, Matching is as easy as matrix inversion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from allocator.allocation.joined import common_lot, taken
from allocator.allocation.rounding import Draw
from allocator.allocation.whole_solver import WholeRow, best_whole
from allocator.errors import NotProvenOptimal
from allocator.records import MICRO, Group, JointLimit, Units

HASH_BYTES = 5
"""First bytes of a hash that break ties: 40 bits make a tie between 10,000 pairs a matter of
1 in 10^8, and sums of so many are still exact in doubles."""


@dataclass(frozen=True, slots=True, eq=False)
class CellShares:
    """The lines of one program whose odd lots go by turns.

    line : K indices p, which groups name too
    exact : (K, C) int64 millionths of a lot, N_c q_c snapped
    whole, most : (K,) int64 lots to share out: the whole supply, and what may be given at most
    credit : (K, C) int64 millionths of a lot, the sum over each cell's members; 0 for a lottery
    lot : (K,) int64 cartons; count : (C,) int64 retailers
    groups : those of these lines
    baskets : over positions k, cartons that are left for one retailer
    """

    line: tuple[int, ...]
    exact: Units
    whole: Units
    most: Units
    credit: Units
    lot: Units
    count: Units
    groups: tuple[Group, ...]
    baskets: tuple[JointLimit, ...]


def cell_totals(shares: CellShares, draws: Sequence[Draw]) -> Units:
    """Whole lots of each line and cell, (K, C) int64. draws : K, for the ties."""
    floors, fraction = np.divmod(shares.exact, MICRO)
    k, c = np.nonzero(fraction)
    if not k.size:
        return floors
    wanted, most = (
        np.clip(lots - floors.sum(axis=1), 0, (fraction > 0).sum(axis=1))
        for lots in (shares.whole, shares.most)
    )
    column = np.full(fraction.shape, -1)
    column[k, c] = np.arange(len(k))
    minima = [group for group in shares.groups if group.least >= 0]
    # Columns: the odd lots, then lots kept back of each line, then lots missed of each minimum.
    pairs, lines = len(k), len(shares.line)
    rows = [
        *_supply(column, wanted, most, pairs),
        *_group_maxima(shares, floors, column),
        *_group_minima(shares, minima, floors, column, pairs + lines),
        *_baskets(shares, floors, column),
    ]
    missed = np.array([_lots_of_least(shares, group) for group in minima], dtype=np.int64)
    high = np.concatenate([np.ones(pairs, dtype=np.int64), wanted, missed])
    size = np.array([shares.lot[shares.line.index(group.line)] for group in minima], np.int64)
    hashed = [draw.hashes(c[k == i].tolist()) for i, draw in enumerate(draws)]
    weight = [int.from_bytes(each[:HASH_BYTES], "big") for part in hashed for each in part]
    aims = [
        _aim(len(high), pairs + lines, size),
        _aim(len(high), pairs, shares.lot),
        _aim(len(high), 0, -(shares.credit + fraction)[k, c]),
        _aim(len(high), 0, np.array(weight, dtype=np.int64)),
    ]
    chosen = best_whole(np.zeros_like(high), high, rows, aims)
    if chosen is None:  # The floors alone keep every row.
        raise NotProvenOptimal("not-proven-optimal", status="Infeasible")
    totals = floors.copy()
    totals[k, c] += chosen[:pairs]
    return totals


def _aim(length: int, start: int, weights: Units) -> Units:
    aim = np.zeros(length, dtype=np.int64)
    aim[start : start + len(weights)] = weights
    return aim


def _supply(column: Units, wanted: Units, most: Units, first: int) -> Iterator[WholeRow]:
    """From the whole supply to the most; what is kept back makes it up."""
    for i, (row, lots) in enumerate(zip(column, wanted.tolist(), strict=True)):
        open_pairs = tuple(row[row >= 0].tolist())
        if open_pairs:
            yield WholeRow(open_pairs, (1,) * len(open_pairs), int(most[i]))
            ends = (*open_pairs, first + i)
            yield WholeRow(ends, (-1,) * len(ends), -lots)


def _group_maxima(shares: CellShares, floors: Units, column: Units) -> Iterator[WholeRow]:
    for group in shares.groups:
        if group.most >= 0:
            i = shares.line.index(group.line)
            each = taken(group, shares.count)[1] * shares.lot[i]
            room = group.most * MICRO - int((each * floors[i, group.cells]).sum())
            yield _row(column[i, group.cells], each, max(room, 0))


def _group_minima(
    shares: CellShares, minima: Sequence[Group], floors: Units, column: Units, first: int
) -> Iterator[WholeRow]:
    for g, group in enumerate(minima):
        i = shares.line.index(group.line)
        each = taken(group, shares.count)[0] * shares.lot[i]
        given = int((each * floors[i, group.cells]).sum())
        columns = np.append(column[i, group.cells], first + g)
        lots = np.append(each, shares.lot[i] * MICRO)
        yield _row(columns, -lots, given - group.least * MICRO)


def _lots_of_least(shares: CellShares, group: Group) -> int:
    """Lots that make up a minimum by themselves."""
    return -(-group.least // int(shares.lot[shares.line.index(group.line)]))


def _baskets(shares: CellShares, floors: Units, column: Units) -> Iterator[WholeRow]:
    """The basket of every cell; down to what whole lots can fill."""
    for basket in shares.baskets:
        inside, common = basket.lines, common_lot(basket, shares.lot)
        lot = shares.lot[inside]
        for c in np.flatnonzero((basket.most >= 0) & (shares.count > 0)).tolist():
            room = int(basket.most[c]) // common * common * int(shares.count[c])
            room -= int((lot * floors[inside, c]).sum())
            yield _row(column[inside, c], lot, max(room, 0))


def _row(columns: Units, coefficients: Units, bound: int) -> WholeRow:
    """A row over those columns that are there."""
    there = columns >= 0
    return WholeRow(tuple(columns[there].tolist()), tuple(coefficients[there].tolist()), bound)
