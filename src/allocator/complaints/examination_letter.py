"""An examination as plain text: first for staff, then, apart, what the shop is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from allocator.auditing.output import column_names, row_runs
from allocator.auditing.sentences import speak
from allocator.complaints.record import MakeUp, Reason, Where
from allocator.explanation.letter import whom_to_call
from allocator.explanation.sentences import plain, sentence
from allocator.wording import Fact, catalogue, listed, say

if TYPE_CHECKING:
    from allocator.complaints.record import Examination


def letter(examined: Examination, language: str) -> str:
    """Verdict, reasons with their places, findings, remedies; then what the shop is told."""
    told = [say("complaints", "examined-internal", {}, language), heading(examined, language), ""]
    for reason in examined.reasons:
        told.append(spoken(reason, examined.names, language))
        told += [f"    {place(where, language)}" for where in reason.evidence]
    told += _missing(examined, language)
    told += _findings(examined, language)
    told += [remedy_told(remedy, examined.names, language) for remedy in examined.remedies]
    told += ["", say("complaints", "examined-told", {}, language), ""]
    told += [f"  {line}" for line in speech(examined, language).splitlines()]
    return "\n".join(told) + "\n"


def heading(examined: Examination, language: str) -> str:
    """Who complains, of what, and the verdict."""
    complaint = examined.complaint
    product = complaint.product
    facts: dict[str, Fact] = {
        "retailer": plain(complaint.retailer),
        "kind": say("complaints", f"kind-{complaint.kind}", {}, language),
        "verdict": _verdict(examined, language),
        "product": plain(examined.names.get(product, product)) if product else "",
        "number": plain(complaint.number or ""),
    }
    code = "examined-head" + ("-product" if product else "")
    text = say("complaints", code, facts, language)
    return f"{facts['number']}  {text}" if complaint.number else text


def _verdict(examined: Examination, language: str) -> str:
    """In words; that a new shop does not understand is not a claim that could be untrue."""
    code = f"verdict-{examined.verdict}"
    own = f"{code}-{examined.complaint.kind}"
    return say(
        "complaints", own if own in catalogue("complaints", language) else code, {}, language
    )


def speech(examined: Examination, language: str) -> str:
    """What is said to the shop: its own figures only, and whom to call."""
    lines = [spoken(reason, examined.names, language, told=True) for reason in examined.opening]
    lines += [sentence(claim, examined.names, language) for claim in examined.told]
    lines.append(whom_to_call(examined.manager, examined.manager_phone, language))
    return "\n".join(lines) + "\n"


def spoken(reason: Reason, names: Mapping[str, str], language: str, *, told: bool = False) -> str:
    """The sentence of a reason; products by name."""
    facts = {key: _worded(key, value, names, language) for key, value in reason.facts.items()}
    if "status" in reason.facts:
        facts["status"] = say("complaints", f"status-{reason.facts['status']}", {}, language)
    if "step" in reason.facts:
        facts["step"] = _step(reason, language)
    return say("complaints", f"{'told' if told else 'why'}-{reason.code}", facts, language)


def _worded(key: str, value: Fact, names: Mapping[str, str], language: str) -> Fact:
    if not isinstance(value, str):
        return value
    return plain(names.get(value, value)) if key == "product" else plain(value)


def _step(reason: Reason, language: str) -> str:
    """The line at which two shops part, as the side-by-side view calls it."""
    about = str(reason.facts["about"])
    code = f"rule-{about}" if reason.facts["step"] == "move" else f"item-{about}"
    if about and code in catalogue("complaints", language):
        about = say("complaints", code, {}, language)
    return say("complaints", f"line-{reason.facts['step']}", {"about": about}, language)


def place(where: Where, language: str) -> str:
    """Where something stands, in words."""
    rows = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in row_runs(where.rows))
    facts: dict[str, Fact] = {
        "file": plain(where.file) + (f"[{plain(where.sheet)}]" if where.sheet else ""),
        "rows": rows or ", ".join(plain(part) for part in where.key),
        "column": where.column.replace(" ", ", "),
    }
    code = "place-rows" if rows else "place-key" if where.key else "place-column"
    return say("complaints", code, facts, language)


def remedy_told(remedy: MakeUp, names: Mapping[str, str], language: str) -> str:
    """What is owed and where it comes from."""
    facts: dict[str, Fact] = {
        "product": plain(names.get(remedy.product, remedy.product)),
        "owed": remedy.owed,
        "reserve": remedy.reserve,
        "part": remedy.from_reserve,
        "released": remedy.released,
        "rest": remedy.uncovered,
    }
    if remedy.reserve is None:
        return say("complaints", "remedy-unknown", facts, language)
    if remedy.from_reserve == remedy.owed:
        return say("complaints", "remedy-reserve", facts, language)
    code = "remedy-later" if remedy.uncovered else "remedy-released"
    return say("complaints", code, facts, language)


def _missing(examined: Examination, language: str) -> Iterator[str]:
    for code, columns in (("missing", examined.missing), ("unchecked", examined.unchecked)):
        if columns:
            facts: dict[str, Fact] = {"columns": named(columns, language)}
            yield say("complaints", f"examined-{code}", facts, language)


def named(columns: tuple[str, ...], language: str) -> str:
    """Tables and columns by name; a table alone stays as it is."""
    names = [
        say("complaints", f"table-{name}", {}, language)
        if f"table-{name}" in catalogue("complaints", language)
        else column_names([name], language)
        for name in columns
    ]
    return listed(names, language)


def _findings(examined: Examination, language: str) -> Iterator[str]:
    if examined.findings is None:
        return
    texts = speak(examined.findings, language)
    for finding, (message, _) in zip(examined.findings, texts, strict=True):
        facts: dict[str, Fact] = {
            "code": finding.code,
            "message": plain(message),
            "fingerprint": finding.fingerprint,
        }
        yield say("complaints", "examined-finding", facts, language)
