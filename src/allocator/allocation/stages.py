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
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from allocator.allocation.entries import Entries, entries
from allocator.allocation.paths import Chains, chains, greatest_table, path
from allocator.allocation.program import Program, rows
from allocator.allocation.solver import StageModel
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


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A program with its rows as arrays and its chains laid out."""

    program: Program
    names: tuple[str, ...]
    matrix: Entries
    layout: Chains
    counted: Flags

    def top(self, is_open: Flags, x: Reals) -> Reals:
        """Ceilings of cells that may still move, quotas of fixed cells, (K,) cartons."""
        fixed = self.counted & ~is_open
        return np.where(fixed, x, self.program.ceiling.astype(np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class _Proof:
    """Level L, and multipliers: alpha (K,) sums to 1, y (R,)."""

    level: float
    alpha: Reals
    y: Reals


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
    line = _lay_out(program)
    model = StageModel(program, line.matrix)
    x = program.floor.astype(np.float64)
    is_open, level = line.counted.copy(), -math.inf
    stages: list[Stage] = []
    while is_open.any():
        proof = _by_program(line, model, is_open, x)
        level = max(level, proof.level)
        bound, fixed = _final(line, proof, level, is_open, x)
        if not fixed.any():
            raise NotProvenOptimal("stage-fixes-nothing", level=_plain(level), bound=_plain(bound))
        x = np.where(fixed, np.clip(program.kappa * level, program.floor, program.ceiling), x)
        stages.append(_record(line, proof, level, fixed))
        is_open &= ~fixed
    most = greatest_table(program, line.layout, line.top(is_open, x))
    x = np.where(line.counted, x, np.maximum(most, program.floor))
    _check(line, x)
    return x, tuple(stages)


def prove(program: Program, table: Reals) -> tuple[Stage, ...]:
    """Stages that prove a table which was found without the program.

    Fixed cells are pinned at the given quotas, so the certificate carries the table's own numbers.
    Where bounds alone, or the supply alone, hold cells down, their multipliers are plain; the
    program is solved for the stages in which tier order or steps share in it. Each proof passes
    the same test, and the program's level must agree with the table's.

    Parameters
    ----------
    table : (K,) float64, cartons; meant to be leximin

    Raises
    ------
    NotProvenOptimal : the table breaks a row, or is not leximin
    """
    line = _lay_out(program)
    model = StageModel(program, line.matrix)
    is_open, level = line.counted.copy(), -math.inf
    stages: list[Stage] = []
    while is_open.any():
        level = max(level, float((table / program.kappa)[is_open].min()))
        for proof in _of_table(line, model, is_open, table, level):
            _, fixed = _final(line, proof, level, is_open, table)
            if fixed.any():
                break
        off = np.abs(table - program.kappa * level)
        if not fixed.any() or off[fixed].max() > TAU * PROOF_SHARE:
            raise _not_leximin(level, proof.level)
        stages.append(_record(line, proof, level, fixed))
        is_open &= ~fixed
    _check(line, table)
    return tuple(stages)


def _lay_out(program: Program) -> _Line:
    written = rows(program)
    return _Line(
        program,
        tuple(row.name for row in written),
        entries(written, len(program.kappa)),
        chains(program),
        program.count > 0,
    )


def _by_program(line: _Line, model: StageModel, is_open: Flags, x: Reals) -> _Proof:
    """The stage program's optimum, mixed with the cells that bounds alone hold at its level.

    A mixture of proofs is a proof, and many cells that share a ceiling then need one stage, where
    a basic solution of the program names one cell at a time.
    """
    optimum = model.highest_level(is_open, x)
    held = _by_bounds(line, is_open, x, optimum.level)
    if held is None:
        return _Proof(optimum.level, optimum.alpha, optimum.y)
    return _Proof(held.level, (optimum.alpha + held.alpha) / 2, (optimum.y + held.y) / 2)


def _of_table(
    line: _Line, model: StageModel, is_open: Flags, x: Reals, level: float
) -> Iterator[_Proof]:
    """Proofs to try for a stage of a given table, the plainest first, the program's last."""
    held = _by_bounds(line, is_open, x, level)
    if held is not None:
        yield held
    used = np.where(is_open, line.program.count, 0) * line.program.kappa
    supply = np.zeros(len(line.names))
    supply[0] = 1 / used.sum()
    yield _Proof(level, used / used.sum(), supply)
    optimum = model.highest_level(is_open, x)
    yield _Proof(optimum.level, optimum.alpha, optimum.y)


def _by_bounds(line: _Line, is_open: Flags, x: Reals, level: float) -> _Proof | None:
    """Equal multipliers for each cell that bounds alone hold at ``level``, along its path."""
    program, top = line.program, line.top(is_open, x)
    greatest = greatest_table(program, line.layout, top)
    held = is_open & (greatest <= program.kappa * level * (1 + TIGHT))
    cells = np.flatnonzero(held).tolist()
    if not cells:
        return None
    alpha, y = np.zeros(len(top)), np.zeros(len(line.names))
    steps = program.steps().tolist()
    for k in cells:
        taken = path(line.layout, steps[k], top, k, float(greatest[k]))
        alpha[k] = 1 / len(cells)
        y[taken] += alpha[k] / program.kappa[k]
    return _Proof(float((greatest / program.kappa)[held].min()), alpha, y)


def _final(
    line: _Line, proof: _Proof, level: float, is_open: Flags, x: Reals
) -> tuple[float, Flags]:
    """The bound B of the multipliers, and the cells F they prove to have no more than ``level``."""
    program, matrix = line.program, line.matrix
    rho = np.where(is_open, proof.alpha / program.kappa, 0.0) - matrix.prices(proof.y)
    most = np.maximum(rho * program.floor, rho * program.ceiling)
    reach = np.where(line.counted & ~is_open, rho * x, most)
    bound = math.fsum([*(proof.y * matrix.bound).tolist(), *reach.tolist()])
    excess = program.kappa * max(0.0, bound - level * math.fsum(proof.alpha.tolist()))
    proven = (proof.alpha >= LEAST_ALPHA) & (excess <= TAU * PROOF_SHARE * proof.alpha)
    return bound, is_open & proven


def _record(line: _Line, proof: _Proof, level: float, fixed: Flags) -> Stage:
    """The stage in the city's numbering of pairs."""
    cell = (line.program.line * line.program.cells + line.program.cell).tolist()
    return Stage(
        level=level,
        fixed=tuple(cell[k] for k in np.flatnonzero(fixed)),
        alpha={cell[k]: float(proof.alpha[k]) for k in np.flatnonzero(proof.alpha)},
        y={line.names[r]: float(proof.y[r]) for r in np.flatnonzero(proof.y)},
    )


def _check(line: _Line, x: Reals) -> None:
    """Refuse a table that breaks a row or a bound by more than rounding."""
    program, matrix = line.program, line.matrix
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
