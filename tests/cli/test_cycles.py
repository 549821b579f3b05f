"""``allocator cycles``: what people and programs read, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allocator.cli.entrance import app
from allocator.runs.demonstration import bundled_city


def cycles(*options: str):
    city = str(bundled_city())
    given = ["cycles", city, "--on", "2026-11-16", "--seed", "draw 1", "--n", "1", "--tried", "1"]
    return CliRunner().invoke(app, [*given, *options])


def test_people_read_both_rules_side_by_side(tmp_path: Path) -> None:
    done = cycles("--behaviour", "inflating=10%x3", "--lang", "zh-CN", "--out", str(tmp_path / "o"))

    assert done.exit_code == 0, done.output
    assert "虚报是否有利" in done.stdout
    assert "按订货比例" in done.stdout
    assert "实际需要按历史订单推断" in done.stderr
    assert "…" not in done.stdout  # Chinese has no spaces to break at: folded, not cut
    assert "101101 云岭(典藏)" in done.stdout
    assert "规则未写明评定周期" in done.stdout.replace("\n", "")
    assert "囤货冲档的效果无法显现" not in done.stderr
    page = (tmp_path / "o" / "cycles.html").read_text(encoding="utf-8")
    assert "<title>后续周期推演：2026-W47 至 2026-W47" in page
    assert "首个周期" not in page
    head = json.loads((tmp_path / "o" / "run.json").read_text(encoding="utf-8"))
    assert head["step"] == "cycles"
    assert "--behaviour inflating=10%x3" in head["command"]
    assert head["behaviours"][0]["share"] == "1/10"


def test_hoarding_without_a_second_grading_is_said_to_show_nothing() -> None:
    done = cycles("--behaviour", "hoarding=5%")

    assert "Hoarding cannot show" in done.stderr.replace("\n", " ")


def test_programs_read_one_object(tmp_path: Path) -> None:
    """With demand given: 5 cartons for one shop, so that is all that is wanted and asked."""
    demand = tmp_path / "demand.csv"
    demand.write_text("retailer_id,product_id,quantity\n990110000001,101102,5\n")
    told = json.loads(cycles("--demand", str(demand), "--json").stdout)

    assert told["demand_given"] is True
    assert [row["wanted"] for row in told["by_cycle"]] == [5.0] * len(told["by_cycle"])
    assert told["out"] is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--behaviour", "inflate=5%"], "nearest is inflating"),
        (["--repeat", "2020-W01"], "not in the supply"),
        (["--every", "day"], "choose one of week, fortnight, month"),
        (["--demand", "nowhere.csv"], "cannot be used"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(options: list[str], words: str) -> None:
    done = cycles(*options)

    assert done.exit_code == 2
    assert words in done.stderr.replace("\n", " ")
