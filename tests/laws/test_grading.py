"""Laws of grading under any policy: ``model.md`` 8, and what a planner takes for granted."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from ruamel.yaml import YAML

from allocator.errors import BadPolicy, BadRequest
from allocator.grading.regrade import keep_sales, regrade
from allocator.grading.scheme import grade
from allocator.records import Grading
from allocator.runs.keeping_tiers import grading_document
from allocator.runs.outputs import grading_record, grading_table
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day, make_city
from strategies import Judged, grading_rules, judged_cities, table_of

Change = Callable[[list[dict[str, Any]]], Sequence[dict[str, Any]]]
SCORED = ("shares", "cutoffs", "breaks")
"""Rules of tiers that go by the score."""

PLAIN_WINDOW = {"months": 3}


def with_rows(city: City, **changes: Change) -> City:
    """The city with the rows of some tables changed, as they are read from a file."""
    made = {}
    for name, change in changes.items():
        table = getattr(city, name)
        if table is not None:
            rows = [
                {key: value for key, value in row.items() if key in table.columns}
                for row in table.frame.to_dicts()
            ]
            made[name] = table_of(name, change(rows))
    return replace(city, **made)


def graded(judged: Judged, city: City | None = None, **changes: object) -> Grading:
    """The grading; cases that are refused are not looked at."""
    try:
        return grade(city or judged.city, judged.policy(**changes), judged.on)
    except (BadPolicy, BadRequest):
        reject()


def record(grading: Grading) -> tuple[str, str, object]:
    """What is written of a grading, as text."""
    files = grading_table(grading).write_csv(), grading_record(grading).write_csv()
    return *files, grading_document(grading)


def by_shop(grading: Grading, *columns: str) -> dict[str, tuple[object, ...]]:
    """Figures of each shop."""
    rows = grading.table.select("retailer_id", *columns).rows()
    return {name: tuple(figures) for name, *figures in rows}


STANDING = ("score", "rank", "tier_by_score", "tier", "reason", "moves", "earned_tier")


@given(judged_cities(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_byte(judged: Judged, order: random.Random) -> None:
    """Each table is shuffled."""

    def shuffled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return order.sample(rows, len(rows))

    names = ("retailers", "products", "sales", "tiers", "sanctions")
    other = with_rows(judged.city, **dict.fromkeys(names, shuffled))

    assert record(graded(judged, other)) == record(graded(judged))


@given(judged_cities(), st.permutations(range(10)))
def test_renaming_retailers_permutes_and_changes_nothing_else(
    judged: Judged, order: list[int]
) -> None:
    """Other numbers, in another order."""

    def renamed(name: str) -> str:
        return f"X{order[int(name[1:])]}"

    def change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "retailer_id": renamed(row["retailer_id"])} for row in rows]

    names = ("retailers", "sales", "tiers", "sanctions")
    before = graded(judged)
    after = graded(judged, with_rows(judged.city, **dict.fromkeys(names, change)))

    columns = [name for name in before.table.columns if name != "retailer_id"]
    assert by_shop(after, *columns) == {
        renamed(name): figures for name, figures in by_shop(before, *columns).items()
    }
    assert grading_document(after) == grading_document(before)


@given(
    judged_cities(kinds=SCORED, least=4, scales=("max", "rank", "winsorised"), window=PLAIN_WINDOW),
    st.sampled_from(["quantity", "amount"]),
    st.integers(2, 1_000),
)
def test_the_unit_of_sales_changes_no_score(judged: Judged, column: str, unit: int) -> None:
    """Cartons or fen counted in a unit so many times as small; a mean price is rounded, so left.

    Nor is a mean over fewer months looked at, which is rounded to whole cartons.
    """
    items = {k: item for k, item in judged.rules["items"].items() if k != "mean_price"}
    assume(items)
    plain = {"items": items, "missing_month": "zero", "sanctions": None}
    city = replace(judged.city, sanctions=None)

    def change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, column: unit * row[column]} for row in rows]

    before = graded(judged, city, **plain)
    after = graded(judged, with_rows(city, sales=change), **plain)

    assert by_shop(after, *STANDING) == by_shop(before, *STANDING)


@given(
    judged_cities(kinds=SCORED, least=4, bought=True),
    st.integers(1, 4),
    st.integers(0, 40),
    st.integers(0, 400_000),
)
def test_whose_values_do_not_fall_has_no_more_shops_above(
    judged: Judged, times: int, cartons: int, price: int
) -> None:
    """Each shop in turn sells more of its mix, and some cartons more; no value of its items falls.

    Its rank gets no worse then, and so with shares its tier.
    """
    before = graded(judged)
    rules, values = judged.rules, [item.name for item in before.items]
    shares = rules["tiers"].get("ties") == "higher"
    for shop in before.table.filter("graded")["retailer_id"]:

        def more(rows: list[dict[str, Any]], shop: str = shop) -> list[dict[str, Any]]:
            last = max((k for k, r in enumerate(rows) if r["retailer_id"] == shop), default=-1)
            return [
                row if row["retailer_id"] != shop else {
                    **row,
                    "quantity": times * row["quantity"] + cartons * (k == last),
                    "amount": times * row["amount"] + price * cartons * (k == last),
                }
                for k, row in enumerate(rows)
            ]  # fmt: skip

        after = graded(judged, with_rows(judged.city, sales=more))
        old, new = (by_shop(grading, *values)[shop] for grading in (before, after))
        if any(now < then for now, then in zip(new, old, strict=True)):
            continue
        assert by_shop(after, "rank")[shop] <= by_shop(before, "rank")[shop]
        if shares:
            old, new = (by_shop(grading, "tier_by_score")[shop] for grading in (before, after))
            assert new >= old


@given(judged_cities())
def test_equals_share_a_tier_and_a_better_score_stands_no_lower(judged: Judged) -> None:
    """Before the rules of movement; in a grid equals are those of both items."""
    grading = graded(judged)
    found = grading.table.filter("graded")
    values = [item.name for item in grading.items]
    if grading.rule == "grid":
        seen: dict[object, int] = {}
        for *mine, tier in found.select(*values, "tier_by_score").rows():
            assert seen.setdefault(tuple(mine), tier) == tier
        return
    ordered = found.sort("score")["tier_by_score"].to_list()
    assert ordered == sorted(ordered)
    assert found.select("score", "tier_by_score").unique().height == found["score"].n_unique()


@given(judged_cities(kinds=[*SCORED, "bands", "grid"]), st.integers(0, 30))
def test_sales_that_come_later_give_the_grading_of_all_sales(judged: Judged, first: int) -> None:
    """A grading of new rows over what was kept of the old ones is that of all rows."""
    whole, city = graded(judged), judged.city
    policy = judged.policy()
    old = with_rows(city, sales=lambda rows: rows[:first] or rows[:1])
    new = with_rows(city, sales=lambda rows: rows[max(first, 1):] or rows[:0])  # fmt: skip
    if len(city.sales.frame) <= max(first, 1):
        new = replace(city, sales=None)

    again, _ = regrade(keep_sales(old, policy, judged.on), new, policy, judged.on)

    assert again.table.equals(whole.table)
    assert grading_document(again) == grading_document(whole)


@given(judged_cities(), st.sampled_from(["closed", "new"]))
def test_a_shop_outside_the_shares_moves_nobody(judged: Judged, kind: str) -> None:
    """A closed shop, or one that joined on the day, with sales larger than all others'."""
    new = {"months": 3, "start_tier": 1}
    rules = {"newcomers": judged.rules.get("newcomers", new)}
    shop = {
        "retailer_id": "R0", "market": "rural", "credit": "A", "manager_score": 10**9,
        "joined_on": judged.on if kind == "new" else date(2020, 1, 1),
        "status": "closed" if kind == "closed" else "active",
    }  # fmt: skip
    sale = {
        "retailer_id": "R0", "month": date(2026, 1, 1), "day": 20, "product_id": "A",
        "quantity": 99_999, "amount": 99_999 * 30_000, "kind": "ordinary",
    }  # fmt: skip
    more = with_rows(
        judged.city, retailers=lambda rows: [*rows, shop], sales=lambda rows: [*rows, sale]
    )
    before, after = graded(judged, **rules), graded(judged, more, **rules)

    found = by_shop(after, *before.table.columns[1:])
    assert found.pop("R0")[0] is False
    assert found == by_shop(before, *before.table.columns[1:])
    assert after.last_rank.tolist() == before.last_rank.tolist()
    assert after.cut_score.tolist() == before.cut_score.tolist()


NEUTRAL: dict[str, dict[str, object]] = {
    "a step beyond all tiers": {"movement": {"max_step": 200}},
    "kinds of sanctions that nobody has": {"sanctions": {"suspend": {}}},
    "a credit level that nobody has": {"credit": {"Z": {"cap": 1}}},
    "six decimals": {"decimals": 6},
}


@pytest.mark.parametrize("name", NEUTRAL)
@given(judged=judged_cities(kinds=SCORED))
def test_a_rule_that_meets_nobody_changes_nothing(name: str, judged: Judged) -> None:
    """Figures of all shops; which columns are written may depend on the policy."""
    city = replace(judged.city, sanctions=None)
    without = dict.fromkeys(("movement", "credit", "sanctions", "newcomers"))
    items = {
        key: {**item, "weight": round(item["weight"]) + 1}
        for key, item in judged.rules["items"].items()
    }
    rules = {**without, "items": items, "decimals": None}
    before = graded(judged, city, **rules)
    after = graded(judged, city, **{**rules, **NEUTRAL[name]})

    columns = [c for c in before.table.columns if c not in ("earned_tier", "previous_earned")]
    assert by_shop(after, *columns[1:]) == by_shop(before, *columns[1:])


def test_a_screening_that_only_lists_changes_nothing() -> None:
    """Ninety shops with four months of sales: many months are listed, no figure is another."""
    city = make_city(90)
    plain = YAML(typ="safe").load(POLICY)["grading"]
    sharp = {"threshold": 1, "history": 4, "least_history": 4, "least_peers": 5}
    on = first_day(CYCLE)

    before = grade(city, grading_rules(plain, on), on)
    after = grade(city, grading_rules({**plain, "screening": sharp}, on), on)
    cut = grade(
        city, grading_rules({**plain, "screening": sharp | {"action": "winsorise"}}, on), on
    )

    assert after.screened.height > 10
    assert after.table.equals(before.table)
    assert not cut.table.equals(before.table)


@given(judged_cities(kinds=SCORED), st.integers(1, 9))
def test_weights_that_are_all_the_same_are_no_weights(judged: Judged, weight: int) -> None:
    """``recency: [w, w, ...]`` is no recency."""
    window = {k: v for k, v in judged.rules["window"].items() if k != "recency"}
    plain = record(graded(judged, window=window))
    count = judged.policy(window=window).window.count
    even = {**window, "recency": [Decimal(weight) / 4] * count}

    assert record(graded(judged, window=even)) == plain
