"""L10: same input, same bytes, whatever the order of rows, the names or the threads."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from allocator.allocation.awards import allocate
from allocator.allocation.credits import credit_frame
from allocator.allocation.quotas import turn_frame
from allocator.canonical import canonical_json
from allocator.certificate.document import certify, order_cohorts
from allocator.records import Allocation, QuotaPlan
from allocator.tables.city import City, Table
from laws.reading import cells_of
from strategies import Market, ordered_markets


def outcome(plan: QuotaPlan, allocation: Allocation, owed: Table | None) -> list[bytes]:
    """All that is decided, as bytes: the proof, seats, credits, awards and their cohorts."""
    frames = [
        turn_frame(plan),
        credit_frame(plan, None if owed is None else owed.frame),
        allocation.lines,
    ]
    documents = [certify(plan), order_cohorts(plan, allocation)]
    return [
        *(frame.write_csv().encode() for frame in frames),
        *(canonical_json(document) for document in documents),
        repr((allocation.left.tolist(), allocation.level)).encode(),
    ]


def shuffled(table: Table, seed: int) -> Table:
    """The rows of a table in another order."""
    return replace(table, frame=table.frame.sample(fraction=1, shuffle=True, seed=seed))


@given(ordered_markets(), st.integers(0, 2**32 - 1))
def test_l10_row_order_threads_and_names_change_nothing(
    case: tuple[Market, Table], seed: int
) -> None:
    """L10: every table in another order, other display names, two threads."""
    market, orders = case
    plan = market.plan()
    expected = outcome(plan, allocate(orders, plan), market.city.credits)
    tables = {field.name: getattr(market.city, field.name) for field in fields(City)}
    city = replace(
        market.city,
        **{name: shuffled(table, seed) for name, table in tables.items() if type(table) is Table},
    )
    named = city.retailers.frame.with_columns(name=pl.lit("another name"), phone=pl.lit("1"))
    city = replace(city, retailers=replace(city.retailers, frame=named))

    again = replace(market, city=city).plan()
    actual = allocate(shuffled(orders, seed), again, threads=2)

    assert outcome(again, actual, city.credits) == expected


@given(ordered_markets())
def test_l10_new_identifiers_permute_seats_and_change_nothing_else(
    case: tuple[Market, Table],
) -> None:
    """L10: quotas and seats stay, and with them who is owed what but for whom the draw is between.

    Seats go by credit first, so what changes is who has one among those of a cell with the same
    credit. Along a path cells can be tied, and then the draw is between their members too.
    """
    market, _ = case
    city = market.city
    new = replace(
        city,
        retailers=renamed(city.retailers),
        credits=None if city.credits is None else renamed(city.credits),
    )

    before, after = market.plan(), replace(market, city=new).plan()

    assert np.array_equal(before.base, after.base)
    assert np.array_equal(before.entitlement, after.entitlement)
    assert np.array_equal(before.seats.sum(axis=1), after.seats.sum(axis=1))
    for p, method in enumerate(before.method):
        if method != "path":
            assert np.array_equal(before.seats[p], after.seats[p])
            assert owed_by_seat(before, p) == owed_by_seat(after, p)


@given(ordered_markets(whole_units=["rotate", "lottery", "equal"]))
def test_l10_new_identifiers_change_no_sum_where_equals_order_alike(
    case: tuple[Market, Table],
) -> None:
    """L10 for awards: with orders told by the cell alone, each cell's awards are the same again."""
    market, _ = case
    found = []
    for change in (lambda table: table, renamed):
        tables = {
            name: change(getattr(market.city, name))
            for name in ("retailers", "credits")
            if getattr(market.city, name) is not None
        }
        changed = replace(market, city=replace(market.city, **tables))
        plan = changed.plan()
        members = plan.members.with_columns(cell=pl.Series(cells_of(plan))).filter(
            pl.col("cell") >= 0
        )
        orders = changed.order(
            [
                {"retailer_id": name, "product_id": product, "requested": 1 + 5 * cell % 7}
                for product in ("P1", "P2")
                for name, cell in members.select("retailer_id", "cell").rows()
            ]
        )
        lines = allocate(orders, plan).lines.join(members, on="retailer_id")
        keys = ["line", "cell", "limit", "round_one", "award"]
        found.append(lines.group_by(keys).len().sort(keys, nulls_last=True))

    assert_frame_equal(*found)


def owed_by_seat(plan: QuotaPlan, p: int) -> list[tuple[int, int, bool]]:
    """Cell, credit before the cycle and seat of every counted member, without names."""
    seated = set(plan.turns.retailer[plan.turns.line == p].tolist())
    by_credit = plan.method[p] == "rotate"
    return sorted(
        (c, int(plan.credit_before[p, i]) if by_credit else 0, i in seated)
        for i, c in enumerate(cells_of(plan).tolist())
        if c >= 0
    )


def renamed(table: Table) -> Table:
    """The table with other retailer ids, in another order of theirs."""
    new = pl.col("retailer_id").str.reverse() + "x"
    return replace(table, frame=table.frame.with_columns(retailer_id=new).sort("retailer_id"))
