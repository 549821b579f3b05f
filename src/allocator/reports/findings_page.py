"""The audit as one page: counts, findings rule by rule, order-takers, what passed, what lacked.

``findings.html`` is one file without scripts or links to elsewhere. It names shops and people:
it stays in the house.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import polars as pl

from allocator.auditing.findings import KINDS, Coverage, Findings, standing
from allocator.auditing.output import column_names, coverage_note, tell
from allocator.auditing.pages import page_if_any
from allocator.auditing.triage import Tally, clean, gaps, largest, tallies
from allocator.auditing.words import (
    head_sentences,
    marks_told,
    rule_name,
    suppression_remarks,
    text,
)
from allocator.reports.figures import render
from allocator.reports.order_takers import order_takers
from allocator.wording import Fact, say, spell

MOST_CASES: Final = 20
"""Findings of one rule on the page, the largest; findings.csv has all."""

FIRST_CASES: Final = 4
"""Of these, unfolded with the rule."""

OPEN_RULES: Final = 4
"""Rules whose findings are unfolded at once."""

MOST_GONE: Final = 50
"""Findings of the baseline that are gone."""

MOST_PLACE: Final = 160
"""Letters of the places of one finding; findings.csv has all rows."""


@dataclass(frozen=True, slots=True)
class _Tile:
    label: str
    value: str
    tone: str


@dataclass(frozen=True, slots=True)
class _Case:
    """One finding as it is told."""

    message: str
    remedy: str
    marks: Sequence[str]
    place: str
    fingerprint: str
    aside: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """One rule with its largest findings.

    part : its findings as per cent of those of the rule that has most
    first : cases that are unfolded with the rule
    """

    id: str
    code: str
    name: str
    kind: str
    count: str
    why: str
    part: int
    cases: Sequence[_Case]
    first: int
    more: str
    open: bool


def findings_page(findings: Findings, title: str, language: str = "en") -> str:
    """The page, self-contained; every text from the tables and the policy is escaped.

    title : of the policy, or what was audited
    """
    word = partial(text, language=language)
    found = tallies(findings)
    most = max((tally.found for tally in found), default=1)
    facts: dict[str, Fact] = {"cycle": findings.cycle, "as_of": findings.as_of}
    heading = "page-title" if findings.cycle else "page-title-no-cycle"
    content: dict[str, Any] = {
        "tiles": _tiles(findings, language),
        "head": _head(findings, language),
        "remarks": suppression_remarks(findings, language),
        "kinds": [
            (kind, [_group(findings, tally, n, most, language) for n, tally in enumerate(own)])
            for kind in ("violation", "data", "alert")
            if (own := [tally for tally in found if tally.kind == kind])
        ],
        "clerks": order_takers(findings, language),
        "gone": _gone(findings, language),
        "answers": _answers(findings, language),
        "gaps": _gaps(findings, language),
        "checked": _checked(findings, language),
    }
    return render(
        "findings.html",
        language,
        title=title,
        heading=say("audit", heading, facts, language),
        foot=word("page-foot"),
        met=word("page-met", as_of=findings.as_of, lines=findings.lines),
        word=word,
        sections=_sections(content, language),
        **content,
    )


def _sections(content: dict[str, Any], language: str) -> list[tuple[str, str]]:
    """Anchors and labels of what the page has."""
    kinds = [(kind, f"page-{kind}") for kind, _ in content["kinds"]]
    others = [(key, f"page-{key}") for key in ("clerks", "gaps", "checked") if content[key]]
    return [(anchor, text(code, language)) for anchor, code in (*kinds, *others)]


def _tiles(findings: Findings, language: str) -> list[_Tile]:
    """Counts of what stands open, then of what does not, then of rules."""
    opened = dict(standing(findings).group_by("kind").len().iter_rows())
    frame = findings.frame
    tiles = [
        ("violation", opened.get("violation", 0), "bad" if opened.get("violation") else "good"),
        ("alert", opened.get("alert", 0), "look" if opened.get("alert") else "good"),
    ]
    if "data" in opened:
        tiles.append(("data", opened["data"], "data"))
    if "baseline" in frame.columns and findings.gone is not None:
        tiles.append(("known", frame.filter(pl.col("baseline") == "known").height, "quiet"))
        tiles.append(("gone", findings.gone.height, "good" if findings.gone.height else "quiet"))
    if "reason" in frame.columns:
        tiles.append(("suppressed", frame["reason"].count(), "quiet"))
    unchecked = sum(entry.state == "not-checked" for entry in findings.coverage)
    tiles.append(("passed", len(clean(findings)), "good"))
    tiles.append(("unchecked", unchecked, "quiet"))
    return [
        _Tile(text(f"tile-{code}", language), spell(int(count), language), tone)
        for code, count, tone in tiles
    ]


def _head(findings: Findings, language: str) -> list[str]:
    told = head_sentences(findings, language)
    if not len(findings):
        told.append(say("findings", "screen-none", {}, language))
    return told


def _group(findings: Findings, tally: Tally, place: int, most: int, language: str) -> _Group:
    entry = tally.coverage
    shown = replace(findings, frame=largest(findings, tally, MOST_CASES))
    cases = [
        _Case(
            message=row["message"],
            remedy=row["remedy"],
            marks=marks_told(row, language),
            place=_cut(row["evidence"]),
            fingerprint=row["fingerprint"],
            aside=row.get("reason") is not None or row.get("baseline") == "known",
        )
        for row in tell(shown, language).iter_rows(named=True)
    ]
    more = tally.found - len(cases)
    page = page_if_any(entry.code, language)
    return _Group(
        id=f"{tally.kind}-{entry.rule}",
        code=entry.code,
        name=say("findings", f"rule-{entry.rule}", {}, language),
        kind=tally.kind,
        count=_count(tally, language),
        why="" if page is None else page.title,
        part=max(1, tally.found * 100 // most),
        cases=cases,
        first=FIRST_CASES,
        more=text("more-in-file", language, count=more) if more else "",
        open=place < OPEN_RULES,
    )


def _count(tally: Tally, language: str) -> str:
    if tally.open == tally.found:
        return spell(tally.found, language)
    return text("open-of", language, open=tally.open, found=tally.found)


def _cut(place: str) -> str:
    return place if len(place) <= MOST_PLACE else place[: MOST_PLACE - 1] + "…"


def _gone(findings: Findings, language: str) -> dict[str, Any] | None:
    if findings.gone is None or findings.gone.is_empty():
        return None
    more = findings.gone.height - MOST_GONE
    return {
        "title": text("gone-title", language, count=findings.gone.height),
        "cases": [
            row["message"] or f"{row['code'] or row['rule'] or ''} {row['subject_id'] or ''}"
            for row in findings.gone.head(MOST_GONE).iter_rows(named=True)
        ],
        "more": text("more-gone", language, count=more) if more > 0 else "",
    }


def _answers(findings: Findings, language: str) -> list[str]:
    """Every entry of the list of suppressions that is in use."""
    return [
        text(
            "answer-told",
            language,
            what=entry.fingerprint or f"{entry.rule} {entry.subject}",
            count=entry.matched,
            reason=entry.reason,
            approver=entry.approver,
            until=entry.until,
        )
        for entry in findings.suppressions
        if entry.state == "used"
    ]


def _gaps(findings: Findings, language: str) -> list[dict[str, str]]:
    def names(entries: Sequence[Coverage]) -> str:
        return text("list-joint", language).join(rule_name(entry, language) for entry in entries)

    return [
        {
            "column": column_names([gap.column], language),
            "rules": names(gap.rules),
            "details": names(gap.details),
        }
        for gap in gaps(findings)
    ]


def _checked(findings: Findings, language: str) -> list[dict[str, Any]]:
    """All rules with what they looked at."""
    return [
        {
            "code": entry.code,
            "name": say("findings", f"rule-{entry.rule}", {}, language),
            "note": coverage_note(entry, language),
            "state": "quiet" if entry.state != "checked" or not entry.checked else "plain",
            "cells": [
                spell(count, language) if entry.state == "checked" else "–"
                for count in (entry.found, entry.checked, entry.passed, entry.not_checked)
            ],
        }
        for entry in sorted(findings.coverage, key=lambda entry: KINDS.index(entry.kind))
    ]
