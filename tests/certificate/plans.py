"""Quota plans built from records alone: the stages by the program, whole lots by the rounding."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from hashlib import sha256

import numpy as np
import polars as pl

from allocator.allocation.leximin import Lines
from allocator.allocation.program import Program
from allocator.allocation.programs import program_of
from allocator.allocation.stages import leximin_stages
from allocator.records import MICRO, Cells, Proof, QuotaPlan, Turns

SEED, CYCLE = "draw 083412", "2026-W47"


@dataclass(frozen=True)
class Release:
    """One released line of a plan to be built; a ceiling for each tier, or one for all."""

    product: str
    supply: int
    method: str = "rotate"
    lot: int = 1
    reserve: int = 0
    floor: int = 0
    ceiling: int | Sequence[int] = 20
    step: int = -1
    tier_order: bool = True
    tiers: tuple[int, int] = (1, 99)
    region: str = ""
    credit: Mapping[int, int] = field(default_factory=dict)
    """Credits of the first member of a cell, millionths of a lot."""


def plan_of(
    count: Sequence[int],
    weight: Sequence[int],
    releases: Sequence[Release],
    chains: Sequence[tuple[str, str]] = (("", "weekly"),),
) -> QuotaPlan:
    """A plan as `plan_quotas` would make it, turns by name left out."""
    tiers, size = len(weight), len(weight) * len(chains)
    cells = Cells(
        tier=np.tile(np.arange(1, tiers + 1), len(chains)),
        segment=tuple(segment for segment, _ in chains for _ in range(tiers)),
        rhythm=tuple(rhythm for _, rhythm in chains for _ in range(tiers)),
        count=np.array(count, np.int64),
        weight=np.tile(np.array(weight, np.int64), len(chains)),
        weight_unit=1,
    )
    people = np.repeat(np.arange(size), count)
    shape = (len(releases), size)
    allowed = np.zeros(shape, np.bool_)
    floor, ceiling = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    base, seats, x = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape)
    credit = np.zeros((len(releases), len(people)), np.int32)
    proofs: list[Proof] = []
    for p, line in enumerate(releases):
        supply = (line.supply - line.reserve) // line.lot * line.lot
        may = (cells.tier >= line.tiers[0]) & (cells.tier <= line.tiers[1])
        may &= supply > 0
        if line.region:
            may &= np.array(cells.segment) == line.region
        allowed[p] = may
        top = [line.ceiling] * tiers if isinstance(line.ceiling, int) else list(line.ceiling)
        floor[p, may] = line.floor
        ceiling[p, may] = np.tile(top, len(chains))[may]
        for c, owed in line.credit.items():
            credit[p, int(np.flatnonzero(people == c)[0])] = owed
        k = np.flatnonzero(may)
        if not len(k):
            continue
        lines = Lines(
            tiers,
            may[None],
            cells.count,
            cells.weight,
            floor[p][None],
            ceiling[p][None],
            np.array([supply]),
            np.array([line.tier_order]),
            np.array([line.step]),
        )
        alone = program_of(lines, (0,), cells)
        label = tuple(name.replace("0/", f"{p}/", 1) for name in alone.label)
        program = replace(
            alone,
            pair=alone.pair + p * size,
            label=label,
            limits=(replace(alone.limits[0], name=f"supply/{p}"),),
        )
        x[p, k], proof = leximin_stages(program)
        count = cells.count[k].tolist()
        proofs.append(Proof((p,), proof))
        owed = np.bincount(people, credit[p], size)[k].astype(int).tolist()
        lots = [Fraction(value) / line.lot for value in x[p, k].tolist()]
        if line.method == "equal":
            base[p, k] = np.array(_equal(program, count, lots, line.lot)) * line.lot
        else:
            totals = shared(count, [cells.label(c) for c in k.tolist()], lots, owed, line.product)
            share = np.array([_millionths(lot) // MICRO for lot in lots])
            base[p, k] = share * line.lot
            seats[p, k] = np.array(totals) - share * np.array(count)
    none = np.zeros(0, np.int32)
    return QuotaPlan(
        cycle=CYCLE,
        on=date(2026, 11, 16),
        seed=SEED,
        source="planned",
        policy_digest="ab" * 32,
        tiers=tiers,
        cells=cells,
        members=pl.DataFrame(
            {
                "retailer_id": [f"R{i:04}" for i in range(len(people))],
                "cell": people.astype(np.int32),
            }
        ),
        product=tuple(line.product for line in releases),
        region=tuple(line.region for line in releases),
        lot=np.array([line.lot for line in releases]),
        supply=np.array([line.supply for line in releases]),
        reserve=np.array([line.reserve for line in releases]),
        method=tuple(line.method for line in releases),
        step=np.array([line.step for line in releases]),
        tier_order=np.array([line.tier_order for line in releases]),
        allowed=allowed,
        floor=floor,
        ceiling=ceiling,
        entitlement=x,
        base=base,
        seats=seats,
        turns=Turns(none, none, none),
        credit_before=credit,
        credit_after=credit,
        second_round=True,
        proofs=tuple(proofs),
        mass=np.where(allowed, cells.count * MICRO, 0),
        covered=np.zeros(shape, np.int64),
    )


def _millionths(lots: Fraction) -> int:
    return math.floor(lots * MICRO + Fraction(1, 2))


def shared(
    count: Sequence[int], label: Sequence[str], lots: list[Fraction], owed: list[int], product: str
) -> list[int]:
    """Cell totals: floors, then one more lot each by credit and fraction, ties by hash."""
    due = [_millionths(n * lot) for n, lot in zip(count, lots, strict=True)]
    totals = [micro // MICRO for micro in due]
    whole = _millionths(sum(n * lot for n, lot in zip(count, lots, strict=True))) // MICRO
    line = sorted(
        (-(owed[k] + due[k] % MICRO), sha256(_json(SEED, CYCLE, product, name)).hexdigest(), k)
        for k, name in enumerate(label)
        if due[k] % MICRO
    )
    for _, _, k in line[: max(0, whole - sum(totals))]:
        totals[k] += 1
    return totals


def _json(*parts: str) -> bytes:
    return ("[" + ",".join(f'"{part}"' for part in parts) + "]").encode()


def _equal(program: Program, count: list[int], lots: list[Fraction], lot: int) -> tuple[int, ...]:
    """By enumeration: the table within one lot of ``lots`` that keeps all rows and uses most.

    Weekly and fortnightly shops of a tier with the same share get the same number.
    """
    supply = program.limits[0]
    rows = [(list(zip(supply.position, supply.coefficient, strict=True)), supply.bound)]
    for k in range(len(program.label)):
        if program.order[k]:
            rows.append(([(k, 1.0), (k + 1, -1.0)], 0.0))
        if program.step[k] >= 0:
            rows.append(([(k + 1, 1.0), (k, -1.0)], float(program.step[k])))
    near = [
        {micro // MICRO, -(-micro // MICRO)} for micro in (_millionths(value) for value in lots)
    ]
    kept = [
        table
        for table in itertools.product(*near)
        if all(sum(table[k] * lot * a for k, a in terms) <= bound for terms, bound in rows)
        and all(
            table[j] == table[k]
            for j, k in itertools.combinations(range(len(table)), 2)
            if program.label[j].rsplit("/", 1)[0] == program.label[k].rsplit("/", 1)[0]
            and count[j] * count[k]
            and _millionths(lots[j]) == _millionths(lots[k])
        )
    ]
    return max(kept, key=lambda table: sum(map(operator.mul, table, count)))


def small_plan() -> QuotaPlan:
    """Four tiers, an empty one among them; a line of each kind, small enough to change it all."""
    return plan_of(
        [3, 4, 0, 2],
        [1, 2, 3, 5],
        [
            Release("P1", 11, ceiling=9, step=1, credit={0: 400_000, 1: -200_000}),
            Release("P2", 24, method="equal", reserve=1, ceiling=[3, 3, 4, 4], floor=1),
            Release("P3", 30, lot=5, reserve=5, ceiling=10, tiers=(2, 4)),
            Release("P4", 0),
        ],
    )
