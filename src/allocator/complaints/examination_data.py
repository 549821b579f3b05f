"""An examination as plain data, and many as one table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import polars as pl

from allocator.complaints.examination_letter import (
    named,
    place,
    remedy_told,
    speech,
    spoken,
)
from allocator.explanation.sentences import sentence
from allocator.wording import say

if TYPE_CHECKING:
    from allocator.complaints.record import Examination

COLUMNS = (
    "number", "received_on", "retailer_id", "kind", "product_id", "about", "said", "verdict",
    "reason", "evidence", "missing", "findings", "owed", "from_reserve", "remedy", "told", "text",
)  # fmt: skip
"""Columns of ``complaints.csv``."""


def document(examined: Examination, language: str) -> dict[str, Any]:
    """Plain data; ``told`` is what may be shown to the shop, nothing else is."""
    complaint, names = examined.complaint, examined.names
    return {
        "for": "staff",
        "number": complaint.number,
        "received_on": complaint.received_on and complaint.received_on.isoformat(),
        "retailer": complaint.retailer,
        "kind": complaint.kind,
        "product": complaint.product,
        "about": complaint.about,
        "said": complaint.said,
        "language": language,
        "verdict": examined.verdict,
        "reasons": [
            {
                "code": reason.code,
                "facts": {key: _plainly(value) for key, value in reason.facts.items()},
                "sentence": spoken(reason, names, language),
                "evidence": [
                    {"file": where.file, "sheet": where.sheet, "rows": list(where.rows),
                     "key": list(where.key), "column": where.column}
                    for where in reason.evidence
                ],
            }
            for reason in examined.reasons
        ],
        "missing": list(examined.missing),
        "unchecked": list(examined.unchecked),
        "findings": [] if examined.findings is None else [
            {"code": found.code, "rule": found.rule, "fingerprint": found.fingerprint}
            for found in examined.findings
        ],
        "remedies": [
            {"product": remedy.product, "owed": remedy.owed, "reserve": remedy.reserve,
             "from_reserve": remedy.from_reserve, "released": remedy.released,
             "uncovered": remedy.uncovered}
            for remedy in examined.remedies
        ],
        "told": {
            "opening": [spoken(line, names, language, told=True) for line in examined.opening],
            "claims": [
                {"code": claim.code, "sentence": sentence(claim, names, language)}
                for claim in examined.told
            ],
        },
    }  # fmt: skip


def _plainly(value: object) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


def table(examined: Iterable[Examination], language: str = "en") -> pl.DataFrame:
    """One row for each complaint, columns ``COLUMNS``, in their order; texts in one language."""
    rows = [_row(each, language) for each in examined]
    schema = dict.fromkeys(COLUMNS, pl.String())
    numbers = {"said": pl.Int64(), "owed": pl.Int64(), "from_reserve": pl.Int64()}
    return pl.DataFrame(rows, schema=schema | numbers | {"received_on": pl.Date()}, orient="row")


def _row(examined: Examination, language: str) -> tuple[object, ...]:
    complaint, names = examined.complaint, examined.names
    places = (where for reason in examined.reasons for where in reason.evidence)
    found = [] if examined.findings is None else list(examined.findings)
    remedies = examined.remedies
    return (
        complaint.number,
        complaint.received_on,
        complaint.retailer,
        complaint.kind,
        complaint.product,
        complaint.about,
        complaint.said,
        examined.verdict,
        " ".join(spoken(reason, names, language) for reason in examined.reasons),
        "; ".join(dict.fromkeys(place(where, language) for where in places)),
        named(examined.missing, language),
        ", ".join(f"{finding.code} {finding.fingerprint}" for finding in found),
        sum(remedy.owed for remedy in remedies) if remedies else None,
        sum(remedy.from_reserve or 0 for remedy in remedies) if remedies else None,
        " ".join(remedy_told(remedy, names, language) for remedy in remedies),
        " ".join(speech(examined, language).split("\n")).strip(),
        complaint.text,
    )


def counted(examined: Iterable[Examination], language: str) -> list[str]:
    """How many of each verdict, a sentence each."""
    verdicts = [each.verdict for each in examined]
    return [
        say("complaints", f"count-{word}", {"count": verdicts.count(word)}, language)
        for word in ("founded", "unfounded", "undecidable", "routed")
    ]
