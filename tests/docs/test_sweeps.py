"""The files on the page of sweeps are taken by the commands, and what they write is as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
from click.testing import Result
from typer.testing import CliRunner

from allocator.cli.entrance import app
from allocator.simulation.scenario_files import read_scenarios

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
GRID, SEARCH = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FILES = set(re.findall(r"`([a-z]+\.(?:csv|json|yaml|html|xlsx))`", PAGE))


def played(verb: str, file: Path, out: Path, *more: str) -> str:
    done = command(verb, file, out, *more)
    assert done.exit_code == 0, done.output
    return done.stdout


def command(verb: str, file: Path, out: Path, *more: str) -> Result:
    usual = ("--on", "2026-11-16", "--seed", "draw 083412", "--workers", "1", "--out", str(out))
    return CliRunner().invoke(
        app, [verb, str(ROOT / "examples" / "city"), str(file), *usual, *more]
    )


def test_the_grid_of_the_page_is_swept(tmp_path: Path) -> None:
    file, out = tmp_path / "grid.yaml", tmp_path / "out"
    file.write_text(GRID, encoding="utf-8")

    told = played("sweep", file, out, "--pair", "gini:fill_rate", "--json")

    rows = pl.read_csv(out / "sweep.csv")
    assert rows["circumstances"][:3].to_list() == ["", "supply=-10%", "supply=+10%"]
    assert rows["scenario"][3] == "top=4, ceiling=10, supply=-10%"
    assert rows["place"].to_list() == [0, 0, 0, *range(1, 13)]
    assert rows["gini"].null_count() == (rows["status"] == "refused").sum()
    best = rows.filter("best_gini_fill_rate")["scenario"].to_list()
    shown = [trial["scenario"] for trial in json.loads(told)["best"][0]["trials"]]
    assert sorted(shown) == sorted(best) != []
    kept = [one.name for one in read_scenarios(out / "best.yaml").scenarios]
    assert kept == [name for name in best if not name.startswith("baseline")]
    assert len(read_scenarios(out / "scenarios.yaml").scenarios) == 12
    made = {name for name in FILES if not name.startswith("search")} - {"grid.yaml"}
    assert {path.name for path in out.iterdir()} >= made
    assert not list(tmp_path.glob(".*"))  # nothing half done is left beside it


def test_the_search_of_the_page_finds_a_scenario_to_simulate(tmp_path: Path) -> None:
    file, out = tmp_path / "search.yaml", tmp_path / "out"
    file.write_text(SEARCH, encoding="utf-8")

    told = played("search", file, out, "--runs", "6", "--lang", "zh-CN")

    rows = pl.read_csv(out / "search.csv")
    assert len(rows) == 7
    (best,) = rows.filter("best").to_dicts()
    keeping = rows.filter("keeps")[1:]
    assert best["exposed_less_than_similar"] == keeping["exposed_less_than_similar"].min()
    assert [one.name for one in read_scenarios(out / "best.yaml").scenarios]
    assert best["allocation.objective"] == "equal"  # as the page says of what comes to mind first
    assert "不能证明" in told
    assert "现行 6" in (out / "search.html").read_text(encoding="utf-8")  # weights.top of the city
    made = {name for name in FILES if name.startswith("search")} - {"search.yaml"}
    assert {path.name for path in out.iterdir()} >= made
    assert not list(tmp_path.glob(".*"))


def test_a_search_that_nothing_answers_ends_in_2_and_writes_no_best(tmp_path: Path) -> None:
    """Nobody gives out 90,000 cartons; what was tried is written, with how far each is from it."""
    file, out = tmp_path / "search.yaml", tmp_path / "out"
    file.write_text(SEARCH.replace("9000", "90000"), encoding="utf-8")

    done = command("search", file, out, "--runs", "2")

    assert done.exit_code == 2
    assert "nothing that was tried keeps" in done.stderr
    assert "90,000 ✗" in done.stdout
    rows = pl.read_csv(out / "search.csv")
    assert (rows["missed_awarded"] == 90_000 - rows["awarded"]).all()
    assert not rows["best"].any()
    assert not (out / "best.yaml").exists()
    assert (out / "search.html").is_file()
