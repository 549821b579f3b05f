"""Verdicts that several kinds of complaint share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from allocator.complaints.docket import Docket
from allocator.complaints.record import Judged, Reason, Where, Word
from allocator.wording import Fact


def joined(judged: Sequence[Judged]) -> Judged:
    """Several verdicts as one, the deciding ones first; what is in order is told only if all is."""
    order: tuple[Word, ...] = ("founded", "undecidable", "unfounded")
    verdict = next(word for word in order if any(each.verdict == word for each in judged))
    told = [each for each in judged if each.verdict == verdict]
    return Judged(
        verdict,
        reasons=tuple(reason for each in told for reason in each.reasons),
        opening=_once(line for each in told for line in each.opening),
        codes=tuple(dict.fromkeys(code for each in told for code in each.codes)),
        missing=tuple(dict.fromkeys(name for each in told for name in each.missing)),
        owed=tuple(debt for each in told for debt in each.owed),
        questions=told[0].questions,
        products=tuple(dict.fromkeys(name for each in told for name in each.products)),
        unchecked=tuple(dict.fromkeys(name for each in told for name in each.unchecked)),
    )


def _once(lines: Iterable[Reason]) -> tuple[Reason, ...]:
    """The same sentence with the same facts is said once."""
    return tuple({(line.code, *map(str, line.facts.items())): line for line in lines}.values())


def undecidable(
    code: str,
    facts: dict[str, Fact],
    *,
    missing: tuple[str, ...],
    evidence: tuple[Where, ...] = (),
    opening: str = "open",
) -> Judged:
    """Nothing can be said, for lack of something that is named."""
    told = Reason(opening, {})
    return Judged("undecidable", (Reason(code, facts, evidence),), (told,), missing=missing)


def unheard(docket: Docket, rule: str) -> Judged | None:
    """Why a rule of the audit cannot tell anything: columns are absent, or it was left out."""
    entry = docket.coverage(rule)
    if entry is None or entry.state == "ignored":
        facts: dict[str, Fact] = {"rule": rule}
        return undecidable("rule-off", facts, missing=("policy.audit.rules",))
    if entry.state == "not-checked":
        missing = tuple(name if "." in name else f"orders.{name}" for name in entry.missing)
        facts = {"rule": entry.code}
        return undecidable("rule-unable", facts, missing=missing)
    return None
