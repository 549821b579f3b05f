"""Findings that somebody answered for, and findings against an earlier audit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from allocator.auditing.assembling import fingerprints
from allocator.auditing.baseline import compare_findings
from allocator.auditing.findings import Findings, reaches
from allocator.auditing.inspection import audit
from allocator.auditing.output import (
    summary,
    tell,
    write_findings_csv,
    write_findings_jsonl,
)
from allocator.auditing.screen import screen
from allocator.auditing.suppression import (
    MOST_PATTERNS,
    Suppression,
    suppress_findings,
)
from allocator.auditing.suppression_list import read_suppressions
from allocator.errors import BadTable
from allocator.reports.findings_workbook import write_findings_workbook
from auditing.test_output import found
from strategies import small_plan, table_of

UNTIL = date(2026, 12, 31)  # the standard of found() is of 2026-11-16


def answer(**fields: object) -> Suppression:
    """An entry that holds, but for what is given."""
    whole = {"reason": "核实为补订", "approver": "李主任", "until": UNTIL, **fields}
    return Suppression(**whole)  # type: ignore[arg-type]


def marked(findings: Findings) -> dict[str, str | None]:
    """Reason by code of rule."""
    return dict(findings.frame.select("code", "reason").iter_rows())


def shown(findings: Findings, language: str = "en") -> str:
    from rich.console import Console

    console = Console(width=200)
    with console.capture() as capture:
        console.print(screen(findings, language))
    return capture.get()


def test_a_fingerprint_sets_one_finding_apart_and_leaves_it_listed() -> None:
    findings = found()
    print_of = dict(findings.frame.select("code", "fingerprint").iter_rows())
    done = suppress_findings(findings, [answer(fingerprint=print_of["V02"])])

    assert marked(done) == {"V01": None, "V02": "核实为补订", "V03": None}
    assert summary(done)["findings"]["violation"] == 3
    assert summary(done)["open"]["violation"] == 2
    assert tell(done).filter(code="V02").select("reason", "approver", "until").row(0) == (
        "核实为补订", "李主任", UNTIL,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "subject", "expected"),
    [
        ("V02", "R1", {"V02"}),
        ("below-standard", "R1", {"V02"}),
        ("below-standard", "R*", {"V02"}),
        ("below-standard", "*", {"V02"}),
        ("below-standard", "R", set()),  # the whole identifier, not a part
        ("below-standard", ".*", set()),  # an asterisk is the only sign with a meaning
        ("over-quota", "=R3()", {"V01"}),
        ("over-quota", "=*()", {"V01"}),
        ("unequal-treatment", "P0103", {"V03"}),
    ],
)
def test_rule_and_subject_set_findings_apart(rule: str, subject: str, expected: set[str]) -> None:
    """By name or code of the rule; the subject is retailer, order, order-taker or product."""
    done = suppress_findings(found(), [answer(rule=rule, subject=subject)])

    assert {code for code, reason in marked(done).items() if reason} == expected
    assert [(e.state, e.matched) for e in done.suppressions] == [
        ("used", 1) if expected else ("unused", 0)
    ]


def test_suppressed_findings_do_not_stop_a_check() -> None:
    """All three answered for: exit status 0; one less, and it is 1 again."""
    entries = [answer(rule=rule, subject="*") for rule in ("V01", "V02", "V03")]

    assert reaches(found(), "violation")
    assert not reaches(suppress_findings(found(), entries), "violation")
    assert reaches(suppress_findings(found(), entries[1:]), "violation")


def test_the_last_day_counts_and_the_day_after_does_not() -> None:
    """2026-11-16 is the date of the standard."""
    for until, state in ((date(2026, 11, 16), "used"), (date(2026, 11, 15), "expired")):
        done = suppress_findings(found(), [answer(rule="V02", subject="*", until=until)])

        assert done.suppressions[0].state == state
        assert (marked(done)["V02"] is not None) == (state == "used")


def test_what_is_expired_or_unused_is_told() -> None:
    done = suppress_findings(
        found(),
        [
            answer(rule="V02", subject="*", until=date(2026, 1, 31), file="s.csv", row=2),
            answer(rule="V02", subject="R9", file="s.csv", row=3),
        ],
    )

    assert "(s.csv, row 2) ended on 31 January 2026" in shown(done)
    assert "(s.csv, row 3) matches no finding" in shown(done)
    assert "s.csv 第 3 行）没有对应的问题" in shown(done, "zh-CN")
    assert [entry["state"] for entry in summary(done)["suppressions"]] == ["expired", "unused"]


def test_the_first_entry_that_fits_counts() -> None:
    entries = [answer(rule="V02", subject="*", reason="first"), answer(rule="V02", subject="R1")]
    done = suppress_findings(found(), entries)

    assert marked(done)["V02"] == "first"
    assert [entry.state for entry in done.suppressions] == ["used", "unused"]


CSV = """fingerprint,rule,subject,reason,approver,until
,V02,R1,agreed,Li,2026-12-31
"""
YAML = """# approved on Monday
- rule: V02
  subject: R1
  reason: agreed
  approver: Li
  until: 2026-12-31
"""


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("s.csv", CSV, "utf-8"),
        ("s.csv", CSV.replace("reason", "原因").replace("agreed", "已核实"), "gb18030"),
        ("s.yaml", YAML, "utf-8"),
        ("s.yml", YAML.replace("\n", "\r\n"), "utf-8"),
    ],
)
def test_a_list_is_read_from_csv_or_yaml(
    tmp_path: Path, name: str, text: str, encoding: str
) -> None:
    (tmp_path / name).write_bytes(text.encode(encoding))
    (entry,) = read_suppressions(tmp_path / name)

    assert (entry.rule, entry.subject, entry.until) == ("V02", "R1", UNTIL)
    assert entry.reason in ("agreed", "已核实")
    assert (entry.file, entry.row) == (name, 2)


@pytest.mark.parametrize("missing", ["reason", "approver", "until"])
@pytest.mark.parametrize("name", ["s.csv", "s.yaml"])
def test_an_entry_without_reason_approver_or_day_is_refused(
    tmp_path: Path, name: str, missing: str
) -> None:
    """The row is named; in YAML the line on which the entry begins."""
    value = {"reason": "agreed", "approver": "Li", "until": "2026-12-31"}[missing]
    text = (CSV if name == "s.csv" else YAML).replace(value, "", 1)
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(BadTable) as refused:
        read_suppressions(tmp_path / name)

    (fault,) = refused.value.refusals
    assert (fault.row, fault.column) == (2, missing)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({}, "suppression-of-nothing"),
        ({"rule": "V02"}, "suppression-of-nothing"),
        ({"fingerprint": "V02"}, "suppression-fingerprint"),
        ({"rule": "below-standart", "subject": "*"}, "suppression-rule-unknown"),
    ],
)
def test_an_entry_that_names_no_finding_is_refused(entry: dict[str, str], code: str) -> None:
    """The nearest rule is told in both languages."""
    with pytest.raises(BadTable) as refused:
        suppress_findings(found(), [answer(**entry, file="s.csv", row=7)])

    assert [(fault.code, fault.row) for fault in refused.value.refusals] == [(code, 7)]
    assert "s.csv" in refused.value.message("zh-CN")
    if code == "suppression-rule-unknown":
        assert "below-standard" in refused.value.message("en")


@pytest.mark.parametrize(
    "text",
    ["just words", "rule: V02", "- [1, 2]", "- rule: V02\n  subjekt: R1", "- a: &x [*x]", "- {"],
)
def test_yaml_that_is_no_list_of_entries_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(BadTable) as refused:
        read_suppressions(tmp_path / "s.yaml")

    for language in ("en", "zh-CN"):
        assert "s.yaml" in refused.value.message(language)


def test_patterns_are_bounded() -> None:
    entries = [answer(rule="V02", subject=f"R{n}*") for n in range(MOST_PATTERNS + 1)]

    with pytest.raises(BadTable):
        suppress_findings(found(), entries)


def earlier() -> Findings:
    """As ``found``, but D0012 was short by 4 then, and D0099 was over the limit."""
    names = ("order_id", "retailer_id", "product_id", "clerk", "requested", "granted")
    lines = [
        ("D0012", "R1", "P0103", "C03", 10, 6),
        ("D0014", "=R3()", "P0103", None, 12, 12),
        ("D0099", "R2", "P0103", "C01", 11, 11),
    ]
    return audit(
        table_of("orders", [dict(zip(names, line, strict=True)) for line in lines]),
        small_plan({"P0103": {17: 10}}, {"R1": 17, "R2": 17, "=R3()": 17}),
    )


def write(findings: Findings, path: Path) -> Path:
    if path.suffix == ".csv":
        write_findings_csv(findings, path, "zh-CN")
    elif path.suffix == ".jsonl":
        write_findings_jsonl(findings, path)
    else:
        write_findings_workbook(path, findings, "Rules", "zh-CN")
    return path


@pytest.mark.parametrize("name", ["", "findings.csv", "findings.jsonl", "findings.xlsx"])
def test_new_known_and_gone(name: str, tmp_path: Path) -> None:
    """The same line of D0014 is known; D0012 grew and is new; D0099 is gone."""
    then = earlier()
    baseline = write(then, tmp_path / name) if name else then
    now = compare_findings(found(), baseline)
    assert now.gone is not None

    state = dict(now.frame.select("code", "baseline").iter_rows())
    assert (state["V01"], state["V02"]) == ("known", "new")
    assert sorted(now.gone.filter(pl.col("code") != "V03")["subject_id"]) == ["R1", "R2"]
    told = tell(then, "zh-CN" if name.endswith(("csv", "xlsx")) else "en")
    messages = set(told.join(now.gone, on="fingerprint", how="semi")["message"])
    assert set(now.gone["message"]) == messages
    assert summary(now)["baseline"] == {"new": 2, "known": 1, "gone": now.gone.height}


def test_only_what_is_new_stops_a_check(tmp_path: Path) -> None:
    same = compare_findings(found(), found())

    assert not reaches(same, "alert")
    assert reaches(compare_findings(found(), earlier()), "violation")
    assert "0 violations, 0 alerts to look at, 3 known before" in shown(same)


def test_a_baseline_of_another_cycle_is_told() -> None:
    """Fingerprints hold the cycle: nothing is found again."""
    then = replace(found(), frame=found().frame.with_columns(fingerprint=pl.lit("0" * 32)))

    assert "If the baseline is of another cycle" in shown(compare_findings(found(), then))


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.jsonl", "no JSON\n"), ("a.jsonl", "[1]\n"), ("a.csv", "a,b\n1,2\n"), ("a.jsonl", "{}\n")],
)
def test_a_file_that_holds_no_findings_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(BadTable) as refused:
        compare_findings(found(), tmp_path / name)

    assert name in refused.value.message("en")


def test_json_lines_and_csv_hold_the_marks(tmp_path: Path) -> None:
    """Only where there is a baseline or a list: without them the columns are as ever."""
    done = suppress_findings(
        compare_findings(found(), earlier()), [answer(rule="V02", subject="*")]
    )
    write_findings_jsonl(done, tmp_path / "f.jsonl")
    write_findings_csv(done, tmp_path / "f.csv")
    lines = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text("utf-8").splitlines()]
    told = {line["code"]: line for line in lines}

    assert (told["V02"]["reason"], told["V02"]["until"]) == ("核实为补订", "2026-12-31")
    assert (told["V01"]["reason"], told["V01"]["baseline"]) == (None, "known")
    header = (tmp_path / "f.csv").read_text("utf-8").splitlines()[0]
    assert header.endswith("fingerprint,baseline,reason,approver,until")


def test_the_workbook_is_handed_back_with_answers(tmp_path: Path) -> None:
    """Filled in by hand on the sheet of answers, read as the list of the next audit."""
    import openpyxl

    path = tmp_path / "findings.xlsx"
    findings = found()
    write_findings_workbook(path, findings, "Rules", "zh-CN")
    assert read_suppressions(path) == ()

    book = openpyxl.load_workbook(path)
    fingerprint = findings.frame.filter(code="V02")["fingerprint"][0]
    for column, value in enumerate([fingerprint, None, None, "已核实", "李主任", UNTIL], start=1):
        book["不计清单"].cell(row=4, column=column, value=value)
    book.save(path)
    done = suppress_findings(findings, read_suppressions(path))

    assert marked(done)["V02"] == "已核实"
    assert done.suppressions[0].row == 4


def test_a_wider_identity_leaves_other_fingerprints_alone() -> None:
    """A column that another rule needs is null here; its arrival must not undo the baseline."""
    frame = pl.DataFrame(
        {"code": ["V01"], "observed": [12], "band": pl.Series([None], dtype=pl.String)}
    )

    narrow = fingerprints(frame, "2026-W47", ("code", "observed"))
    assert (
        narrow.to_list() == fingerprints(frame, "2026-W47", ("code", "band", "observed")).to_list()
    )
    assert narrow.to_list() == [
        sha256(b'{"code":"V01","cycle":"2026-W47","observed":12}').hexdigest()[:32]
    ]
