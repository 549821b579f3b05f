"""Quotas that bounds alone hold down: the greatest table under ceilings, tier order and steps.

Order and step rows join neighbours of a chain only, so whatever holds a quota down reaches it
along the chain: from a ceiling or a fixed quota above it (order), or below it (step).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.allocation.leximin import held_down
from allocator.allocation.program import Program
from allocator.allocation.tolerances import TIGHT
from allocator.records import Indices, Reals


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """The chains of a program as a padded grid, one chain a row, so that all move at once.

    at : (K,) int32, flat place of each cell in a grid of shape (chains, longest)
    order, step : (K,) int32, index among the R rows of the row between cell k and the next of its
        chain; -1 where there is none
    """

    shape: tuple[int, int]
    at: Indices
    order: Indices
    step: Indices


def chains(program: Program) -> Chains:
    """Lay the cells out by chain; row numbers are those of `allocator.allocation.program.rows`."""
    size = len(program.chain)
    starts = np.flatnonzero(np.r_[True, program.chain[1:] != program.chain[:-1]])
    lengths = np.diff(np.r_[starts, size])
    longest = int(lengths.max(initial=1))
    line = np.repeat(np.arange(len(starts)), lengths)
    at = line * longest + np.arange(size) - np.repeat(starts, lengths)
    below = np.flatnonzero(program.chain[1:] == program.chain[:-1])
    ordered, stepped = program.tier_order, program.step >= 0
    order = np.full(size, -1, np.int32)
    step = np.full(size, -1, np.int32)
    if ordered:
        order[below] = 1 + np.arange(len(below))
    if stepped:
        step[below] = 1 + ordered * len(below) + np.arange(len(below))
    return Chains((len(starts), longest), at.astype(np.int32), order, step)


def greatest_table(program: Program, layout: Chains, top: Reals) -> Reals:
    """The greatest table with x <= ``top`` that keeps tier order and steps, shape (K,), cartons."""
    grid = np.full(layout.shape[0] * layout.shape[1], np.inf)
    grid[layout.at] = top
    first = np.searchsorted(layout.at, np.arange(layout.shape[0]) * layout.shape[1])
    rise = program.steps()[first][None, :]
    table = held_down(grid.reshape(1, *layout.shape), np.array([program.tier_order]), rise)
    return np.asarray(table.ravel()[layout.at], np.float64)


def path(layout: Chains, step: int, top: Reals, k: int, value: float) -> list[int]:
    """Rows that hold x_k at ``value``, its place in the greatest table, nearest cause first.

    They lead from k to a ceiling or fixed quota, upwards by tier order or downwards by steps, and
    take equal multipliers: each passes the price of k on to the next cell.

    step : the one of k's chain, -1 = none

    Returns
    -------
    row numbers; empty where k's own ``top`` is the cause
    """
    slack = TIGHT * (1.0 + abs(value) + max(step, 0) * layout.shape[1])
    for rows, ahead, rise in ((layout.order, 1, 0), (layout.step, -1, step)):
        taken: list[int] = []
        cell, limit = k, value
        while top[cell] > limit + slack:
            row = int(rows[cell if ahead == 1 else cell - 1]) if cell or ahead == 1 else -1
            if row < 0:
                break
            taken.append(row)
            cell, limit = cell + ahead, limit - rise
        else:
            return taken
    raise ArithmeticError(f"nothing holds cell {k} at {value!r}")
