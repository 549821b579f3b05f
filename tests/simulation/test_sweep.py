"""Sweeps: what each scenario comes to, whoever plays it and however often it was broken off."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.errors import BadPolicy, BadRequest
from allocator.policy.models import Policy
from allocator.policy.reading import read_policy
from allocator.runs.demonstration import DRAW, demonstration
from allocator.simulation.grids import grid
from allocator.simulation.scenario import Scenario
from allocator.simulation.scenario_files import scenarios_from
from allocator.simulation.simulating import simulate
from allocator.simulation.sweep_files import read_sweep
from allocator.simulation.sweep_output import scenario_text, unbeaten, write_sweep
from allocator.simulation.sweeping import Sweep, sweep
from allocator.simulation.tradeoffs import undominated
from allocator.simulation.trials import BETTER, EXPOSED, Trial
from allocator.simulation.turning import rows_of
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day

VALUES = {
    "allocation.weights.top": [4, 9],
    "grading.movement": [{"max_step": 1}, None],
    "supply": ["-20%", "+10%"],
}
IMPOSSIBLE = Scenario({"allocation.defaults.floor": 9}, name="a floor above all supply")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(POLICY, first_day(CYCLE))


@pytest.fixture(scope="module")
def city() -> City:
    return demonstration(60)


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return [*grid(VALUES), IMPOSSIBLE]


@pytest.fixture(scope="module")
def swept(city: City, policy: Policy, scenarios: list[Scenario]) -> Sweep:
    return sweep(city, policy, scenarios, seed=DRAW)


def test_a_trial_has_the_figures_of_the_comparison(
    city: City, policy: Policy, scenarios: list[Scenario], swept: Sweep
) -> None:
    """The last combination, compared by itself, retailer by retailer."""
    one = simulate(city, policy, scenarios[-2], seed=DRAW)
    (row,) = swept.table().filter(place=len(scenarios) - 1).to_dicts()

    figures = {f["figure"]: f["scenario"] for f in one.figures.iter_rows(named=True)}
    exposed = {EXPOSED + k["kind"]: k["scenario"] for k in one.exposure.iter_rows(named=True)}
    (moves,) = one.groups.filter(dimension="all").to_dicts()
    moved = {name: moves[name] for name in ("gainers", "same", "losers", "gained", "lost")}
    assert row["scenario"] == scenarios[-2].name
    assert {name: row[name] for name in BETTER} == {**figures, **exposed, **moved}


def test_a_scenario_that_cannot_hold_is_a_row_with_the_reason(swept: Sweep) -> None:
    english, chinese = (swept.table(language).row(-1, named=True) for language in ("en", "zh-CN"))

    assert english["status"] == "refused"
    assert "floor" in english["reason"]
    assert chinese["reason"] != english["reason"]
    assert all(english[name] is None for name in BETTER)
    assert swept.table()["status"].to_list()[:-1] == ["held"] * 11  # and today's rule, three times


def test_rules_are_compared_under_the_same_supply_and_with_todays_rule_there(
    city: City, policy: Policy, swept: Sweep
) -> None:
    """More supply is no merit: marks as the definition says, in each of the circumstances."""
    less, more = (
        simulate(city, policy, Scenario(supply=by, name=by), seed=DRAW) for by in ("-20%", "+10%")
    )
    rows = swept.table()
    today = rows.filter(place=0)

    assert today["circumstances"].to_list() == ["", "supply=-20%", "supply=+10%"]
    assert today["awarded"].to_list() == [
        less.figure("awarded", "baseline"), less.figure("awarded"), more.figure("awarded")
    ]  # fmt: skip
    held = rows.filter(status="held").select(
        "circumstances", "gini", "awarded", "best_gini_awarded"
    ).rows()  # fmt: skip
    for where, gini, awarded, best in held:
        assert best == (not any(
            other[0] == where and other[1] <= gini and other[2] >= awarded
            and other[1:3] != (gini, awarded)
            for other in held
        ))  # fmt: skip
    assert {where for where, *_, best in held if best} == {"", "supply=-20%", "supply=+10%"}
    named = [*swept.scenarios, Scenario(supply="+10%", name="only more")]
    assert len(sweep(city, policy, named[-1:], seed=DRAW).elsewhere) == 0


def test_nothing_depends_on_processes_order_or_interruptions(
    city: City, policy: Policy, scenarios: list[Scenario], swept: Sweep, tmp_path: Path
) -> None:
    """One process over half of them, a file torn, then two over all of them backwards."""
    first = sweep(city, policy, scenarios[::2], seed=DRAW, folder=tmp_path)
    files = sorted(tmp_path.iterdir())
    whole = {path.name: path.read_bytes() for path in files}
    torn = next(path for path in files if b'"name":"baseline' not in path.read_bytes())
    torn.write_bytes(torn.read_bytes()[:-9])
    counts: list[tuple[int, int]] = []
    turned = scenarios[::-1]

    then = sweep(
        city, policy, turned, seed=DRAW, workers=2, folder=tmp_path,
        progress=lambda count, of: counts.append((count, of)),
    )  # fmt: skip

    assert first.trials == swept.trials[::2]
    assert then.trials == swept.trials[::-1]
    # Five were kept, one of them torn.
    assert counts[-6:] == [(count, 9) for count in range(4, 10)]
    assert {path.name: path.read_bytes() for path in files} == whole
    kept = sweep(city, policy, scenarios, seed=DRAW, folder=tmp_path)
    one, other = (
        write_sweep(done, policy, {}, tmp_path.with_name(f"{tmp_path.name}-{name}"))
        for name, done in (("at-once", swept), ("kept", kept))
    )
    for file in ("sweep.json", "sweep.csv", "sweep.html"):
        assert (one / file).read_bytes() == (other / file).read_bytes()


def test_a_kept_trial_of_other_tables_is_not_taken(
    city: City, policy: Policy, scenarios: list[Scenario], tmp_path: Path
) -> None:
    some = scenarios[:1]
    one = sweep(city, policy, some, seed=DRAW, folder=tmp_path)
    assert city.supply is not None
    less = replace(city, supply=replace(city.supply, frame=city.supply.frame.head(5)))

    other = sweep(less, policy, some, seed=DRAW, folder=tmp_path)

    assert other.trials == sweep(less, policy, some, seed=DRAW).trials != one.trials
    assert len(list(tmp_path.iterdir())) == 6  # and today's rule, with all and with less supply


def test_a_kept_trial_of_a_policy_altered_in_python_is_not_taken(
    city: City, policy: Policy, tmp_path: Path
) -> None:
    """The text of the file, and so its digest, stays what it was; the ceiling does not."""
    more = [Scenario({"supply": "+20%"})]
    limits = policy.allocation.defaults.model_copy(update={"ceiling": 1})
    rules = policy.allocation.model_copy(update={"defaults": limits})
    other = policy.model_copy(update={"allocation": rules})
    assert other.digest == policy.digest
    sweep(city, policy, more, seed=DRAW, folder=tmp_path)

    again = sweep(city, other, more, seed=DRAW, folder=tmp_path)

    assert again.trials == sweep(city, other, more, seed=DRAW).trials


def test_rows_keep_together_what_grades_alike(scenarios: list[Scenario]) -> None:
    rows = rows_of(scenarios, most=2)

    assert sorted(place for row in rows for place in row) == list(range(9))
    for row in rows:
        early = {(scenarios[k].changes.get("grading.movement", 0) is None, scenarios[k].supply)
                 for k in row}  # fmt: skip
        assert len(early) == 1
    assert len(rows) == 5


@given(
    points=st.lists(
        st.one_of(
            st.none(),
            st.tuples(
                st.integers(0, 5), st.fractions(0, 2, max_denominator=3), st.sampled_from("ab")
            ),
        ),
        max_size=12,
    )
)
def test_unbeaten_are_those_that_brute_force_finds(
    points: list[tuple[int, Fraction, str] | None],
) -> None:
    """Gini: less is better; awarded: more is; only rules of one supply are compared."""
    trials = [
        Trial(
            str(k),
            () if p is None else (("allocation.reserve", str(k)), ("supply", p[2])),
            {} if p is None else {"gini": Fraction(p[0]), "awarded": p[1]},
            {},
        )
        for k, p in enumerate(points)
    ]

    expected = [
        None if p is None else not any(
            q is not None and q[2] == p[2] and q[0] <= p[0] and q[1] >= p[1] and q != p
            for q in points
        )
        for p in points
    ]  # fmt: skip
    assert undominated(trials, ("gini", "awarded")) == expected


def test_a_grid_has_every_combination_with_short_names() -> None:
    made = grid(
        {"allocation.weights.top": [4, 6], "allocation.products.P1.step": [1, None]},
        {"supply": "+5%"},
    )

    assert [scenario.name for scenario in made] == [
        "top=4, step=1", "top=4, step=null", "top=6, step=1", "top=6, step=null",
    ]  # fmt: skip
    assert made[1].changes == {"allocation.weights.top": 4, "allocation.products.P1.step": None}
    assert {scenario.supply for scenario in made} == {"+5%"}
    both = grid(
        {"allocation.products.P1.step": [1], "allocation.products.P2.step": [list(range(9))]}
    )
    assert both[0].name == "P1.step=1, P2.step=#1"


def test_written_scenarios_are_read_back(scenarios: list[Scenario], swept: Sweep) -> None:
    """``best.yaml`` and ``scenarios.yaml`` are what ``simulate --suite`` takes."""
    best = unbeaten(swept)

    read = scenarios_from(scenario_text("a title", scenarios))

    assert read.title == "a title"
    assert [(one.name, one.spelt()) for one in read.scenarios] == [
        (one.name, one.spelt()) for one in scenarios
    ]
    assert 0 < len(best) < len(scenarios)


def test_a_sweep_file_is_a_grid_or_a_list(tmp_path: Path) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text("title: t\ngrid: {allocation.weights.top: [4, 6]}\nalways: {supply: +9%}\n")
    assert [one.spelt() for one in read_sweep(file).scenarios] == [
        (("allocation.weights.top", "4"), ("supply", "+9%")),
        (("allocation.weights.top", "6"), ("supply", "+9%")),
    ]
    file.write_text("scenarios: [{name: a, supply: +9%}]\n")
    assert [one.name for one in read_sweep(file).scenarios] == ["a"]
    file.write_text("grid: {alocation.weights.top: 4, demand: []}\nlimits: 3\n")
    with pytest.raises(BadPolicy) as refused:
        read_sweep(file)
    told = refused.value.message()
    for part in ("allocation.weights.top", "limits", "list of values", "demand"):
        assert part in told
    file.write_text("grid: {supply.101101: [+20]}\n")  # a plus without its per cent sign
    with pytest.raises(BadPolicy, match=r"\+20%"):
        read_sweep(file)
    file.write_text("grid: {supply: [+9%, +9%]}\n")
    with pytest.raises(BadPolicy, match="twice"):
        read_sweep(file)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"pairs": [("gini", "award")]}, "awarded"),
        ({"pairs": [("gini", "p50")]}, "neither"),
        ({"workers": 0}, "processes"),
        ({"scenarios": []}, "1 to 1,000"),
        ({"scenarios": [IMPOSSIBLE, IMPOSSIBLE]}, "two scenarios"),
        ({"folder": "/dev/null/x"}, "cannot be written"),
    ],
)
def test_what_cannot_be_swept_is_refused(
    city: City, policy: Policy, given: dict[str, object], told: str
) -> None:
    with pytest.raises(BadRequest, match=told):
        sweep(city, policy, **{"scenarios": [IMPOSSIBLE], "seed": DRAW, **given})  # type: ignore[arg-type]


def test_the_table_of_a_sweep_is_exact_in_its_file(swept: Sweep) -> None:
    from allocator.simulation.sweep_output import document

    trials = json.loads(json.dumps(document(swept)))["trials"]

    assert len(trials) == 12
    for trial, value in zip(trials, swept.table()["gini"], strict=True):
        exact = trial["figures"].get("gini")
        assert (None if exact is None else float(Fraction(exact))) == value
