"""findings.sarif against the schema of SARIF 2.1.0, and what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from jsonschema import Draft4Validator

from allocator.auditing.baseline import compare_findings
from allocator.auditing.findings import Findings
from allocator.auditing.sarif import write_findings_sarif
from allocator.auditing.suppression import Suppression, suppress_findings
from auditing.test_output import found

SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json"


@pytest.fixture(scope="module")
def schema() -> Draft4Validator:
    return Draft4Validator(
        json.loads(SCHEMA.read_bytes()), format_checker=Draft4Validator.FORMAT_CHECKER
    )


def log(findings: Findings, tmp_path: Path, language: str = "en") -> Any:
    write_findings_sarif(findings, tmp_path / "findings.sarif", language, version="0.1.0")
    return json.loads((tmp_path / "findings.sarif").read_text(encoding="utf-8"))


def answered() -> Findings:
    """One finding suppressed, two known to the baseline, one of the baseline gone."""
    findings = found()
    then = findings.frame.with_columns(
        fingerprint=findings.frame["fingerprint"].replace(
            {findings.frame["fingerprint"][0]: "0" * 32}
        )
    )
    compared = compare_findings(findings, replace(findings, frame=then))
    entry = Suppression("经批准的补订", "李主任", date(2099, 1, 1), rule="V02", subject="R*")
    return suppress_findings(compared, [entry])


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("make", [found, answered, lambda: found(None, None)])
def test_it_is_valid(make: Any, language: str, schema: Draft4Validator, tmp_path: Path) -> None:
    """Files and sheets, a dataframe without a file, baseline and suppressions, both languages."""
    assert not list(schema.iter_errors(log(make(), tmp_path, language)))


def test_a_wrong_log_would_be_refused(schema: Draft4Validator, tmp_path: Path) -> None:
    """The schema in hand does refuse."""
    wrong = log(found(), tmp_path)
    wrong["runs"][0]["results"][0]["level"] = "fatal"

    assert list(schema.iter_errors(wrong))


def test_a_result_names_rule_place_and_fingerprint(tmp_path: Path) -> None:
    """Row 2 of the sheet 电访 of orders.xlsx; the retailer's own row is related."""
    findings = found()
    run = log(findings, tmp_path)["runs"][0]
    result = next(entry for entry in run["results"] if entry["ruleId"] == "V02")
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    place = result["locations"][0]

    assert (rule["id"], rule["name"]) == ("V02", "below-standard")
    assert "Why it matters" in rule["help"]["text"]
    assert (result["kind"], result["level"]) == ("fail", "error")
    assert "Owed: 5 cartons." in result["message"]["text"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "orders.xlsx"
    assert place["physicalLocation"]["region"] == {"startLine": 2, "endLine": 2}
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "orders.xlsx[电访]"
    related = result["relatedLocations"][0]["physicalLocation"]
    assert related["artifactLocation"]["uri"] == "retailers.csv"
    expected = findings.frame.filter(code="V02")["fingerprint"][0]
    assert result["partialFingerprints"] == {"allocatorFinding/v1": expected}


def test_an_alert_asks_for_review_and_is_no_error(tmp_path: Path) -> None:
    """It accuses nobody: kind review, level none, as the standard wants of anything but fail."""
    findings = found()
    alerts = replace(findings, frame=findings.frame.with_columns(kind=pl.lit("alert")))
    told = [r for r in log(alerts, tmp_path)["runs"][0]["results"] if "partialFingerprints" in r]

    assert {(result["kind"], result["level"]) for result in told} == {("review", "none")}


def test_passes_and_what_could_not_be_checked_are_told(tmp_path: Path) -> None:
    """Every rule of the audit has a result: found, passed, not applicable, or open."""
    findings = found()
    run = log(findings, tmp_path)["runs"][0]
    kinds: dict[str, set[str]] = {}
    for result in run["results"]:
        kinds.setdefault(result["ruleId"], set()).add(result["kind"])

    assert kinds.keys() == {entry.code for entry in findings.coverage}
    assert kinds["V10"] == {"open"}
    assert kinds["V05"] == {"pass"}
    assert kinds["V02"] == {"fail"}


def test_baseline_and_suppressions(tmp_path: Path) -> None:
    """New, unchanged, absent; accepted with justification, others with an empty list."""
    run = log(answered(), tmp_path)["runs"][0]
    states = [entry["baselineState"] for entry in run["results"] if entry["kind"] == "fail"]
    below = next(entry for entry in run["results"] if entry["ruleId"] == "V02")
    over = next(entry for entry in run["results"] if entry["ruleId"] == "V01")

    assert states == ["new", "unchanged", "unchanged", "absent"]
    assert below["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "经批准的补订",
            "properties": {"approver": "李主任", "until": "2099-01-01"},
        }
    ]
    assert over["suppressions"] == []


def test_a_file_is_named_not_where_it_lies(tmp_path: Path) -> None:
    """Names with blanks and Chinese letters are escaped; no address leaves the folder."""
    text = json.dumps(log(found("订单 10月.xlsx"), tmp_path))

    assert "%E8%AE%A2%E5%8D%95%2010%E6%9C%88.xlsx" in text
    assert str(tmp_path) not in text


def test_same_findings_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        write_findings_sarif(found(), tmp_path / name)
        written.append((tmp_path / name).read_bytes())

    assert written[0] == written[1]
