"""Bands of one item and of two, exact at their limits."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.bands import Cells, cells_of, monthly, two_axes
from allocator.grading.items import MEASURES
from allocator.policy.tier_models import Bands
from grading import reference

PARTS = {"cartons": 1, "fen": 100, "fen-per-carton": 100, "products": 1, "points": 10**6}


@pytest.mark.parametrize("item", [name for name in MEASURES if name != "class_quantity_share"])
@pytest.mark.parametrize("months", [1, 3, 7, Fraction(7, 2)])
def test_a_value_reaches_a_limit_where_it_truly_does(item, months) -> None:
    """Rounded down to millionths, yet never wrong about "at least": limits next to the value."""
    measure = MEASURES[item]
    values = [*range(-3, 60), 10**9, 10**9 + 1]
    measured = monthly(item, Fraction(months)).points(np.array(values))

    for value, found in zip(values, measured.tolist(), strict=True):
        true = reference.monthly(value, months if measure.grows else 1, PARTS[measure.unit])
        for limit in range(max(int(true * 10**6) - 1, 0), int(true * 10**6) + 3):
            assert (found >= limit) == (true >= Fraction(limit, 10**6))


def test_shares_are_in_per_cent_and_huge_values_do_not_wrap() -> None:
    """A share of 12.5 per cent; and more yuan than there are in the world."""
    assert monthly("class_quantity_share", Fraction(3)).points(np.array([125_000])) == [12_500_000]
    (huge,) = monthly("amount", Fraction(3)).points(np.array([2**62]))
    assert huge > 10**15


TABLE = ((6, 6, 5), (6, 5, 3), (4, 3, 3), (2, 2, 1))
"""From the top bands; 300, 200, 100 cartons and 50, 20 yuan begin them."""


def cells(table=None) -> Cells:
    bands = Bands.model_validate(
        {
            "items": (
                {"item": "quantity", "from": (Decimal(300), Decimal(200), Decimal(100))},
                {"item": "mean_price", "from": (Decimal(50), Decimal(20))},
            ),
            "table": table,
        }
    )
    return Cells(two_axes(bands), cells_of(bands))


def test_without_a_table_tiers_rise_with_the_first_item_first() -> None:
    """Four bands of cartons and three of price make twelve tiers (the 10 x 3 of practice)."""
    assert cells().table.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]


@pytest.mark.parametrize(
    ("cartons", "yuan", "tier", "up", "down"),
    [
        (0, 0, 1, 100, None),
        (99, 50, 2, 1, None),
        (100, 50, 4, 100, 0),
        (150, 20, 3, 50, 50),
        (150, 10, 3, 150, 50),
        (250, Decimal("19.99"), 3, 50, 150),
        (299, 49, 5, 1, 99),
        (300, 50, 6, None, 100),
        (900, 50, 6, None, 700),
    ],
)
def test_cells_by_hand(cartons, yuan, tier, up, down) -> None:
    """Tier, and cartons a month to a higher and down to a lower one, the price as it is."""
    first, second = (np.array([int(v * 10**6)]) for v in (cartons, yuan))

    standing = cells(TABLE).stand(first, second)

    assert standing.tier.tolist() == [tier]
    assert standing.to_next.tolist() == [-1 if up is None else up * 10**6]
    assert standing.to_lower.tolist() == [-1 if down is None else down * 10**6]
    assert standing.last_rank.tolist() == [-1] * 6


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 70)), min_size=1, max_size=9))
def test_distances_in_a_table_are_exact(shops) -> None:
    """That much more reaches a higher tier and a millionth less does not; and so downwards."""
    table = cells(TABLE)
    first, second = (np.array(v) * 10**6 for v in zip(*shops, strict=True))
    standing = table.stand(first, second)

    for sign, way in ((1, standing.to_next), (-1, standing.to_lower)):
        there = np.flatnonzero(way >= 0)
        far = table.tiers((first + sign * way)[there], second[there])
        near = table.tiers((first + sign * (way - 1))[there], second[there])
        beyond = table.tiers((first - way - 1)[there], second[there])
        own = standing.tier[there]
        if sign > 0:
            assert (far > own).all()
            assert (near == own).all()
        else:
            assert (far == own).all()
            assert (beyond < own).all()
    ends = table.tiers(np.where(standing.to_next < 0, 10**12, first), second)
    assert (ends[standing.to_next < 0] == standing.tier[standing.to_next < 0]).all()
