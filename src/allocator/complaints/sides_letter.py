"""Two retailers side by side as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from allocator.auditing.sentences import speak
from allocator.complaints.sides_lines import SideLine
from allocator.explanation.sentences import plain
from allocator.wording import Fact, catalogue, say, spell

if TYPE_CHECKING:
    from allocator.complaints.sides import ProductSides, SideBySide

WORDED = ("status", "rhythm", "due")
"""Lines whose values are words of the catalogue."""


def letter(sides: SideBySide, language: str) -> str:
    """The warning, both shops, every line, the lines that decide marked, then the findings."""
    told = [say("complaints", "sides-internal", {}, language), *_head(sides, language), ""]
    told += _table(sides, sides.lines, language)
    for own in sides.products:
        line = sides.line(own)
        told += ["", product_title(own.name, own.product, language)]
        told += _table(sides, own.lines, language)
        told += [verdict(line, language), *departures(sides, own, language)]
    told += ["", *_findings(sides, language)]
    return "\n".join(told) + "\n"


def product_title(name: str, product: str, language: str) -> str:
    """Name and code."""
    facts: dict[str, Fact] = {"name": name, "product": product}
    return product if name == product else say("complaints", "sides-product", facts, language)


def verdict(line: SideLine | None, language: str) -> str:
    """Which line decides about a product."""
    if line is None:
        return say("complaints", "sides-same", {}, language)
    return say("complaints", "sides-decides", {"line": label(line, language)}, language)


def departures(sides: SideBySide, own: ProductSides, language: str) -> Iterator[str]:
    """A sentence for each shop for which something else was entered than the rule gives."""
    values = {line.code: (line.one, line.other) for line in own.lines}
    given = zip("AB", values.get("award", ()), values.get("granted", ()), strict=False)
    for shop, award, granted in given:
        if granted is not None and granted != award:
            facts: dict[str, Fact] = {"shop": shop, "award": award, "granted": granted}
            yield say("complaints", "sides-departs", facts, language)


def label(line: SideLine, language: str) -> str:
    """What a line is called, with its item or rule."""
    if not line.about:
        return say("complaints", f"line-{line.code}", {}, language)
    code = f"rule-{line.about}" if line.code == "move" else f"item-{line.about}"
    known = code in catalogue("complaints", language)
    about = say("complaints", code, {}, language) if known else plain(line.about)
    return say("complaints", f"line-{line.code}", {"about": about}, language)


def value_of(line: SideLine, value: Fact, language: str) -> str:
    """A value as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, str):
        code = f"{line.code}-{value}"
        if line.code in WORDED and code in catalogue("complaints", language):
            return say("complaints", code, {}, language)
        return plain(value) or "–"
    spelt = spell(value, language)
    if line.unit:
        return say("complaints", f"unit-{line.unit}", {"value": spelt}, language)
    return spelt


def _head(sides: SideBySide, language: str) -> Iterator[str]:
    facts: dict[str, Fact] = {"cycle": plain(sides.cycle), "on": sides.on}
    yield say("complaints", "sides-head", facts, language)
    for mark, name, retailer in (
        ("A", sides.name, sides.retailer),
        ("B", sides.other_name, sides.other),
    ):
        yield f"{mark}  {' · '.join(part for part in (name, retailer) if part)}"


def _table(sides: SideBySide, lines: Sequence[SideLine], language: str) -> Iterator[str]:
    """One row a line: label, both values; ``≠`` where they differ, ``►`` where that decides."""
    from rich.cells import cell_len, set_cell_size  # Chinese letters are two columns wide

    about = {id(line) for own in sides.products if (line := sides.line(own)) is not None}
    rows = [
        (
            label(line, language),
            value_of(line, line.one, language),
            value_of(line, line.other, language),
        )
        for line in lines
    ]
    wide = [max([cell_len(row[k]) for row in rows] or [0]) for k in range(3)]
    if lines is sides.lines:
        yield f"    {set_cell_size('', wide[0])}  {'A'.rjust(wide[1])}  {'B'.rjust(wide[2])}"
    for line, (name, one, other) in zip(lines, rows, strict=True):
        mark = "►" if id(line) in about else " "
        unlike = " " if line.same else "≠"
        left, right = (
            " " * (width - cell_len(text)) + text
            for width, text in zip(wide[1:], (one, other), strict=True)
        )
        yield f"{mark} {unlike} {set_cell_size(name, wide[0])}  {left}  {right}".rstrip()


def _findings(sides: SideBySide, language: str) -> Iterator[str]:
    if sides.findings is None:
        yield say("complaints", "sides-not-audited", {}, language)
        return
    count = sides.findings.frame.height
    yield say("complaints", "sides-findings", {"count": count}, language)
    for finding, (message, remedy) in zip(
        sides.findings, speak(sides.findings, language), strict=True
    ):
        yield f"  {finding.code} {plain(message)}"
        yield f"      {plain(remedy)}"
