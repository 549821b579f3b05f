"""Leximin in stages with proof (``model.md`` 2), one released line at a time.

Each stage finds the highest level L_k of the worst-off open cell, and multipliers alpha, y that
prove which cells can have no more: with

    rho_j = [j open] alpha_j / kappa_j - sum_r y_r a_rj
    B = sum_r y_r b_r + sum_{j fixed} rho_j x_j + sum_{other j} max(rho_j f_j, rho_j m_j)

every feasible table that agrees with the fixed cells has sum_j alpha_j s_j <= B, so an open cell j
with kappa_j (B - L_k) <= tau alpha_j / 2 stays at kappa_j L_k in every table that keeps level L_k.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from allocator.allocation.entries import Entries, entries
from allocator.allocation.paths import Chains, chains, greatest_table, path
from allocator.allocation.program import Program, rows
from allocator.allocation.solver import Optimum, StageModel
from allocator.allocation.tolerances import (
    LEAST_ALPHA,
    PROOF_SHARE,
    ROW_ABSOLUTE,
    ROW_RELATIVE,
    TAU,
    TIGHT,
)
from allocator.errors import NotProvenOptimal
from allocator.records import Flags, Reals, Stage


def leximin_stages(program: Program) -> tuple[Reals, tuple[Stage, ...]]:
    """Solve the quota program leximin by staged linear programs.

    Empty cells come last. They use no supply, so once the counted cells are fixed only bounds,
    tier order and steps bind them; tables that keep those have a greatest one, which gives every
    empty cell the most it can have at once, hence is leximin over them as well.

    Returns
    -------
    x : (K,) float64, cartons for each retailer of a cell
    stages : levels do not decrease; together they fix each cell with N_c > 0 once

    Raises
    ------
    NotProvenOptimal : the solver gave no proof, or a proof that fixes no cell
    """
    return _stages(program, None)


def prove(program: Program, table: Reals) -> tuple[Stage, ...]:
    """Stages that prove a table which was found without the program.

    Fixed cells are pinned at the given quotas, so the certificate carries the table's own numbers;
    the program is solved only for stages in which the supply is in the way, and its level must
    then agree with the table's.

    Parameters
    ----------
    table : (K,) float64, cartons; meant to be leximin

    Raises
    ------
    NotProvenOptimal : the table breaks a row, or is not leximin
    """
    return _stages(program, table)[1]


@dataclass(frozen=True, slots=True, eq=False)
class _Proof:
    """Level L, and multipliers: alpha (K,) sums to 1, y (R,)."""

    level: float
    alpha: Reals
    y: Reals


def _stages(program: Program, given: Reals | None) -> tuple[Reals, tuple[Stage, ...]]:
    matrix = entries(rows(program), len(program.kappa))
    layout = chains(program)
    names = tuple(row.name for row in rows(program))
    model = StageModel(program, matrix)
    counted = program.count > 0
    x = program.floor.astype(np.float64) if given is None else given.astype(np.float64)
    is_open = counted.copy()
    last = -math.inf
    stages: list[Stage] = []
    while is_open.any():
        top = np.where(counted & ~is_open, x, program.ceiling.astype(np.float64))
        proof = _level(program, model, layout, top, is_open, x, given is not None)
        level = max(last, proof.level)
        fixed = _proven(program, matrix, proof, level, is_open, x)
        if given is None:
            quota = np.clip(program.kappa * level, program.floor, program.ceiling)
            x = np.where(fixed, quota, x)
        elif not (np.abs(x - program.kappa * level)[fixed] <= TAU * PROOF_SHARE).all():
            raise _not_leximin(level, float((x / program.kappa)[fixed].max()))
        stages.append(_record(program, names, proof, level, fixed))
        is_open &= ~fixed
        last = level
    if given is None:
        top = np.where(counted, x, program.ceiling.astype(np.float64))
        x = np.where(counted, x, np.maximum(greatest_table(program, layout, top), program.floor))
    _check(program, matrix, x)
    return x, tuple(stages)


def _level(
    program: Program,
    model: StageModel,
    layout: Chains,
    top: Reals,
    is_open: Flags,
    x: Reals,
    is_given: bool,
) -> _Proof:
    """The level of the worst-off open cell, and why it is not higher.

    Cells that bounds alone hold at this level get multipliers along their path and are mixed in:
    a mixture of proofs is a proof, and many cells that share a ceiling then need one stage, where
    a basic solution of the program names one cell at a time.
    """
    optimum: Optimum | None = None
    if is_given:
        level = float((x / program.kappa)[is_open].min())
    else:
        optimum = model.highest_level(is_open, x)
        level = optimum.level
    greatest = greatest_table(program, layout, top)
    held = is_open & (greatest <= program.kappa * level * (1 + TIGHT))
    if held.any():
        level = float((greatest / program.kappa)[held].min())
        along = _along_paths(program, layout, top, held, greatest)
        if optimum is None:
            return _Proof(level, *along)
        return _Proof(level, (optimum.alpha + along[0]) / 2, (optimum.y + along[1]) / 2)
    if optimum is None:
        optimum = model.highest_level(is_open, x)
        gap = float((program.kappa * np.abs(optimum.level - level))[is_open].min())
        if not gap <= TAU * PROOF_SHARE:
            raise _not_leximin(level, optimum.level)
    return _Proof(level, optimum.alpha, optimum.y)


def _along_paths(
    program: Program, layout: Chains, top: Reals, held: Flags, greatest: Reals
) -> tuple[Reals, Reals]:
    """Equal multipliers for each held cell, handed on along its path; sum of alphas 1."""
    alpha, y = np.zeros(len(top)), np.zeros(layout.rows)
    cells = np.flatnonzero(held).tolist()
    for k in cells:
        taken = path(layout, program.step, top, k, float(greatest[k]))
        alpha[k] = 1 / len(cells)
        y[taken] += alpha[k] / program.kappa[k]
    return alpha, y


def _proven(
    program: Program, matrix: Entries, proof: _Proof, level: float, is_open: Flags, x: Reals
) -> Flags:
    """The cells that the multipliers prove to have no more than ``level``: F_k, never empty."""
    rho = np.where(is_open, proof.alpha / program.kappa, 0.0) - matrix.prices(proof.y)
    pinned = (program.count > 0) & ~is_open
    reach = np.where(pinned, rho * x, np.maximum(rho * program.floor, rho * program.ceiling))
    bound = math.fsum([*(proof.y * matrix.bound).tolist(), *reach.tolist()])
    excess = program.kappa * max(0.0, bound - level * math.fsum(proof.alpha.tolist()))
    fixed = is_open & (proof.alpha >= LEAST_ALPHA) & (excess <= TAU * PROOF_SHARE * proof.alpha)
    if not fixed.any():
        raise NotProvenOptimal("stage-fixes-nothing", level=_plain(level), bound=_plain(bound))
    return fixed


def _record(
    program: Program, names: tuple[str, ...], proof: _Proof, level: float, fixed: Flags
) -> Stage:
    """The stage in the city's numbering of cells."""
    cell = program.cell.tolist()
    return Stage(
        level=level,
        fixed=tuple(cell[k] for k in np.flatnonzero(fixed)),
        alpha={cell[k]: float(proof.alpha[k]) for k in np.flatnonzero(proof.alpha)},
        y={names[r]: float(proof.y[r]) for r in np.flatnonzero(proof.y)},
    )


def _check(program: Program, matrix: Entries, x: Reals) -> None:
    """Refuse a table that breaks a row or a bound by more than rounding."""
    over = matrix.sums(x) - matrix.bound
    room = ROW_RELATIVE * (np.abs(matrix.bound) + matrix.sizes(x)) + ROW_ABSOLUTE
    outside = np.maximum(program.floor - x, x - program.ceiling)
    if (over > room * PROOF_SHARE).any() or (outside > TAU * PROOF_SHARE).any():
        raise NotProvenOptimal(
            "table-breaks-rows", excess=_plain(float(max(over.max(), outside.max())))
        )


def _not_leximin(level: float, best: float) -> NotProvenOptimal:
    return NotProvenOptimal("table-not-leximin", level=_plain(level), best=_plain(best))


def _plain(value: float) -> Decimal:
    return Decimal(f"{value:.9g}")
