"""Departures planted at known places: violations found every time, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from allocator.auditing.registry import ALL_RULES
from allocator.auditing.truth import compare_truth
from allocator.errors import BadRequest
from allocator.policy.reading import policy_from, read_policy
from allocator.runs.exports import audit_exports
from allocator.tables.reading import read_city
from allocator.tables.synthesis.fraud.planting import DEPARTURES, Planted, plant
from allocator.tables.synthetic import first_day


def counted(city: Planted) -> pl.DataFrame:
    friday = first_day(city.cycle) + timedelta(days=4)
    policy = policy_from(city.policy, friday)
    return compare_truth(audit_exports(city.city, cycle=city.cycle, policy=policy), city.truth)


@pytest.mark.parametrize(("shops", "seed", "tiers"), [(400, 1, 5), (600, 2, 6), (900, 3, 8)])
def test_every_planted_violation_is_found_and_none_besides(
    shops: int, seed: int, tiers: int
) -> None:
    """Precision and recall of each violation are 100 %; every alert meets some of its own."""
    rows = counted(plant(shops, seed, cycles=6, tiers=tiers)).rows(named=True)

    proven = [row for row in rows if row["kind"] != "alert"]
    short = [row for row in proven if row["met"] != row["planted"]]
    wrong = [row for row in proven if row["right"] != row["found"]]
    assert (short, wrong) == ([], [])
    assert {row["code"] for row in proven if row["planted"] == 0} == set()
    assert {row["code"] for row in proven} == {
        rule.code for rule in ALL_RULES if rule.kind != "alert"
    }


def test_the_same_arguments_plant_the_same_city() -> None:
    one, two, other = plant(200, 4), plant(200, 4), plant(200, 5)

    assert one.truth.equals(two.truth)
    for mine, twin in zip(one.city.tables(), two.city.tables(), strict=True):
        assert mine.frame.equals(twin.frame)
    assert not one.truth.equals(other.truth)


def test_written_and_read_again_the_city_has_the_same_truth(tmp_path: Path) -> None:
    """Rows of the truth are rows of the file: nothing depends on how the tables came."""
    city = plant(150, 6, cycles=4, tiers=4)
    city.write(tmp_path)
    policy = read_policy(tmp_path / "policy.yaml", first_day(city.cycle) + timedelta(days=4))

    again = audit_exports(read_city(tmp_path), cycle=city.cycle, policy=policy)

    compared = compare_truth(again, city.truth)
    assert compared.equals(counted(city))


def test_no_shop_is_part_of_two_departures() -> None:
    """Else nobody could say which of them a finding is about. Consequences are no departures."""
    city = plant(1_000, 7)
    orders = city.city.orders
    assert orders is not None
    shop_of = dict(orders.frame.select("row", "retailer_id").rows())
    consequences = {"unequal-treatment", "reserve-without-cause", "product-day-peak"}
    plants: dict[str, set[str]] = {}
    for plant_name, rows in city.truth.select("plant", "rows").rows():
        if plant_name not in consequences:
            for row in rows or ():
                plants.setdefault(shop_of[row], set()).add(plant_name)

    assert {shop: names for shop, names in plants.items() if len(names) > 1} == {}
    assert len(plants) > 3 * len(DEPARTURES)


@pytest.mark.parametrize(
    "wrong", [{"shops": 5}, {"cycles": 1}, {"share": 0.5}, {"tiers": 0}, {"seed": -1}]
)
def test_a_number_out_of_its_range_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadRequest):
        plant(**{"shops": 100, **wrong})
