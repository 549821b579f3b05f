"""In how many cycles a shop asked for a product and got none: of what is known alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from allocator.complaints.complaint import Complaint
from allocator.complaints.examining import examine
from complaints.test_examining import planted


@pytest.mark.parametrize(
    ("requested", "granted", "asked", "none", "unknown"),
    [
        (5, 5, 1, 0, []),
        (5, 0, 1, 1, []),
        (5, None, 1, 0, ["orders.granted"]),  # asked, and nobody knows what was entered
        (None, 3, 1, 0, []),  # what was entered had been asked for
        (None, 0, 0, 0, ["orders.requested"]),
        (None, None, 0, 0, ["orders.requested"]),
        (0, 0, 0, 0, []),
    ],
)
def test_what_was_asked_for_is_not_taken_for_what_was_got(
    requested: int | None, granted: int | None, asked: int, none: int, unknown: list[str]
) -> None:
    """One line of the cycle before, of a product that the shop did not order in this one."""
    city, week = planted(1)
    orders = city.city.orders
    assert orders is not None
    frame = orders.frame.with_columns(pl.col("cycle").fill_null(week.cycle))
    served = week.plan.members.filter(pl.col("cell").is_not_null())["retailer_id"]
    frame = frame.filter(pl.col("retailer_id").is_in(served.implode()))
    lines = (
        frame.group_by("retailer_id", "product_id").agg("cycle").sort("retailer_id", "product_id")
    )
    (shop, product, (before,)) = next(
        row for row in lines.iter_rows() if len(row[2]) == 1 and row[2][0] != week.cycle
    )
    cells: dict[str, Any] = {"requested": requested, "granted": granted}
    mine = (pl.col("retailer_id") == shop) & (pl.col("product_id") == product)
    changed = orders.frame.with_columns(
        pl.when(mine).then(pl.lit(value, pl.Int64)).otherwise(pl.col(name)).alias(name)
        for name, value in cells.items()
    )
    week = replace(week, city=replace(week.city, orders=replace(orders, frame=changed)))

    each = examine(Complaint(shop, "never-available", product), week)

    assert before != week.cycle
    facts = {reason.code: dict(reason.facts) for reason in each.reasons}
    assert facts["history"] == {"cycles": 2, "asked": asked, "none": none}
    assert each.unchecked == tuple(unknown)
    told = {code: each["cycles"] for code, each in facts.items() if code[:11] == "history-no-"}
    assert told == {f"history-no-{name[7:]}": 1 for name in unknown}


def test_a_product_that_nobody_knows_here_can_be_complained_of_beside_another_shop() -> None:
    """Neither released nor ordered by the two: not ordered, whoever is named."""
    _, week = planted(1)
    one, other = week.plan.members["retailer_id"].to_list()[:2]

    each = examine(Complaint(one, "less-than-similar", "nothing of ours", about=other), week)

    assert (each.verdict, each.reasons[0].code) == ("unfounded", "not-ordered")
