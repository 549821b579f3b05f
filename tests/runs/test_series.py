"""What stability and design write: whole folders, the same bytes, figures that add up."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from allocator.designing.proposals import DesignLimits, design
from allocator.errors import BadPolicy, BadRequest
from allocator.grading.periods import Stability, stability
from allocator.grading.scheme import grade
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from, read_policy
from allocator.runs.designs import PROPOSALS, TIERS, whole_policy, write_design
from allocator.runs.inputs import input_digests
from allocator.runs.series import MIGRATION, SHAPE, STABILITY, write_stability
from allocator.tables.city import City
from reports.test_notice import Page
from strategies import city_of_months

DAYS = [date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def series_of(
    movement: Mapping[str, object] | None, seed: int = 8
) -> tuple[City, Policy, Stability]:
    city, entries = city_of_months(seed)
    entries["grading"] |= {"movement": movement, "newcomers": None}
    policies = [policy_from(entries, day) for day in DAYS]
    return city, policies[-1], stability(city, [policy.grading for policy in policies])


@pytest.mark.parametrize("movement", [None, {"max_step": 1}])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_stability_is_written_whole(
    movement: Mapping[str, object] | None, language: str, tmp_path: Path
) -> None:
    """Moves, matrix and shape tell the same; with movement rules also what there would be without.

    Twice the same bytes.
    """
    city, policy, series = series_of(movement)
    for name in ("one", "two"):
        write_stability(series, policy, input_digests(city), tmp_path / name, language)
    one, two = (
        {p.name: p.read_bytes() for p in (tmp_path / n).glob("*.*")} for n in ("one", "two")
    )
    assert one == two
    out = tmp_path / "one"
    changes, matrix = rows(out / "stability.csv"), rows(out / "migration.csv")
    assert list(changes[0]) == STABILITY
    assert list(matrix[0]) == MIGRATION
    assert [row["rules"] for row in changes] == (
        ["none"] * 2 if movement is None else ["with", "without"] * 2
    )
    for row in changes:
        cells = [
            (int(cell["tier_before"]), int(cell["tier"]), int(cell["retailers"]))
            for cell in matrix
            if (cell["on"], cell["rules"]) == (row["on"], row["rules"])
            and cell["tier"] and cell["tier_before"]
        ]  # fmt: skip
        assert int(row["retailers"]) == sum(n for _, _, n in cells)
        assert int(row["moved"]) == sum(n for a, b, n in cells if a != b)
        assert int(row["two_or_more"]) == sum(n for a, b, n in cells if abs(a - b) > 1)
        assert int(row["up"]) == sum(n for a, b, n in cells if b > a)
        assert int(row["down"]) == sum(n for a, b, n in cells if b < a)
        assert int(row["tiers"]) == sum(n * abs(a - b) for a, b, n in cells)
    shape = rows(out / "shape.csv")
    assert list(shape[0]) == SHAPE
    for k, day in enumerate(DAYS):
        held = [int(row["retailers"]) for row in shape if row["on"] == day.isoformat()]
        assert held == series.shape[k].tolist()
    page = Page((out / "stability.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert json.loads((out / "run.json").read_bytes())["step"] == "stability"


def test_a_largest_step_damps_the_moves() -> None:
    """What the rule is for: nobody moves by two tiers, while without it some do."""
    far = 0
    for seed in range(6):
        _, _, series = series_of({"max_step": 1}, seed)
        _, _, free = series_of(None, seed)

        assert series.ruled
        assert [moves.moved(2) for moves in series.moves] == [0, 0]
        for one, other in zip(series.free_moves, free.moves, strict=True):
            assert one.count.tolist() == other.count.tolist()
        far += sum(moves.moved(2) for moves in series.free_moves)
    assert far > 0


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_design_is_written_whole(language: str, tmp_path: Path) -> None:
    """Each proposal with its policy, which grades to the counts in the table; the same bytes."""
    city, _ = city_of_months(8)
    text = (
        "# kept\ntitle: <b>T</b>\ngrading:\n  window: {months: 3}\n  items: {quantity: {weight: 9}}"
        "\n  # gone with the shares\n  tiers: {shares: [50, 50]}\n  missing_month: zero # why\n"
        "allocation:\n  weights: {kind: linear, bottom: 1, top: 6}\n  whole_units: rotate\n"
        "  defaults: {ceiling: 20}\n"
    )
    policy = policy_from(text, DAYS[1])
    plan = design(city, policy, "olive", 4, limits=DesignLimits(fewest=2))
    for name in ("one", "two"):
        write_design(plan, policy, input_digests(city), tmp_path / name, language)
    one, two = (
        {p.name: p.read_bytes() for p in (tmp_path / n).glob("*.*")} for n in ("one", "two")
    )
    assert one == two
    out = tmp_path / "one"
    told, tiers = rows(out / "proposals.csv"), rows(out / "by_tier.csv")
    assert list(told[0]) == PROPOSALS
    assert list(tiers[0]) == TIERS
    assert len(told) == len(plan.proposals) >= 2
    for row in told:
        name = row["proposal"]
        part = (out / f"{name}.yaml").read_text(encoding="utf-8")
        assert part.startswith("grading:\n  tiers:\n    cutoffs: {4: ")
        whole = (out / f"policy-{name}.yaml").read_text(encoding="utf-8")
        assert "# kept" in whole
        assert "# why" in whole
        graded = grade(city, read_policy(out / f"policy-{name}.yaml", DAYS[1]).grading)
        held = graded.table.filter("graded")["tier_by_score"].to_list()
        mine = [each for each in tiers if each["proposal"] == name]
        assert [int(each["retailers"]) for each in mine] == [
            held.count(int(each["tier"])) for each in mine
        ]
        assert int(row["fewest"]) == min(int(each["retailers"]) for each in mine)
        assert graded.limits is not None
        assert [each["cut_off"] for each in mine] == [
            f"{least // 10**6}.{least % 10**6:06d}" if least else ""
            for least in graded.limits.least.tolist()[::-1]
        ]
    page = (out / "design.html").read_text(encoding="utf-8")
    assert Page(page).open == []
    assert "<b>T</b>" not in page


def test_a_policy_that_does_not_fit_is_not_written() -> None:
    """A table of weights for five tiers cannot go with three: the part to paste is all there is."""
    city, entries = city_of_months(8)
    entries["allocation"]["weights"] = {"table": {str(t): t for t in range(1, 6)}}
    policy = policy_from(entries, DAYS[1])
    three = design(city, policy, "olive", 3).proposals[0]
    five = design(city, policy, "olive", 5).proposals[0]

    with pytest.raises(BadPolicy):
        whole_policy(policy, three)
    text = whole_policy(policy, five)
    assert policy_from(text, DAYS[1]).grading.tiers.cutoffs == five.policy()


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    city, policy, series = series_of(None)
    with pytest.raises(BadRequest):
        write_stability(series, policy, input_digests(city), tmp_path / "x", "fr")
    assert not (tmp_path / "x").exists()
