"""The page on movement: its example is run as it stands, and its figures are those of the run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from allocator.cli.entrance import app

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")
PART = PAGE.split("\n## Movement\n")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The grading of the page, and its summary."""
    folder = tmp_path_factory.mktemp("movement")
    city, out = folder / "city", folder / "out"
    shutil.copytree(ROOT / "examples" / "city", city)
    rows = re.search(r"```\n(客户编码,类型.*?)```", PART, re.DOTALL)
    assert rows
    (city / "sanctions.csv").write_text(rows.group(1), encoding="utf-8")
    policy = ROOT / "examples" / "policies" / "movement.yaml"
    arguments = ["grade", city, "--policy", policy, "--on", "2026-11-16", "--out", out, "--json"]
    told = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert told.exit_code == 0, told.output
    return out, json.loads(told.output)


def test_the_shops_of_the_example_stand_as_the_page_says(done) -> None:
    graded = pl.read_csv(done[0] / "grading.csv", schema_overrides={"retailer_id": pl.String})
    stands = {row["retailer_id"]: row for row in graded.iter_rows(named=True)}
    told = re.findall(r"^\| (\d{12}) \| (\d+) \| (\d+) \| (.*?) \|$", PART, re.MULTILINE)
    assert len(told) == 4
    for name, tier, earned, what in told:
        assert (stands[name]["tier"], stands[name]["earned_tier"]) == (int(tier), int(earned))
        moves = re.match("`(.*?)`", what)
        assert (stands[name]["moves"] or "") == (moves.group(1) if moves else "")
    assert "stopped" in stands["990110000007"]["reason"].split()
    assert "exempt-month" in stands["990110000005"]["reason"].split()


def test_the_summary_counts_what_the_page_counts(done) -> None:
    moves = done[1]["moves"]
    said = re.search(
        r"counts (\d+) shops that the margin kept.*?, (\d+) kept down.*?, "
        r"(\d+) up and (\d+) capped",
        PART,
    )
    assert said
    rules = ("hysteresis", "first-tier", "credit-promote", "credit-cap")
    assert [moves[rule] for rule in rules] == [int(number) for number in said.groups()]
    assert [moves[rule] for rule in ("demote", "cap", "stopped")] == [1, 1, 1]


def test_the_figures_of_the_margin() -> None:
    """2 % of 80 points, up and down."""
    assert "one rises with 81.6 and falls with 78.4" in PART
    assert (80 * 1.02, 80 * 0.98) == (81.6, 78.4)
