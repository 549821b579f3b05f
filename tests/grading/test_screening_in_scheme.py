"""Screening and published decimals through the whole of ``grade``, and back from its files."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest

from allocator.errors import BadTable
from allocator.grading.regrade import keep_sales, regrade
from allocator.grading.scheme import grade
from allocator.policy.grading_models import GradingPolicy
from allocator.runs.directory import write_grading_files
from allocator.runs.reading import read_grading
from allocator.tables.city import City
from grading.reference import scores
from strategies import table_of, trading_city

ON = date(2025, 11, 1)
SHOPS = [f"R{k}" for k in range(1, 7)]


def sale(shop: str, back: int, cartons: int) -> dict[str, object]:
    """Sold ``back`` months before November 2025, at 100 yuan a carton."""
    months = 2025 * 12 + 10 - back
    return {
        "retailer_id": shop,
        "month": date(months // 12, months % 12 + 1, 1),
        "product_id": "A",
        "quantity": cartons,
        "amount": cartons * 10_000,
    }


def city(*more: dict[str, object], **wild: int) -> City:
    """Six shops of 100, 200, ... 600 cartons a month for a year; ``R1``: its last month."""
    rows = [
        sale(shop, back, wild.get(shop, 100 * k) if back == 1 else 100 * k)
        for k, shop in enumerate(SHOPS, 1)
        for back in range(1, 13)
    ]
    retailers = [{"retailer_id": s, "joined_on": date(2000, 1, 1), **_of(s, more)} for s in SHOPS]
    return trading_city(rows, retailers)


def _of(shop: str, more: tuple[dict[str, object], ...]) -> dict[str, object]:
    return next((row for row in more if row["retailer_id"] == shop), {})


def a_policy(**changes: object) -> GradingPolicy:
    fields: dict[str, object] = {
        "window": {"months": 3},
        "items": {"quantity": {"weight": Decimal(30)}, "amount": {"weight": Decimal(50)}},
        "tiers": {"shares": (Decimal(50), Decimal(50))},
        "missing_month": "zero",
    }
    return GradingPolicy.model_validate({**fields, **changes})


def values(table: pl.DataFrame, item: str) -> dict[str, int]:
    return dict(zip(table["retailer_id"], table[item], strict=True))


@pytest.mark.parametrize(
    ("action", "quantity"),
    [
        ("flag", 100 + 100 + 5_000),
        ("winsorise", 100 + 100 + 202),  # the edge of the usual range, worked out in test_screening
        ("exclude", 3 * 100),
    ],
)
def test_an_abnormal_month_counts_as_the_policy_says(action, quantity) -> None:
    """R1 sells 5,000 cartons where 100 are usual; amounts follow in proportion; nobody else."""
    plain = grade(city(R1=5_000), a_policy(), ON)
    grading = grade(city(R1=5_000), a_policy(screening={"action": action}), ON)

    assert plain.screened is None
    assert grading.screened is not None
    assert grading.screened["retailer_id"].to_list() == ["R1"]
    assert values(grading.table, "quantity") == {
        "R1": quantity, "R2": 600, "R3": 900, "R4": 1200, "R5": 1500, "R6": 1800,
    }  # fmt: skip
    assert values(grading.table, "amount")["R1"] == quantity * 10_000
    assert values(plain.table, "quantity")["R1"] == 5_200


def test_a_quiet_city_is_graded_as_without_screening() -> None:
    """Nothing out of the usual: the same table; the list is empty and there."""
    plain, quiet = (
        grade(city(), a_policy(screening=rules), ON) for rules in (None, {"action": "exclude"})
    )

    assert plain.table.equals(quiet.table)
    assert quiet.screened is not None
    assert quiet.screened.is_empty()


def test_closed_shops_are_not_listed() -> None:
    """Nobody is sent to a shop that is closed."""
    closed = {"retailer_id": "R1", "status": "closed"}
    grading = grade(city(closed, R1=5_000), a_policy(screening={}), ON)

    assert grading.screened is not None
    assert grading.screened.is_empty()


def test_hardship_is_known_and_not_listed() -> None:
    """A month that a sanction row exempts is taken out whatever screening does."""
    hard = city(R1=1)
    policy = a_policy(screening={"action": "winsorise"}, sanctions={"exempt_month": {}})
    row = {
        "retailer_id": "R1", "kind": "exempt_month", "from": date(2025, 10, 1),
        "until": date(2025, 10, 31), "source": "family",
    }  # fmt: skip
    sanctions = table_of("sanctions", [row])
    hard = City(hard.retailers, hard.products, hard.sales, sanctions=sanctions)
    grading = grade(hard, policy, ON)

    assert grading.screened is not None
    assert grading.screened.is_empty()
    assert values(grading.table, "quantity")["R1"] == 300


def test_a_named_column_of_peers_must_be_there() -> None:
    """The refusal names table, column and path."""
    with pytest.raises(BadTable) as caught:
        grade(city(), a_policy(screening={"peers": ("trade_area",)}), ON)

    (refusal,) = caught.value.refusals
    assert refusal.column == "trade_area"
    assert refusal.facts["path"] == "grading.screening.peers"


def test_regrading_screens_the_same() -> None:
    """From kept sums with the last month added, the list and the tiers of all rows at once."""
    whole = city(R1=5_000, R4=3)
    policy = a_policy(screening={"action": "winsorise"})
    rows = whole.sales.frame
    parts = [
        City(whole.retailers, whole.products, type(whole.sales)(
            "sales", rows.filter(which), columns=whole.sales.columns))
        for which in (pl.col("month") < date(2025, 10, 1), pl.col("month") >= date(2025, 10, 1))
    ]  # fmt: skip
    kept = keep_sales(parts[0], policy, ON)
    again, _ = regrade(kept, parts[1], policy, ON)
    expected = grade(whole, policy, ON)

    assert expected.screened is not None
    assert expected.screened.height == 2
    assert expected.screened.equals(again.screened)
    assert expected.table.equals(again.table)


@pytest.mark.parametrize("decimals", range(7))
def test_points_have_the_decimals_of_the_policy(decimals) -> None:
    """Each item rounded once, as the reference does it; the score is their sum."""
    grading = grade(city(R1=977, R5=13), a_policy(decimals=decimals), ON)
    table = grading.table
    items = [table["quantity"].to_list(), table["amount"].to_list()]

    expected = scores(
        items, [30_000_000, 50_000_000], ["max", "max"], Fraction(1), decimals=decimals
    )
    assert table["score"].to_list() == expected
    assert all(score % 10 ** (6 - decimals) == 0 for score in expected)


def test_bands_have_no_points_to_round(tmp_path) -> None:
    """What is sold a month keeps its six decimals: 500 / 3 cartons, whatever is published."""
    tiers = {"bands": {"item": "quantity", "from": {"2": Decimal(300)}}}
    policy = a_policy(tiers=tiers, decimals=2)
    grading = grade(city(R1=300), policy, ON)
    write_grading_files(tmp_path, grading, "t", "en")

    assert grading.decimals == 6
    assert values(grading.table, "score")["R1"] == 166_666_666
    assert read_grading(tmp_path).table.equals(grading.table)


@pytest.mark.parametrize("decimals", [0, 4, 6])
def test_a_grading_comes_back_from_its_files(tmp_path, decimals) -> None:
    """The list of months, the decimals and what the items count for."""
    policy = a_policy(screening={"action": "exclude"}, decimals=decimals)
    grading = grade(city(R1=5_000), policy, ON)
    write_grading_files(tmp_path, grading, "t", "zh-CN")
    back = read_grading(tmp_path)

    assert grading.table.equals(back.table)
    assert back.screened is not None
    assert back.screened.equals(grading.screened)
    assert back.decimals == decimals
    assert list(map(asdict, back.items)) == list(map(asdict, grading.items))
    score = pl.read_csv(tmp_path / "grading.csv", infer_schema=False)["score"][0]
    assert len(score.partition(".")[2]) == decimals
