"""Tier weights as whole numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest

from allocator.allocation.weights import tier_weights
from allocator.errors import BadRequest, InfeasiblePolicy
from allocator.grading.scheme import given_tiers
from allocator.policy.allocation_models import Weights
from allocator.records import Grading
from strategies import city_of

SALES = Weights(kind="sales")


def test_linear_weights_are_exact() -> None:
    weights = tier_weights(Weights(kind="linear", bottom=Decimal(1), top=Decimal(6)), 30)

    exact = [Fraction(1) + Fraction(5 * k, 29) for k in range(30)]
    assert [Fraction(w, weights.unit) for w in weights.weight] == exact
    assert weights.unit == 29


def test_a_table_keeps_its_decimals_and_smallest_terms() -> None:
    weights = tier_weights(
        Weights.model_validate({"table": {"1": Decimal("0.5"), "2": Decimal("1.25")}}), 2
    )

    assert (weights.weight, weights.unit) == ((2, 5), 4)


def test_one_tier_weighs_something() -> None:
    assert tier_weights(Weights(kind="linear", bottom=Decimal(3), top=Decimal(3)), 1).weight == (3,)


def test_a_missing_tier_is_named() -> None:
    with pytest.raises(InfeasiblePolicy, match="tier 2"):
        tier_weights(Weights.model_validate({"table": {"1": Decimal(1), "3": Decimal(2)}}), 3)


def test_weights_with_too_many_digits_are_refused_before_sums_overflow() -> None:
    """30,000 shops at weights of 16 digits once wrapped round 64 bits without a word."""
    fine = {"1": Decimal("1.123456789012345"), "2": Decimal("2")}

    with pytest.raises(InfeasiblePolicy, match="fewer digits"):
        tier_weights(Weights.model_validate({"table": fine}), 2)


def graded(*shops: tuple[int, int]) -> Grading:
    """A grading of shops with a tier and cartons sold."""
    given = given_tiers(city_of({1: 1}, []), date(2026, 11, 16))
    table = pl.DataFrame(shops, schema=["tier", "quantity"], orient="row")
    return replace(given, table=table.with_columns(graded=pl.lit(True)))


def test_weights_by_sales_are_the_mean_cartons_of_the_tier() -> None:
    """Tier 1: 1 to 6, mean 3.5; tier 2: six times 8."""
    shops = [*((1, cartons) for cartons in range(1, 7)), *[(2, 8)] * 6]
    weights = tier_weights(SALES, 2, graded(*shops))

    assert [Fraction(w, weights.unit) for w in weights.weight] == [Fraction(7, 2), 8]


def test_weights_by_sales_never_fall_and_fill_empty_tiers() -> None:
    """Tier 3 sold less than tier 2, 4 is empty, 1 is empty too: as the nearest with retailers."""
    weights = tier_weights(SALES, 5, graded(*[(2, 10)] * 6, *[(3, 7)] * 6, *[(5, 12)] * 6))

    assert [Fraction(w, weights.unit) for w in weights.weight] == [10, 10, 10, 10, 12]


def test_tiers_of_few_shops_are_taken_together_so_that_no_mean_tells_their_sales() -> None:
    """1 and 2 together: 6 shops, 72 cartons; 3 has six of 20; the 4 of 5 and 6 go with 3: 344/10.

    Of fewer than six shops in all not even their mean is told.
    """
    few = [(1, 4), (1, 8), (2, 12), (2, 12), (2, 16), (2, 20)]
    weights = tier_weights(SALES, 6, graded(*few, *[(3, 20)] * 6, *[(5, 50)] * 3, (6, 74)))

    assert [Fraction(w, weights.unit) for w in weights.weight] == [
        12, 12, *[Fraction(172, 5)] * 4
    ]  # fmt: skip
    assert tier_weights(SALES, 6, graded(*few[:5])).weight == (1,) * 6


def test_a_tier_that_sold_nothing_still_weighs_something() -> None:
    weights = tier_weights(SALES, 2, graded(*[(1, 0)] * 6, *[(2, -4)] * 6))

    assert [Fraction(w, weights.unit) for w in weights.weight] == [Fraction(1, 100)] * 2


def test_weights_by_sales_need_sales() -> None:
    given = given_tiers(city_of({1: 1}, []), date(2026, 11, 16))

    with pytest.raises(BadRequest, match="kind: linear"):
        tier_weights(SALES, 1, given)
