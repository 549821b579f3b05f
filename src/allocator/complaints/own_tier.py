"""Complaints that the tier went down."""

from __future__ import annotations

from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket
from allocator.complaints.outside import outside
from allocator.complaints.record import Judged, Reason, Where
from allocator.explanation.check import check_claims
from allocator.wording import Fact

TIER = ("grade", "penalty", "keep", "advance")
"""Answers of the card about a tier."""


def lower_tier_used(docket: Docket, complaint: Complaint) -> Judged | None:
    """Founded where an order was taken under a lower tier than the one in force."""
    found = [
        row
        for row in docket.violations(["wrong-tier"], complaint.retailer, None)
        if row["observed"] < row["limit"]
    ]
    if not found:
        return None
    facts: dict[str, Fact] = {
        "order": found[0]["order_id"],
        "used": int(found[0]["observed"]),
        "tier": int(found[0]["limit"]),
    }
    rows = docket.lines(complaint.retailer)
    rows = rows.filter(rows["order_id"] == str(found[0]["order_id"]))
    told = {name: facts[name] for name in ("used", "tier")}
    return Judged(
        "founded",
        (Reason("lower-tier", facts, (docket.in_orders(rows, "tier"), _own(complaint))),),
        (Reason("lower-tier", told),),
        codes=tuple(str(row["fingerprint"]) for row in found),
        questions=("grade",),
    )


def tier_down(docket: Docket, complaint: Complaint) -> Judged:
    """The tier went down: recomputed claim by claim; the rule may have brought it down."""
    found = lower_tier_used(docket, complaint)
    if found is not None:
        return found
    who = docket.standing(complaint.retailer)
    previous = who.graded.get("previous_tier")
    own = (_own(complaint),)
    away = outside(docket, complaint) if who.tier is None else None
    if away is not None:
        return away
    if previous is None:
        return Judged("undecidable", (Reason("no-previous", {"tier": who.tier}, own),),
                      (Reason("open-previous", {"tier": who.tier}),), missing=("tiers",),
                      questions=("grade",))  # fmt: skip
    facts = {"previous": int(previous), "tier": who.tier}
    unchecked = _not_seen(docket)
    if previous <= who.tier:
        return Judged("unfounded", (Reason("not-down", facts, own),), (Reason("not-down", facts),),
                      questions=("grade",), unchecked=unchecked)  # fmt: skip
    if "given" in str(who.graded.get("reason", "")).split():
        return Judged("undecidable", (Reason("tier-given", facts, own),), (Reason("open", {}),),
                      missing=("sales", "policy.grading"), questions=("grade",))  # fmt: skip
    wrong, count = _recounted(docket, complaint)
    if wrong:
        broken: dict[str, Fact] = {"count": len(wrong), "codes": ", ".join(wrong[:5])}
        return Judged("undecidable", (Reason("broken", broken, own),), (Reason("open", {}),),
                      missing=("grading.csv",))  # fmt: skip
    return Judged(
        "unfounded",
        (Reason("down-by-rule", {**facts, "count": count}, own), Reason("hardship", {})),
        (Reason("down-by-rule", facts),),
        questions=TIER,
        unchecked=unchecked,
    )


def _recounted(docket: Docket, complaint: Complaint) -> tuple[list[str], int]:
    """Codes of the claims about the tier that are not true, and how many were recomputed."""
    card = docket.cards[complaint.retailer]
    told = {claim for answer in card.answers if answer.question in TIER
            for claim in map(id, answer.claims)}  # fmt: skip
    verdicts = [verdict for verdict in check_claims(docket.run, card) if id(verdict.claim) in told]
    return [verdict.claim.code for verdict in verdicts if not verdict.holds], len(verdicts)


def _not_seen(docket: Docket) -> tuple[str, ...]:
    """Columns without which nobody sees under which tier orders were taken."""
    entry = docket.coverage("wrong-tier")
    if entry is None or entry.state != "not-checked":
        return ()
    return tuple(f"orders.{name}" if "." not in name else name for name in entry.missing)


def _own(complaint: Complaint) -> Where:
    key = (f"retailer_id={complaint.retailer}",)
    return Where("grading.csv", "score rank tier previous_tier reason", key=key)
