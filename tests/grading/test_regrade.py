"""New sales rows, one by one or many, give the grading that all rows together give."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.errors import BadRequest, BrokenRun
from allocator.grading.regrade import Ledger, keep_sales, regrade
from allocator.grading.scheme import grade
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Grading
from allocator.runs.keeping_tiers import grading_document
from allocator.runs.ledgers import read_ledger, write_ledger
from allocator.tables.city import City
from strategies import dated_sales_rows, trading_city

SHOPS = [{"retailer_id": f"R{number}", "joined_on": date(2020, 1, 1)} for number in range(1, 7)]
EARLY, LATE = date(2026, 2, 10), date(2026, 3, 10)
windows = st.sampled_from([{"weeks": 6}, {"months": 2}, {"days": 30, "recency": (2,) + (1,) * 29}])


def a_policy(**changes: object) -> GradingPolicy:
    fields = {
        "window": {"weeks": 6},
        "exclude": {"scarce": True, "kinds": ("emergency",)},
        "items": {
            "quantity": {"weight": Decimal(30), "scale": "rank"},
            "amount": {"weight": Decimal(50)},
            "class_amount": {"weight": Decimal(5), "classes": (1,)},
            "product_count": {"weight": Decimal(1)},
        },
        "tiers": {"shares": (Decimal(30), Decimal(30), Decimal(40))},
        "missing_month": "zero",
    }
    return GradingPolicy.model_validate({**fields, **changes})


def same(one: Grading, other: Grading) -> bool:
    return one.table.equals(other.table) and grading_document(one) == grading_document(other)


ROW = {
    "retailer_id": "R1", "month": date(2026, 2, 1), "day": 3, "product_id": "C",
    "quantity": 7, "amount": 56_000, "kind": "ordinary",
}  # fmt: skip


@settings(max_examples=40)
@given(dated_sales_rows(), windows, st.sampled_from(["zero", "exclude"]), st.data())
def test_regrading_equals_grading_from_scratch(rows, window, missing, data) -> None:
    """Rows come in three deliveries, in any order; the window moves on between them."""
    policy = a_policy(window=window, missing_month=missing)
    part = [data.draw(st.integers(0, 2)) for _ in rows]
    deliveries = [
        [ROW] + [row for row, which in zip(rows, part, strict=True) if which == 0],
        [row for row, which in zip(rows, part, strict=True) if which == 1],
        [row for row, which in zip(rows, part, strict=True) if which == 2],
    ]
    ledger = keep_sales(trading_city(deliveries[0], SHOPS), policy, EARLY)
    arrived = list(deliveries[0])
    for delivery, on in zip(deliveries[1:], (EARLY, LATE), strict=True):
        arrived += delivery
        city = trading_city(delivery or [ROW], SHOPS)
        if not delivery:
            city = replace(city, sales=None)
        again, ledger = regrade(ledger, city, policy, on)

        assert same(again, grade(trading_city(arrived, SHOPS), policy, on))


def test_weights_scales_and_tiers_may_change_between_gradings() -> None:
    """They do not decide what is summed; nor does a shorter window."""
    city = trading_city([ROW, {**ROW, "retailer_id": "R2", "quantity": 2}], SHOPS)
    ledger = keep_sales(city, a_policy(), LATE)
    other = a_policy(window={"weeks": 5}, tiers={"shares": (Decimal(50), Decimal(50))})

    assert same(
        regrade(ledger, replace(city, sales=None), other, LATE)[0], grade(city, other, LATE)
    )


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"window": {"months": 1}}, "grading.window"),
        ({"exclude": {"scarce": True}}, "grading.exclude.kinds"),
        ({"exclude": {"kinds": ("emergency",)}}, "grading.exclude.scarce"),
        ({"items": {"quantity": {"weight": Decimal(1)}}}, "grading.items"),
    ],
)
def test_other_rules_are_refused(changes, path) -> None:
    """What decides the sums must be what it was when they were made."""
    city = trading_city([ROW], SHOPS)
    ledger = keep_sales(city, a_policy(), LATE)

    with pytest.raises(BadRequest, match="keep_sales") as caught:
        regrade(ledger, city, a_policy(**changes), LATE)
    assert caught.value.facts["path"] == path
    assert path in caught.value.message("zh-CN")


def test_screening_looks_at_the_kept_months_too() -> None:
    """Its history is part of the ledger: the list for visits is the same."""
    policy = a_policy(
        window={"months": 2}, screening={"method": "mad", "threshold": 5, "action": "winsorise"}
    )
    rows = [
        {**ROW, "month": date(2025 + month // 12, month % 12 + 1, 1), "quantity": quantity,
         "retailer_id": f"R{shop}"}
        for shop in range(1, 7)
        for month, quantity in enumerate([20 + shop, 21, 19, 22, 20, 18, 21, 20, 22, 19, 20, 21, 20,
                                          400 if shop == 3 else 20])
    ]  # fmt: skip
    ledger = keep_sales(trading_city(rows[:40], SHOPS), policy, LATE)
    again, _ = regrade(ledger, trading_city(rows[40:], SHOPS), policy, LATE)
    whole = grade(trading_city(rows, SHOPS), policy, LATE)

    assert whole.screened is not None
    assert again.screened is not None
    assert whole.screened.height > 0
    assert again.screened.equals(whole.screened)
    assert same(again, whole)


def test_a_ledger_that_begins_too_late_is_refused() -> None:
    city = trading_city([ROW], SHOPS)
    ledger = keep_sales(city, a_policy(), LATE)

    with pytest.raises(BadRequest, match="window begins on"):
        regrade(ledger, city, a_policy(), EARLY)


def test_a_product_that_became_scarce_is_refused_and_a_new_one_is_not() -> None:
    """Its old sales are in the sums; a scarce product never sold before changes nothing."""
    city = trading_city([ROW], SHOPS)
    ledger = keep_sales(city, a_policy(), LATE)
    products = city.products
    assert products is not None
    scarce = replace(products, frame=products.frame.with_columns(scarce=pl.lit(value=True)))

    with pytest.raises(BadRequest, match="one product \\(C\\)"):
        regrade(ledger, replace(city, products=scarce), a_policy(), LATE)

    others = pl.when(pl.col("product_id") == "A").then(True).otherwise(pl.col("scarce"))
    launched = replace(products, frame=products.frame.with_columns(others.alias("scarce")))
    regrade(ledger, replace(city, products=launched), a_policy(), LATE)


def test_a_written_ledger_reads_back_and_a_changed_one_is_refused(tmp_path: Path) -> None:
    """Every sum, day and rule; equal ledgers have equal bytes whatever the order of rows."""
    rows = [ROW, {**ROW, "retailer_id": "=R2", "day": 12, "quantity": -2, "kind": "return"}]
    city = trading_city(rows, SHOPS)
    folder = write_ledger(keep_sales(city, a_policy(), LATE), tmp_path / "ledger")
    back = read_ledger(folder)

    assert set(back.sales.frame["retailer_id"]) == {"R1", "=R2"}
    none = replace(city, sales=None)
    assert same(regrade(back, none, a_policy(), LATE)[0], grade(city, a_policy(), LATE))
    other = write_ledger(
        keep_sales(trading_city(rows[::-1], SHOPS), a_policy(), LATE), tmp_path / "other"
    )
    for name in ("kept.csv", "kept-products.csv", "treated.csv", "run.json"):
        assert (folder / name).read_bytes() == (other / name).read_bytes()

    kept = folder / "kept.csv"
    kept.write_text(kept.read_text("utf-8").replace(",7,", ",8,"), "utf-8")
    with pytest.raises(BrokenRun, match=r"kept\.csv is not what was written"):
        read_ledger(folder)

    head = json.loads((other / "run.json").read_text("utf-8"))
    (other / "run.json").write_text(json.dumps({**head, "since": "soon"}), "utf-8")
    with pytest.raises(BrokenRun, match=r"run\.json"):
        read_ledger(other)
    (other / "run.json").write_text(json.dumps({**head, "step": "grade"}), "utf-8")
    with pytest.raises(BrokenRun, match="no kept sales"):
        read_ledger(other)


def test_a_ledger_is_good_for_any_later_day() -> None:
    """Sales after the window are kept for the next one."""
    later = {**ROW, "month": date(2026, 3, 1), "day": 20}
    city = trading_city([ROW, later], SHOPS)
    ledger = keep_sales(city, a_policy(), LATE)
    on = date(2026, 4, 7)

    assert isinstance(ledger, Ledger)
    grading, _ = regrade(ledger, City(city.retailers, city.products), a_policy(), on)
    assert same(grading, grade(city, a_policy(), on))
