"""Orders laid out by product and retailer, against adding them up one by one."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from allocator.allocation.requests import lay_out

Row = dict[str, object]
SCHEMA = {
    "order_id": pl.String, "retailer_id": pl.String, "product_id": pl.String, "cycle": pl.String,
    "status": pl.String, "kind": pl.String, "requested": pl.Int64, "granted": pl.Int64,
    "ordered_at": pl.Datetime,
}  # fmt: skip


def orders(seed: int) -> list[Row]:
    """Lines of few shops and products, so that most come more than once."""
    rng = np.random.default_rng(seed)

    def some(*values: object) -> object:
        return values[int(rng.integers(len(values)))]

    return [
        {
            "order_id": f"{(shop := some('R1', 'R2', 'R10'))}-{rng.integers(4)}",
            "retailer_id": shop,
            "product_id": some("P1", "P2", "P3"),
            "cycle": some("C1", "C1", None, "C2"),
            "status": some(None, "paid", "confirmed", "cancelled"),
            "kind": some(None, "ordinary", "make_up"),
            "requested": some(0, 3, 8, None),
            "granted": some(1, 5, None),
            "ordered_at": some(None, datetime(2026, 11, 16, 9), datetime(2026, 11, 16, 10)),
        }
        for _ in range(int(rng.integers(0, 40)))
    ]


def added(rows: list[Row], name: str) -> int | None:
    """A sum with an unknown part is unknown."""
    parts = [row[name] for row in rows]
    return None if None in parts else sum(parts)


@pytest.mark.parametrize("seed", range(12))
def test_lines_that_count_are_added_up_and_keep_their_first_place(seed: int) -> None:
    rows = orders(seed)
    left_out = {"C2", "cancelled", "make_up"}
    counting = [row for row in rows if not {row["cycle"], row["status"], row["kind"]} & left_out]
    never = datetime(9999, 1, 1)
    counting.sort(key=lambda r: (r["ordered_at"] or never, r["order_id"], r["product_id"]))
    pairs: dict[tuple[object, object], list[Row]] = defaultdict(list)
    for row in counting:
        pairs[row["product_id"], row["retailer_id"]].append(row)

    laid = lay_out(pl.DataFrame(rows, schema=SCHEMA), "C1", placed=True)

    told = [
        (laid.products[p], laid.retailers[i])
        for p, i in zip(laid.product.tolist(), laid.retailer.tolist(), strict=True)
    ]
    assert told == sorted(pairs)
    for pair, figures in zip(told, laid.figures.rows(named=True), strict=True):
        asked, entered = (added(pairs[pair], name) for name in ("requested", "granted"))
        order = entered if asked is None else asked
        assert (figures["requested"], figures["granted"], figures["order"]) == (
            asked, entered, order,
        )  # fmt: skip
    assert laid.order().tolist() == [figure or 0 for figure in laid.figures["order"]]
    for name in ("P1", "P2", "P3", "P4"):
        assert told[laid.rows_of(name)] == [p for p in told if p[0] == name]
    first = {pair: k for k, pair in reversed(list(enumerate(keys(counting))))}
    rising = np.argsort(laid.figures["place"].to_numpy(), kind="stable").tolist()
    assert [told[k] for k in rising] == sorted(first, key=lambda pair: first[pair])


def keys(rows: list[Row]) -> list[tuple[object, object]]:
    return [(row["product_id"], row["retailer_id"]) for row in rows]


def test_the_order_of_placing_is_kept_only_where_it_is_asked_for() -> None:
    frame = pl.DataFrame(orders(1), schema=SCHEMA)

    assert not lay_out(frame, "C1").placed
    assert lay_out(frame, "C1").figures.equals(
        lay_out(frame, "C1", placed=True).figures.drop("place")
    )
