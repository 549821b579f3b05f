"""Tier weights as whole numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from allocator.allocation.weights import tier_weights
from allocator.errors import InfeasiblePolicy
from allocator.policy.models import Weights


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
