"""Shops that get nothing in a cycle whatever they order: not active, without a tier, not due."""

from __future__ import annotations

from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket
from allocator.complaints.record import Judged, Reason, Where
from allocator.complaints.verdicts import undecidable
from allocator.wording import Fact


def outside(docket: Docket, complaint: Complaint) -> Judged | None:
    """Why a shop is outside the cycle, as its card says it; ``None`` where it takes part."""
    who, key = docket.standing(complaint.retailer), (f"retailer_id={complaint.retailer}",)
    cycle: dict[str, Fact] = {"cycle": docket.run.cycle}
    if who.status not in (None, "active"):
        place = Where("inputs/retailers.csv", "status", key=key)
        if who.status == "stopped":
            place = Where("inputs/sanctions.csv", "kind", key=(*key, "kind=suspend"))
        status: dict[str, Fact] = {"status": who.status}
        return Judged("unfounded", (Reason("not-active", status | cycle, (place,)),),
                      (Reason("not-active", status),), questions=("penalty",))  # fmt: skip
    if who.tier is None:
        where = (Where("grading.csv", "tier reason", key=key),)
        return undecidable("no-tier", cycle, missing=("sales", "retailers.tier"), evidence=where)
    if not who.due:
        place = Where("inputs/retailers.csv", "order_cycle", key=key)
        return Judged("unfounded", (Reason("not-due", cycle, (place,)),), (Reason("not-due", {}),))
    return None
