"""``allocator audit`` as it is typed: files, baseline, suppressions, exit status."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from jsonschema import Draft4Validator
from typer.testing import CliRunner, Result

from allocator.cli.entrance import app

SCHEMA = Path(__file__).parents[1] / "auditing" / "schemas" / "sarif-2.1.0-rtm.5.json"


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """Three exports: orders, retailers with their tier, the quotas of a run."""
    out = tmp_path_factory.mktemp("audit")
    assert typed("demo", "--retailers", 60, "--out", out / "run").exit_code == 0
    read = partial(pl.read_csv, infer_schema=False)
    read(out / "run" / "grading.csv").select("retailer_id", "tier").write_csv(out / "shops.csv")
    quotas = read(out / "run" / "quotas.csv").filter(rhythm="weekly")
    quotas.select("product_id", "tier", quota="base").write_csv(out / "table.csv")
    return (
        "--orders", out / "run" / "inputs" / "orders.csv", "--retailers", out / "shops.csv",
        "--quotas", out / "table.csv",
    )  # fmt: skip


@pytest.fixture(scope="module")
def audited(exports: tuple[object, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("audited") / "out"
    done = typed("audit", *exports, "--out", out, "--lang", "zh-CN")
    assert done.exit_code == 1, done.output
    assert "违规" in done.stdout
    return out


def test_three_exports_give_every_file(audited: Path) -> None:
    """CSV, JSON Lines, workbook, page, SARIF, all of the same findings; nothing else."""
    names = {path.name for path in audited.iterdir()}
    lines = (audited / "findings.jsonl").read_text("utf-8").splitlines()
    log = json.loads((audited / "findings.sarif").read_text("utf-8"))
    book = openpyxl.load_workbook(audited / "findings.xlsx")
    results = [r for r in log["runs"][0]["results"] if "allocatorFinding/v1" in str(r)]

    kinds = {f"findings.{end}" for end in ("csv", "jsonl", "xlsx", "html", "sarif")}
    assert names == kinds | {"allocation.csv", "clerks.csv", "run.json", "record"}
    assert len(lines) == len(results) == book["问题"].max_row - 3
    schema = json.loads(SCHEMA.read_bytes())
    assert not list(Draft4Validator(schema).iter_errors(log))
    assert "<h1>周期" in (audited / "findings.html").read_text("utf-8")


@pytest.mark.parametrize("name", ["findings.jsonl", "findings.csv", "findings.xlsx"])
def test_a_second_audit_of_the_same_finds_nothing_new(
    exports: tuple[object, ...], audited: Path, tmp_path: Path, name: str
) -> None:
    """Whatever file of the first is handed back; gone.csv is there and empty."""
    done = typed(
        "audit", *exports, "--baseline", audited / name, "--out", tmp_path / "out", "--json"
    )
    told = json.loads(done.stdout)

    assert done.exit_code == 0
    assert told["baseline"]["new"] == told["baseline"]["gone"] == 0
    assert told["baseline"]["known"] == sum(told["findings"].values())
    assert told["open"] == {"violation": 0, "alert": 0, "data": 0}
    assert len((tmp_path / "out" / "gone.csv").read_text("utf-8").splitlines()) == 1


def test_suppressions_count_down_to_nothing(exports: tuple[object, ...], tmp_path: Path) -> None:
    """Every rule with a finding answered for: status 0, and each finding still listed."""
    first = json.loads(typed("audit", *exports, "--json").stdout)
    entries = "".join(
        f"- rule: {tally['code']}\n  subject: '*'\n  reason: agreed\n"
        "  approver: Li\n  until: 2099-12-31\n"
        for tally in first["triage"]
    )
    (tmp_path / "s.yaml").write_text(entries, encoding="utf-8")
    done = typed("audit", *exports, "--suppress", tmp_path / "s.yaml", "--json")
    told = json.loads(done.stdout)

    assert done.exit_code == 0
    assert told["findings"] == first["findings"]
    assert told["open"]["violation"] == 0
    assert {entry["state"] for entry in told["suppressions"]} == {"used"}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_list_without_approver_is_refused(
    exports: tuple[object, ...], tmp_path: Path, language: str
) -> None:
    (tmp_path / "s.csv").write_text(
        "rule,subject,reason,approver,until\nV02,*,agreed,,2026-12-31\n", encoding="utf-8"
    )
    done = typed("audit", *exports, "--suppress", tmp_path / "s.csv", "--lang", language)

    assert done.exit_code == 2
    assert "approver" in done.stderr
    assert {"en": "row 2", "zh-CN": "第 2 行"}[language] in done.stderr


def test_a_run_has_the_page_too(exports: tuple[object, ...]) -> None:
    """Workbook and SARIF are the audit's alone: a run stays as quick as it was."""
    run = Path(str(exports[-1])).parent / "run"

    assert "<h1>" in (run / "findings.html").read_text("utf-8")
    assert not (run / "findings.xlsx").exists()
