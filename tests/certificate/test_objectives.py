"""Certificates of plans for greatest volume and for one level per product."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from allocation.test_objectives import shared_room
from allocator.allocation.objectives import aimed_tables
from allocator.allocation.volume import Lines
from allocator.canonical import digest
from allocator.certificate.document import certify
from allocator.certificate.verify import check
from allocator.errors import InfeasiblePolicy
from allocator.records import QuotaPlan, Turns
from strategies import cells_of, coupled_lines


def codes(plan: QuotaPlan) -> set[str]:
    return {found.code for found in check(certify(plan))}


def planned(lines: Lines, objective: str) -> QuotaPlan:
    """A plan of tables only: whole cartons are not looked at here."""
    base = shared_room("leximin")
    cells, shape = cells_of(lines), lines.allowed.shape
    names = tuple(f"P{p}" for p in range(shape[0]))
    table, proofs = aimed_tables(lines, cells, objective, names)
    nothing = np.zeros(0, np.int32)
    return replace(
        base,
        tiers=lines.tiers,
        cells=cells,
        product=names,
        region=("",) * shape[0],
        lot=np.ones(shape[0], np.int64),
        supply=lines.supply,
        reserve=np.zeros(shape[0], np.int64),
        method=("rotate",) * shape[0],
        step=lines.step,
        tier_order=lines.tier_order,
        allowed=lines.allowed,
        floor=lines.floor,
        ceiling=lines.ceiling,
        entitlement=table,
        base=np.zeros(shape, np.int64),
        seats=np.zeros(shape, np.int64),
        turns=Turns(nothing, nothing, nothing),
        credit_before=np.zeros((shape[0], base.members.height), np.int32),
        credit_after=np.zeros((shape[0], base.members.height), np.int32),
        members=base.members.with_columns(cell=None),
        proofs=proofs,
        mass=lines.mass,
        covered=np.broadcast_to(lines.promised, shape),
        groups=lines.groups,
        baskets=lines.baskets,
        objective=objective,
    )


PROVEN = {
    "volume", "volume-stage", "level-stage", "level-rises", "off-level", "not-proven", "fixed",
    "not-covered", "level-falls", "alpha", "negative", "multipliers", "row-broken", "bound-broken",
    "empty-cell", "share", "programs", "apart", "shape",
}  # fmt: skip
"""What is refused of tables and proofs; the other codes are about whole cartons."""


@settings(max_examples=60)
@given(coupled_lines())
def test_tables_of_other_objectives_are_accepted(lines: Lines) -> None:
    for objective in ("volume", "proportional"):
        try:
            plan = planned(lines, objective)
        except InfeasiblePolicy:
            continue
        assert not codes(plan) & PROVEN


@pytest.mark.parametrize("objective", ["leximin", "equal", "volume", "proportional"])
def test_a_whole_plan_is_accepted_under_its_own_objective_only(objective: str) -> None:
    """The four tables of ``shared_room`` differ but for leximin and equal: its weights are one."""
    plan = shared_room(objective)
    same = {"leximin", "equal"}

    assert codes(plan) == set()
    for other in ("leximin", "equal", "volume", "proportional"):
        if other != objective and not {other, objective} <= same:
            assert codes(replace(plan, objective=other)) & PROVEN


@pytest.mark.parametrize(
    ("objective", "code"), [("volume", "volume"), ("proportional", "off-level")]
)
def test_less_than_could_be_is_refused(objective: str, code: str) -> None:
    """A hundredth of a carton less for one cell than the objective gives."""
    plan = shared_room(objective)
    lower = plan.entitlement.copy()
    lower[np.unravel_index(lower.argmax(), lower.shape)] -= 0.01

    assert code in codes(replace(plan, entitlement=lower))


def test_a_lower_level_with_its_own_table_is_refused() -> None:
    """Half of every quota and half of the level: the table fits the level, which could rise."""
    document = certify(shared_room("proportional"))
    for line in document["lines"]:
        line["x"] = [format(float(x) / 2, ".17g") for x in line["x"]]
    for stage in document["programs"][0]["stages"]:
        stage["level"] = format(float(stage["level"]) / 2, ".17g")
    document.pop("digest")

    assert "level-rises" in {f.code for f in check(document | {"digest": digest(document)})}
