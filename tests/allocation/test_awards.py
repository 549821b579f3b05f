"""Awards of hand-solved weeks."""

from __future__ import annotations

from datetime import datetime

import pytest

from allocator.allocation.awards import allocate
from allocator.records import Allocation
from allocator.tables.city import Table
from strategies import city_of, plan_of, table_of

NOON = datetime(2026, 11, 16, 12)


def orders(*rows: dict[str, object]) -> Table:
    return table_of(
        "orders",
        [
            {
                "order_id": f"O{k}",
                "product_id": "P1",
                "cycle": "C1",
                "ordered_at": datetime(2026, 11, 16),
            }
            | row
            for k, row in enumerate(rows)
        ],
    )


def awards(allocation: Allocation) -> dict[str, int]:
    return dict(allocation.lines.select("retailer_id", "award").rows())


def test_round_one_gives_at_most_the_limit() -> None:
    plan = plan_of(city_of({1: 2, 2: 1}, [{"quantity": 10}]))

    # Weights 1 and 3: 2, 2 and 6.
    allocation = allocate(
        orders(
            {"retailer_id": "R100", "requested": 5},
            {"retailer_id": "R101", "requested": 1},
            {"retailer_id": "R200", "requested": 6},
        ),
        plan,
    )

    assert awards(allocation) == {"R100": 2, "R101": 1, "R200": 6}
    assert allocation.left.tolist() == [1]


def test_round_two_gives_what_is_left_by_the_uniform_rule() -> None:
    """12 left of 20 between two equals who hold 4 each and want 20 and 9: both to the level."""
    plan = plan_of(city_of({1: 4}, [{"quantity": 16}]), second_round=True)

    allocation = allocate(
        orders(
            {"retailer_id": "R100", "requested": 20},
            {"retailer_id": "R101", "requested": 5},
            {"retailer_id": "R102", "requested": 1},
        ),
        plan,
    )

    # Quotas 4 each; 1 + 5 met, the other takes the rest of 16.
    assert awards(allocation) == {"R100": 10, "R101": 5, "R102": 1}
    assert allocation.left.tolist() == [0]


def test_lines_of_a_retailer_are_summed_and_cancelled_ones_do_not_count() -> None:
    plan = plan_of(city_of({1: 1}, [{"quantity": 9}]))

    allocation = allocate(
        orders(
            {"retailer_id": "R100", "requested": 2},
            {"retailer_id": "R100", "requested": 3},
            {"retailer_id": "R100", "requested": 4, "status": "cancelled"},
            {"retailer_id": "R100", "requested": 4, "kind": "make_up"},
            {"retailer_id": "R100", "requested": 4, "cycle": "C0"},
        ),
        plan,
    )

    assert allocation.lines["requested"].to_list() == [5]
    assert awards(allocation) == {"R100": 5}


def test_orders_in_parts_of_a_lot_are_served_in_whole_lots() -> None:
    """13 asked in lots of 5 are two lots."""
    plan = plan_of(city_of({1: 2}, [{"product_id": "P5", "quantity": 40}]))
    order = orders({"retailer_id": "R100", "requested": 13, "product_id": "P5"})

    assert awards(allocate(order, plan)) == {"R100": 10}


def test_what_the_plan_does_not_govern_has_no_figure() -> None:
    plan = plan_of(city_of({1: 1}, [{"quantity": 9}]))

    allocation = allocate(
        orders(
            {"retailer_id": "R100", "requested": 2, "product_id": "P9"},
            {"retailer_id": "nobody", "requested": 2},
        ),
        plan,
    )

    rows = {row["product_id"]: row for row in allocation.lines.rows(named=True)}
    assert rows["P9"]["award"] is None
    assert rows["P9"]["limit"] is None
    assert rows["P1"]["award"] == 0


def test_one_quantity_column_records_what_was_granted() -> None:
    """formats.md: it is taken as the order, and what was asked is unknown."""
    plan = plan_of(city_of({1: 1}, [{"quantity": 9}]))
    table = orders({"retailer_id": "R100", "requested": None, "granted": 4})

    line = allocate(table, plan).lines.row(0, named=True)

    assert (line["requested"], line["order"], line["award"], line["granted"]) == (None, 4, 4, 4)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_nothing(threads: int) -> None:
    plan = plan_of(city_of({1: 3, 2: 2}, [{"quantity": 17}]), second_round=True)
    rows = [{"retailer_id": name, "requested": 9} for name in ("R100", "R101", "R102", "R200")]

    served = allocate(orders(*rows), plan, threads=threads)

    assert served.lines["award"].sum() == 17
