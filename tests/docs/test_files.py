"""The page on files says what a real run writes: every file, every column, in order."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from allocator.cli.entrance import app
from allocator.grading.screening import SCREENED
from allocator.records import JointLimit
from allocator.runs.heads import PUBLIC
from allocator.runs.outputs import LIMITS, award_columns, band_table, quota_table
from strategies import small_plan

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
AUDIENCE = dict(re.findall(r"^\| `([^`]+)` \| (public|internal|card) \|", PAGE, re.MULTILINE))
CONDITIONAL = {"screening.csv", "bands.csv", "limits.csv", "tiers.csv"}
"""Not in every run; what they hold is checked against a plan that has them."""
TABLES = {
    section.split("\n", 1)[0]: re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    for section in PAGE.split("\n## ")[1:]
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run with cards."""
    out = tmp_path_factory.mktemp("files") / "demo"
    done = CliRunner().invoke(app, ["demo", "--retailers", "60", "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    return out


def test_every_file_is_on_the_page_and_no_other(demo: Path) -> None:
    """Folders count as one."""
    written = {path.name + "/" * path.is_dir() for path in demo.iterdir()}

    assert written | CONDITIONAL == AUDIENCE.keys()
    assert not written & CONDITIONAL


def test_the_page_calls_public_what_the_program_calls_public() -> None:
    """Besides, two files of folders are public, of which the page names the one for people."""
    told = {name for name, audience in AUDIENCE.items() if audience == "public"}

    assert told | {"inputs/products.csv", "record/grading.json"} == PUBLIC
    assert "`inputs/products.csv` is public" in PAGE


def test_every_column_is_on_the_page(demo: Path) -> None:
    """In the order of the file; grading.csv goes on with the items of the policy."""
    files = {path.name: path for path in demo.glob("*.csv")}
    assert TABLES.keys() == files.keys() | CONDITIONAL | {"certificate.json", "root.json"}
    assert TABLES["limits.csv"] == LIMITS
    assert TABLES["screening.csv"] == list(SCREENED)
    for name, path in files.items():
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file))
        if name == "grading.csv":
            assert len(header) > len(TABLES[name])
            header = header[: len(TABLES[name])]
        assert header == TABLES[name], name


def test_every_field_of_the_certificate_is_on_the_page(demo: Path) -> None:
    """Of the document and of its lines; canonical JSON sorts them, the page does not."""
    document = json.loads((demo / "certificate.json").read_bytes())
    fields = {*document, *(f"lines.{name}" for name in document["lines"][0])}

    assert set(TABLES["certificate.json"]) == fields


def test_every_field_of_the_root_is_on_the_page(demo: Path) -> None:
    """The number, and the statement that it is the digest of."""
    document = json.loads((demo / "root.json").read_bytes())

    assert TABLES["root.json"] == ["number", *(f"statement.{k}" for k in document["statement"])]


def test_columns_that_not_every_run_has_are_on_the_page() -> None:
    """Bands add a file and a column, sharing out adds a column; the page sets them in italics."""
    band = JointLimit("band", np.array([0], np.int32), np.array([3]))
    plan = small_plan({"P": {1: 2}}, {"A": 1}, tiers=1, supply={"P": 1})
    plan = replace(plan, bands=(band,), oversell="share")

    assert band_table(plan).columns == TABLES["bands.csv"]
    for name, columns in (
        ("quotas.csv", quota_table(plan).columns),
        ("awards.csv", ["cycle", *award_columns(plan)]),
    ):
        assert TABLES[name] == columns[:-1]
        assert f"| *{columns[-1]}* |" in PAGE
