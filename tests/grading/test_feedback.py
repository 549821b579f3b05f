"""What scarce products do to the score, against counting shop by shop."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.errors import BadRequest, BadTable
from allocator.grading.changes import sales_of_awards, with_sales
from allocator.grading.feedback import feedback
from allocator.grading.scheme import grade
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Allocation
from grading.reference import nearest, points, scores, tiers
from strategies import CLASSES, PRICES, ruled_week, sales_rows, small_week, table_of, trading_city

ON = date(2021, 10, 1)
MONTHS = (7, 8, 9)
SHARES = (30, 40, 30)
NAMES = ("quantity", "amount", "mean_price", "class_amount")
WEIGHTS = {"quantity": 30, "amount": 50, "mean_price": 12, "class_amount": 8}
CLASS = (1, 2)


def a_policy(scales: dict[str, str], ties: str = "higher", scarce: bool = False) -> GradingPolicy:
    items: dict[str, dict[str, object]] = {
        name: {"weight": Decimal(WEIGHTS[name]), "scale": scales[name]} for name in NAMES
    }
    items["class_amount"]["classes"] = CLASS
    return GradingPolicy.model_validate(
        {
            "window": {"months": 3},
            "exclude": {"scarce": scarce, "kinds": ("emergency",)},
            "items": items,
            "tiers": {"shares": tuple(Decimal(share) for share in SHARES), "ties": ties},
            "missing_month": "zero",
        }
    )


def city_of(rows):
    names = sorted({row["retailer_id"] for row in rows})
    return trading_city(rows, [{"retailer_id": name, "status": "active"} for name in names])


def values(rows, names) -> dict[str, list[int]]:
    """Item -> value of each retailer, added up row by row."""
    found = {name: [] for name in NAMES}
    for name in names:
        mine = [
            row
            for row in rows
            if row["retailer_id"] == name
            and row["month"].month in MONTHS
            and row["kind"] != "emergency"
        ]
        cartons = sum(row["quantity"] for row in mine)
        fen = sum(row["amount"] for row in mine)
        found["quantity"].append(cartons)
        found["amount"].append(fen)
        price = nearest(Fraction(max(fen, 0), cartons)) if cartons > 0 else 0
        found["mean_price"].append(price)
        dear = [row["amount"] for row in mine if CLASSES[row["product_id"]] in CLASS]
        found["class_amount"].append(sum(dear))
    return found


def points_then(values_: list[int], i: int, new: int, weight: int, scale: str) -> int:
    """Points of shop i with another value: the line stays, unless the value rises above it."""
    limit = Fraction(95, 100)
    if new < values_[i] and scale != "rank":
        positive = sorted(max(value, 0) for value in values_)
        # With 95 per cent of up to nine shops the cut is the largest value, as with ``max``.
        cap = positive[-1]
        return nearest(Fraction(weight * min(max(new, 0), cap), cap)) if cap else 0
    return points([*values_[:i], new, *values_[i + 1 :]], weight, scale, limit)[i]


def cut_rows(rows, cut: Fraction):
    """Rows that take away the part of each shop's scarce product, months as they come."""
    bought: dict[tuple, int] = defaultdict(int)
    for row in rows:
        if row["product_id"] == "S":
            bought[row["retailer_id"], row["month"], row["kind"]] += row["quantity"]
    so_far, taken = defaultdict(int), []
    for (shop, month, kind), quantity in sorted(bought.items()):
        if quantity <= 0:
            continue
        before = nearest(so_far[shop] * cut)
        so_far[shop] += quantity
        gone = nearest(so_far[shop] * cut) - before
        row = {"retailer_id": shop, "month": month, "product_id": "S", "quantity": -gone}
        taken.append({**row, "amount": -gone * PRICES["S"], "kind": kind})
    return taken


def score_of(items, scales) -> list[int]:
    weights = [WEIGHTS[name] * 1_000_000 for name in NAMES]
    chosen = [scales[name] for name in NAMES]
    return scores([items[name] for name in NAMES], weights, chosen, Fraction(95, 100))


SCALES = st.fixed_dictionaries(
    {name: st.sampled_from(["max", "rank", "winsorised"]) for name in NAMES}
)


@settings(max_examples=40)
@given(sales_rows(), SCALES, st.sampled_from(["higher", "lower"]),
       st.sampled_from([Fraction(1, 10), Fraction(1, 3), Fraction(1)]))  # fmt: skip
def test_feedback_is_what_counting_gives(rows, scales, ties, cut):
    """Points from scarce products by item and tier, and who moves, one shop at a time."""
    city, policy = city_of(rows), a_policy(scales, ties)
    names = sorted({row["retailer_id"] for row in rows})
    real = values(rows, names)
    left = values([row for row in rows if row["product_id"] != "S"], names)
    less = values([*rows, *cut_rows(rows, cut)], names)

    def lost(other, i):
        return {
            name: points(real[name], WEIGHTS[name] * 1_000_000, scales[name], Fraction(95, 100))[i]
            - points_then(real[name], i, other[name][i], WEIGHTS[name] * 1_000_000, scales[name])
            for name in NAMES
        }

    lower, shares = ties == "lower", [Fraction(share) for share in SHARES]
    score = score_of(real, scales)
    tier = tiers(score, shares, lower=lower)
    expected = []
    for i, name in enumerate(names):
        alone = sum(lost(less, i).values())
        then = [*score[:i], score[i] - alone, *score[i + 1 :]]
        expected.append(
            {
                "retailer_id": name,
                "tier": tier[i],
                "score": score[i],
                "scarce_points": sum(lost(left, i).values()),
                "tier_without": tiers(score_of(left, scales), shares, lower=lower)[i],
                "tier_cut": tiers(score_of(less, scales), shares, lower=lower)[i],
                "cut_points": alone,
                "falls": tiers(then, shares, lower=lower)[i] < tier[i],
            }
        )

    found = feedback(city, policy, ON, cut=cut)

    assert [{k: v for k, v in row.items() if k != "falls"} for row in expected] == (
        found.retailers.to_dicts()
    )
    for row in found.tiers.iter_rows(named=True):
        mine = [shop for shop in expected if shop["tier"] == row["tier"]]
        assert row == {
            "tier": row["tier"],
            "retailers": len(mine),
            "points": sum(shop["score"] for shop in mine),
            "scarce_points": sum(shop["scarce_points"] for shop in mine),
            "rise": sum(shop["tier_without"] > shop["tier"] for shop in mine),
            "fall": sum(shop["tier_without"] < shop["tier"] for shop in mine),
            "rise_cut": sum(shop["tier_cut"] > shop["tier"] for shop in mine),
            "fall_cut": sum(shop["tier_cut"] < shop["tier"] for shop in mine),
            "fall_alone": sum(shop["falls"] for shop in mine),
        }
    by_item = {name: sum(lost(left, i)[name] for i in range(len(names))) for name in NAMES}
    assert by_item == dict(found.items.select("item", "scarce_points").iter_rows())
    whole = Fraction(sum(by_item.values()), sum(score)) if sum(score) else Fraction(0)
    assert whole == found.share


@settings(max_examples=15)
@given(sales_rows(), SCALES)
def test_nothing_comes_from_what_the_policy_leaves_out(rows, scales):
    """With scarce products excluded the loop is open."""
    found = feedback(city_of(rows), a_policy(scales, scarce=True), ON)

    assert found.share == found.movers == 0
    assert found.retailers["cut_points"].to_list() == [0] * found.retailers.height


@settings(max_examples=25)
@given(sales_rows(), sales_rows(), SCALES)
def test_a_grading_of_added_sales_is_the_grading_of_all_rows(rows, more, scales):
    """The hook is a plain grading of the city with the rows added; the city stays as it was."""
    policy = a_policy(scales)
    everyone = city_of([*rows, *more]).retailers
    city = replace(city_of(rows), retailers=everyone)
    together = replace(city_of([*rows, *more]), retailers=everyone)
    before = city.sales.frame.clone()

    changed = grade(with_sales(city, pl.DataFrame(more)), policy, ON)

    assert changed.table.equals(grade(together, policy, ON).table)
    assert city.sales.frame.equals(before)


def test_sales_read_from_files_take_products_they_never_had():
    """Identifiers of large tables are coded; names that the code lacks are added to it."""
    rows = [
        {"retailer_id": "R1", "month": date(2021, 9, 1), "product_id": "A", "quantity": 5,
         "amount": 500, "kind": "ordinary"},
    ]  # fmt: skip
    city = city_of([*rows, {**rows[0], "retailer_id": "R2"}])
    coded = city.sales.frame.with_columns(
        pl.col("product_id").cast(pl.Enum(["A"])), pl.col("retailer_id").cast(pl.Enum(["R1", "R2"]))
    )
    city = replace(city, sales=replace(city.sales, frame=coded))
    added = pl.DataFrame({**rows[0], "product_id": "B", "quantity": 7})
    quantity = {**dict.fromkeys(NAMES, "max")}

    table = grade(with_sales(city, added), a_policy(quantity), ON).table

    assert dict(table.select("retailer_id", "quantity").iter_rows()) == {"R1": 12, "R2": 5}


def test_awards_become_sales_at_wholesale_prices():
    """What a cycle awarded, priced, is what the next grading would count."""
    week = small_week(1)
    priced = week.city.products.frame.with_columns(
        wholesale_price=pl.int_range(100, 100 + pl.len(), dtype=pl.Int64)
    )
    city = replace(week.city, products=replace(week.city.products, frame=priced))
    price = dict(priced.select("product_id", "wholesale_price").iter_rows())
    expected = [
        (line["retailer_id"], line["product_id"], line["award"],
         line["award"] * price[line["product_id"]])
        for line in week.allocation.lines.iter_rows(named=True)
        if line["award"]
    ]  # fmt: skip

    rows = sales_of_awards(week.allocation, city, date(2026, 11, 17))

    assert expected
    assert expected == rows.select("retailer_id", "product_id", "quantity", "amount").rows()
    assert set(rows["month"]) == {date(2026, 11, 1)}


def test_what_cannot_be_answered_is_refused_with_a_remedy():
    """No price, no scarce column, a part outside its bounds, unknown columns."""
    week, plain = small_week(1), a_policy(dict.fromkeys(NAMES, "max"))
    rows = [{"retailer_id": "R1", "month": date(2021, 9, 1), "product_id": "S", "quantity": 5,
             "amount": 5, "kind": "ordinary"}]  # fmt: skip
    city = city_of(rows)
    untold = table_of("products", [{"product_id": "S", "price_class": 1}])

    with pytest.raises(BadRequest, match="no wholesale_price"):
        sales_of_awards(week.allocation, replace(week.city, products=None), ON)
    with pytest.raises(BadTable, match="scarce"):
        feedback(replace(city, products=untold), plain, ON)
    with pytest.raises(BadRequest, match="above 0 and at most 1"):
        feedback(city, plain, ON, cut=Fraction(3, 2))
    with pytest.raises(BadRequest, match="colour"):
        with_sales(city, pl.DataFrame({**rows[0], "colour": "red"}))
    with pytest.raises(BadRequest, match="amount"):
        with_sales(city, pl.DataFrame({k: v for k, v in rows[0].items() if k != "amount"}))
    assert isinstance(week.allocation, Allocation)


@pytest.mark.parametrize("seed", range(8))
def test_who_moves_is_asked_of_the_grading_itself_under_every_rule(seed):
    """Tiers without scarce products are those of the same policy that leaves them out."""
    week = ruled_week(seed)
    rules, products = week.policy.grading, week.city.products
    scarce = products.frame.with_columns(scarce=pl.col("product_id") == "A")
    city = replace(week.city, products=replace(products, frame=scarce))
    left_out = {"exclude": rules.exclude.model_copy(update={"scarce": True})}
    without = grade(city, rules.model_copy(update=left_out), week.policy.on).table
    expected = {row["retailer_id"]: row for row in without.iter_rows(named=True)}

    found = feedback(city, rules, week.policy.on)

    for row in found.retailers.iter_rows(named=True):
        then = expected[row["retailer_id"]]
        assert row["tier_without"] == (then["tier"] if then["graded"] else None)
        if week.grading.rule in ("bands", "grid") and then["graded"]:  # the score is what is sold
            assert row["scarce_points"] == row["score"] - then["score"]
    assert (week.grading.rule == "by") == found.retailers.is_empty()
