"""A complaint as it is taken down: who, about what, and of which kind.

Staff give the kind; nothing is guessed from a text. Kinds about allocation are judged from the
run. Other matters, and anger without a claim, go to whoever can do something about them (N13).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from allocator.errors import BadRequest
from allocator.explanation.sentences import plain

JUDGED: Final = (
    "less-than-equal",
    "less-than-similar",
    "tier-down",
    "not-got",
    "never-available",
    "new",
    "cancelled",
)
"""Kinds that a run can decide."""

ROUTED: Final = ("counterfeit", "delivery", "quality", "service", "venting")
"""Kinds that are passed on, each to somebody else (``route-<kind>``)."""

KINDS: Final = (*JUDGED, *ROUTED)

NEEDS_PRODUCT: Final = ("never-available",)
"""Kinds that say nothing without a product."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint.

    retailer : who complains; kind : one of ``KINDS``; product : ``None`` = all that was ordered
    about : another retailer that the complaint names
    said : cartons that the shop says it asked for, where it says so
    number, received_on, text : as in the register; carried along, not interpreted
    file, sheet, row : where it stands in a table of complaints

    Raises
    ------
    BadRequest : no such kind, the product is missing that the kind needs, the shop complains
        about itself, or a number below 0
    """

    retailer: str
    kind: str
    product: str | None = None
    about: str | None = None
    said: int | None = None
    number: str | None = None
    received_on: date | None = None
    text: str | None = None
    file: str | None = field(default=None, compare=False)
    sheet: str | None = field(default=None, compare=False)
    row: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            known = ", ".join(KINDS)
            raise BadRequest("complaint-kind", kind=plain(str(self.kind))[:80], known=known)
        if self.kind in NEEDS_PRODUCT and not self.product:
            raise BadRequest("complaint-product", kind=self.kind)
        if self.about is not None and self.about == self.retailer:
            raise BadRequest("against-itself", retailer=plain(self.retailer)[:80])
        if self.said is not None and self.said < 0:
            raise BadRequest("complaint-said", said=self.said)
