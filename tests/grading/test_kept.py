"""Sums per retailer and unit, the door to single units, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allocator.errors import BadRequest, BadTable
from allocator.grading.items import item_value
from allocator.grading.kept import keep
from allocator.grading.roll import aligned
from allocator.grading.scheme import grade, grade_kept
from allocator.grading.touches import TOUCHED
from allocator.grading.turnover import window_sums
from allocator.grading.window import window_of
from allocator.policy.grading_models import GradingPolicy
from grading.reference import nearest
from strategies import CLASSES, dated_sales_rows, table_of, trading_city

ON = date(2026, 3, 10)
few = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
SHOPS = [{"retailer_id": f"R{number}"} for number in range(1, 8)]


def a_policy(**changes: object) -> GradingPolicy:
    fields = {
        "window": {"weeks": 6},
        "exclude": {"scarce": True, "kinds": ("emergency",)},
        "items": {
            "quantity": {"weight": Decimal(30)},
            "amount": {"weight": Decimal(50)},
            "class_quantity_share": {"weight": Decimal(5), "classes": (1, 2)},
            "class_amount": {"weight": Decimal(5), "classes": (1,)},
            "product_count": {"weight": Decimal(1)},
        },
        "tiers": {"shares": (Decimal(50), Decimal(50))},
        "missing_month": "zero",
    }
    return GradingPolicy.model_validate({**fields, **changes})


def day_of(row: dict) -> date:
    return row["month"] + timedelta(days=row["day"] - 1)


@pytest.fixture(params=["in place", "hashed"], autouse=True)
def way_of_summing(request, monkeypatch) -> None:
    """Few keys have a cell each, many are hashed: both give the same sums."""
    if request.param == "hashed":
        monkeypatch.setattr("allocator.grading.cells.DENSE", 0)


windows = st.sampled_from(
    [
        {"weeks": 5},
        {"days": 40},
        {"months": 2},
        {"weeks": 3, "recency": (Decimal(5), Decimal("2.5"), Decimal(1))},
        {"months": 3, "recency": (3, 2, 1)},
        {"named": ("2025-12", "2026-02")},
        {"from": "2025-12-10", "to": "2026-01-20"},
        {"weeks": 6, "holidays": ({"name": "x", "from": "2026-02-15", "to": "2026-02-23"},)},
    ]
)


@few
@given(dated_sales_rows(), windows, st.sampled_from(["zero", "exclude"]), st.data())
def test_values_equal_the_sums_of_rows_one_by_one(rows, window, missing, data) -> None:
    """Values with weights, exclusions and units taken out or replaced, by loops and fractions."""
    exclude = {
        "scarce": data.draw(st.booleans()),
        "kinds": ("emergency",),
        "products": data.draw(st.sampled_from([(), ("B",)])),
        "classes": data.draw(st.sampled_from([(), (4,)])),
    }
    policy = a_policy(window=window, missing_month=missing, exclude=exclude)
    units = window_of(policy.window, ON)
    touched = {
        (f"R{data.draw(st.integers(1, 7))}", data.draw(st.sampled_from(units.units)).first):
        data.draw(st.none() | st.integers(0, 50))
        for _ in range(data.draw(st.integers(0, 6)))
    }  # fmt: skip
    frame = pl.DataFrame([(*key, n) for key, n in touched.items()], TOUCHED, orient="row")
    city = trading_city(rows, SHOPS)
    kept, _ = keep(city, policy, units.first, units.last)
    if not any(unit.first <= day_of(row) <= unit.last for unit in units.units for row in rows):
        with pytest.raises(BadRequest, match="there are no sales from"):
            window_sums(kept, units, frame, missing_excluded=False)
        return
    sums, _ = window_sums(kept, units, frame, missing_excluded=missing == "exclude")
    total = sum(unit.weight for unit in units.units)
    absent = {"units": len(units.units), "weight": total if missing == "zero" else 0}
    columns = aligned(pl.DataFrame(SHOPS), sums, absent)
    found = {name: item_value(name, columns, len(units.units)).tolist() for name in policy.items}

    def counts(row: dict) -> bool:
        product = row["product_id"]
        return not (
            row["kind"] == "emergency"
            or (exclude["scarce"] and product == "S")
            or product in exclude["products"]
            or CLASSES[product] in exclude["classes"]
        )

    for place, shop in enumerate(SHOPS):
        name = shop["retailer_id"]
        added = dict.fromkeys(("quantity", "amount", "one", "two"), 0)
        products: dict[str, int] = {}
        weight = 0
        for unit in units.units:
            if touched.get((name, unit.first), 0) is None:
                continue
            mine = [
                row
                for row in rows
                if row["retailer_id"] == name and unit.first <= day_of(row) <= unit.last
            ]
            weight += unit.weight if mine or missing == "zero" else 0
            each = dict.fromkeys(added, 0)
            for row in filter(counts, mine):
                each["quantity"] += row["quantity"]
                each["amount"] += row["amount"]
                each["one"] += row["amount"] * (CLASSES[row["product_id"]] == 1)
                each["two"] += row["quantity"] * (CLASSES[row["product_id"]] <= 2)
                products[row["product_id"]] = products.get(row["product_id"], 0) + row["quantity"]
            instead = touched.get((name, unit.first))
            if mine and instead is not None:
                if each["quantity"] > 0:
                    part = Fraction(instead, each["quantity"])
                    for key in ("amount", "one", "two"):
                        size = nearest(abs(each[key]) * part)
                        each[key] = size if each[key] >= 0 else -size
                each["quantity"] = instead
            for key, value in each.items():
                added[key] += unit.weight * value

        def whole(value: int, weight: int = weight) -> int:
            size = nearest(Fraction(abs(value) * len(units.units), max(weight, 1)))
            return size if value >= 0 else -size

        share = Fraction(max(added["two"], 0), added["quantity"]) if added["quantity"] > 0 else 0
        assert found["quantity"][place] == whole(added["quantity"])
        assert found["amount"][place] == whole(added["amount"])
        assert found["class_amount"][place] == whole(added["one"])
        assert found["class_quantity_share"][place] == min(nearest(share * 10**6), 10**6)
        assert found["product_count"][place] == sum(n > 0 for n in products.values())


def test_by_hand_a_month_taken_out_and_weights() -> None:
    """10, 20 and 60 cartons with weights 1, 2, 3; without March twice the weighted mean of two.

    All: 3 (10 + 40 + 180) / 6 = 115. Without March: 3 (10 + 40) / 3 = 50.
    """
    rows = [
        {"retailer_id": "R1", "month": date(2026, month, 1), "day": 5, "product_id": "C",
         "quantity": quantity, "amount": 0, "kind": "ordinary"}
        for month, quantity in ((1, 10), (2, 20), (3, 60))
    ]  # fmt: skip
    policy = a_policy(
        window={"months": 3, "recency": (3, 2, 1)}, items={"quantity": {"weight": Decimal(1)}}
    )
    window = window_of(policy.window, date(2026, 4, 2))
    kept, _ = keep(trading_city(rows, SHOPS[:1]), policy, window.first, window.last)

    def value(*touched: tuple[str, date, int | None]) -> int:
        frame = pl.DataFrame(touched, TOUCHED, orient="row")
        sums, _ = window_sums(kept, window, frame, missing_excluded=False)
        return int(item_value("quantity", {n: sums[n].to_numpy() for n in sums.columns[1:]}, 3)[0])

    march = date(2026, 3, 1)
    assert value() == 115
    assert value(("R1", march, None)) == 50
    assert value(("R1", march, 20)) == 55  # 3 (10 + 40 + 60) / 6
    assert value(("R1", march, 20), ("R1", march, 30)) == 55  # two rules: the smaller figure
    assert value(("R1", march, 20), ("R1", march, None)) == 50  # out is out
    assert value(("R1", date(2025, 12, 1), None)) == 115  # not of the window


def test_who_has_no_unit_left_keeps_its_tier() -> None:
    """Not scored, outside the shares; tier 1 for who had none."""
    rows = [
        {"retailer_id": f"R{number}", "month": date(2026, 2, 1), "day": 5, "product_id": "C",
         "quantity": 10 * number, "amount": 0, "kind": "ordinary"}
        for number in (1, 2, 3)
    ]  # fmt: skip
    policy = a_policy(
        window={"months": 1},
        items={"quantity": {"weight": Decimal(1)}},
        sanctions={"exempt_month": {}},
    )
    spared = {"retailer_id": "R3", "kind": "exempt_month", "source": "family matter",
              "from": date(2026, 2, 1), "until": date(2026, 2, 28)}  # fmt: skip
    city = replace(trading_city(rows, SHOPS[:3]), sanctions=table_of("sanctions", [spared]))

    table = grade(city, policy, ON).table

    assert table["tier"].to_list() == [1, 2, 1]
    assert table["graded"].to_list() == [True, True, False]
    assert table["reason"].to_list() == ["rank", "rank", "exempt"]


def test_sales_of_months_cannot_be_counted_by_weeks() -> None:
    """Neither where no day is known, nor where a row of the window lacks it."""
    month = {"retailer_id": "R1", "month": date(2026, 2, 1), "product_id": "C", "quantity": 1,
             "amount": 1, "kind": "ordinary"}  # fmt: skip
    with pytest.raises(BadRequest, match="knows only months") as caught:
        grade(trading_city([month], SHOPS), a_policy(), ON)
    assert "grading.window.months" in caught.value.message("zh-CN")

    dated = {**month, "day": 7}
    early = {**month, "month": date(2025, 6, 1)}
    with pytest.raises(BadTable) as refused:
        grade(trading_city([dated, month, early], SHOPS), a_policy(), ON)
    assert [refusal.row for refusal in refused.value.refusals] == [3]
    assert "YYYY-MM-DD" in refused.value.message("en")

    kept, _ = keep(trading_city([dated, early], SHOPS), a_policy(), date(2026, 2, 1))
    assert grade_kept(trading_city([], SHOPS), a_policy(), ON, kept, []).window[0] == "2026-W05"


def test_excluded_products_that_nobody_knows_are_told() -> None:
    """A slip of the pen in a list of cigars must not pass in silence."""
    row = {"retailer_id": "R1", "month": date(2026, 2, 1), "day": 3, "product_id": "C",
           "quantity": 1, "amount": 1, "kind": "ordinary"}  # fmt: skip
    grading = grade(trading_city([row], SHOPS), a_policy(exclude={"products": ("A", "Z9")}), ON)

    assert ("grading-excluded-unknown", {"count": 1, "products": "Z9"}) in grading.warnings


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 1_200))
def test_months_are_numbered_without_a_calendar(first, later) -> None:
    """The place of a month among those since another one, for a century of months."""
    since = first.replace(day=1)
    year, month = divmod(12 * since.year + since.month - 1 + later, 12)
    row = {"retailer_id": "R1", "month": date(year, month + 1, 1), "product_id": "C",
           "quantity": 1, "amount": 1, "kind": "ordinary"}  # fmt: skip
    kept, _ = keep(trading_city([row], SHOPS), a_policy(window={"months": 1}), first)

    assert kept.frame["unit"].to_list() == [row["month"]]
