"""Small plans whose lines are joined by baskets, solved by linear programs of the tests' own.

Every stage is one program, solved anew by HiGHS as ``model.md`` 2 writes it; its duals are the
multipliers. Whole cartons come from a second, integer program. Neither uses the solver under test.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from allocator.records import MICRO, Group, JointLimit, Proof, QuotaPlan, Shortfall, Stage
from certificate.plans import Release, plan_of, shared

Row = tuple[dict[int, float], float]
"""Coefficients by pair and right-hand side of ``sum a x <= b``."""


class NoTable(Exception):
    """The limits contradict each other: no instance to test with."""


@dataclass(frozen=True)
class Share:
    """A group: line, cells, least and most cartons."""

    line: int
    cells: tuple[int, ...]
    least: int = -1
    most: int = -1


@dataclass(frozen=True)
class Coupled:
    """Tiers of one segment, lines, and what couples them.

    taken : expected take-up of a line, millionths; covered : shops to be covered, by pair
    """

    count: tuple[int, ...]
    weight: tuple[int, ...]
    releases: tuple[Release, ...]
    baskets: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = ()
    groups: tuple[Share, ...] = ()
    taken: Mapping[int, int] = field(default_factory=dict)
    covered: Mapping[int, int] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.count)


def coupled_plan(city: Coupled) -> QuotaPlan:
    """The plan with its proofs and whole cartons; ``NoTable`` where there is none."""
    size, number = city.cells, len(city.releases)
    # Cells, members and credits as for lines that stand alone; what couples them replaces the rest.
    alone = [replace(line, method="rotate", floor=0, ceiling=0) for line in city.releases]
    plan = plan_of(city.count, city.weight, alone)
    floor, ceiling = plan.floor.copy(), plan.ceiling.copy()
    for p, line in enumerate(city.releases):
        top = [line.ceiling] * size if isinstance(line.ceiling, int) else list(line.ceiling)
        ceiling[p] = np.where(plan.allowed[p], top, 0)
        floor[p] = np.where(plan.allowed[p], line.floor, 0)
    taken = np.array([[city.taken.get(p, MICRO)] for p in range(number)])
    covered = np.zeros((number, size), np.int64)
    for j, shops in city.covered.items():
        covered.flat[j] = min(shops, city.count[j % size]) * int(plan.allowed.flat[j])
        covered.flat[j] *= int(ceiling.flat[j] >= city.releases[j // size].lot)
    plan = replace(
        plan,
        method=tuple(line.method for line in city.releases),
        floor=floor,
        ceiling=ceiling,
        mass=np.where(plan.allowed, plan.cells.count * taken, 0),
        covered=covered,
        baskets=tuple(
            JointLimit(f"basket {b}", np.array(lines, np.int32), np.array(most, np.int64))
            for b, (lines, most) in enumerate(city.baskets)
        ),
    )
    groups = []
    for share in city.groups:
        cells = np.array([c for c in share.cells if plan.allowed[share.line, c]], np.int32)
        mass = plan.mass[share.line, cells]
        if share.least > 0 and not mass.any():
            raise NoTable
        groups.append(Group(0, share.line, cells, mass, share.least, share.most))
    plan = replace(plan, groups=tuple(groups))
    table, proofs = _solved(plan)
    return _rounded(replace(plan, entitlement=table, proofs=proofs))


def rows_of(plan: QuotaPlan) -> dict[str, Row]:
    """All rows of a plan, by the names that proofs use."""
    size, rows = len(plan.cells.tier), dict[str, Row]()
    for p in range(len(plan.product)):
        own = [int(c) for c in np.flatnonzero(plan.allowed[p])]
        if not own:
            continue
        share = {p * size + c: int(plan.mass[p, c]) / MICRO for c in own if plan.mass[p, c]}
        rows[f"supply/{p}"] = (share, float(_available(plan, p)))
        for a, b in itertools.pairwise(own):
            up, label = {p * size + b: 1.0, p * size + a: -1.0}, plan.cells.label(a)
            if plan.tier_order[p]:
                rows[f"order/{p}/{label}"] = ({j: -v for j, v in up.items()}, 0.0)
            if plan.step[p] >= 0:
                rows[f"step/{p}/{label}"] = (up, float(plan.step[p]))
    for g, group in enumerate(plan.groups):
        cells, mass = group.cells.tolist(), group.mass.tolist()
        part = {group.line * size + c: m / MICRO for c, m in zip(cells, mass, strict=True) if m}
        if group.most >= 0:
            rows[f"most/{g}"] = (part, float(group.most))
        if group.least >= 0:
            rows[f"least/{g}"] = ({j: -v for j, v in part.items()}, float(-group.least))
    for b, basket in enumerate(plan.baskets):
        for c, most in enumerate(basket.most.tolist()):
            both = {p * size + c: 1.0 for p in basket.lines.tolist() if plan.allowed[p, c]}
            if most >= 0 and both:
                rows[f"basket/{b}/{plan.cells.label(c)}"] = (both, float(most))
    return rows


def _available(plan: QuotaPlan, p: int) -> int:
    lot = int(plan.lot[p])
    return int(plan.supply[p] - plan.reserve[p]) // lot * lot


def components(plan: QuotaPlan, rows: Mapping[str, Row]) -> list[tuple[int, ...]]:
    """Lines that baskets join, for lines that any cell may have."""
    size = len(plan.cells.tier)
    root = list(range(len(plan.product)))

    def top(p: int) -> int:
        return p if root[p] == p else top(root[p])

    for name, (terms, _) in rows.items():
        if name.startswith("basket"):
            found = sorted({top(j // size) for j in terms})
            for p in found[1:]:
                root[p] = found[0]
    parts: dict[int, list[int]] = {}
    for p in range(len(plan.product)):
        if plan.allowed[p].any():
            parts.setdefault(top(p), []).append(p)
    return sorted(tuple(lines) for lines in parts.values())


def _solved(plan: QuotaPlan) -> tuple[np.ndarray[Any, Any], tuple[Proof, ...]]:
    """Leximin by one linear program for each stage (``model.md`` 2, 1. to 4.)."""
    rows, size = rows_of(plan), len(plan.cells.tier)
    every = [int(j) for j in np.flatnonzero(plan.allowed)]
    low = {j: float(plan.floor.flat[j]) for j in every}
    for j in every:
        if must := int(plan.covered.flat[j]):
            low[j] = max(low[j], must * int(plan.lot[j // size]) / int(plan.cells.count[j % size]))
    high = {j: float(plan.ceiling.flat[j]) for j in every}
    kappa = dict[int, float]()
    for p in range(len(plan.product)):
        weight = plan.weight(p)
        demand = float((plan.mass[p] * weight).sum()) / MICRO
        demand = demand or float(weight[plan.allowed[p]].sum())
        for c in np.flatnonzero(plan.allowed[p]).tolist():
            kappa[p * size + c] = _available(plan, p) * int(weight[c]) / demand
    bounds = {j: (low[j], high[j]) for j in every}
    basket = {j for name, (terms, _) in rows.items() if name[0] == "b" for j in terms}
    proofs = []
    for lines in components(plan, rows):
        own = [j for j in every if j // size in lines]
        near = {name: row for name, row in rows.items() if set(row[0]) & set(own)}
        counted = {j for j in own if plan.mass.flat[j]}
        empty = {j for j in own if j not in counted}
        in_basket = {j // size for j in empty if j in basket}
        stages: list[Stage] = []
        for is_open in (counted, {j for j in empty if j // size in in_basket}):
            level = -math.inf
            while is_open:
                stage = _stage(near, bounds, kappa, is_open, low, high, level, plan)
                level = stage.level
                for j in stage.fixed:
                    value = min(max(kappa[j] * level, low[j]), high[j])
                    bounds[j] = (value, value)
                is_open = is_open - set(stage.fixed)
                stages.append(stage)
        proofs.append(Proof(lines, tuple(stages)))
    free = [j for j in every if bounds[j][0] < bounds[j][1]]
    if every:  # what no stage fixed is as large as it can be, all at once
        best, _ = _linear(rows, bounds, dict.fromkeys(free, -1.0), dict.fromkeys(every, 1.0))
        for j in free:
            bounds[j] = (best[j], best[j])
    table = np.zeros(plan.allowed.shape)
    for j in every:
        table.flat[j] = bounds[j][0]
    return table, tuple(proofs)


def _stage(
    rows: Mapping[str, Row],
    bounds: Mapping[int, tuple[float, float]],
    kappa: Mapping[int, float],
    is_open: set[int],
    low: Mapping[int, float],
    high: Mapping[int, float],
    last: float,
    plan: QuotaPlan,
) -> Stage:
    """One stage: the highest level of the open pairs and the pairs that have no more."""
    size = len(plan.cells.tier)
    used = {j for terms, _ in rows.values() for j in terms} | is_open
    unit = {j: kappa[j] or 1.0 for j in used}
    prices, level = _level(rows, {j: bounds[j] for j in used}, unit, is_open)
    alpha = {j: max(0.0, prices[f"level/{j}"]) for j in is_open}
    total = math.fsum(alpha.values())
    alpha = {j: v / total for j, v in alpha.items() if v > 0}
    y = {name: prices[name] / total for name in rows if prices[name] > 0}
    rho = dict.fromkeys(used, 0.0)
    for j, v in alpha.items():
        rho[j] += v / kappa[j]
    for name, price in y.items():
        for j, a in rows[name][0].items():
            rho[j] -= price * a
    reach = [price * rows[name][1] for name, price in y.items()]
    for j, worth in rho.items():
        fixed = bounds[j] if bounds[j][0] == bounds[j][1] else (low[j], high[j])
        reach.append(max(worth * fixed[0], worth * fixed[1]))
    level = max(level, last)
    excess = max(0.0, math.fsum(reach) - level)
    fixed_now = tuple(
        sorted(
            j
            for j, v in alpha.items()
            if v >= 1e-9 and kappa[j] * excess <= 0.5e-6 * int(plan.lot[j // size]) * v
        )
    )
    assert fixed_now, (level, excess, alpha)
    return Stage(level, fixed_now, alpha, y)


def _level(
    rows: Mapping[str, Row],
    bounds: Mapping[int, tuple[float, float]],
    unit: Mapping[int, float],
    is_open: set[int],
) -> tuple[dict[str, float], float]:
    """Multipliers by row, in cartons, and the level: minimise -L, rows L - s_j <= 0."""
    level = -1
    wide: dict[str, Row] = dict(rows)
    for j in is_open:
        wide[f"level/{j}"] = ({level: 1.0, j: -1.0 / unit[j]}, 0.0)
    reals = {**bounds, level: (-math.inf, math.inf)}
    found, prices = _linear(wide, reals, {level: -1.0}, {**unit, level: 1.0})
    return prices, found[level]


def _linear(
    rows: Mapping[str, Row],
    bounds: Mapping[int, tuple[float, float]],
    cost: Mapping[int, float],
    unit: Mapping[int, float],
    whole: Sequence[int] = (),
) -> tuple[dict[int, float], dict[str, float]]:
    """Minimise cost over ``bounds`` and rows; values, and multipliers >= 0 of the rows."""
    import highspy  # strategies import this file, and few of their users solve

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.setOptionValue("dual_feasibility_tolerance", 1e-9)
    solver.setOptionValue("presolve", "off")
    column = {j: k for k, j in enumerate(bounds)}
    for j, (low, high) in bounds.items():
        scale = unit[j] or 1.0
        solver.addVar(low / scale, high / scale)
        solver.changeColCost(column[j], cost.get(j, 0.0))
        if j in whole:
            solver.changeColIntegrality(column[j], highspy.HighsVarType.kInteger)
    scales = {}
    for name, (terms, bound) in rows.items():
        worth = {j: a * (unit[j] or 1.0) for j, a in terms.items()}
        scales[name] = max(map(abs, worth.values()), default=1.0) or 1.0
        solver.addRow(
            -highspy.kHighsInf,
            bound / scales[name],
            len(worth),
            np.array([column[j] for j in worth], np.int32),
            np.array([a / scales[name] for a in worth.values()]),
        )
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise NoTable
    solution = solver.getSolution()
    values = {j: solution.col_value[k] * (unit[j] or 1.0) for j, k in column.items()}
    duals = list(solution.row_dual) or [0.0] * len(rows)
    prices = {name: -duals[k] / scales[name] for k, name in enumerate(rows)}
    return values, prices


def _rounded(plan: QuotaPlan) -> QuotaPlan:
    """Whole cartons that keep groups and baskets and leave out as few lots as they can."""
    rows, size = rows_of(plan), len(plan.cells.tier)
    every = [int(j) for j in np.flatnonzero(plan.allowed)]
    lot = {j: int(plan.lot[j // size]) for j in every}
    count = {j: int(plan.cells.count[j % size]) for j in every}
    exact = {j: Fraction(float(plan.entitlement.flat[j])) / lot[j] for j in every}
    share = {j: _millionths(v) // MICRO for j, v in exact.items()}
    equal = {j for j in every if plan.method[j // size] == "equal"}
    bounds = dict[int, tuple[float, float]]()
    for j, v in exact.items():
        near = _millionths(v if j in equal else v * count[j])
        high = -(-near // MICRO)
        low = near // MICRO
        if j in equal:
            high = min(high, int(plan.ceiling.flat[j]) // lot[j])
            low = max(low, min(1, int(plan.covered.flat[j])))
        bounds[j] = (low, high)
    # totals in lots; of `equal` lines lots for each shop
    each = {j: lot[j] if j in equal else Fraction(lot[j], count[j] or 1) for j in every}
    written: dict[str, Row] = {}
    for name, (terms, bound) in rows.items():
        kind, _, rest = name.partition("/")
        if kind in ("basket", "most") or (kind != "least" and any(j in equal for j in terms)):
            written[name] = ({j: a * float(each[j]) for j, a in terms.items()}, bound)
        if kind == "basket" and not all(j in equal for j in terms):
            base = sum(share[j] * lot[j] for j in terms if j not in equal)
            held = {j: float(lot[j]) for j in terms if j in equal}
            written[f"base/{rest}"] = (held, bound - base)
    spare = -1
    names: dict[int, tuple[str, int]] = {}

    def missing(name: str, p: int, terms: dict[int, float], least: float) -> None:
        nonlocal spare
        names[spare] = (name, p)
        bounds[spare] = (0, 10_000)
        written[name] = ({**{j: -a for j, a in terms.items()}, spare: -1.0}, -least)
        spare -= 1

    for p in range(len(plan.product)):
        own = [j for j in every if j // size == p]
        if own and not any(j in equal for j in own):
            due = _millionths(sum((exact[j] * count[j] for j in own), Fraction(0))) // MICRO
            written[f"given/{p}"] = (dict.fromkeys(own, 1.0), due)
            missing(f"supply/{p}", p, dict.fromkeys(own, 1.0), due)
    for g, group in enumerate(plan.groups):
        if group.least >= 0:
            terms = {j: -a * float(each[j]) for j, a in rows[f"least/{g}"][0].items()}
            per = int(plan.lot[group.line])
            share_of = {j: a / per for j, a in terms.items()}
            missing(f"least/{g}", group.line, share_of, group.least / per)
    cost = dict.fromkeys(names, 100.0)
    cost |= {j: -1.0 * count[j] for j in equal}
    found, _ = _linear(written, bounds, cost, dict.fromkeys(bounds, 1.0), list(bounds))
    base, seats = plan.base.copy(), plan.seats.copy()
    for j in every:
        lots = round(found[j])
        base.flat[j] = (lots if j in equal else share[j]) * lot[j]
        seats.flat[j] = 0 if j in equal else lots - share[j] * count[j]
    joined = {j // size for name, row in rows.items() if name[0] == "b" for j in row[0]}
    for p in set(range(len(plan.product))) - joined - {group.line for group in plan.groups}:
        own = [j for j in every if j // size == p and j not in equal]
        owed = np.bincount(plan.members["cell"].to_numpy(), plan.credit_before[p], size)
        totals = shared(
            [count[j] for j in own],
            [plan.cells.label(j % size) for j in own],
            [exact[j] for j in own],
            [int(owed[j % size]) for j in own],
            plan.product[p],
        )
        for j, total in zip(own, totals, strict=True):
            seats.flat[j] = total - share[j] * count[j]
    shortfalls = tuple(
        Shortfall(p, name, round(found[j])) for j, (name, p) in names.items() if found[j] > 0.5
    )
    return replace(plan, base=base, seats=seats, shortfalls=shortfalls)


def _millionths(lots: Fraction) -> int:
    return math.floor(lots * MICRO + Fraction(1, 2))
