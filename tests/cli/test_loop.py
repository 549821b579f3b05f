"""``allocator grade`` tells how far quotas decide the next tiers."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from allocator.cli.entrance import app
from allocator.runs.demonstration import bundled_city

ON = "2026-11-16"


def graded(city: Path, out: Path, *options: str):
    return CliRunner().invoke(app, ["grade", str(city), "--on", ON, "--out", str(out), *options])


@pytest.fixture
def looping(tmp_path: Path) -> Path:
    """The bundled city, all products of the first class scarce, and scarce products counted."""
    for file in bundled_city().iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    products = pl.read_csv(tmp_path / "products.csv", infer_schema=False)
    marked = pl.when(pl.col("价类") == "一类").then(pl.lit("是")).otherwise(pl.col("紧俏"))
    products.with_columns(marked.alias("紧俏")).write_csv(tmp_path / "products.csv")
    policy = (tmp_path / "policy.yaml").read_text(encoding="utf-8")
    assert "scarce: true, " in policy
    (tmp_path / "policy.yaml").write_text(policy.replace("scarce: true, ", ""), encoding="utf-8")
    return tmp_path


def test_a_strong_loop_is_shown_and_warned_of(looping: Path, tmp_path: Path) -> None:
    """The share by tier on the screen, and the sentence with its remedy beside it."""
    done = graded(looping, tmp_path / "out")

    assert done.exit_code == 0, done.output
    assert "points from scarce products" in done.stdout
    assert "set grading.exclude.scarce to true" in done.stderr


def test_programs_read_the_same_figures(looping: Path, tmp_path: Path) -> None:
    """Parts by item and tier; the tiers hold all graded shops."""
    told = json.loads(graded(looping, tmp_path / "out", "--json").stdout)
    loop = told["feedback"]

    assert [row["item"] for row in loop["items"]] == [
        "quantity", "amount", "mean_price", "class_quantity_share", "class_amount",
    ]  # fmt: skip
    assert 0.1 < float(loop["share"]) < 1
    assert loop["movers"] == sum(row["rise"] + row["fall"] for row in loop["tiers"]) > 0
    assert sum(row["retailers"] for row in loop["tiers"]) < told["retailers"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "left out of the score"), ("zh-CN", "评分不计紧俏卷烟")]
)
def test_an_open_loop_is_one_sentence(tmp_path: Path, language: str, words: str) -> None:
    """The bundled policy leaves scarce products out: no table, no warning."""
    done = graded(bundled_city(), tmp_path / "out", "--lang", language)

    assert done.exit_code == 0, done.output
    assert words in done.stdout
    assert "exclude.scarce" not in done.stderr
