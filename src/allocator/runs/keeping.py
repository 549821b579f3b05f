"""Records as documents, and back: what ``record/*.json`` of a run directory holds.

Whole numbers stay whole; reals are texts of 17 significant digits, so that nothing is lost and
the certificate can be made again from what was kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from allocator.auditing.findings import SCHEMA, Coverage, Findings
from allocator.policy.words import ITEMS
from allocator.records import (
    DECIMALS,
    Allocation,
    Axis,
    Cells,
    Grading,
    Group,
    Indices,
    Item,
    JointLimit,
    Proof,
    QuotaPlan,
    Shortfall,
    Stage,
    TierLimits,
    Turns,
    Units,
)

Document = Mapping[str, Any]


def grading_document(grading: Grading) -> Document:
    """Everything of a grading but its table.

    Rank shares and tiers that were given need no more than is said before ``rule``.
    """
    ruled = (
        {"rule": grading.rule, "limits": limits_document(grading.limits)} if grading.limits else {}
    )
    return {
        "on": grading.on.isoformat(),
        "tiers": grading.tiers,
        "window": list(grading.window),
        "items": [
            {
                "name": item.name,
                "weight": str(item.weight),
                "scale": item.scale,
                "reference": int(item.reference),
                "unit": item.unit,
                "effective": item.effective,
                "effective_middle": item.effective_middle,
            }
            for item in grading.items
        ],
        "last_rank": grading.last_rank.tolist(),
        "cut_score": grading.cut_score.tolist(),
        "shares": [str(share) for share in grading.shares],
        "warnings": [[code, dict(facts)] for code, facts in grading.warnings],
        **({"moving": True} if grading.moving else {}),
        **({} if grading.decimals == DECIMALS else {"decimals": grading.decimals}),
        **({} if grading.screened is None else {"screened": True}),
        **ruled,
    }


def limits_document(limits: TierLimits) -> Document:
    """What a tier takes, in whole millionths, so that an outsider can find the tiers again."""
    return {
        "least": limits.least.tolist(),
        "months": str(limits.months),
        "axes": [
            {
                "item": axis.item,
                "classes": list(axis.classes),
                "unit": axis.unit,
                "per_month": axis.per_month,
                "least": axis.least.tolist(),
            }
            for axis in limits.axes
        ],
        "table": None if limits.table is None else limits.table.tolist(),
        "attribute": limits.attribute,
        "values": dict(limits.values),
        "otherwise": limits.otherwise,
    }


def _limits_from(document: Document, rule: str, tiers: int) -> TierLimits:
    limits = TierLimits(
        least=_units(document["least"]),
        months=Fraction(document["months"]),
        axes=tuple(
            Axis(
                item=str(axis["item"]),
                classes=tuple(axis["classes"]),
                unit=str(axis["unit"]),
                per_month=bool(axis["per_month"]),
                least=_units(axis["least"]),
            )
            for axis in document["axes"]
        ),
        table=None if document["table"] is None else _units(document["table"]),
        attribute=str(document["attribute"]),
        values={str(value): int(tier) for value, tier in dict(document["values"]).items()},
        otherwise=int(document["otherwise"]),
    )
    if not _fit(limits, rule, tiers):
        raise ValueError("limits that do not fit the rule")
    return limits


def _fit(limits: TierLimits, rule: str, tiers: int) -> bool:
    """Whether limits have the parts and sizes that their rule needs."""
    axes, by_tier = {"bands": 1, "grid": 2}.get(rule, 0), rule in ("cutoffs", "bands", "breaks")
    sizes = tuple(len(axis.least) for axis in limits.axes)
    return (
        (by_tier or rule in ("grid", "by"))
        and limits.months > 0
        and limits.least.shape == ((tiers,) if by_tier else (0,))
        and bool((limits.least >= 0).any()) == by_tier
        and len(limits.axes) == axes
        and all(axis.item in ITEMS and axis.least[:1].tolist() == [0] for axis in limits.axes)
        and (None if limits.table is None else limits.table.shape)
        == (sizes if rule == "grid" else None)
    )


def grading_from(
    document: Document, table: pl.DataFrame, screened: pl.DataFrame | None = None
) -> Grading:
    """The grading again; ``KeyError``, ``TypeError`` or ``ValueError`` where it is damaged."""
    return Grading(
        on=date.fromisoformat(document["on"]),
        tiers=int(document["tiers"]),
        window=tuple(document["window"]),
        items=tuple(
            Item(
                name=item["name"],
                weight=Fraction(item["weight"]),
                scale=item["scale"],
                reference=int(item["reference"]),
                unit=item["unit"],
                effective=item.get("effective"),
                effective_middle=item.get("effective_middle"),
            )
            for item in document["items"]
        ),
        last_rank=_units(document["last_rank"]),
        cut_score=_units(document["cut_score"]),
        shares=tuple(Fraction(share) for share in document["shares"]),
        table=table,
        warnings=tuple((code, facts) for code, facts in document["warnings"]),
        rule=str(document.get("rule", "shares" if document["shares"] else "given")),
        limits=(
            _limits_from(document["limits"], str(document["rule"]), int(document["tiers"]))
            if "limits" in document
            else None
        ),
        moving=bool(document.get("moving", False)),
        decimals=int(document.get("decimals", DECIMALS)),
        screened=screened,
    )


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
        allowed[p, _units(line["allowed"])] = True
    return QuotaPlan(
        cycle=str(document["cycle"]),
        on=date.fromisoformat(document["on"]),
        seed=document["seed"],
        source=document["source"],
        policy_digest=document["policy_digest"],
        tiers=int(document["tiers"]),
        cells=Cells(
            tier=_units(cells["tier"]),
            segment=tuple(cells["segment"]),
            rhythm=tuple(cells["rhythm"]),
            count=_units(cells["count"]),
            weight=_units(cells["weight"]),
            weight_unit=int(cells["weight_unit"]),
        ),
        members=members,
        product=tuple(line["product"] for line in lines),
        region=tuple(line["region"] for line in lines),
        lot=_units([line["lot"] for line in lines]),
        supply=_units([line["supply"] for line in lines]),
        reserve=_units([line["reserve"] for line in lines]),
        method=tuple(line["method"] for line in lines),
        step=_units([line["step"] for line in lines]),
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
    lines = _units(document["lines"]).astype(np.int32)
    return JointLimit(str(document["name"]), lines, _units(document["most"]))


def _group(document: Document) -> Group:
    return Group(
        rule=int(document["rule"]),
        line=int(document["line"]),
        cells=_units(document["cells"]).astype(np.int32),
        mass=_units(document["mass"]),
        least=int(document["least"]),
        most=int(document["most"]),
        own=None if document["own"] is None else _units(document["own"]).astype(np.int32),
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
        left=_units(document["left"]),
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


def _units(values: object) -> Units:
    array = np.asarray(values if values != [] else np.zeros(0, np.int64))
    if array.dtype.kind != "i":
        raise ValueError("whole numbers expected")
    return array.astype(np.int64)


def _matrix(lines: list[Document], name: str, width: int) -> Units:
    return _units([line[name] for line in lines]).reshape(len(lines), width)


def findings_document(findings: Findings) -> Document:
    """Everything of an audit, the facts before they became sentences."""
    return {
        "cycle": findings.cycle,
        "as_of": findings.as_of.isoformat(),
        "lines": findings.lines,
        "aside": dict(findings.aside),
        "coverage": [asdict(entry) for entry in findings.coverage],
        "rows": findings.frame.with_columns(pl.col("as_of").cast(pl.String)).to_dicts(),
    }


def findings_from(document: Document) -> Findings:
    """The findings again; ``KeyError``, ``TypeError``, ``ValueError`` where they are damaged."""
    spelled = {**SCHEMA, "as_of": pl.String}
    frame = pl.DataFrame(document["rows"], schema=spelled)
    return Findings(
        frame=frame.with_columns(pl.col("as_of").str.to_date("%Y-%m-%d")).select(list(SCHEMA)),
        coverage=tuple(
            Coverage(**{**entry, **{key: tuple(entry[key]) for key in ("missing", "lacking")}})
            for entry in document["coverage"]
        ),
        cycle=str(document["cycle"]),
        as_of=date.fromisoformat(document["as_of"]),
        lines=int(document["lines"]),
        aside=dict(document["aside"]),
    )
