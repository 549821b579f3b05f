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


@pytest.mark.parametrize(
    ("language", "instead", "false"),
    [
        ("en", "nobody could be screened", "No month is out of the usual"),
        ("zh-CN", "未筛查任何一户", "没有销量异常的月份"),
    ],
)
def test_nothing_is_called_usual_where_nobody_was_screened(
    looping: Path, tmp_path: Path, language: str, instead: str, false: str
) -> None:
    """Four months of sales, six asked for: the screen does not contradict the warning."""
    policy = (looping / "policy.yaml").read_text(encoding="utf-8")
    rules = policy.replace("  missing_month:", "  screening: {}\n  missing_month:", 1)
    (looping / "policy.yaml").write_text(rules, encoding="utf-8")

    done = graded(looping, tmp_path / "out", "--lang", language)

    assert done.exit_code == 0, done.output
    assert instead in done.stdout
    assert false not in done.stdout


@pytest.mark.parametrize(
    ("language", "instead", "false"),
    [
        ("en", "so nobody was screened", "No month is out"),
        ("zh-CN", "未筛查任何一户", "没有异常月份"),
    ],
)
def test_customers_says_that_nobody_was_screened(
    looping: Path, tmp_path: Path, language: str, instead: str, false: str
) -> None:
    policy = (looping / "policy.yaml").read_text(encoding="utf-8")
    rules = policy.replace("  missing_month:", "  screening: {}\n  missing_month:", 1)
    (looping / "policy.yaml").write_text(rules, encoding="utf-8")
    command = ["customers", str(looping), "--on", ON, "--out", str(tmp_path / "out")]

    done = CliRunner().invoke(app, [*command, "--lang", language])

    assert done.exit_code == 0, done.output
    assert instead in done.stdout.replace("\n", " ")
    assert false not in done.stdout
