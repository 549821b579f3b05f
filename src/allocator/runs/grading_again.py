"""Finds tiers again from scores, values or attributes, by what the policy says a tier takes.

Only where limits decide: rank shares are recounted by whoever checks a card.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from allocator.errors import AllocatorError
from allocator.grading.attribute import grade_by_attribute
from allocator.grading.bands import Cells, monthly
from allocator.grading.ruling import limits_of
from allocator.grading.standing import tiers_at
from allocator.grading.window import rule_of, window_of
from allocator.records import TierLimits, Units
from allocator.runs.discrepancies import Discrepancy, differs
from allocator.runs.keeping_tiers import limits_document
from allocator.runs.record import Run

RECORD = "record/grading.json"


def check_tiers(_: Path, run: Run, checked: dict[str, int]) -> Iterator[Discrepancy]:
    """The limits on record are the policy's, and the tiers before moves follow from them."""
    grading, policy = run.grading, run.policy.grading
    if grading.limits is None or policy is None:
        return
    if grading.rule != policy.tiers.rule:
        yield differs(RECORD, "rule", policy.tiers.rule, grading.rule)
        return
    graded = grading.table.filter("graded")
    try:
        if grading.rule == "by":
            again = grade_by_attribute(run.city, policy, grading.on)
            limits, tiers = again.limits, again.table["tier_by_score"]
            stated = grading.table["tier_by_score"]
        else:
            months = window_of(rule_of(policy), grading.on).months
            limits = limits_of(policy.tiers, graded["score"].to_numpy(), months)
            tiers = pl.Series(_tiers(limits, graded), dtype=pl.Int64)
            stated = graded["tier_by_score"]
    except AllocatorError as error:
        yield Discrepancy("broken", RECORD, {}, error.message)
        return
    expected = None if limits is None else limits_document(limits)
    found = limits_document(grading.limits)
    if expected != found:
        yield differs(RECORD, "limits", expected, found)
    wrong = int((~tiers.eq_missing(stated)).sum())
    if wrong:
        yield differs("record/grading.csv", "tier_by_score", 0, wrong)
    checked["tiers"] = len(tiers)


def _tiers(limits: TierLimits | None, graded: pl.DataFrame) -> Units:
    """Tiers of the graded by the score, or by the bands of two items."""
    if limits is None:
        return np.zeros(graded.height, np.int64)
    if limits.table is None:
        return tiers_at(graded["score"].to_numpy(), limits.least)
    measured = (
        monthly(axis.item, limits.months).points(graded[axis.item].to_numpy())
        for axis in limits.axes
    )
    return Cells(limits.axes, limits.table).tiers(*measured)
