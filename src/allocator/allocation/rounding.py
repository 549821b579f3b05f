"""Whole lots for cells (``model.md`` 4): ``rotate`` shares odd lots, ``equal`` gives one number.

Everything here counts lots. Entitlements are snapped to millionths of a lot first, so that what
follows is integer arithmetic: 300,000 shops at one third make 100,000 lots, not 99,999.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from allocator.canonical import canonical_json
from allocator.records import MICRO, Reals, Units


def snap(lots: Reals) -> Units:
    """Reals in lots as whole millionths of a lot, nearest."""
    return np.rint(lots * MICRO).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Draw:
    """What public hashes of cells are made from: seed, cycle, product and the cells' labels."""

    seed: str | None
    cycle: str
    product: str
    labels: tuple[str, ...]

    def hash(self, c: int) -> bytes:
        """SHA-256 of the canonical JSON of [seed, cycle, product, cell]."""
        return hashlib.sha256(
            canonical_json([self.seed, self.cycle, self.product, self.labels[c]])
        ).digest()


def share_out(exact: Units, whole: int, credit: Units, draw: Draw) -> Units:
    """Cell totals in whole lots: each gets floor or ceiling of ``exact``, together ``whole``.

    exact : (C,) int64 millionths of a lot, N_c q_c
    whole : lots to share out, between the sum of floors and the sum of ceilings
    credit : (C,) int64 millionths, the sum of the credits of the cell's members

    The odd lots go to the largest (credit + fraction), ties by hash: without the credits a cell
    can starve for ever, with them it is never a whole lot behind.
    """
    totals, fraction = np.divmod(exact, MICRO)
    open_cells = np.flatnonzero(fraction)
    extra = min(max(whole - int(totals.sum()), 0), len(open_cells))
    if extra:
        claim = (credit + fraction)[open_cells]
        first = np.argsort(-claim, kind="stable")
        if extra < len(first) and claim[first[extra - 1]] == claim[first[extra]]:
            # Only a tie across the last odd lot needs the draw.
            hashed = np.array([draw.hash(c) for c in open_cells.tolist()], dtype="S32")
            first = np.lexsort((hashed, -claim))
        totals[open_cells[first[:extra]]] += 1
    return totals


def whole_table(
    entitlement: Units,
    count: Units,
    chain: Units,
    supply: int,
    tier_order: bool,
    step: int,
) -> Units | None:
    """The ``equal`` table: one whole number of lots for each cell, or ``None`` if none exists.

    Parameters
    ----------
    entitlement : (K,) int64 millionths of a lot, q* of the program
    count : (K,) int64 retailers; chain : (K,) int64, runs of rising tiers
    supply : whole lots; step : whole lots between neighbouring tiers, -1 = none

    Notes
    -----
    Among the tables with ``|q - q*| < 1`` that keep every row, the one that uses most supply;
    then the least total deviation ``sum N |q - q*|``; then, from the top tier of the first chain
    down, the larger number. Solved exactly by dynamic programming over the lots still to use:
    the supply row is a subset-sum, the other rows tie neighbours only.
    """
    low, fraction = np.divmod(entitlement, MICRO)
    room = supply - int((low * count).sum())
    if room < 0:
        return None
    reach = min(room, int(count[fraction > 0].sum()))
    # From the top tier down, chain by chain: the first decision is the one that is preferred.
    order = np.concatenate(
        [np.zeros(0, dtype=np.int64), *(np.flatnonzero(chain == c)[::-1] for c in np.unique(chain))]
    )
    value, choices = _least_deviation(low, fraction, count, chain, order, reach, tier_order, step)
    reachable = np.flatnonzero(value < _NEVER)
    if not reachable.size:
        return None
    left, before = int(reachable[-1]), 0
    table = low.copy()
    for depth, k in enumerate(order.tolist()):
        up = int(choices[depth][before, left])
        table[k] += up
        left -= up * int(count[k])
        before = up
    return table


_NEVER = np.int64(2**62)
"""Deviation of what cannot be reached; sums of real deviations stay far below (millionths)."""


def _least_deviation(
    low: Units,
    fraction: Units,
    count: Units,
    chain: Units,
    order: Units,
    reach: int,
    tier_order: bool,
    step: int,
) -> tuple[Units, list[np.ndarray[tuple[int, int], np.dtype[np.bool_]]]]:
    """Value of using exactly r more lots, (reach + 1,), and the choice at each cell.

    ``choices[d][b, r]`` : whether the d-th cell of ``order`` goes up, when the cell before it
    (one tier higher) was raised (b = 1) or not and r lots are still to be used.
    """
    value = np.full((2, reach + 1), _NEVER)
    value[:, 0] = 0
    choices = []
    for depth in range(len(order) - 1, -1, -1):
        k = order[depth]
        above = order[depth - 1] if depth and chain[order[depth - 1]] == chain[k] else None
        size, part = int(count[k]), int(fraction[k])
        options = [value[0] + size * part, np.full(reach + 1, _NEVER)]
        if part and size <= reach:
            options[1][size:] = value[1][: reach + 1 - size] + size * (MICRO - part)
        new = np.empty_like(value)
        choice = np.zeros(value.shape, dtype=np.bool_)
        for raised in (0, 1):
            allowed = [
                above is None
                or (
                    (not tier_order or low[k] + up <= low[above] + raised)
                    and (step < 0 or low[above] + raised - low[k] - up <= step)
                )
                for up in (0, 1)
            ]
            stay = options[0] if allowed[0] else np.full(reach + 1, _NEVER)
            rise = options[1] if allowed[1] else np.full(reach + 1, _NEVER)
            choice[raised] = (rise <= stay) & (rise < _NEVER)
            new[raised] = np.minimum(np.minimum(stay, rise), _NEVER)
        value = new
        choices.append(choice)
    return value[0], choices[::-1]
