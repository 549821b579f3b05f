"""Tiers by what a shop is, without sales."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from allocator.errors import BadTable
from allocator.grading.scheme import grade
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Grading
from allocator.tables.city import City
from allocator.wording import LANGUAGES, say
from strategies import table_of

ON = date(2026, 11, 16)


def rules(**changes: object) -> GradingPolicy:
    by: dict[str, object] = {"format": {"market": 3, "kiosk": 1}, "otherwise": 2}
    return GradingPolicy.model_validate({"tiers": {"by": by}, **changes})


def shops(**formats: str | None) -> City:
    rows = [
        {"retailer_id": name, "format": kind, "joined_on": date(2000, 1, 1)}
        for name, kind in formats.items()
    ]
    return City(table_of("retailers", rows))


def column(grading: Grading, name: str) -> dict[str, object]:
    return dict(zip(grading.table["retailer_id"], grading.table[name], strict=True))


def test_each_value_has_its_tier_and_the_rest_another() -> None:
    """No sales, window or items are needed; nobody has a score."""
    grading = grade(shops(R1="kiosk", R2="market", R3="bar", R4=None), rules(), ON)

    assert column(grading, "tier") == {"R1": 1, "R2": 3, "R3": 2, "R4": 2}
    assert column(grading, "tier_by_score") == column(grading, "tier")
    assert column(grading, "reason") == dict.fromkeys(["R1", "R2", "R3", "R4"], "by")
    assert not grading.table["graded"].any()
    assert grading.table["score"].null_count() == 4
    assert (grading.tiers, grading.rule, grading.window, grading.items) == (3, "by", (), ())
    assert grading.limits.attribute == "format"
    assert dict(grading.limits.values) == {"market": 3, "kiosk": 1}
    assert grading.limits.otherwise == 2
    assert grading.warnings == ()


def test_newcomers_closed_and_suspended_shops_are_as_everywhere() -> None:
    """The new have their starting tier, the closed none; who is suspended keeps its tier."""
    rows = [
        {"retailer_id": "R1", "format": "kiosk", "joined_on": date(2026, 10, 1)},
        {"retailer_id": "R2", "format": "kiosk", "joined_on": date(2000, 1, 1), "status": "closed"},
        {"retailer_id": "R3", "format": "kiosk", "status": "suspended"},
        {"retailer_id": "R4", "format": "market", "joined_on": date(2000, 1, 1)},
    ]
    policy = rules(newcomers={"months": 3, "start_tier": 2})

    grading = grade(City(table_of("retailers", rows)), policy, ON)

    assert column(grading, "tier") == {"R1": 2, "R2": None, "R3": 1, "R4": 3}
    assert column(grading, "tier_by_score") == {"R1": None, "R2": None, "R3": 1, "R4": 3}
    assert column(grading, "reason") == {
        "R1": "newcomer", "R2": "closed", "R3": "by suspended", "R4": "by",
    }  # fmt: skip
    assert [code for code, _ in grading.warnings] == ["grading-newcomers-unchecked"]


def test_values_without_a_tier_are_refused_with_their_rows() -> None:
    """Without ``otherwise`` nobody is guessed; an empty value is one too."""
    policy = rules(tiers={"by": {"format": {"market": 3, "kiosk": 1}}})

    with pytest.raises(BadTable) as caught:
        grade(shops(R1="kiosk", R2="bar", R3=None, R4="market"), policy, ON)

    assert [(r.row, r.value) for r in caught.value.refusals] == [(3, "bar"), (4, None)]
    assert all("otherwise" in caught.value.message(language) for language in LANGUAGES)


def test_a_column_that_is_not_there_is_refused() -> None:
    """With the line of the policy that needs it."""
    policy = rules(tiers={"by": {"credit": {"A": 2}, "otherwise": 1}})

    with pytest.raises(BadTable, match=r"grading\.tiers\.by\.credit"):
        grade(shops(R1="kiosk"), policy, ON)


def test_a_value_that_nobody_has_is_told() -> None:
    """Most often a slip in the policy."""
    grading = grade(shops(R1="kiosk", R2="kiosk"), rules(), ON)

    ((code, facts),) = grading.warnings
    assert (code, facts["values"]) == ("grading-attribute-values-unknown", "market")
    assert all("market" in say("grading", code, facts, language) for language in LANGUAGES)


def test_other_parts_change_nothing() -> None:
    """Window, items and exclusions may wait for another rule."""
    more = {
        "window": {"months": 3},
        "items": {"quantity": {"weight": Decimal(1)}},
        "missing_month": "zero",
    }
    city = shops(R1="kiosk", R2="market")

    assert grade(city, rules(**more), ON).table.equals(grade(city, rules(), ON).table)
