"""``allocator simulate``: tables whole or not at all, figures on screen and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from allocator.cli.entrance import app

CITY = str(Path(__file__).parents[2] / "examples" / "city")
USUAL = ("--on", "2026-11-16", "--seed", "draw 1")

TABLES = {
    "figures", "groups", "migration", "exposure", "exposed", "products", "quotas", "lorenz",
    "changes", "lines", "notes",
}  # fmt: skip


def simulated(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["simulate", CITY, *words])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    out = tmp_path_factory.mktemp("simulate") / "out"
    status, told, remarks = simulated(
        *USUAL, "--out", str(out), "--name", "=cmd|' /C calc'!A0",
        "--change", "grading.movement.max_step=1", "--change", "supply=+20%",
        "--change", "allocation.defaults.ceiling=20",
    )  # fmt: skip
    assert status == 0, remarks
    return out, told, remarks


def test_the_folder_holds_every_table(folder: tuple[Path, str, str]) -> None:
    out, told, _ = folder
    assert {path.stem for path in out.glob("*.csv")} == TABLES
    assert "what-if.html" in told
    told_first, _, _ = told.partition("shops gain")
    assert "! allocation.defaults.ceiling = 20 does nothing" in told_first
    page = (out / "what-if.html").read_text(encoding="utf-8")
    assert page.index("allocation.defaults.ceiling = 20 does nothing") < page.index("<dl")
    head = json.loads((out / "run.json").read_text())
    assert head["step"] == "simulate"
    assert "draw 1" in head["seed"]


def test_lists_of_shops_name_the_shop_and_who_is_to_visit_it(
    folder: tuple[Path, str, str],
) -> None:
    """Customer managers visit before, not after: names as the retailers table has them."""
    out, *_ = folder
    table = pl.read_csv(Path(CITY) / "retailers.csv", infer_schema=False)
    known = {
        row["客户编码"]: (row["客户名称"], row["客户经理"], row["客户经理电话"])
        for row in table.iter_rows(named=True)
    }
    for name in ("exposed", "changes"):
        rows = pl.read_csv(out / f"{name}.csv", infer_schema=False)
        assert len(rows)
        for row in rows.iter_rows(named=True):
            told = (row["name"], row["manager"], row["manager_phone"])
            assert told == known[row["retailer_id"]]
    page = (out / "what-if.html").read_text(encoding="utf-8")
    visits = page[page.index('id="visits"') :]
    first = pl.read_csv(out / "exposed.csv", infer_schema=False).filter(kind="tier_down")
    assert any(" ".join(known[shop][1:]) in visits for shop in first["retailer_id"])
    assert visits.index("Down a tier") < visits.index("Waits for its turn")


def test_no_cell_runs_as_a_formula(folder: tuple[Path, str, str]) -> None:
    out, *_ = folder
    for path in out.glob("*.csv"):
        for cell in pl.read_csv(path, infer_schema=False)["title"].unique():
            assert cell == "'=cmd|' /C calc'!A0"


def test_the_tables_say_what_the_json_says(folder: tuple[Path, str, str], tmp_path: Path) -> None:
    out, *_ = folder
    status, told, _ = simulated(
        *USUAL, "--out", str(tmp_path / "b"), "--json",
        "--change", "grading.movement.max_step=1", "--change", "supply=+20%",
    )  # fmt: skip
    assert status == 0
    (only,) = json.loads(told)["scenarios"]
    figures = pl.read_csv(out / "figures.csv")
    for name, (before, after) in only["figures"].items():
        row = figures.filter(figure=name).row(0, named=True)
        assert (row["baseline"], row["scenario"]) == (before, after)
    changes = pl.read_csv(out / "changes.csv", schema_overrides={"retailer_id": pl.String})
    assert changes.filter(pl.col("change") > 0).height == only["groups"]["gainers"]
    assert changes.filter(pl.col("change") < 0).height == only["groups"]["losers"]


def test_the_same_command_writes_the_same_bytes(
    folder: tuple[Path, str, str], tmp_path: Path
) -> None:
    out, *_ = folder
    words = [*USUAL, "--name", "=cmd|' /C calc'!A0", "--change", "grading.movement.max_step=1",
             "--change", "supply=+20%", "--change", "allocation.defaults.ceiling=20"]  # fmt: skip
    assert simulated(*words, "--out", str(tmp_path / "out"))[0] == 0
    for path in sorted(out.rglob("*.csv")):
        assert path.read_bytes() == (tmp_path / "out" / path.relative_to(out)).read_bytes()


def test_a_suite_in_chinese(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(
        "scenarios:\n- {name: 陡, change: {allocation.weights.top: 12}}\n"
        "- {name: 少, supply: -50%}\n"
        "- {name: 不成立, change: {allocation.defaults.floor: 2}}\n",
        encoding="utf-8",
    )
    status, told, remarks = simulated(
        *USUAL, "--suite", str(file), "--out", str(tmp_path / "out"), "--lang", "zh-CN"
    )
    assert status == 0
    assert told.count("条数基尼系数") == 1  # side by side, not one table below the other
    head = next(line for line in told.splitlines() if "陡" in line and "少" in line)
    assert head.index("现行") < head.index("陡") < head.index("少")
    assert "方案 不成立 不成立" in remarks
    notes = pl.read_csv(tmp_path / "out" / "notes.csv")
    assert "不成立" in notes["title"].to_list()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "there is no scenario"),
        (("--change", "x"), "write PATH=VALUE"),
        (("--change", "supply=20"), "supply.all=20"),
        (("--change", "supply=+20% , supply.101101=5"), "give --change once for each"),
        (("--change", "supply="), "or supply=+20%"),
        (("--change", "supply=*1.2"), "write +20% or -10%"),
        (("--change", "new_shops={count:5}"), "new_shops={count: 5}"),
        (("--change", "without.101101=true"), "write without=101101"),
        (("--change", "grading.window=6"), "grading.window.months"),
        (("--change", "allocation.smooth=true"), "did you mean allocation.boundary=smooth"),
        (("--change", "allocation.groups.0.at_most=5%"), "allocation.groups.+={products: all"),
        (("--change", "grading.movement.max_step==1"), "write PATH=VALUE"),
        (("--change", "grading.movement.max_step=[1"), "[1 of grading.movement.max_step"),
        (("--change", "grading.movement.maxstep=1"), "did you mean grading.movement.max_step"),
        (("--change", "grading.movement.max_step=-1"), "must be at least 0"),
        (("--change", "allocation.defaults.floor=19"), "ceiling"),
        (("--change", "a\x1b[31m=1"), "cannot be read"),
    ],
)
def test_refusals_leave_nothing_behind(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    status, told, remarks = simulated(*USUAL, "--out", str(tmp_path / "out"), *words)
    assert status == 2
    assert said in remarks
    assert "\x1b" not in told + remarks
    assert not list(tmp_path.iterdir())
