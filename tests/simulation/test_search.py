"""Searches against trying everything, and against functions whose best is known."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.cli.screen import kept_beside
from allocator.errors import BadPolicy, BadRequest
from allocator.policy.models import Policy
from allocator.policy.reading import read_policy
from allocator.runs.demonstration import DRAW, demonstration
from allocator.simulation.grids import grid
from allocator.simulation.points import Axis, Cost, Point, look_for
from allocator.simulation.scenario_files import scenarios_from
from allocator.simulation.search_files import read_search
from allocator.simulation.search_output import write_search
from allocator.simulation.searching import Aim, Bounds, Keep, search
from allocator.simulation.sweep_output import scenario_text
from allocator.simulation.sweeping import sweep
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day

OVER = {
    "allocation.weights.top": Bounds(Decimal(2), Decimal(9)),
    "allocation.reserve": ["0%", "5%", "20%"],
}
VALUES = {"allocation.weights.top": range(2, 10), "allocation.reserve": ["0%", "5%", "20%"]}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(POLICY, first_day(CYCLE))


@pytest.fixture(scope="module")
def city() -> City:
    return demonstration(40)


def test_a_search_finds_what_trying_everything_finds(city: City, policy: Policy) -> None:
    """24 combinations, 16 runs: most cartons out with a Gini of at most 0.3."""
    every = sweep(city, policy, grid(VALUES), seed=DRAW)
    rows = every.table().filter(status="held").slice(1)
    gini = rows["gini"].sort()[len(rows) // 3]
    keeping = rows.filter(rows["gini"] <= gini)
    aim = Aim(
        "awarded", OVER, largest=True, keep={"gini": Keep(at_most=Decimal(str(gini)))}, runs=16
    )

    found = search(city, policy, aim, seed=DRAW)
    again = search(city, policy, aim, seed=DRAW)

    assert found.best is not None
    assert found.found is not None
    assert len(found.trials) == 16 < found.combinations == 24
    assert not found.proven
    assert float(found.trials[found.best].figures["awarded"] or 0) == keeping["awarded"].max()
    assert found.table().equals(again.table())
    by_name = dict(zip(every.table()["scenario"], every.table()["awarded"], strict=True))
    for scenario, trial in zip(found.scenarios, found.trials, strict=True):
        value = trial.figures.get("awarded")
        assert (None if value is None else float(value)) == by_name[scenario.name]
    read = scenarios_from(scenario_text("", [found.found])).scenarios
    assert [one.spelt() for one in read] == [found.found.spelt()]


def test_with_runs_enough_all_are_tried_and_the_best_is_proven(city: City, policy: Policy) -> None:
    aim = Aim("gini", {"allocation.weights.top": [2, 6, 12]}, runs=3)

    found = search(city, policy, aim, seed=DRAW)

    assert found.proven
    assert found.phases == ("all",) * 3
    assert found.scenarios[found.best or 0].changes == {"allocation.weights.top": 2}
    assert found.better
    worse = search(city, policy, Aim("gini", {"allocation.weights.top": [12]}, runs=3), seed=DRAW)
    assert not worse.better


def bowl(best: Point) -> object:
    """As far from the best as the steps to it; it rises on all sides."""

    def costs(points: list[Point]) -> list[Cost]:
        return [
            (0, Fraction(sum(abs(a - b) for a, b in zip(p, best, strict=True)))) for p in points
        ]

    return costs


@given(data=st.data())
def test_the_bottom_of_a_bowl_is_found(data: st.DataObject) -> None:
    """Three paths of 9 to 40 values: 150 runs of up to 64,000 combinations reach the bottom."""
    sizes = [data.draw(st.integers(9, 40)) for _ in range(3)]
    best = tuple(data.draw(st.integers(0, size - 1)) for size in sizes)
    axes = [Axis(size, ordered=True) for size in sizes]

    tried = look_for(axes, bowl(best), runs=150, seed=data.draw(st.text(max_size=3)))  # type: ignore[arg-type]

    assert tried.best() == best


@given(
    sizes=st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=4),
    runs=st.integers(1, 40),
    seed=st.integers(0, 9),
    salt=st.integers(0, 99),
)
def test_every_run_is_a_new_point_and_the_best_is_the_best_of_them(
    sizes: list[tuple[int, bool]], runs: int, seed: int, salt: int
) -> None:
    """Also where the figure jumps about and some points cannot hold."""
    axes = [Axis(*size) for size in sizes]
    seen: list[Point] = []

    def costs(points: list[Point]) -> list[Cost]:
        seen.extend(points)
        return [((hash((salt, *p)) >> 3) % 3, Fraction(hash((*p, salt)) % 7)) for p in points]

    tried = look_for(axes, costs, runs=runs, seed=str(seed))  # type: ignore[arg-type]

    combinations = list(product(*(range(axis.size) for axis in axes)))
    assert len(seen) == len(set(seen)) == min(runs, len(combinations))
    assert set(seen) <= set(combinations)
    assert list(tried.costs) == seen
    assert tried.costs[tried.best()] == min(tried.costs.values())


FILE = """
title: a search
search: {minimise: exposed_any, runs: 9, seed: 4}
over:
  allocation.weights.top: {from: 2, to: 3, step: 0.5}
  allocation.objective: [leximin, equal]
keep: {awarded: {at_least: 80}}
always: {supply: +5%}
"""


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "search.yaml"
    file.write_text(FILE)

    aim = read_search(file)

    bounds = aim.over["allocation.weights.top"]
    assert isinstance(bounds, Bounds)
    assert bounds.values() == (2, Decimal("2.5"), 3)
    assert aim.over["allocation.objective"] == ("leximin", "equal")
    assert (aim.figure, aim.largest, aim.runs, aim.seed) == ("exposed_any", False, 9, "4")
    assert aim.keep == {"awarded": Keep(at_least=Decimal(80))}
    assert aim.always == {"supply": "+5%"}
    assert read_search(file, runs=7).runs == 7


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("exposed_any", "exposed_an", "did you mean exposed_any"),
        ("exposed_any", "complaints", "exposed_less_than_similar"),
        ("{at_least: 80}", "{}", "without a limit"),
        ("{at_least: 80}", "{at_least: 80, at_most: 70}", "not smaller"),
        ("minimise: exposed_any", "maximise: p50", "neither"),
        ("minimise: exposed_any, ", "", "minimise"),
        ("weights.top", "weight.top", "allocation.weights.top"),
        ("to: 3,", "", "number"),
        ("to: 3", "to: 1", "no value"),
        ("step: 0.5", "step: 0.0001", "larger step"),
        ("step: 0.5", "stride: 0.5", "stride"),
        ("runs: 9", "runs: many", "number"),
        ("runs: 9", "runs: 9000", "1,000"),
        ("at_least: 80", "at_least: much", "number"),
        ("[leximin, equal]", "leximin", "list of values"),
        ("supply", "suply", "suply"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    file = tmp_path / "search.yaml"
    assert old in FILE
    file.write_text(FILE.replace(old, new))

    with pytest.raises(BadPolicy) as refused:
        read_search(file)

    assert told in refused.value.message()
    assert refused.value.message("zh-CN")


def test_a_figure_that_the_city_does_not_have_is_refused(city: City, policy: Policy) -> None:
    """There is no cycle before, so nothing tells what changed from it."""
    with pytest.raises(BadRequest, match="volatility"):
        search(city, policy, Aim("volatility", OVER), seed=DRAW)


def test_bounds_of_too_many_digits_are_refused() -> None:
    """Ten to the thirtieth by 1, and a step of ten to the minus ninety: no decimal counts them."""
    for high, step in (("1e30", "1"), ("9", "1e-90"), ("1e999999999", "1")):
        with pytest.raises(BadRequest) as refused:
            Bounds(Decimal(0), Decimal(high), Decimal(step)).values()
        assert refused.value.code == "search-digits"
    assert Bounds(Decimal(1), Decimal(2), Decimal("0.5")).values() == (1, Decimal("1.5"), 2)


def test_what_nobody_keeps_has_no_best_but_a_nearest(
    city: City, policy: Policy, tmp_path: Path
) -> None:
    """The nearest misses least of the limits, in parts of them; no file of a best is written."""
    over = {"allocation.weights.top": [2, 6, 12], "allocation.reserve": ["0%", "20%"]}
    keep = {"awarded": Keep(at_least=Decimal(10**6)), "gini": Keep(at_most=Decimal("0.001"))}
    found = search(city, policy, Aim("exposed_any", over, keep=keep, runs=6), seed=DRAW)
    rows = found.table()
    tried = rows.filter(rows["place"] > 0)

    parts = [
        (10**6 - row["awarded"]) / 10**6 + (row["gini"] - 0.001) / 0.001
        for row in tried.iter_rows(named=True)
    ]
    assert found.best is None
    assert found.found is None
    assert not found.better
    assert found.nearest == parts.index(min(parts))
    assert tried["nearest"].to_list() == [k == found.nearest for k in range(6)]
    assert not tried["keeps"].any()
    assert (tried["missed_awarded"] == 10**6 - tried["awarded"]).all()
    write_search(found, policy, {}, tmp_path / "out")
    assert not (tmp_path / "out" / "best.yaml").exists()
    told = json.loads((tmp_path / "out" / "search.json").read_text())
    assert told["best"] is None
    assert told["nearest"] == found.scenarios[found.nearest or 0].name
    easy = {"awarded": Keep(at_least=Decimal(1))}
    kept = search(city, policy, Aim("exposed_any", over, keep=easy, runs=6), seed=DRAW)
    assert kept.best is not None
    assert kept.nearest is None


def test_a_search_that_was_broken_off_plays_nothing_twice(
    city: City, policy: Policy, tmp_path: Path
) -> None:
    """A mark set on a kept trial is in the result: it was taken up, not played again."""
    whole = search(city, policy, Aim("gini", OVER, runs=5), seed=DRAW)
    search(city, policy, Aim("gini", OVER, runs=3), seed=DRAW, folder=tmp_path)
    again = search(city, policy, Aim("gini", OVER, runs=5), seed=DRAW, folder=tmp_path)
    assert again.table().equals(whole.table())
    path = next(p for p in sorted(tmp_path.iterdir()) if b'"name":"baseline"' not in p.read_bytes())
    kept = json.loads(path.read_bytes())
    kept["figures"]["jain"] = "77/78"
    path.write_text(json.dumps(kept))

    marked = search(city, policy, Aim("gini", OVER, runs=5), seed=DRAW, folder=tmp_path)

    assert [trial.name for trial in marked.trials if trial.figures["jain"] == Fraction(77, 78)] == [
        kept["name"]
    ]


def test_breaking_off_says_what_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trial.json").write_text("{}")

    with pytest.raises(KeyboardInterrupt), kept_beside(tmp_path, "en"):
        raise KeyboardInterrupt

    assert "1 that were played are kept beside the output" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("keep", "code"),
    [
        (Keep(Decimal(9), Decimal(8)), "search-keep-empty"),
        (Keep(), "search-keep-none"),
    ],
)
def test_limits_that_say_nothing_or_contradict_each_other_are_refused(
    city: City, policy: Policy, keep: Keep, code: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        search(city, policy, Aim("gini", OVER, keep={"awarded": keep}), seed=DRAW)

    assert refused.value.code == code
