"""A grading as a document, and back: ``record/grading.json``."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import numpy as np
import polars as pl

from allocator.hiding import LEAST_TOLD
from allocator.policy.words import ITEMS
from allocator.records import DECIMALS, Axis, Grading, Item, TierLimits, Units
from allocator.runs.keeping import Document, whole_numbers


def grading_document(grading: Grading) -> Document:
    """Everything of a grading but its table, for everybody to read.

    What items really count for is told of ``LEAST_TOLD`` scores or more. Rank shares and tiers that
    were given need no more than is said before ``rule``. Scores at which tiers begin are those of
    single shops: they stand in the table alone, and where natural breaks drew a boundary it is left
    out (``None``) unless ``LEAST_TOLD`` shops stand in that tier.
    """
    ruled = (
        {"rule": grading.rule, "limits": _open_limits(grading, grading.limits)}
        if grading.limits
        else {}
    )
    many = int(grading.table["graded"].sum()) >= LEAST_TOLD
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
                "effective": item.effective if many else None,
                "effective_middle": item.effective_middle if many else None,
            }
            for item in grading.items
        ],
        "last_rank": grading.last_rank.tolist(),
        "shares": [str(share) for share in grading.shares],
        "warnings": [[code, dict(facts)] for code, facts in grading.warnings],
        **({"moving": True} if grading.moving else {}),
        **({} if grading.decimals == DECIMALS else {"decimals": grading.decimals}),
        **({} if grading.screened is None else {"screened": True}),
        **ruled,
    }


def _open_limits(grading: Grading, limits: TierLimits) -> Document:
    document = limits_document(limits)
    if grading.rule != "breaks":
        return document
    crowd = np.bincount(
        grading.table["tier_by_score"].drop_nulls().to_numpy(), minlength=grading.tiers + 1
    )[1:]
    drawn = zip(document["least"], grading.cut_score.tolist(), crowd.tolist(), strict=True)
    least = [None if at == cut and few < LEAST_TOLD else at for at, cut, few in drawn]
    return {**document, "least": least}


def _cut_scores(table: pl.DataFrame, last_rank: Units) -> Units:
    """The score at the last place of each tier, (T,) int64 millionths; -1 where none stands."""
    falling = np.sort(table.filter("graded")["score"].to_numpy())[::-1]
    if not len(falling):
        return np.where(last_rank > 0, 0, -1)
    return np.where(last_rank > 0, falling[np.clip(last_rank, 1, len(falling)) - 1], -1)


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


def _filled(document: Document, cut: Units) -> Document:
    """The limits with those that were left out, which are scores of the table."""
    least = document["least"]
    if None not in least:
        return document
    known = zip(least, cut.tolist(), strict=True)
    return {**document, "least": [of if at is None else at for at, of in known]}


def _limits_from(document: Document, rule: str, tiers: int) -> TierLimits:
    limits = TierLimits(
        least=whole_numbers(document["least"]),
        months=Fraction(document["months"]),
        axes=tuple(
            Axis(
                item=str(axis["item"]),
                classes=tuple(axis["classes"]),
                unit=str(axis["unit"]),
                per_month=bool(axis["per_month"]),
                least=whole_numbers(axis["least"]),
            )
            for axis in document["axes"]
        ),
        table=None if document["table"] is None else whole_numbers(document["table"]),
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
    last_rank = whole_numbers(document["last_rank"])
    cut = _cut_scores(table, last_rank)
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
        last_rank=last_rank,
        cut_score=cut,
        shares=tuple(Fraction(share) for share in document["shares"]),
        table=table,
        warnings=tuple((code, facts) for code, facts in document["warnings"]),
        rule=str(document.get("rule", "shares" if document["shares"] else "given")),
        limits=(
            _limits_from(
                _filled(document["limits"], cut), str(document["rule"]), int(document["tiers"])
            )
            if "limits" in document
            else None
        ),
        moving=bool(document.get("moving", False)),
        decimals=int(document.get("decimals", DECIMALS)),
        screened=screened,
    )
