"""Every published case with a public function, to the tolerance printed beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from allocator.rules.apportionment import apportion
from allocator.rules.division import divide
from rules.axioms import counterexample

RULE = {
    "PRO": "proportional", "CEA": "cea", "CEL": "cel", "Talmud": "talmud",
    "RTalmud": "reverse-talmud", "PIN": "piniles", "CE": "constrained-egalitarian",
    "MO": "minimal-overlap", "APRO": "adjusted-proportional", "RA": "random-arrival",
    "AV": "average", "AA": "average-of-awards", "DT": "dominguez-thomson",
}  # fmt: skip
METHOD = {
    "largest_remainder": "hamilton", "saintelague": "webster", "dhondt": "jefferson",
    "modified_saintelague": "modified-webster", "huntington": "huntington-hill",
}  # fmt: skip
PROPERTY = {
    "Consistency": "consistency", "Composition up": "composition up",
    "Claims truncation invariance": "truncation", "Endowment monotonicity": "supply monotonicity",
    "No advantageous merging": "no gain by merging",
    "No advantageous splitting": "no gain by splitting",
}  # fmt: skip
ELSEWHERE = {
    "leximin_fractional": "a matrix of values per pair has no public function (model.md 2)",
    "leximin_multiproduct": "substitutes come later (model.md 5)",
    "leximin_lottery": "lotteries over panels are no part of the product",
    "leximin_integer": "goods with a value per agent have no public function",
    "leximin_fractional_chores": "chores are no part of the product",
    "leximax_fractional_chores": "chores are no part of the product",
    "biproportional": "matrices of seats have no public function",
    "controlled_rounding": "rounding of tables to a base has no public function",
    "over_time": "turns are credits of whole cartons: law L8",
    "drf": "several resources per task have no public function",
}
"""Kinds of cases without a public function, and why."""


def case_claims_problem(given: dict[str, Any], expected: Any, near: Any) -> None:
    assert near(divide(RULE[given["rule"]], given["claims"], given["endowment"])) == expected


def case_apportionment(given: dict[str, Any], expected: Any, near: Any) -> None:
    """Parties below the threshold of all votes are left out before seats are shared."""
    votes, method = given["votes"], given["method"]
    votes = [v if v >= given.get("threshold", 0) * sum(votes) else 0 for v in votes]

    seats = apportion(
        METHOD.get(method, method), votes, given["seats"], floor=given.get("min_per_party")
    )

    assert list(seats) == expected


def case_uniform_rule(given: dict[str, Any], expected: Any, near: Any) -> None:
    """Nobody is made to take more than it asked for, so a surplus stays."""
    awards = divide("leximin", given["peaks"], given["endowment"])

    surplus = given["endowment"] > sum(given["peaks"])
    assert near(awards) == (given["peaks"] if surplus else expected)


def case_maxmin_single(given: dict[str, Any], expected: Any, near: Any) -> None:
    for rule in ("cea", "leximin"):
        awards = divide(rule, given["demands"], given["capacity"], weights=given["weights"])

        assert near(awards) == expected


def case_capacity_allocation(given: dict[str, Any], expected: Any, near: Any) -> None:
    """Names of the supply-chain literature: uniform is cea, linear is cel."""
    for name, rule in {"proportional": "proportional", "linear": "cel", "uniform": "cea"}.items():
        assert near(divide(rule, given["orders"], given["capacity"])) == expected[name]


def case_manipulation(given: dict[str, Any], expected: Any, near: Any) -> None:
    true, capacity = given["true_orders"], given["capacity"]
    if expected["rule"] == "proportional":
        assert near([divide("proportional", true, capacity)[0]]) == [expected["truthful_0"]]
        inflated = divide("proportional", given["reported"], capacity)
        assert near([inflated[0]]) == [expected["inflated_0"]]
        return
    truthful = divide("cea", true, capacity)
    assert near(truthful) == expected["truthful"]
    for agent in given["any_report_of_agent"]:
        for report in range(200):
            orders = [report if i == agent else order for i, order in enumerate(true)]
            away = abs(divide("cea", orders, capacity)[agent] - true[agent])
            assert away >= abs(truthful[agent] - true[agent])


def case_impossibility(given: dict[str, Any], expected: Any, near: Any) -> None:
    """A quota method takes a seat from who grew and gives one to who shrank."""
    if "election1" not in given:
        pytest.skip("online turns have no public function")
    first, second = (apportion("quota", **_seats(given[key])) for key in ("election1", "election2"))

    assert (first[1], second[1]) == (1, 0)
    assert first[3] <= 5
    assert second[3] >= 6


def case_property(given: dict[str, Any], expected: Any, near: Any) -> None:
    """What the reference package says of a rule is what trying finds."""
    kept = {name: counterexample(PROPERTY[given["property"]], RULE[name]) for name in expected}

    assert {name: int(told is None) for name, told in kept.items()} == expected


def _seats(election: dict[str, Any]) -> dict[str, Any]:
    return {"weights": election["votes"], "seats": election["seats"]}


CHECKS: dict[str, Callable[..., None]] = {
    name.removeprefix("case_"): check
    for name, check in dict(globals()).items()
    if name.startswith("case_")
}
FILE = Path(__file__).resolve().parents[3] / "shared" / "cases" / "published.json"
PRINTED = 5e-12
"""Half of the last of the twelve digits to which awards of reference packages are printed."""
CASES = json.loads(FILE.read_text("utf-8"))["cases"] if FILE.is_file() else []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_published_case(case: dict[str, Any], shared: Path) -> None:
    """The value that its source prints, or that a reference package gives."""
    kind = case["kind"]
    if kind in ELSEWHERE:
        pytest.skip(f"{kind}: {ELSEWHERE[kind]}")

    def near(values: Any) -> Any:
        """Equal within the case's tolerance, or the twelve digits that are printed."""
        return pytest.approx([float(v) for v in values], rel=PRINTED, abs=case["tolerance"])

    CHECKS[kind](case["input"], case["expected"], near)


def test_every_kind_is_checked_or_says_why_not(shared: Path) -> None:
    """No case of the two kinds of this package may be skipped."""
    kinds = Counter(case["kind"] for case in CASES)

    assert set(kinds) == set(CHECKS) | set(ELSEWHERE)
    assert (kinds["claims_problem"], kinds["apportionment"]) == (76, 40)
