"""Findings as SARIF 2.1.0, which review tools read: rules with their pages, results with places.

A violation fails, an alert asks for review (``kind: review``: it accuses nobody). Rules that found
nothing are told as ``pass`` with the lines they looked at, rules that lacked a column as ``open``.
Files are named, never where they lie.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from allocator.auditing.findings import Coverage, Finding, Findings
from allocator.auditing.output import column_names, row_runs
from allocator.auditing.pages import as_markdown, page_if_any
from allocator.auditing.sentences import speak
from allocator.wording import say

VERSION = "2.1.0"
SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"

FINGERPRINT = "allocatorFinding/v1"
"""Name and version of what makes two findings the same (``inspection.IDENTITY``)."""

MOST_PLACES = 50
"""Places of one result: above it nobody clicks through; findings.csv names every row."""

LEVELS = {"violation": "error", "data": "warning", "alert": "none"}
KINDS = {"violation": "fail", "data": "fail", "alert": "review"}

Json = dict[str, Any]


def write_findings_sarif(
    findings: Findings, path: Path, language: str = "en", *, version: str = ""
) -> None:
    """Write findings.sarif, one result a line.

    version : of this library
    """
    run = {
        "tool": {"driver": _driver(findings, language, version)},
        "language": "zh-CN" if language == "zh-CN" else "en-US",
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"allocator audit/{quote(findings.cycle or '-')}"},
        "artifacts": _artifacts(findings),
        "invocations": [{"executionSuccessful": True}],
        "properties": {
            "cycle": findings.cycle,
            "asOf": findings.as_of.isoformat(),
            "lines": findings.lines,
            "aside": dict(findings.aside),
        },
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"$schema": "{SCHEMA_URI}", "version": "{VERSION}", "runs": [')
        file.write(_spelt(run)[:-1] + ', "results": [')
        for number, result in enumerate(results(findings, language)):
            file.write(("," if number else "") + "\n" + _spelt(result))
        file.write("\n]}]}\n")


def _spelt(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)


def results(findings: Findings, language: str = "en") -> Iterator[Json]:
    """Findings, then what is gone since the baseline, then rules that passed or lacked a column."""
    index = {entry.rule: number for number, entry in enumerate(findings.coverage)}
    files = {entry["location"]["uri"]: n for n, entry in enumerate(_artifacts(findings))}
    listed, compared = bool(findings.suppressions), findings.gone is not None
    for finding, (message, remedy) in zip(findings, speak(findings, language), strict=True):
        result = _result(finding, message, remedy, files)
        result["ruleIndex"] = index[finding.rule]
        if listed:
            result["suppressions"] = _suppression(finding)
        if compared:
            result["baselineState"] = "new" if finding.baseline == "new" else "unchanged"
        yield result
    if findings.gone is not None:
        for row in findings.gone.iter_rows(named=True):
            yield _absent(row)
    for number, entry in enumerate(findings.coverage):
        if not entry.found and entry.state != "ignored":
            told = _passed(entry, language) | {"ruleIndex": number}
            yield told | ({"baselineState": "unchanged"} if compared else {})


def _result(finding: Finding, message: str, remedy: str, files: Mapping[str, int]) -> Json:
    first: list[Json] = []
    others: list[Json] = []
    rows = 0
    for number, place in enumerate(finding.evidence):
        (others if number else first).extend(_places(place, files))
        listed: Any = place["rows"]
        rows += len(listed)
    told: Json = {
        "ruleId": finding.code,
        "kind": KINDS[finding.kind],
        "level": LEVELS[finding.kind],
        "message": {"text": f"{message} {remedy}"},
        "locations": first[:MOST_PLACES],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {
            "kind": finding.kind,
            "severity": finding.severity,
            finding.subject: finding.subject_id,
            "observed": finding.observed,
            "limit": finding.limit,
            "unit": finding.unit,
            "policy": finding.policy,
            "rows": rows,
        },
    }
    if others:
        told["relatedLocations"] = others[:MOST_PLACES]
    return told


def _places(place: Mapping[str, Any], files: Mapping[str, int]) -> Iterator[Json]:
    """Rows of one table; neighbours together, in a sheet with the sheet's name."""
    table, file, sheet = place["table"], place["file"], place["sheet"]
    for first, last in row_runs(place["rows"]):
        where = f"{table}:{first}" if first == last else f"{table}:{first}-{last}"
        told: Json = {}
        if file is not None:
            uri = quote(file)
            told["physicalLocation"] = {
                "artifactLocation": {"uri": uri, "index": files[uri]},
                "region": {"startLine": first, "endLine": last},
            }
        if sheet is not None or file is None:
            name = sheet if sheet is not None else table
            told["logicalLocations"] = [
                {
                    "name": name,
                    "fullyQualifiedName": f"{file or table}[{sheet}]" if sheet else table,
                    "kind": "sheet" if sheet is not None else "table",
                }
            ]
        yield told | {"message": {"text": where}}


def _suppression(finding: Finding) -> list[Json]:
    if finding.reason is None:
        return []
    until = "" if finding.until is None else finding.until.isoformat()
    return [
        {
            "kind": "external",
            "status": "accepted",
            "justification": finding.reason,
            "properties": {"approver": finding.approver, "until": until},
        }
    ]


def _absent(row: Mapping[str, str | None]) -> Json:
    """A finding of the baseline that is found no more."""
    kind = row["kind"] if row["kind"] in KINDS else "violation"
    words = (row["message"], row["code"], row["rule"], row["fingerprint"])
    told: Json = {
        "kind": KINDS[kind],
        "level": LEVELS[kind],
        "message": {"text": next(word for word in words if word)},
        "partialFingerprints": {FINGERPRINT: row["fingerprint"]},
        "baselineState": "absent",
    }
    return told | ({"ruleId": row["code"]} if row["code"] else {})


def _passed(entry: Coverage, language: str) -> Json:
    if entry.state == "not-checked":
        kind, facts = "open", {"columns": column_names(entry.missing, language)}
        words = say("findings", "state-not-checked", facts, language)
    elif entry.checked:
        kind = "pass"
        words = say("audit", "sarif-pass", {"count": entry.checked}, language)
    else:
        kind, words = "notApplicable", say("audit", "sarif-idle", {}, language)
    return {
        "ruleId": entry.code,
        "kind": kind,
        "level": "none",
        "message": {"text": words},
        "properties": {"checked": entry.checked, "notChecked": entry.not_checked},
    }


def _driver(findings: Findings, language: str, version: str) -> Json:
    driver: Json = {
        "name": "allocator",
        "fullName": say("audit", "sarif-tool", {}, language),
        "language": "zh-CN" if language == "zh-CN" else "en-US",
        "rules": [_descriptor(entry, language) for entry in findings.coverage],
    }
    return driver | ({"version": version} if version else {})


def _descriptor(entry: Coverage, language: str) -> Json:
    """A rule with its page."""
    name = say("findings", f"rule-{entry.rule}", {}, language)
    page = page_if_any(entry.code, language)
    told: Json = {
        "id": entry.code,
        "name": entry.rule,
        "shortDescription": {"text": name},
        "fullDescription": {"text": name if page is None else page.title},
        "defaultConfiguration": {
            "enabled": entry.state != "ignored",
            "level": LEVELS[entry.kind],
        },
        "properties": {"tags": [entry.kind]},
    }
    if page is None:
        return told
    parts = [page.title, *(f"{heading}\n{body}" for heading, body in page.sections)]
    help_ = {"text": "\n\n".join(parts), "markdown": as_markdown(page, language)}
    return told | {"help": help_}


def _artifacts(findings: Findings) -> list[Json]:
    """Files that findings point into, each once, in order of name."""
    tables: dict[str, set[str]] = {}
    for places in findings.frame.get_column("evidence"):
        for place in places:
            if place["file"] is not None:
                tables.setdefault(quote(place["file"]), set()).add(place["table"])
    return [
        {
            "location": {"uri": uri},
            "description": {"text": ", ".join(sorted(tables[uri]))},
            "roles": ["analysisTarget"],
        }
        for uri in sorted(tables)
    ]
