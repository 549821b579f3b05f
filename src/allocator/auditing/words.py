"""Words about findings that screen, page and workbook share: rules, counts, marks, units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from allocator.auditing.findings import Coverage, Findings, standing
from allocator.wording import Fact, say


def text(code: str, language: str, **facts: Fact) -> str:
    """A sentence of the domain ``audit``."""
    return say("audit", code, facts, language)


def rule_name(entry: Coverage, language: str) -> str:
    """Code and name of a rule."""
    return f"{entry.code} {say('findings', f'rule-{entry.rule}', {}, language)}"


def head_sentences(findings: Findings, language: str) -> list[str]:
    """What was audited, what was found, what stands aside: each a sentence."""
    told = [say("findings", "screen-lines", {"count": findings.lines}, language)]
    told += [
        say("findings", f"aside-{cause}", {"count": count}, language)
        for cause, count in findings.aside.items()
    ]
    return told


def counted(findings: Findings, language: str) -> str:
    """How many of each kind stand open, and what else there is."""
    opened = dict(standing(findings).group_by("kind").len().iter_rows())
    parts = [
        text(f"count-{kind}", language, count=opened.get(kind, 0))
        for kind in ("violation", "alert", "data")
        if kind != "data" or kind in opened
    ]
    frame = findings.frame
    for code, column, value in (("known", "baseline", "known"), ("suppressed", "reason", None)):
        if column in frame.columns:
            fits = pl.col(column).is_not_null() if value is None else pl.col(column) == value
            parts.append(text(f"count-{code}", language, count=frame.filter(fits).height))
    if findings.gone is not None:
        parts.append(text("count-gone", language, count=findings.gone.height))
    return text("list-joint", language).join(parts) + text("full-stop", language)


def marks_told(row: Mapping[str, Any], language: str) -> list[str]:
    """Whether a finding is new, known or answered for, as short texts."""
    told = []
    if row.get("baseline") is not None:
        told.append(text(f"mark-{row['baseline']}", language))
    if row.get("reason") is not None:
        names = ("reason", "approver", "until")
        facts = {name: row[name] for name in names}
        told.append(say("audit", "mark-suppressed", facts, language))
    return told


def suppression_remarks(findings: Findings, language: str) -> list[str]:
    """Entries that are expired or matched nothing, and a baseline with nothing in common."""
    told = []
    for entry in findings.suppressions:
        if entry.state == "used":
            continue
        facts: dict[str, Fact] = {
            "file": entry.file or "-",
            "row": entry.row or 0,
            "what": entry.fingerprint or f"{entry.rule} {entry.subject}",
            "until": entry.until,
            "approver": entry.approver,
            "as_of": findings.as_of,
        }
        told.append(say("audit", f"suppression-{entry.state}", facts, language))
    if findings.gone is not None and findings.gone.height:
        known = findings.frame.filter(pl.col("baseline") == "known").height
        if not known:
            told.append(text("baseline-nothing-common", language, count=findings.gone.height))
    return told


def unit_word(unit: str, language: str) -> str:
    """A unit as people write it; one that has no word stays as it is."""
    try:
        return text(f"unit-{unit}", language)
    except KeyError:
        return unit
