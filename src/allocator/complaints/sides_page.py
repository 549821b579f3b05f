"""Two retailers side by side as a page that refuses to be printed, and as plain data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from allocator.auditing.sentences import speak
from allocator.complaints.sides_letter import departures, label, product_title, value_of, verdict
from allocator.complaints.sides_lines import SideLine
from allocator.explanation.sentences import plain
from allocator.reports.figures import render
from allocator.wording import Fact, say

if TYPE_CHECKING:
    from allocator.complaints.sides import ProductSides, SideBySide


def page(sides: SideBySide, language: str) -> str:
    """One self-contained page; every value is escaped, nothing is fetched."""
    word = partial(_word, language=language)
    deciding = {id(line) for own in sides.products if (line := sides.line(own)) is not None}
    shops = (
        f"A · {sides.name or sides.retailer} · {sides.retailer}",
        f"B · {sides.other_name or sides.other} · {sides.other}",
    )
    return render(
        "sides.html",
        language,
        title=word("sides-title"),
        heading=word("sides-heading"),
        foot=word("sides-internal"),
        met=word("sides-head", cycle=plain(sides.cycle), on=sides.on),
        word=word,
        shops=shops,
        lines=_rows(sides.lines, deciding, language),
        products=[
            {
                "title": product_title(own.name, own.product, language),
                "lines": _rows(own.lines, deciding, language),
                "verdict": verdict(sides.line(own), language),
                "same": own.deciding is None,
                "departures": list(departures(sides, own, language)),
            }
            for own in sides.products
        ],
        findings=_findings(sides, language),
    )


def _word(code: str, *, language: str, **facts: Fact) -> str:
    return say("complaints", code, facts, language)


def _rows(lines: Sequence[SideLine], deciding: set[int], language: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label(line, language),
            "values": [value_of(line, value, language) for value in (line.one, line.other)],
            "same": line.same,
            "decides": id(line) in deciding,
            "place": f"{line.file} {line.column}",
        }
        for line in lines
    ]


def _findings(sides: SideBySide, language: str) -> list[dict[str, str]] | None:
    if sides.findings is None:
        return None
    spoken = speak(sides.findings, language)
    return [
        {"code": found.code, "kind": found.kind, "message": plain(message), "remedy": plain(remedy)}
        for found, (message, remedy) in zip(sides.findings, spoken, strict=True)
    ]


def document(sides: SideBySide, language: str) -> dict[str, Any]:
    """Plain data; ``for`` says who may see it."""
    told = list(sides.lines)
    return {
        "for": "staff",
        "notice": say("complaints", "sides-internal", {}, language),
        "cycle": sides.cycle,
        "on": sides.on.isoformat(),
        "language": language,
        "retailers": [
            {"retailer": sides.retailer, "name": sides.name},
            {"retailer": sides.other, "name": sides.other_name},
        ],
        "lines": [_line(line, language) for line in told],
        "first": sides.first,
        "products": [_product(sides, own, language) for own in sides.products],
        "findings": _found(sides, language),
    }


def _product(sides: SideBySide, own: ProductSides, language: str) -> dict[str, Any]:
    line = sides.line(own)
    return {
        "product": own.product,
        "name": own.name,
        "lines": [_line(line, language) for line in own.lines],
        "deciding": None if line is None else _line(line, language),
    }


def _line(line: SideLine, language: str) -> dict[str, Any]:
    told = {
        "code": line.code,
        "about": line.about,
        "label": label(line, language),
        "values": [_plainly(line.one), _plainly(line.other)],
        "unit": line.unit,
        "same": line.same,
        "file": line.file,
        "column": line.column,
    }
    return {key: value for key, value in told.items() if value != ""}


def _plainly(value: Fact) -> str | int | None:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def _found(sides: SideBySide, language: str) -> list[dict[str, Any]] | None:
    if sides.findings is None:
        return None
    return [
        {
            "code": found.code,
            "rule": found.rule,
            "kind": found.kind,
            "retailer_id": found.retailer_id,
            "product_id": found.product_id,
            "order_id": found.order_id,
            "message": message,
            "remedy": remedy,
            "fingerprint": found.fingerprint,
            "evidence": json.loads(json.dumps(list(found.evidence))),
        }
        for found, (message, remedy) in zip(
            sides.findings, speak(sides.findings, language), strict=True
        )
    ]
