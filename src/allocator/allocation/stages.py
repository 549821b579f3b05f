"""Leximin in stages with proof (``model.md`` 2), one program at a time.

Each stage finds the highest level L_k of the worst-off open pair, and multipliers alpha, y that
prove which pairs can have no more: with

    rho_j = [j open] alpha_j / kappa_j - sum_r y_r a_rj
    B = sum_r y_r b_r + sum_{j fixed} rho_j x_j + sum_{other j} max(rho_j f_j, rho_j m_j)

every feasible table that agrees with the fixed pairs has sum_j alpha_j s_j <= B, so an open pair j
with kappa_j (B - L_k) <= tau alpha_j / 2 stays at kappa_j L_k in every table that keeps level L_k.

Pairs that nobody has (n = 0) come last. Without baskets only bounds, tier order and steps bind
them; tables that keep those have a greatest one, which gives each of them the most it can have at
once, hence is leximin over them as well. With baskets the stages go on over them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from allocator.allocation.entries import Entries
from allocator.allocation.program import Program, greatest_table, matrix
from allocator.allocation.reasons import Multipliers, Reasons
from allocator.allocation.solver import Optimum, StageModel
from allocator.allocation.tolerances import (
    LEAST_ALPHA,
    PROOF_SHARE,
    ROW_ABSOLUTE,
    ROW_RELATIVE,
    TAU,
)
from allocator.errors import NotProvenOptimal
from allocator.records import Flags, Reals, Stage


def leximin_stages(program: Program) -> tuple[Reals, tuple[Stage, ...]]:
    """Solve a quota program leximin by staged linear programs.

    Returns
    -------
    x : (K,) float64, cartons for each retailer
    stages : levels do not decrease within the counted pairs, and within the others; together they
        fix each counted pair once, and with baskets each other pair once

    Raises
    ------
    NotProvenOptimal : the solver gave no proof, or a proof that fixes no pair
    """
    line = _lay_out(program)
    x, fixed = program.floor.copy(), np.zeros(len(program.kappa), np.bool_)
    stages: list[Stage] = []
    for part in line.parts():
        model = StageModel(program, line.matrix)
        is_open, level = part.copy(), -math.inf
        while is_open.any():
            optimum = model.highest_level(is_open, fixed, x)
            level = max(level, optimum.level)
            found = line.test(_sparse(optimum), level, is_open, fixed, x)
            if not found.fixed:
                raise NotProvenOptimal(
                    "stage-fixes-nothing", level=_plain(level), bound=_plain(found.bound)
                )
            now = np.array(found.fixed)
            reached = program.kappa[now] * level
            x[now] = np.clip(reached, program.floor[now], program.ceiling[now])
            stages.append(line.record(found, level))
            is_open[now], fixed[now] = False, True
    if not program.joint:
        most = greatest_table(program, np.where(fixed, x, program.ceiling))
        x = np.where(fixed, x, np.maximum(most, program.floor))
    line.check(x)
    return x, tuple(stages)


def prove(program: Program, table: Reals) -> tuple[Stage, ...]:
    """Stages that prove a table which was found without the program.

    Fixed pairs are pinned at the given quotas, so the certificate carries the table's own numbers.
    The multipliers are read off the table (``reasons``); where they do not reach, the program is
    solved. Each proof passes the same test, and the program's level must agree with the table's.

    Parameters
    ----------
    table : (K,) float64, cartons; meant to be leximin

    Raises
    ------
    NotProvenOptimal : the table breaks a row, or is not leximin
    """
    line = _lay_out(program)
    fixed = np.zeros(len(table), np.bool_)
    stages: list[Stage] = []
    for part in line.parts():
        reasons, model = Reasons(program, table, part, fixed), None
        is_open = part.copy()
        for level, targets in reasons.levels():
            told = reasons.at(level, targets)
            while is_open[targets].any():
                multipliers = next(told, None)
                by_program = multipliers is None
                if multipliers is None:
                    model = model or StageModel(program, line.matrix)
                    multipliers = _sparse(model.highest_level(is_open, fixed, table))
                found = line.test(multipliers, level, is_open, fixed, table)
                now = np.array(found.fixed, np.int64)
                off = np.abs(table[now] - program.kappa[now] * level)
                if (by_program and not len(now)) or off.max(initial=0) > TAU * PROOF_SHARE:
                    raise NotProvenOptimal(
                        "table-not-leximin", level=_plain(level), best=_plain(found.bound)
                    )
                if len(now):
                    stages.append(line.record(found, level))
                    is_open[now], fixed[now] = False, True
    line.check(table)
    return tuple(stages)


@dataclass(frozen=True, slots=True)
class _Tested:
    """A proof on the scale sum alpha = 1, its bound B, and the pairs that it fixes."""

    multipliers: Multipliers
    bound: float
    fixed: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A program with its rows, as arrays and as lists of terms."""

    program: Program
    matrix: Entries
    ends: list[int]
    position: list[int]
    coefficient: list[float]
    bound: list[float]
    kappa: list[float]
    floor: list[float]
    ceiling: list[float]

    def parts(self) -> Iterator[Flags]:
        """The pairs to be told, (K,) bool: those that count, then, with baskets, the others."""
        yield self.program.counted
        if self.program.joint:
            yield ~self.program.counted

    def test(
        self, proof: Multipliers, level: float, is_open: Flags, fixed: Flags, x: Reals
    ) -> _Tested:
        """Which open pairs the multipliers prove to have no more than ``level``."""
        alpha = {k: share for k, share in proof.alpha.items() if is_open[k] and share > 0}
        total = math.fsum(alpha.values())
        if not total > 0:
            return _Tested(proof, math.inf, [])
        alpha = {k: share / total for k, share in alpha.items()}
        y = {r: price / total for r, price in proof.y.items()}
        rho = {k: share / self.kappa[k] for k, share in alpha.items()}
        terms = []
        for r, price in y.items():
            terms.append(price * self.bound[r])
            for e in range(self.ends[r], self.ends[r + 1]):
                k = self.position[e]
                rho[k] = rho.get(k, 0.0) - price * self.coefficient[e]
        for k, worth in rho.items():
            if fixed[k]:
                terms.append(worth * float(x[k]))
            else:
                terms.append(worth * (self.ceiling if worth > 0 else self.floor)[k])
        bound = math.fsum(terms)
        excess = max(0.0, bound - level * math.fsum(alpha.values()))
        room = TAU * PROOF_SHARE
        return _Tested(
            Multipliers(alpha, y),
            bound,
            sorted(
                k
                for k, share in alpha.items()
                if share >= LEAST_ALPHA and self.kappa[k] * excess <= room * share
            ),
        )

    def record(self, found: _Tested, level: float) -> Stage:
        """The stage in the city's numbering of pairs."""
        pair, program = self.program.pair, self.program
        return Stage(
            level=level,
            fixed=tuple(int(pair[k]) for k in found.fixed),
            alpha={int(pair[k]): share for k, share in sorted(found.multipliers.alpha.items())},
            y={program.name(r): y for r, y in sorted(found.multipliers.y.items()) if y > 0},
        )

    def check(self, x: Reals) -> None:
        """Refuse a table that breaks a row or a bound by more than rounding."""
        program, entries = self.program, self.matrix
        over = entries.sums(x) - entries.bound
        room = ROW_RELATIVE * (np.abs(entries.bound) + entries.sizes(x)) + ROW_ABSOLUTE
        outside = np.maximum(program.floor - x, x - program.ceiling)
        if (over > room * PROOF_SHARE).any() or (outside > TAU * PROOF_SHARE).any():
            raise NotProvenOptimal(
                "table-breaks-rows", excess=_plain(float(max(over.max(), outside.max())))
            )


def _lay_out(program: Program) -> _Line:
    entries = matrix(program)
    rows = np.arange(len(entries.bound) + 1)
    return _Line(
        program,
        entries,
        np.searchsorted(entries.row, rows).tolist(),
        entries.position.tolist(),
        entries.coefficient.tolist(),
        entries.bound.tolist(),
        program.kappa.tolist(),
        program.floor.tolist(),
        program.ceiling.tolist(),
    )


def _sparse(optimum: Optimum) -> Multipliers:
    return Multipliers(
        {k: float(optimum.alpha[k]) for k in np.flatnonzero(optimum.alpha).tolist()},
        {r: float(optimum.y[r]) for r in np.flatnonzero(optimum.y).tolist()},
    )


def _plain(value: float) -> Decimal:
    return Decimal(f"{value:.9g}")
