"""Every way in which tiers come about, from tables to tiers, and the laws that all of them keep."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.errors import BadRequest
from allocator.grading.scheme import grade
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Grading
from allocator.wording import LANGUAGES, say
from grading.reference import divided, monthly, tiers_from
from grading.test_scheme import HAND, ON, QUJING, a_policy, city_of, column, sale
from strategies import PRICES, sales_rows

few = settings(max_examples=30)  # a whole city is built and graded for each


def limits(*numbers: float) -> tuple[Decimal, ...]:
    return tuple(Decimal(str(number)) for number in numbers)


def named(*numbers: float) -> dict[str, Decimal]:
    """Limits of tiers from the top down to tier 2."""
    return {str(len(numbers) + 1 - k): limit for k, limit in enumerate(limits(*numbers))}


RULES: dict[str, dict[str, object]] = {
    "shares": {"shares": limits(30, 40, 30)},
    "cutoffs": {"cutoffs": named(80, 45.5, 20)},
    "bands": {"bands": {"item": "quantity", "from": named(90, 30, 5)}},
    "money": {"bands": {"item": "amount", "from": named(9000, 800)}},
    "grid": {
        "bands": {
            "items": (
                {"item": "quantity", "from": limits(90, 30, 5)},
                {"item": "amount", "from": limits(9000, 800)},
            )
        }
    },
    "breaks": {"breaks": {"tiers": 4}},
}
NAMES = st.sampled_from(sorted(RULES))


def policy(rule: str, **changes: object) -> GradingPolicy:
    return a_policy(tiers=RULES[rule], **changes)


def test_three_shops_by_cutoffs_by_hand() -> None:
    """75.9, 89.0 and 21.0 points of test_scheme: tier 3 from 80, tier 2 from 50."""
    cutoffs = {"cutoffs": {"3": Decimal(80), "2": Decimal(50)}}
    grading = grade(city_of(HAND), a_policy(tiers=cutoffs), ON)

    assert column(grading, "tier") == {"R1": 2, "R2": 3, "R3": 1}
    assert column(grading, "reason") == dict.fromkeys(["R1", "R2", "R3"], "cutoffs")
    assert column(grading, "to_next_score") == {"R1": 4_090_909, "R2": None, "R3": 28_964_647}
    assert column(grading, "to_lower_score") == {"R1": 25_909_091, "R2": 9_027_778, "R3": None}
    assert grading.limits.least.tolist() == [0, 50_000_000, 80_000_000]
    assert (grading.tiers, grading.rule, grading.shares) == (3, "cutoffs", ())
    # R1 with 3 cartons a month more: 30 x 109/200 + 50 x 19,620/22,000 + 20 = 80.94; 2: 79.26.
    # R3 gains 3 (30/200 + 50 x 80/22,000) = 0.99545 with each: 29.86 with 30, 28.87 with 29.
    assert column(grading, "to_next_tier") == {"R1": 3, "R2": None, "R3": 30}


def test_three_shops_by_bands_by_hand() -> None:
    """100, 200 and 50 cartons in three months are 33 1/3, 66 2/3 and 16 2/3 a month."""
    bands = {"bands": {"item": "quantity", "from": named(60.333333, 33.333333)}}
    grading = grade(city_of(HAND), a_policy(tiers=bands), ON)

    assert column(grading, "score") == {"R1": 33_333_333, "R2": 66_666_666, "R3": 16_666_666}
    assert column(grading, "rank") == {"R1": 2, "R2": 1, "R3": 3}
    assert column(grading, "tier") == {"R1": 2, "R2": 3, "R3": 1}
    # R1 with 27 a month more has 181 in all, 60 1/3 a month: just enough.
    assert column(grading, "to_next_tier") == {"R1": 27, "R2": None, "R3": 17}
    assert [(i.name, i.weight, i.scale) for i in grading.items] == [("quantity", 0, "value")]
    (axis,) = grading.limits.axes
    assert (axis.item, axis.unit, axis.per_month, grading.limits.months) == (
        "quantity", "cartons", True, 3,
    )  # fmt: skip


def test_three_shops_by_two_items_by_hand() -> None:
    """33 1/3 cartons at 180 yuan, 66 2/3 at 110, 16 2/3 at 80; limits 20 cartons, 120 yuan."""
    items = (
        {"item": "quantity", "from": limits(20)},
        {"item": "mean_price", "from": limits(120)},
    )
    grading = grade(city_of(HAND), a_policy(tiers={"bands": {"items": items}}), ON)

    assert column(grading, "tier") == {"R1": 4, "R2": 3, "R3": 1}
    assert column(grading, "to_next_tier") == {"R1": None, "R2": None, "R3": 4}
    assert column(grading, "quantity_points") == column(grading, "score")
    assert column(grading, "mean_price_points") == {"R1": 0, "R2": 0, "R3": 0}
    assert grading.limits.table.tolist() == [[1, 2], [3, 4]]


@few
@given(sales_rows(), NAMES, st.sampled_from(["max", "rank"]))
def test_tiers_equal_the_reference(rows, rule, scale) -> None:
    """From the values and scores on record, with fractions and loops."""
    items = {name: {**QUJING[name], "scale": scale} for name in ("quantity", "amount")}
    grading = grade(city_of(rows), policy(rule, items=items), ON)
    table = grading.table

    if rule in ("cutoffs", "breaks"):
        score = table["score"].to_list()
        least = [0, 20_000_000, 45_500_000, 80_000_000]
        if rule == "breaks":
            classes = min(4, len(set(score)))
            drawn = divided(score, classes, [1] * classes, [len(score)] * classes)
            least = [-1] * (4 - classes) + [0, *drawn[1:]]
        expected = tiers_from(score, least)
    elif rule == "shares":
        return  # test_scheme
    else:
        cartons = [monthly(v, 3, 1) for v in table["quantity"]] if rule != "money" else []
        yuan = [monthly(v, 3, 100) for v in table["amount"]] if rule != "bands" else []
        by_cartons, by_yuan = (
            [sum(v >= limit for limit in limits) for v in values]
            for values, limits in ((cartons, (90, 30, 5)), (yuan, (9000, 800)))
        )
        expected = [1 + band for band in by_cartons or by_yuan]
        if rule == "grid":
            expected = [1 + 3 * c + y for c, y in zip(by_cartons, by_yuan, strict=True)]

    assert table["tier_by_score"].to_list() == expected
    assert table["tier"].to_list() == expected


@few
@given(sales_rows(), NAMES, st.randoms(use_true_random=False))
def test_neither_rows_nor_names_matter(rows, rule, shuffler: random.Random) -> None:
    """Rows shuffled, retailers too, and all renamed: everybody has what it had."""
    here = grade(city_of(rows), policy(rule), ON)
    shops = sorted({row["retailer_id"] for row in rows})
    others = [f"Z{k}" for k in range(len(shops))]
    shuffler.shuffle(others)
    new = dict(zip(shops, others, strict=True))
    mixed = [{**row, "retailer_id": new[row["retailer_id"]]} for row in rows]
    shuffler.shuffle(mixed)
    city = city_of(mixed)
    backwards = replace(city.retailers, frame=city.retailers.frame.reverse())

    there = grade(replace(city, retailers=backwards), policy(rule), ON)

    for name in here.table.columns[1:]:
        mine, theirs = column(here, name), column(there, name)
        assert mine == {shop: theirs[new[shop]] for shop in shops}, name


@few
@given(sales_rows(), NAMES)
def test_equals_share_a_tier(rows, rule) -> None:
    """A shop and its double: the same tier, score, rank and distances."""
    doubles = [{**row, "retailer_id": "twin"} for row in rows if row["retailer_id"] == "R1"]

    table = grade(city_of([*rows, *doubles]), policy(rule), ON).table

    one, other = (table.drop("retailer_id").row(i) for i in (0, table.height - 1))
    assert table["retailer_id"][-1] == "twin"
    assert one == other


@few
@given(sales_rows(), NAMES, st.integers(2, 12))
def test_units_do_not_matter(rows, rule, factor) -> None:
    """Sales in smaller units, and limits of bands with them: the same tiers."""
    finer = [
        {**row, "quantity": row["quantity"] * factor, "amount": row["amount"] * factor}
        for row in rows
    ]
    items = {name: QUJING[name] for name in ("quantity", "class_amount")}
    changed = policy(rule, items=items).tiers
    if changed.bands is not None:
        bands = changed.bands
        if bands.items is None:
            larger = {tier: limit * factor for tier, limit in bands.from_.items()}
            bands = bands.model_copy(update={"from_": larger})
        else:
            both = (
                item.model_copy(update={"from_": tuple(limit * factor for limit in item.from_)})
                for item in bands.items
            )
            bands = bands.model_copy(update={"items": tuple(both)})
        changed = changed.model_copy(update={"bands": bands})

    here = grade(city_of(rows), policy(rule, items=items), ON)
    there = grade(
        city_of(finer), policy(rule, items=items).model_copy(update={"tiers": changed}), ON
    )

    assert here.table.select("rank", "tier").equals(there.table.select("rank", "tier"))


@few
@given(sales_rows(), NAMES, st.sampled_from(["max", "rank", "log", "winsorised"]), st.data())
def test_who_sells_more_has_no_more_above(rows, rule, scale, data) -> None:
    """No item value falls: the rank is no worse, nor is a tier by fixed limits."""
    items = {name: {**QUJING[name], "scale": scale} for name in ("quantity", "class_amount")}
    shop = data.draw(st.sampled_from(sorted({row["retailer_id"] for row in rows})))
    product, extra = data.draw(st.sampled_from("ABC")), data.draw(st.integers(1, 5_000))
    more = [*rows, sale(shop, 8, product, extra, extra * PRICES[product] // 100)]

    before = grade(city_of(rows), policy(rule, items=items), ON)
    after = grade(city_of(more), policy(rule, items=items), ON)

    assert column(after, "rank")[shop] <= column(before, "rank")[shop]
    if rule not in ("shares", "breaks"):  # with shares places are few, with breaks lines move
        assert column(after, "tier")[shop] >= column(before, "tier")[shop]


@few
@given(sales_rows(retailers=6), NAMES, st.sampled_from(["max", "rank", "log"]))
def test_regrading_with_the_cartons_lifts_and_with_one_less_does_not(rows, rule, scale) -> None:
    """``to_next_tier`` through the whole of ``grade``, for shops that sell one product."""
    for row in rows:  # one product at one price: then more of the same mix is whole cartons
        row["product_id"], row["quantity"] = "C", abs(row["quantity"])
        row["amount"] = row["quantity"] * PRICES["C"]
    items = {name: {**QUJING[name], "scale": scale} for name in ("quantity", "amount")}
    before = grade(city_of(rows), policy(rule, items=items), ON)

    def regraded(shop: str, extra: int) -> Grading:
        more = [sale(shop, month, "C", extra, 80 * extra) for month in (7, 8, 9)]
        return grade(city_of(rows + more), policy(rule, items=items), ON)

    def lifted(shop: str, extra: int, tier: int) -> bool:
        after = regraded(shop, extra)
        if rule != "breaks":
            return column(after, "tier")[shop] > tier
        higher = before.limits.least[tier:]  # the lines as they were drawn
        return column(after, "score")[shop] >= min(higher[higher >= 0])

    for record in before.table.iter_rows(named=True):
        shop, extra = record["retailer_id"], record["to_next_tier"]
        sold = sum(
            row["quantity"]
            for row in rows
            if row["retailer_id"] == shop
            and 7 <= row["month"].month <= 9
            and row["kind"] != "emergency"
        )
        tier = record["tier_by_score"]
        if extra is not None:
            assert lifted(shop, extra, tier)
            assert not lifted(shop, extra - 1, tier)
        elif tier < before.tiers and sold > 0:
            assert not lifted(shop, max(10 * -(-sold // 3), 100), tier)


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("shops", [1, 7, 29, 30, 31])
def test_a_city_of_equals_has_one_tier(shops, rule) -> None:
    """The highest that rank shares and breaks have, the one that limits give: all alike."""
    rows = [sale(f"R{k}", 8, "A", 60, 18_000) for k in range(shops)]

    table = grade(city_of(rows), policy(rule), ON).table

    assert table["tier"].n_unique() == 1
    assert table["rank"].to_list() == [1] * shops
    tier = table["tier"][0]
    assert (
        tier == {"shares": tier, "cutoffs": 4, "bands": 2, "money": 2, "grid": 5, "breaks": 4}[rule]
    )


def test_few_scores_leave_the_lowest_tiers_empty_and_say_so() -> None:
    """Three shops in thirty tiers have the three highest."""
    grading = grade(city_of(HAND), a_policy(tiers={"breaks": {"tiers": 30}}), ON)

    assert column(grading, "tier") == {"R1": 29, "R2": 30, "R3": 28}
    assert grading.limits.least.tolist()[:28] == [-1] * 27 + [0]
    ((code, facts),) = grading.warnings
    assert (code, facts) == ("grading-breaks-few-scores", {"scores": 3, "tiers": 30, "lowest": 28})
    assert all("28" in say("grading", code, facts, language) for language in LANGUAGES)


def test_sizes_that_cannot_be_kept_are_refused() -> None:
    """Three retailers, one tier of which must have 90 per cent of them."""
    breaks = {"tiers": 2, "shape": limits(90, 10), "within": "1%"}

    with pytest.raises(BadRequest, match="larger within") as caught:
        grade(city_of(HAND), a_policy(tiers={"breaks": {**breaks, "at_least": "40%"}}), ON)

    assert "3" in caught.value.message("zh-CN")


def test_a_policy_without_window_or_rule_is_refused() -> None:
    """Made by hand, not read: reading refuses it too, with its line."""
    for changes, code in (({"window": None}, "window"), ({"tiers": {}}, "come about")):
        rules = (
            a_policy().model_copy(update={"window": None})
            if "window" in changes
            else a_policy(tiers={})
        )
        with pytest.raises(BadRequest, match=code):
            grade(city_of(HAND), rules, ON)


def test_bands_need_no_items_and_count_what_the_score_would() -> None:
    """Amounts are refused where they are unknown, by the path of the bands."""
    rows = [{**row, "amount": None} for row in HAND]
    bands = {"bands": {"item": "amount", "from": {"2": Decimal(1)}}}

    with pytest.raises(Exception, match="amount"):
        grade(city_of(rows), a_policy(tiers=bands), ON)


def test_shares_of_classes_are_bands_in_per_cent() -> None:
    """R1 buys 40 % of classes I and II, R2 10 %, R3 none."""
    bands = {
        "item": "class_quantity_share",
        "classes": (1, 2),
        "from": {"3": Decimal(40), "2": Decimal("9.999999")},
    }
    grading = grade(city_of(HAND), a_policy(tiers={"bands": bands}), ON)

    assert column(grading, "tier") == {"R1": 3, "R2": 2, "R3": 1}
    assert column(grading, "score")["R1"] == 40 * 10**6
    assert column(grading, "to_next_tier")["R2"] is None  # more of the same mix changes no share
    assert Fraction(grading.limits.months) == 3
