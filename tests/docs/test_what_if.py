"""The page on what-ifs: its commands run, and every figure of Iowa is counted again, plainly."""

from __future__ import annotations

import importlib.util
import io
import re
import shlex
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

import allocator as al
from allocator.cli.entrance import app
from allocator.comparison.record import Comparison
from allocator.policy.reading import policy_from
from allocator.reports.what_if.page import what_if_page
from allocator.runs.week import with_orders
from docs.iowa import Counted
from docs.test_first_week import ROOT, commands
from reports.what_ifs import ORIGIN

PAGE = (ROOT / "docs" / "what-if.md").read_text(encoding="utf-8")
IOWA = ROOT.parent / "shared" / "data" / "iowa"
ON, CYCLE, DRAW = "2021-10-01", "2021-10", "draw 083412"
COLUMNS = ("today", "olive", "twenty tiers", "smooth", "rotation")


def plain(path: str) -> Any:
    with (ROOT / "examples" / path).open(encoding="utf-8") as file:
        return YAML(typ="safe", pure=True).load(file)


def policies() -> dict[str, str]:
    """The text of today's policy and of each scenario's, changed by hand."""
    texts = {}
    scenarios = [{"name": "today", "change": {}}, *plain("scenarios/iowa.yaml")["scenarios"]]
    for scenario in scenarios:
        rule = plain("policies/iowa.yaml")
        for path, value in scenario["change"].items():
            *steps, last = path.split(".")
            part = rule
            for step in steps:
                part = part.setdefault(step, {})
            part[last] = value
        spelt = io.StringIO()
        YAML(typ="safe", pure=True).dump(rule, spelt)
        texts[scenario["name"]] = spelt.getvalue()
    return texts


@pytest.fixture(scope="module")
def iowa() -> al.City:
    if not IOWA.is_dir():
        pytest.skip("../shared/data/iowa is not there")
    return al.read_city(IOWA)


@pytest.fixture(scope="module")
def runs(iowa: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counted]:
    """Five plain runs, read back from their files."""
    counted = {}
    for name, text in policies().items():
        folder = tmp_path_factory.mktemp("iowa") / "run"
        planned = al.run(replace(iowa, orders=None), policy_from(text, ON), cycle=CYCLE, seed=DRAW)
        with_orders(planned, iowa.orders).write(folder)
        counted[name] = Counted(folder, IOWA, CYCLE)
    return counted


@pytest.fixture(scope="module")
def compared(iowa: Any) -> dict[str, Comparison]:
    policy = al.read_policy(ROOT / "examples" / "policies" / "iowa.yaml", on=ON)
    suite = al.read_scenarios(ROOT / "examples" / "scenarios" / "iowa.yaml")
    done = al.simulate_all(iowa, policy, suite.scenarios, cycle=CYCLE, seed=DRAW)
    return {one.scenario.name: one for one in done.comparisons}


def counts(run: Counted, today: Counted) -> dict[str, str]:
    """A column of the page's table, as it is printed there."""
    change = [run.cartons[shop] - today.cartons[shop] for shop in today.shops]
    return {
        "shops that gain": f"{sum(c > 0 for c in change)}",
        "shops that lose": f"{sum(c < 0 for c in change)}",
        "bottles gained": f"{sum(c for c in change if c > 0)}",
        "bottles lost": f"{-sum(c for c in change if c < 0)}",
        "bottles left over": f"{run.left}",
        "Gini": f"{float(run.gini):.3f}",
        "top tenth": f"{100 * float(run.top_tenth):.1f} %",
        "cliff": f"{run.cliff / 1_000_000:.2f}",
        "shops with less than one": f"{len(run.less_than_similar)}",
        "shops with less than last": f"{len(run.less_than_before)}",
        "shops long": f"{len(run.long_without)}",
        "shops that wait": f"{len(run.waiting)}",
        "shops that could": f"{len(run.complaining)}",
    }


def test_the_table_is_what_plain_loops_count(runs: Mapping[str, Counted]) -> None:
    """Row by row, column by column; no row of the page is left out."""
    lines = [line for line in PAGE.splitlines() if re.match(r"\| [a-zA-Z]", line)]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    columns = {name: counts(runs[name], runs["today"]) for name in COLUMNS}

    starts = list(columns["today"])
    assert len(rows) == len(starts)
    for start, (label, *cells) in zip(starts, rows, strict=True):
        assert label.startswith(start)
        for name, cell in zip(COLUMNS, cells, strict=True):
            assert cell == columns[name][start] or (name == "today" and not cell), (label, name)


def test_the_prose_says_what_plain_loops_count(runs: Mapping[str, Counted]) -> None:
    """Every other number of the answers."""
    today, olive, twenty, smooth, rotation = (runs[name] for name in COLUMNS)

    def tiers(run: Counted) -> dict[str, int]:
        return {s: int(row["tier"]) for s, row in run.graded.items() if row["tier"]}

    def change(run: Counted) -> dict[str, int]:
        return {s: run.cartons[s] - today.cartons[s] for s in today.shops}

    held = tiers(today)
    fallen = [s for s in today.shops if held[s] in (21, 22)]
    lost = [change(olive)[s] for s in fallen if change(olive)[s] < 0]
    down = [c for c in change(rotation).values() if c < 0]
    moved = [c for c in change(twenty).values() if c]
    more = rotation.less_than_before - today.less_than_before
    fewer = today.less_than_before - rotation.less_than_before
    others = [s for s in today.shops if today.limits[s] != smooth.limits[s]]
    tenths = mean_by_size(today, change(rotation))
    for sentence in (
        f"{len(today.shops):,} shops in 30 tiers",
        f"{len({s for s, _ in today.orders})} shops order in that month",
        f"{sum(today.cartons.values()) + today.left:,} bottles can be given out",
        f"{round(100 * sum(t >= 21 for t in tiers(olive).values()) / 1903)} per cent of the shops "
        f"instead of {round(100 * sum(t >= 21 for t in held.values()) / 1903)}",
        f"{len(lost)} of their {len(fallen)} shops lose {-sum(lost)} of the 400 bottles",
        f"{sum(abs(c) == 1 for c in moved)} of these {len(moved)} a single bottle",
        f"No shop loses more than {['', 'one', 'two', 'three', 'four', 'five', 'six'][-min(down)]}",
        f"{sum(c >= -3 for c in down)} of the {len(down)} lose three or fewer",
        f"{len(more)} more shops than today have less than last month, {len(fewer)} no longer do",
        f"No shop gets a bottle more or less, and {len(others)} may order another number",
    ):
        assert sentence in PAGE, sentence
    assert sum(t >= 15 for t in tiers(twenty).values()) == sum(t >= 21 for t in held.values())
    assert {held[s] >= 21 for s, c in change(rotation).items() if c < 0} == {True}
    assert {held[s] >= 21 for s, c in change(rotation).items() if c > 0} == {False}
    gate = {today.shares[s].get("17766", 0) for s, t in held.items() if t == 21}
    below = {today.shares[s].get("17766", 0) for s, t in held.items() if t == 20}
    assert [f"nothing below, {x / 1e6:.2f} of a bottle above" in PAGE for x in gate] == [True]
    assert below == {0}
    assert [f"{tenths[k]:.1f}" for k in (10, 9, 6, 7)] == ["-0.7", "-0.7", "0.6", "0.4"]
    assert max(tenths, key=tenths.get) == 6


def mean_by_size(today: Counted, change: Mapping[str, int]) -> dict[int, float]:
    """Bottles more or fewer a shop, by tenth of the graded shops; equals share a tenth."""
    sold = {s: int(row["quantity"]) for s, row in today.graded.items() if row["score"]}
    rising = sorted(sold.values())
    tenths: dict[int, list[int]] = {}
    for shop, quantity in sold.items():
        tenth = 1 + 10 * bisect_left(rising, quantity) // len(rising)
        tenths.setdefault(tenth, []).append(change[shop])
    return {tenth: sum(changes) / len(changes) for tenth, changes in tenths.items()}


def test_the_report_says_what_plain_loops_count(
    runs: Mapping[str, Counted], compared: Mapping[str, Comparison]
) -> None:
    """The cards of each page, and the chart by tier, against the counts from the files."""
    today = runs["today"]
    for name, comparison in compared.items():
        run, own = runs[name], counts(runs[name], today)
        text = what_if_page(comparison, "Iowa", ORIGIN)
        cards = re.findall(r'<dt>[^<]+</dt><dd class="value">([^<]+)</dd>', text)
        offered = sum(run.cartons.values()) + run.left
        part = 100 * sum(run.cartons.values()) / offered

        assert float(cards[0].split()[0]) == pytest.approx(part, abs=0.051)
        assert cards[1:5] == [
            own["shops that gain"], own["shops that lose"], own["shops that could"], own["cliff"]
        ]  # fmt: skip
        assert float(cards[5]) == pytest.approx(float(run.gini), abs=0.00051)
        told = re.findall(r"<title>(\d+): (\d+) gain, (\d+) lose, (\d+) the same</title>", text)
        by_tier: dict[str, list[int]] = {}
        for shop in today.shops:
            change = run.cartons[shop] - today.cartons[shop]
            tier = by_tier.setdefault(today.graded[shop]["tier"], [0, 0, 0])
            tier[0 if change > 0 else 1 if change < 0 else 2] += 1
        found = {tier: [int(a), int(b), int(c)] for tier, a, b, c in told[: len(by_tier)]}
        assert found == by_tier


def test_the_charts_are_those_of_the_figures(compared: Mapping[str, Comparison]) -> None:
    """As scripts/draw_what_if.py draws them; without machine paths, small."""
    for name, chart in drawing().charts(list(compared.values())).items():
        kept = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert kept == chart, f"{name}: draw it anew with scripts/draw_what_if.py"
        assert len(kept) < 20_000
        assert f"]({name})" in PAGE


def drawing() -> ModuleType:
    path = ROOT / "scripts" / "draw_what_if.py"
    spec = importlib.util.spec_from_file_location("draw_what_if", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_commands_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the bundled city."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for command in commands(PAGE):
        program, *arguments = shlex.split(command)
        if program == "allocator":
            done = CliRunner().invoke(app, arguments)
            assert done.exit_code == 0, (command, done.output)

    assert (tmp_path / "out" / "smooth" / "what-if.html").is_file()
    assert (tmp_path / "out" / "what-if" / "scenario-004.html").is_file()


def test_the_python_of_the_page_runs() -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    there = code.replace("examples/city", str(ROOT / "examples" / "city"))
    names: dict[str, Any] = {}
    exec(there, names)  # noqa: S102

    assert names["comparison"].figure("gini") is not None
