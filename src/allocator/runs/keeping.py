"""Records as documents, and back: what ``record/*.json`` of a run directory holds.

Whole numbers stay whole; reals are texts of 17 significant digits, so that nothing is lost and
the certificate can be made again from what was kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from allocator.records import (
    Allocation,
    Cells,
    Group,
    Indices,
    JointLimit,
    Proof,
    QuotaPlan,
    Shortfall,
    Stage,
    Turns,
    Units,
)

Document = Mapping[str, Any]


def plan_document(plan: QuotaPlan) -> Document:
    """Everything of a plan but members, turns and credits, which are tables of their own.

    Where retailers stand between the tiers follows from grading and members.
    """
    cells = plan.cells
    return {
        "cycle": plan.cycle,
        "on": plan.on.isoformat(),
        "seed": plan.seed,
        "source": plan.source,
        "policy_digest": plan.policy_digest,
        "tiers": plan.tiers,
        "second_round": plan.second_round,
        "oversell": plan.oversell,
        "cells": {
            "tier": cells.tier.tolist(),
            "segment": list(cells.segment),
            "rhythm": list(cells.rhythm),
            "count": cells.count.tolist(),
            "weight": cells.weight.tolist(),
            "weight_unit": int(cells.weight_unit),
        },
        "lines": [
            {
                "product": plan.product[p],
                "region": plan.region[p],
                "lot": int(plan.lot[p]),
                "supply": int(plan.supply[p]),
                "reserve": int(plan.reserve[p]),
                "method": plan.method[p],
                "step": int(plan.step[p]),
                "tier_order": bool(plan.tier_order[p]),
                "double": p in plan.double,
                "allowed": np.flatnonzero(plan.allowed[p]).tolist(),
                "floor": plan.floor[p].tolist(),
                "ceiling": plan.ceiling[p].tolist(),
                "entitlement": plan.entitlement[p].tolist(),
                "base": plan.base[p].tolist(),
                "seats": plan.seats[p].tolist(),
                "mass": plan.mass[p].tolist(),
                "covered": plan.covered[p].tolist(),
            }
            for p in range(len(plan.product))
        ],
        "proofs": [
            {
                "lines": list(proof.lines),
                "stages": [
                    {
                        "level": float(stage.level),
                        "fixed": list(stage.fixed),
                        "alpha": [[pair, float(value)] for pair, value in stage.alpha.items()],
                        "y": [[row, float(value)] for row, value in stage.y.items()],
                    }
                    for stage in proof.stages
                ],
            }
            for proof in plan.proofs
        ],
        "groups": [
            {
                "rule": group.rule,
                "line": group.line,
                "cells": group.cells.tolist(),
                "mass": group.mass.tolist(),
                "least": group.least,
                "most": group.most,
                "own": None if group.own is None else group.own.tolist(),
            }
            for group in plan.groups
        ],
        "baskets": [_joint(limit) for limit in plan.baskets],
        "bands": [_joint(limit) for limit in plan.bands],
        "shortfalls": [[short.line, short.row, short.lots] for short in plan.shortfalls],
        "objective": plan.objective,
        "boundary": plan.boundary,
    }


def plan_from(
    document: Document,
    members: pl.DataFrame,
    turns: Turns,
    credit_before: Indices,
    credit_after: Indices,
) -> QuotaPlan:
    """The plan again; ``KeyError``, ``TypeError`` or ``ValueError`` where it is damaged."""
    cells, lines = document["cells"], document["lines"]
    width = len(cells["tier"])
    allowed = np.zeros((len(lines), width), bool)
    for p, line in enumerate(lines):
        allowed[p, whole_numbers(line["allowed"])] = True
    return QuotaPlan(
        cycle=str(document["cycle"]),
        on=date.fromisoformat(document["on"]),
        seed=document["seed"],
        source=document["source"],
        policy_digest=document["policy_digest"],
        tiers=int(document["tiers"]),
        cells=Cells(
            tier=whole_numbers(cells["tier"]),
            segment=tuple(cells["segment"]),
            rhythm=tuple(cells["rhythm"]),
            count=whole_numbers(cells["count"]),
            weight=whole_numbers(cells["weight"]),
            weight_unit=int(cells["weight_unit"]),
        ),
        members=members,
        product=tuple(line["product"] for line in lines),
        region=tuple(line["region"] for line in lines),
        lot=whole_numbers([line["lot"] for line in lines]),
        supply=whole_numbers([line["supply"] for line in lines]),
        reserve=whole_numbers([line["reserve"] for line in lines]),
        method=tuple(line["method"] for line in lines),
        step=whole_numbers([line["step"] for line in lines]),
        tier_order=np.array([line["tier_order"] for line in lines], bool),
        allowed=allowed,
        floor=_matrix(lines, "floor", width),
        ceiling=_matrix(lines, "ceiling", width),
        entitlement=np.array(
            [[float(value) for value in line["entitlement"]] for line in lines], np.float64
        ).reshape(len(lines), width),
        base=_matrix(lines, "base", width),
        seats=_matrix(lines, "seats", width),
        turns=turns,
        credit_before=credit_before,
        credit_after=credit_after,
        second_round=bool(document["second_round"]),
        proofs=tuple(
            Proof(tuple(map(int, proof["lines"])), tuple(map(_stage, proof["stages"])))
            for proof in document["proofs"]
        ),
        mass=_matrix(lines, "mass", width),
        covered=_matrix(lines, "covered", width),
        double=frozenset(p for p, line in enumerate(lines) if line["double"]),
        groups=tuple(map(_group, document["groups"])),
        baskets=tuple(map(_joint_from, document["baskets"])),
        bands=tuple(map(_joint_from, document["bands"])),
        oversell=str(document["oversell"]),
        shortfalls=tuple(
            Shortfall(int(line), str(row), int(lots)) for line, row, lots in document["shortfalls"]
        ),
        objective=str(document["objective"]),
        boundary=str(document["boundary"]),
    )


def _joint(limit: JointLimit) -> Document:
    return {"name": limit.name, "lines": limit.lines.tolist(), "most": limit.most.tolist()}


def _joint_from(document: Document) -> JointLimit:
    lines = whole_numbers(document["lines"]).astype(np.int32)
    return JointLimit(str(document["name"]), lines, whole_numbers(document["most"]))


def _group(document: Document) -> Group:
    return Group(
        rule=int(document["rule"]),
        line=int(document["line"]),
        cells=whole_numbers(document["cells"]).astype(np.int32),
        mass=whole_numbers(document["mass"]),
        least=int(document["least"]),
        most=int(document["most"]),
        own=None if document["own"] is None else whole_numbers(document["own"]).astype(np.int32),
    )


def allocation_document(allocation: Allocation) -> Document:
    """What ``awards.csv`` does not hold of an allocation."""
    return {
        "cycle": allocation.cycle,
        "left": allocation.left.tolist(),
        "level": [None if level is None else list(level) for level in allocation.level],
        "group_level": [[group, *level] for group, level in allocation.group_level.items()],
    }


def allocation_from(document: Document, lines: pl.DataFrame) -> Allocation:
    """The allocation again; ``KeyError``, ``TypeError``, ``ValueError`` where it is damaged."""
    return Allocation(
        cycle=str(document["cycle"]),
        lines=lines,
        left=whole_numbers(document["left"]),
        level=tuple(
            None if level is None else (int(level[0]), int(level[1])) for level in document["level"]
        ),
        group_level={int(g): (int(top), int(low)) for g, top, low in document["group_level"]},
    )


def _stage(stage: Document) -> Stage:
    return Stage(
        level=float(stage["level"]),
        fixed=tuple(int(c) for c in stage["fixed"]),
        alpha={int(c): float(value) for c, value in stage["alpha"]},
        y={str(row): float(value) for row, value in stage["y"]},
    )


def whole_numbers(values: object) -> Units:
    """Whole numbers read from a document; ``ValueError`` where they are something else."""
    array = np.asarray(values if values != [] else np.zeros(0, np.int64))
    if array.dtype.kind != "i":
        raise ValueError("whole numbers expected")
    return array.astype(np.int64)


def _matrix(lines: list[Document], name: str, width: int) -> Units:
    return whole_numbers([line[name] for line in lines]).reshape(len(lines), width)
