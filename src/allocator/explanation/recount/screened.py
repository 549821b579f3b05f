"""Recounts what a card says of unusual months: from the usual range on record and the policy."""

from __future__ import annotations

from allocator.explanation.claims import Claim, Facts
from allocator.explanation.recount.case import Case, Found


def month(case: Case, claim: Claim) -> Found:
    """What was bought lies outside the usual range; the policy says what counts then."""
    screened, grading = case.run.grading.screened, case.run.policy.grading
    rules = None if grading is None else grading.screening
    if screened is None or rules is None or rules.action == "flag":
        return None
    unit = claim.parameters.get("unit")
    rows = [
        row
        for row in screened.to_dicts()
        if (row["retailer_id"], row["unit"]) == (case.retailer, unit)
    ]
    if len(rows) != 1:
        return None
    (row,) = rows
    bought = row["observed"]
    high, low = bought > row["highest"], bought < row["lowest"]
    if bought <= 0 or not (high or low) or rules.sides not in ("both", "high" if high else "low"):
        return None
    facts: Facts = {"unit": unit, "observed": bought}
    if rules.action == "exclude":
        return facts if claim.code == "tier-month-out" else None
    if claim.code != ("tier-month-high" if high else "tier-month-low"):
        return None
    return {**facts, "counted": row["highest"] if high else row["lowest"]}
