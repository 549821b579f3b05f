"""The page on grading: its commands work, and its figures are those of the Iowa data."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from allocator.designing.proposals import DesignLimits, design
from allocator.grading.periods import Stability, stability
from allocator.grading.shapes import thirds
from allocator.policy.reading import policy_from, read_policy
from allocator.reports.figures import percent, rounded
from allocator.tables.city import City
from allocator.tables.reading import read_city

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")
QUJING = ROOT / "examples" / "policies" / "qujing-months.yaml"
DAYS = [date(2021, month, 1) for month in (2, 5, 8, 11)]


def table(first: str) -> list[list[str]]:
    """The rows of the table whose heading begins so."""
    lines = PAGE.split(f"\n| {first} |", 1)[1].split("\n\n", 1)[0].split("\n")[2:]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]


@pytest.fixture(scope="module")
def iowa() -> City:
    folder = ROOT.parent / "shared" / "data" / "iowa"
    if not folder.is_dir():
        pytest.skip("the design folder ../shared is not beside this checkout")
    return read_city(folder)


def series(iowa: City, added: str, changes: int) -> Stability:
    """The gradings of the last ``changes`` changes, with lines added to Qujing's policy."""
    yaml = YAML(typ="safe", pure=True)
    rules = yaml.load(QUJING.read_text(encoding="utf-8"))
    if added != "nothing":
        rules = deepcopy(rules)
        rules["grading"].update(yaml.load(added.strip("`")))
    days = DAYS[-changes - 1 :]
    return stability(iowa, [policy_from(rules, day).grading for day in days])


def spelled(value: Fraction, digits: int) -> str:
    return f"{rounded(value, digits):.{digits}f}"


@pytest.mark.parametrize("row", table("added to the policy"), ids=lambda row: row[0])
def test_the_stability_table(row: list[str], iowa: City) -> None:
    """Each line, all changes together."""
    added, changes, *told = row
    found = series(iowa, added, int(changes))
    known = sum(moves.known for moves in found.moves)
    parts = [Fraction(sum(m.moved(k) for m in found.moves), known) for k in (1, 2)]
    far = sum((m.distance * m.known for m in found.moves), Fraction(0)) / known

    assert told == [*(f"{spelled(100 * part, 1)} %" for part in parts), spelled(far, 2)]
    assert len(found.moves) == int(changes)


def test_the_shape_table(iowa: City) -> None:
    found = series(iowa, "nothing", 3)
    rows = table("fixed on 1 February 2021")

    assert [row[0] for row in rows] == [day.isoformat() for day in found.days]
    for row, held in zip(rows, found.shape, strict=True):
        total = int(held.sum())
        assert row[1:] == [f"{spelled(Fraction(100 * n, total), 1)} %" for n in thirds(held)]


def test_the_design_table(iowa: City) -> None:
    """And the remark on ten tiers."""
    policy = read_policy(QUJING, on="2021-08-01")
    plan = design(iowa, policy, "olive", 30, limits=DesignLimits(fewest=5))
    names = PAGE.split("\n| | exact", 1)[1].split("\n", 1)[0]
    assert re.findall(r"\w+", "exact" + names) == [p.name for p in plan.proposals]
    rows = {row[0]: row[1:] for row in table("| exact | rounded | close | breaks")}
    outcomes = [p.outcome for p in plan.proposals]

    assert rows["multiples of"] == [
        str(rounded(Fraction(p.step, 10**6), 6).normalize()) if p.step else "any"
        for p in plan.proposals
    ]
    assert rows["distance from the shape"] == [f"{percent(o.apart)} %" for o in outcomes]
    assert rows["steepest step"] == [str(rounded(o.cliff, 2)) for o in outcomes]
    assert rows["would have moved"] == [f"{percent(o.moves.share())} %" for o in outcomes]
    ten = design(iowa, policy, "olive", 10, limits=DesignLimits(fewest=5)).proposals[0]
    assert f"With `--tiers 10` it is {percent(ten.outcome.moves.share())} %" in PAGE
