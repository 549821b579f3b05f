"""Public figures are of groups of at least five others."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from allocator.allocation.cliffs import Cliffs
from allocator.runs.outputs import cliff_table
from strategies import city_of, plan_of


@pytest.mark.parametrize(("retailers", "told"), [(2, False), (5, False), (6, True)])
def test_cliffs_of_a_handful_of_shops_are_not_published(retailers: int, told: bool) -> None:
    """Of two shops, the number of pairs with nearly the same sales would tell their sales."""
    plan = plan_of(city_of({1: 6}, [{"quantity": 12}]))
    one = np.array([1])
    cliffs = Cliffs("", np.array([retailers]), one, one * 2_500_000, one, one)

    row = cliff_table(plan, cliffs).row(0, named=True)

    figures = ("retailers", "pairs", "largest", "apart", "cartons")
    if told:
        assert [row[name] for name in figures] == [6, 1, Decimal("2.5"), 1, 1]
        assert row["not_computed"] is None
    else:
        assert [row[name] for name in figures] == [None] * 5
        assert row["not_computed"] == "few-retailers"
