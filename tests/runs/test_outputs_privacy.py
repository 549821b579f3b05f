"""Public figures are of groups of at least five others."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from allocator.allocation.awards import allocate
from allocator.allocation.cliffs import Cliffs
from allocator.runs.outputs import cliff_table, open_summary, summary_table
from strategies import city_of, plan_of, small_plan, table_of


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


@pytest.mark.parametrize(
    ("asked", "told"), [([2] * 5, False), ([2] * 5 + [0], False), ([2] * 6, True), ([], False)]
)
def test_totals_of_what_a_handful_ordered_are_not_published(asked: list[int], told: bool) -> None:
    """Seven shops may have 2 each of 13, of which 1 is kept back: six take 12, five take 10.

    Who asks for nothing hides nobody. The quotas draw on the reserve once all seven order.
    """
    shops = dict.fromkeys("ABCDEFG", 1)
    plan = small_plan(
        {"P": {1: 2}}, shops, tiers=1, supply={"P": 13}, reserve={"P": 1}, source="planned"
    )
    rows = [
        {"order_id": who, "retailer_id": who, "product_id": "P", "requested": cartons}
        for who, cartons in zip("ABCDEFG", asked, strict=False)
    ] or [{"order_id": "X", "retailer_id": "A", "product_id": "other", "requested": 1}]
    served = allocate(table_of("orders", rows), plan)

    public, exact = (table(plan, served).to_dicts()[0] for table in (open_summary, summary_table))

    known = {"product_id": "P", "supply": 13, "reserve": 1, "planned": 14}
    given = sum(asked)
    assert exact == {**known, "requested": given, "awarded": given, "left": 12 - given}
    hidden = {"requested": None, "awarded": None, "left": None, "not_told": "few-retailers"}
    assert public == ({**exact, "not_told": None} if told else {**known, **hidden})


def test_what_few_drew_from_the_reserve_is_not_published() -> None:
    """Two shops order 3 each of 7, of which 2 are kept back: one comes from the reserve."""
    plan = small_plan(
        {"P": {1: 3}}, {"A": 1, "B": 1}, tiers=1, supply={"P": 7}, reserve={"P": 2},
        source="planned",
    )  # fmt: skip
    plan = replace(plan, oversell="refuse")
    rows = [
        {"order_id": who, "retailer_id": who, "product_id": "P", "requested": 3} for who in "AB"
    ]
    served = allocate(table_of("orders", rows), plan)

    public, exact = (table(plan, served)["reserve"][0] for table in (open_summary, summary_table))
    assert (public, exact) == (2, 1)
