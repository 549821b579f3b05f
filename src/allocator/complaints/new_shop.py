"""Complaints of a new shop that does not understand how it works."""

from __future__ import annotations

from allocator.complaints.cartons import not_got
from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket
from allocator.complaints.own_tier import TIER, lower_tier_used
from allocator.complaints.record import Judged, Reason, Where
from allocator.complaints.verdicts import joined
from allocator.wording import Fact


def newcomer(docket: Docket, complaint: Complaint) -> Judged:
    """New and confused: founded where an order departs from the rules; else explained afresh."""
    found = [lower_tier_used(docket, complaint)]
    who = docket.standing(complaint.retailer)
    if docket.run.findings is not None:
        found.append(not_got(docket, complaint))
    departs = [each for each in found if each is not None and each.verdict == "founded"]
    if departs:
        return joined(departs)
    key = (f"retailer_id={complaint.retailer}",)
    own = (Where("inputs/retailers.csv", "joined_on", key=key),)
    entry = docket.run.policy.grading.newcomers if docket.run.policy.grading else None
    joined_on = who.person.get("joined_on")
    if "newcomer" in str(who.graded.get("reason", "")).split() and entry is not None:
        facts: dict[str, Fact] = {"months": entry.months, "tier": who.tier}
        return Judged("unfounded", (Reason("newcomer", facts, own), Reason("visit", {})),
                      (Reason("newcomer", {}),), questions=("new", "grade"))  # fmt: skip
    if joined_on is None:
        return Judged("undecidable", (Reason("joined-unknown", {}, own),), (Reason("open", {}),),
                      missing=("retailers.joined_on",), questions=("grade",))  # fmt: skip
    code = "no-newcomer-rule" if entry is None else "not-new"
    return Judged("unfounded", (Reason(code, {"joined_on": joined_on}, own),),
                  (Reason("not-new", {"joined_on": joined_on}),), questions=TIER)  # fmt: skip
