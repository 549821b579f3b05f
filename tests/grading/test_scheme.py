"""Grading from tables to tiers."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.errors import BadRequest, BadTable
from allocator.grading.scheme import given_tiers, grade
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Grading
from allocator.tables.city import City
from allocator.wording import LANGUAGES, say
from grading.reference import nearest, scores, tiers
from strategies import CLASSES, PRICES, sales_rows, table_of, trading_city

ON = date(2021, 10, 1)
few = settings(max_examples=30)  # a whole city is built and graded for each
QUJING = {
    "quantity": {"weight": Decimal(30)},
    "amount": {"weight": Decimal(50)},
    "mean_price": {"weight": Decimal(10)},
    "class_quantity_share": {"weight": Decimal(5), "classes": (1, 2)},
    "class_amount": {"weight": Decimal(5), "classes": (1, 2)},
}
THREE = {"shares": (Decimal(30), Decimal(40), Decimal(30))}


def a_policy(**changes: object) -> GradingPolicy:
    fields: dict[str, object] = {
        "window": {"months": 3},
        "exclude": {"scarce": True, "kinds": ("emergency",)},
        "items": QUJING,
        "tiers": THREE,
        "missing_month": "zero",
    }
    return GradingPolicy.model_validate({**fields, **changes})


def sale(retailer: str, month: int, product: str, quantity: int, yuan: int, kind="ordinary"):
    return {
        "retailer_id": retailer,
        "month": date(2021, month, 1),
        "product_id": product,
        "quantity": quantity,
        "amount": yuan * 100,
        "kind": kind,
    }


HAND = [
    sale("R1", 7, "A", 40, 12_000),
    sale("R1", 9, "C", 60, 6_000),
    sale("R2", 7, "B", 20, 4_000),
    sale("R2", 8, "C", 180, 18_000),
    sale("R3", 8, "C", 60, 4_800),
    sale("R3", 9, "C", -10, -800, "return"),
    sale("R3", 9, "S", 500, 300_000),  # scarce
    sale("R3", 9, "A", 500, 150_000, "emergency"),
    sale("R3", 6, "A", 500, 150_000),  # before the window
    sale("R3", 10, "A", 500, 150_000),  # after it
]


def city_of(rows, **more: dict[str, object]) -> City:
    """A city with the retailers of the rows; ``more``: columns of some retailers."""
    names = sorted({str(row["retailer_id"]) for row in rows} | more.keys())
    blank = {"joined_on": date(2000, 1, 1), "status": "active"}
    return trading_city(rows, [{"retailer_id": r, **blank, **more.get(r, {})} for r in names])


def column(grading: Grading, name: str) -> dict[str, object]:
    return dict(zip(grading.table["retailer_id"], grading.table[name], strict=True))


def test_three_shops_by_hand_as_qujing_grades_them() -> None:
    """Each item is value / largest value x weight; computed with pencil and paper.

    R1: 30 x 100/200 + 50 x 18/22 + 10 + 5 + 5; R2: 30 + 50 + 10 x 110/180 + 5 x 0.1/0.4
    + 5 x 4/12; R3 (50 cartons for 4,000 yuan): 30 x 50/200 + 50 x 4/22 + 10 x 80/180.
    """
    grading = grade(city_of(HAND), a_policy(), ON)

    assert column(grading, "score") == {"R1": 75_909_091, "R2": 89_027_778, "R3": 21_035_353}
    assert column(grading, "rank") == {"R1": 2, "R2": 1, "R3": 3}
    assert column(grading, "tier") == {"R1": 2, "R2": 3, "R3": 1}
    assert column(grading, "mean_price") == {"R1": 18_000, "R2": 11_000, "R3": 8_000}
    assert column(grading, "class_quantity_share") == {"R1": 400_000, "R2": 100_000, "R3": 0}
    assert column(grading, "class_amount_points")["R2"] == 1_666_667
    assert column(grading, "to_next_score") == {"R1": 13_118_687, "R2": None, "R3": 54_873_738}
    assert column(grading, "to_lower_score") == {"R1": 54_873_738, "R2": 13_118_687, "R3": None}
    assert grading.last_rank.tolist() == [3, 2, 1]
    assert grading.cut_score.tolist() == [21_035_353, 75_909_091, 89_027_778]
    assert grading.window == ("2021-07", "2021-08", "2021-09")
    assert [(i.name, i.reference, i.unit) for i in grading.items] == [
        ("quantity", 200, "cartons"),
        ("amount", 2_200_000, "fen"),
        ("mean_price", 18_000, "fen-per-carton"),
        ("class_quantity_share", 400_000, "millionths"),
        ("class_amount", 1_200_000, "fen"),
    ]
    assert grading.warnings == ()


def test_the_way_up_by_hand() -> None:
    """R1 overtakes R2 with 8 cartons a month more, not with 7, pushing up two maxima.

    With 8: R1 has 88.6 points (22,320 yuan are the new largest amount), R2 falls to 87.99. With 7
    (21,780 yuan, under the old largest): 87.65 against 88.74.
    """
    grading = grade(city_of(HAND), a_policy(), ON)

    assert column(grading, "to_next_tier")["R1"] == 8
    assert column(grading, "to_next_tier")["R2"] is None


@few
@given(sales_rows(), st.booleans(), st.data())
def test_grades_equal_the_reference(rows, lower, data) -> None:
    """Values, scores and tiers of random cities, recomputed with fractions and loops."""
    names = ["quantity", "amount", "mean_price", "class_quantity_share", "product_count"]
    scales = [data.draw(st.sampled_from(["max", "rank", "winsorised"])) for _ in names]
    limit = data.draw(st.sampled_from([None, 50, 90]))  # per cent
    weights = [data.draw(st.integers(1, 60_000)) for _ in names]  # thousandths
    items = {}
    for name, scale, weight in zip(names, scales, weights, strict=True):
        items[name] = {"weight": Decimal(weight) / 1000, "scale": scale}
        if name == "class_quantity_share":
            items[name]["classes"] = (1, 2)
        if scale == "winsorised":
            items[name]["limit"] = f"{limit}%" if limit else None
    grading = grade(
        city_of(rows),
        a_policy(items=items, tiers={**THREE, "ties": "lower" if lower else "higher"}),
        ON,
    )

    shops = sorted({row["retailer_id"] for row in rows})
    values = []
    for shop in shops:
        mine = [
            row
            for row in rows
            if row["retailer_id"] == shop
            and 7 <= row["month"].month <= 9
            and row["product_id"] != "S"
            and row["kind"] != "emergency"
        ]
        cartons = sum(row["quantity"] for row in mine)
        money = sum(row["amount"] for row in mine)
        dear = sum(row["quantity"] for row in mine if CLASSES[row["product_id"]] <= 2)
        net = [sum(r["quantity"] for r in mine if r["product_id"] == p) for p in PRICES]
        price = nearest(Fraction(max(money, 0), cartons)) if cartons > 0 else 0
        share = nearest(Fraction(max(dear, 0) * 10**6, cartons)) if cartons > 0 else 0
        values.append([cartons, money, price, min(share, 10**6), sum(n > 0 for n in net)])
    columns = [list(item) for item in zip(*values, strict=True)]
    expected = scores(columns, [1000 * w for w in weights], scales, Fraction(limit or 95, 100))

    assert grading.table.select(names).to_dict(as_series=False) == dict(
        zip(names, columns, strict=True)
    )
    assert grading.table["score"].to_list() == expected
    shares = [Fraction(30), Fraction(40), Fraction(30)]
    assert grading.table["tier"].to_list() == tiers(expected, shares, lower=lower)


@few
@given(sales_rows(retailers=6), st.sampled_from(["max", "rank", "log", "winsorised"]), st.data())
def test_regrading_with_the_cartons_lifts_and_with_one_less_does_not(rows, scale, data) -> None:
    """``to_next_tier`` through the whole of ``grade``, for shops that sell one product."""
    for row in rows:  # one product at one price: then more of the same mix is whole cartons
        row["product_id"], row["quantity"] = "C", abs(row["quantity"])
        row["amount"] = row["quantity"] * PRICES["C"]
    items = {
        "quantity": {"weight": Decimal(30), "scale": scale},
        "amount": {"weight": Decimal(50), "scale": data.draw(st.sampled_from(["max", "rank"]))},
        "mean_price": {"weight": Decimal(10)},
        "class_amount": {"weight": Decimal(5), "classes": (4,), "scale": scale},
    }
    ties = data.draw(st.sampled_from(["higher", "lower"]))
    policy = a_policy(items=items, tiers={**THREE, "ties": ties})
    before = grade(city_of(rows), policy, ON)

    def tier_with(shop: str, extra: int) -> int:
        more = [sale(shop, month, "C", extra, 80 * extra) for month in (7, 8, 9)]
        return column(grade(city_of(rows + more), policy, ON), "tier")[shop]

    for record in before.table.iter_rows(named=True):
        shop, extra, sold = record["retailer_id"], record["to_next_tier"], record["quantity"]
        if extra is not None:
            assert tier_with(shop, extra) > record["tier"]
            assert tier_with(shop, extra - 1) == record["tier"]
        elif record["tier"] < 3 and sold > 0:
            assert tier_with(shop, max(10 * -(-sold // 3), 100)) == record["tier"]


@few
@given(sales_rows(), st.sampled_from(["max", "rank", "log", "winsorised"]), st.data())
def test_no_more_score_above_a_retailer_that_sells_more(rows, scale, data) -> None:
    """If none of its values falls and the others' data stand, no more score above it."""
    items = {name: {**QUJING[name], "scale": scale} for name in ("quantity", "class_amount")}
    policy = a_policy(items=items)
    shop = data.draw(st.sampled_from(sorted({row["retailer_id"] for row in rows})))
    extra = sale(shop, 8, data.draw(st.sampled_from("ABC")), data.draw(st.integers(1, 5_000)), 0)
    extra["amount"] = extra["quantity"] * PRICES[extra["product_id"]]

    def above(grading: Grading) -> int:
        return column(grading, "rank")[shop]

    before, after = grade(city_of(rows), policy, ON), grade(city_of([*rows, extra]), policy, ON)
    for name in items:
        assert column(after, name)[shop] >= column(before, name)[shop]

    assert above(after) <= above(before)


@few
@given(sales_rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, shuffler: random.Random) -> None:
    """Rows shuffled, and retailers too: the same table."""
    here = grade(city_of(rows), a_policy(), ON)
    mixed = list(rows)
    shuffler.shuffle(mixed)
    city = city_of(mixed)
    backwards = replace(city.retailers, frame=city.retailers.frame.reverse())

    there = grade(replace(city, retailers=backwards), a_policy(), ON)

    assert here.table.equals(there.table)
    assert here.warnings == there.warnings


@few
@given(sales_rows(), st.sampled_from(["max", "rank", "winsorised"]), st.integers(2, 12))
def test_grades_do_not_depend_on_the_unit(rows, scale, factor) -> None:
    """Sales in smaller units, quantity and amount alike: the same scores and tiers."""
    items = {name: {**QUJING[name], "scale": scale} for name in ("quantity", "class_amount")}
    policy = a_policy(items=items)
    finer = [
        {**row, "quantity": row["quantity"] * factor, "amount": row["amount"] * factor}
        for row in rows
    ]

    here, there = grade(city_of(rows), policy, ON), grade(city_of(finer), policy, ON)

    columns = ["score", "rank", "tier", "quantity_points"]
    assert here.table.select(columns).equals(there.table.select(columns))


def test_newcomers_start_by_rule_and_stay_outside_the_shares() -> None:
    """Three months are complete on 1 October for who joined on 1 July, not a day later."""
    city = city_of(
        HAND,
        R1={"joined_on": date(2021, 7, 2)},
        R2={"joined_on": date(2021, 7, 1)},
        R3={"joined_on": None},
    )

    grading = grade(city, a_policy(newcomers={"months": 3, "start_tier": 2}), ON)

    assert column(grading, "reason") == {"R1": "newcomer", "R2": "rank", "R3": "rank"}
    assert column(grading, "graded") == {"R1": False, "R2": True, "R3": True}
    assert column(grading, "tier") == {"R1": 2, "R2": 3, "R3": 1}
    assert column(grading, "score")["R1"] is None
    assert column(grading, "quantity")["R1"] == 100
    assert column(grading, "amount_points")["R1"] is None
    assert column(grading, "rank") == {"R1": None, "R2": 1, "R3": 2}
    assert [code for code, _ in grading.warnings] == ["grading-newcomers-unchecked"]


@pytest.mark.parametrize(
    ("joined", "on", "new"),
    [
        (date(2021, 1, 31), date(2021, 2, 28), False),
        (date(2021, 1, 31), date(2021, 2, 27), True),
        (date(2021, 11, 1), date(2021, 10, 1), True),
    ],
)
def test_a_month_is_complete_on_the_last_day_of_a_shorter_one(joined, on, new) -> None:
    """31 January and one month is 28 February; who joins only later is new."""
    rows = [sale("R1", month, "C", 1, 80) for month in range(1, 10)]
    city = city_of(rows, R1={"joined_on": joined})
    policy = a_policy(newcomers={"months": 1, "start_tier": 1}, window={"months": 1})

    assert column(grade(city, policy, on), "graded")["R1"] is not new


def test_closed_shops_have_no_tier_and_suspended_ones_keep_theirs() -> None:
    """A closed shop frees its rank; a suspended one is ranked like any other."""
    suspended = grade(city_of(HAND, R2={"status": "suspended"}), a_policy(), ON)
    closed = grade(city_of(HAND, R2={"status": "closed"}), a_policy(), ON)

    assert column(suspended, "tier") == {"R1": 2, "R2": 3, "R3": 1}
    assert column(suspended, "reason")["R2"] == "rank suspended"
    assert column(closed, "tier") == {"R1": 3, "R2": None, "R3": 1}
    assert column(closed, "reason")["R2"] == "closed"
    assert column(closed, "score")["R1"] == 100_000_000


def test_missing_months_count_as_zero_or_are_left_out() -> None:
    """R3 sold in two months: 50 cartons, or 50 x 3 / 2 = 75 over the window."""
    items = {"quantity": {"weight": Decimal(30)}, "mean_price": {"weight": Decimal(10)}}
    city = city_of([*HAND, sale("R1", 8, "C", 1, 100)], R4={})

    zero = grade(city, a_policy(items=items), ON)
    exclude = grade(city, a_policy(items=items, missing_month="exclude"), ON)

    assert column(zero, "quantity") == {"R1": 101, "R2": 200, "R3": 50, "R4": 0}
    assert column(zero, "reason")["R4"] == "rank no-sales"
    assert column(exclude, "quantity") == {"R1": 101, "R2": 300, "R3": 75, "R4": 0}
    assert column(exclude, "mean_price") == column(zero, "mean_price")
    assert column(exclude, "reason")["R4"] == "no-sales"
    assert column(exclude, "graded")["R4"] is False
    assert column(exclude, "tier")["R4"] == 1


def test_the_way_up_with_missing_months_left_out() -> None:
    """R1 sells 10 in one month of three: 30. R2 sells 40 in each: 120, that is 30 a month more."""
    rows = [sale("R1", 7, "C", 10, 800)] + [sale("R2", m, "C", 40, 3_200) for m in (7, 8, 9)]
    items = {"quantity": {"weight": Decimal(30)}}
    policy = a_policy(
        items=items, missing_month="exclude", tiers={"shares": (Decimal(50), Decimal(50))}
    )

    grading = grade(city_of(rows), policy, ON)

    assert column(grading, "to_next_tier")["R1"] == 30  # a tie shares the higher tier


def test_previous_tiers_are_the_last_before_the_day() -> None:
    """Of several gradings the latest counts; the day's own is not before it."""
    before = [
        {"retailer_id": "R1", "graded_on": date(2021, 4, 1), "tier": 9},
        {"retailer_id": "R1", "graded_on": date(2021, 7, 1), "tier": 8},
        {"retailer_id": "R1", "graded_on": ON, "tier": 7},
        {"retailer_id": "R3", "graded_on": ON, "tier": 5},
    ]
    city = replace(city_of(HAND), tiers=table_of("tiers", before))

    assert column(grade(city, a_policy(), ON), "previous_tier") == {"R1": 8, "R2": None, "R3": None}


def test_the_dated_row_in_force_counts() -> None:
    """R1 closes in November, so on 1 October it is still graded."""
    rows = [
        {"retailer_id": "R1", "status": "active", "valid_from": date(2020, 1, 1)},
        {"retailer_id": "R1", "status": "closed", "valid_from": date(2021, 11, 1)},
        {"retailer_id": "R2", "status": "active", "valid_from": None},
        {"retailer_id": "R3", "status": "active", "valid_from": None},
    ]
    grading = grade(trading_city(HAND, rows), a_policy(), ON)

    assert column(grading, "tier") == {"R1": 2, "R2": 3, "R3": 1}


def test_managers_scores_count_and_their_absence_is_refused() -> None:
    """80 and 40 points of a manager: full and half weight; an empty cell is not zero."""
    items = {"manager_score": {"weight": Decimal(20)}}
    scored = city_of(
        HAND,
        R1={"manager_score": 80_000_000},
        R2={"manager_score": 40_000_000},
        R3={"manager_score": None},
    )

    with pytest.raises(BadTable) as caught:
        grade(scored, a_policy(items=items), ON)

    assert [(r.row, r.column) for r in caught.value.refusals] == [(4, "manager_score")]
    closed = city_of(
        HAND,
        R1={"manager_score": 80_000_000},
        R2={"manager_score": 40_000_000},
        R3={"status": "closed"},
    )
    grading = grade(closed, a_policy(items=items), ON)
    assert column(grading, "score") == {"R1": 20_000_000, "R2": 10_000_000, "R3": None}


def test_sales_of_unknown_retailers_are_told() -> None:
    """They count for nobody, not even for the largest value."""
    city = city_of(HAND)
    known = city.retailers.frame.filter(pl.col("retailer_id") != "R2")

    grading = grade(replace(city, retailers=replace(city.retailers, frame=known)), a_policy(), ON)

    assert column(grading, "quantity_points")["R1"] == 30_000_000
    assert grading.warnings == (("grading-sales-of-strangers", {"retailers": 1, "first": "R2"}),)


def test_ties_that_swallow_tiers_are_told_in_every_language() -> None:
    """Two equal shops of two tiers: one tier stays empty."""
    rows = [sale(shop, m, "C", 5, 400) for shop in ("R1", "R2") for m in (7, 8, 9)]
    grading = grade(city_of(rows), a_policy(tiers={"shares": (Decimal(50), Decimal(50))}), ON)

    assert grading.warnings == (("grading-ties-swallow-tiers", {"count": 1, "tiers": "1"}),)
    for language in LANGUAGES:
        for code, facts in grading.warnings:
            assert say("grading", code, facts, language)


def test_a_city_of_newcomers_has_nobody_to_rank() -> None:
    """No graded retailer: no maximum, no ranks, no fault."""
    city = city_of(HAND, **{r: {"joined_on": ON} for r in ("R1", "R2", "R3")})

    grading = grade(city, a_policy(newcomers={"months": 1, "start_tier": 1}), ON)

    assert set(column(grading, "tier").values()) == {1}
    assert grading.last_rank.tolist() == [-1, -1, -1]


@pytest.mark.parametrize("weight", ["0.0000001", "1000000.5"])
def test_weights_that_no_score_can_hold_are_refused(weight) -> None:
    """Scores are whole millionths, and their sums fit 64 bits."""
    policy = a_policy(items={"quantity": {"weight": Decimal(weight)}})

    with pytest.raises(BadRequest, match=r"grading\.items\.quantity\.weight"):
        grade(city_of(HAND), policy, ON)


def test_given_tiers_come_from_either_table() -> None:
    """The retailers table first; closed shops and shops without any have none."""
    retailers = [
        {"retailer_id": "R1", "tier": 12, "status": "active"},
        {"retailer_id": "R2", "tier": None, "status": "suspended"},
        {"retailer_id": "R3", "tier": 9, "status": "closed"},
        {"retailer_id": "R4", "tier": None, "status": "active"},
    ]
    gradings = [
        {"retailer_id": "R1", "graded_on": date(2021, 7, 1), "tier": 11},
        {"retailer_id": "R2", "graded_on": date(2021, 7, 1), "tier": 14},
        {"retailer_id": "R2", "graded_on": ON, "tier": 15},
        {"retailer_id": "R2", "graded_on": date(2022, 1, 1), "tier": 30},
    ]
    city = City(table_of("retailers", retailers), tiers=table_of("tiers", gradings))

    grading = given_tiers(city, ON)

    assert column(grading, "tier") == {"R1": 12, "R2": 15, "R3": None, "R4": None}
    assert column(grading, "previous_tier") == {"R1": 11, "R2": 14, "R3": None, "R4": None}
    assert column(grading, "reason") == {
        "R1": "given",
        "R2": "given suspended",
        "R3": "closed",
        "R4": "no-tier",
    }
    assert (grading.tiers, grading.items, grading.window) == (30, (), ())
    assert grading.warnings == (("grading-retailers-without-tier", {"retailers": 1}),)


def test_no_tier_anywhere_is_refused() -> None:
    """Neither sales nor tiers: nothing to go by."""
    with pytest.raises(BadRequest, match="no table holds a tier"):
        given_tiers(City(table_of("retailers", [{"retailer_id": "R1"}])), ON)


def test_both_gradings_have_the_same_columns() -> None:
    """Who reads a grading need not ask where the tiers came from."""
    graded = grade(city_of(HAND), a_policy(items={"quantity": {"weight": Decimal(1)}}), ON)
    given_ = given_tiers(city_of(HAND, R1={"tier": 3}), ON)

    shared = [name for name in graded.table.columns if not name.startswith("quantity")]
    assert shared == given_.table.columns
    assert graded.table.select(shared).schema == given_.table.schema
    assert graded.table.schema["quantity_points"] == pl.Int64
    assert np.array_equal(given_.last_rank, [-1, -1, -1])


@pytest.mark.parametrize("many", [1, 7])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_warning_can_be_said_of_one_and_of_many(language, many) -> None:
    """Both catalogues hold every code of grading, and the same numbers enter both texts."""
    facts = {
        "grading-kinds-unchecked": {"kinds": "emergency", "column": "kind"},
        "grading-months-without-sales": {"months": "2021-07"},
        "grading-sales-of-strangers": {"retailers": many, "first": "R2"},
        "grading-newcomers-unchecked": {"retailers": many},
        "grading-ties-swallow-tiers": {"count": many, "tiers": "1, 2"},
        "grading-retailers-without-tier": {"retailers": many},
    }
    said = {code: say("grading", code, fact, language) for code, fact in facts.items()}

    assert "1 retailers" not in " ".join(said.values())
    assert "R2" in said["grading-sales-of-strangers"]


def test_the_day_is_that_of_the_policy_unless_another_is_given() -> None:
    """Nothing reads the clock: without any day grading is refused."""
    policy = a_policy()

    assert grade(city_of(HAND), policy.in_force(ON)).on == ON
    assert grade(city_of(HAND), policy.in_force(date(2021, 9, 1)), ON).on == ON
    with pytest.raises(BadRequest, match="no day to grade on"):
        grade(city_of(HAND), policy)
