"""The page on auditing: its list, its Python, its files and its exit statuses are what it says."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import allocator as al
from allocator.auditing.findings import Findings, standing
from allocator.auditing.suppression_list import read_suppressions
from allocator.cli.entrance import app
from allocator.runs.record import Run

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "auditing.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("auditing") / "out"
    assert CliRunner().invoke(app, ["demo", "--retailers", "60", "--out", str(out)]).exit_code == 0
    return out


@pytest.fixture(scope="module")
def week(folder: Path) -> Run:
    return al.read_run(folder)


@pytest.fixture(scope="module")
def findings(week: Run) -> Findings:
    assert week.findings is not None
    return week.findings


def test_the_list_is_read_as_it_stands(tmp_path: Path, findings: Findings) -> None:
    """One entry by fingerprint, one by rule and subject."""
    (tmp_path / "answers.yaml").write_text(block("yaml"), encoding="utf-8")
    first, second = read_suppressions(tmp_path / "answers.yaml")
    done = al.suppress_findings(findings, (first, second))

    assert (first.approver, first.until) == ("李主任", date(2026, 12, 31))
    assert (second.rule, second.subject) == ("wrong-lot", "9901*")
    assert len(standing(done)) <= len(findings)


def test_the_python_runs(
    folder: Path, week: Run, findings: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the baseline and the list that it names beside it."""
    monkeypatch.chdir(tmp_path)
    al.write_findings(findings, "last")
    (tmp_path / "answers.yaml").write_text(block("yaml"), encoding="utf-8")
    names = {
        "orders": week.city.orders,
        "plan": week.plan,
        "policy": week.policy,
        "city": week.city,
    }
    exec(block("python"), names)  # noqa: S102

    assert (tmp_path / "now" / "findings.xlsx").is_file()
    assert (tmp_path / "now" / "gone.csv").is_file()


def test_every_file_is_on_the_page_and_no_other(tmp_path: Path, findings: Findings) -> None:
    """``gone.csv`` only with a baseline, ``allocation.csv`` only where a quota table was judged."""
    al.write_findings(al.compare_findings(findings, findings), tmp_path / "out")
    told = re.findall(r"^\| (`[^|]+`) \|", PAGE[PAGE.index("## The files") :], re.MULTILINE)
    named = {name.strip("`/") for cell in told for name in cell.split(", ")}

    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written | {"allocation.csv"} == named


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((), 1),
        (("--fail-on", "never"), 0),
        (("--baseline", "OWN"), 0),
        (("--baseline", "absent.csv"), 2),
    ],
)
def test_exit_statuses_are_those_of_the_table(
    folder: Path, words: tuple[str, ...], status: int
) -> None:
    given = [str(folder / "findings.csv") if word == "OWN" else word for word in words]

    assert f"| {status} |" in PAGE
    assert CliRunner().invoke(app, ["audit", str(folder), *given]).exit_code == status


def test_every_link_leads_to_a_page() -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE):
        assert (DOCS / target).exists(), target


def test_what_the_workbook_is_said_to_hold(tmp_path: Path, findings: Findings) -> None:
    import openpyxl

    al.write_findings(findings, tmp_path / "out")
    book = openpyxl.load_workbook(tmp_path / "out" / "findings.xlsx")
    line = next(line for line in PAGE.splitlines() if line.startswith("| `findings.xlsx`"))

    assert set(book.sheetnames) <= set(re.findall(r"\*([\w ]+)\*", line))
