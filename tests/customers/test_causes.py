"""What is said about why: each hint where a small city by hand bears it out, and only there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from allocator.customers.changes import Changes, find_changes
from allocator.customers.output import change_sentences
from allocator.errors import BadRequest
from allocator.tables.city import City
from allocator.wording import LANGUAGES
from strategies import table_of

MONTHS = [date(2025 + m // 12, m % 12 + 1, 1) for m in range(22)]  # 2025-01 .. 2026-10
ON = date(2026, 11, 16)
SHOPS, GOODS = 40, ("A", "B", "C", "D")
CHANGED = "R00"


def city_of(
    volume: np.ndarray, *, files: dict[str, dict[str, Any]] | None = None, **tables: Any
) -> City:
    """A city from (months, shops, products) cartons; retailers R00, R01, ... of one region."""
    names = [f"R{i:02}" for i in range(volume.shape[1])]
    own = files or {}
    rows = [
        {"retailer_id": name, "month": month, "product_id": good, "quantity": int(volume[t, i, k])}
        for t, month in enumerate(MONTHS)
        for i, name in enumerate(names)
        for k, good in enumerate(GOODS)
        if volume[t, i, k]
    ]
    shops = [{"retailer_id": name, "region": "E", **own.get(name, {})} for name in names]
    made = {name: table_of(name, listed) for name, listed in tables.items()}
    return City(retailers=table_of("retailers", shops), sales=table_of("sales", rows), **made)


@pytest.fixture
def volume() -> np.ndarray:
    """Every shop buys about 50 cartons of each of four products."""
    swing = np.random.default_rng(3).normal(0, 0.05, (len(MONTHS), SHOPS, len(GOODS)))
    return np.rint(50 * np.exp(swing)).astype(np.int64)


def changed(city: City, on: date = ON) -> dict[str, Any]:
    """The one alarm that is expected."""
    frame = find_changes(city, on).frame
    assert frame["retailer_id"].to_list() == [CHANGED]
    return frame.row(0, named=True)


def test_figures_of_an_alarm(volume) -> None:
    """Halved in the last month: 200 cartons were usual."""
    volume[-1, 0] //= 2
    row = changed(city_of(volume))

    assert (row["direction"], row["state"]) == ("fall", "new")
    assert row["raised"] == row["since"] == date(2026, 10, 1)
    assert row["cartons"] == volume[-1, 0].sum()
    assert 190 <= row["usual"] <= 210
    assert row["change_percent"] == round((row["cartons"] / row["usual"] - 1) * 100)
    assert row["causes"] == "unexplained smaller-lines"


def test_no_order(volume) -> None:
    volume[-2:, 0] = 0
    row = changed(city_of(volume))

    assert row["causes"] == "no-order"
    assert row["silent_months"] == 2


def test_orders_that_were_cancelled(volume) -> None:
    """Only those of the months of the change, and each order once."""
    volume[-2:, 0] = 0
    lines = [
        {"order_id": order, "retailer_id": CHANGED, "product_id": good, "requested": 5,
         "ordered_at": datetime(2026, month, 20, 9), "status": "cancelled"}
        for order, month in (("D1", 9), ("D2", 10), ("D0", 7))
        for good in GOODS
    ]  # fmt: skip
    row = changed(city_of(volume, orders=lines))

    assert row["causes"] == "cancelled no-order"
    assert row["cancelled"] == 2


def test_products_that_the_city_could_not_buy(volume) -> None:
    """A and B were out: the one shop that lives on them fell. Others bought C and D instead."""
    volume[:, 0, :2] *= 3
    volume[-2:, 1:, 2:] *= 2
    volume[-2:, :, :2] = 0
    volume[-2:, 1:3, 0] = 50
    found = find_changes(city_of(volume), ON).frame.filter(pl.col("retailer_id") == CHANGED)
    row = found.row(0, named=True)

    assert "short" in row["causes"].split()
    assert row["short_products"] == "A, B" or row["short_products"] == "B, A"
    # Of 400 cartons usual, 300 were of A and B; C and D did not fall.
    assert row["short_percent"] >= 90


def test_a_single_product(volume) -> None:
    """A rise that is all one product: whom does that shop sell to?"""
    volume[-2:, 0, 3] *= 8
    row = changed(city_of(volume))

    assert row["direction"] == "rise"
    assert row["one_product"] == "D"
    assert row["one_percent"] >= 90
    assert "one-product" in row["causes"].split()


def test_a_new_neighbour_and_one_that_closed(volume) -> None:
    """In the same region and trade area, not elsewhere, and not long ago."""
    fall, rise = volume.copy(), volume.copy()
    fall[-2:, 0] //= 3
    rise[-2:, 0] *= 3
    near, far = {"trade_area": "x"}, {"trade_area": "y"}
    files = {f"R{i:02}": near if i < 10 else far for i in range(SHOPS)}
    opened = {
        "R05": {**near, "joined_on": date(2026, 8, 3)},
        "R06": {**near, "joined_on": date(2024, 8, 3)},
        "R20": {**far, "joined_on": date(2026, 8, 3)},
    }  # fmt: skip
    closed = {"R07": {**near, "status": "closed", "valid_from": date(2026, 8, 20)}}

    one = changed(city_of(fall, files={**files, **opened}))
    other = changed(city_of(rise, files={**files, **closed}))

    assert "neighbour-opened" in one["causes"].split()
    assert (one["neighbours"], one["neighbour_count"], one["area_shops"]) == ("R05", 1, 10)
    assert "neighbour-stopped" in other["causes"].split()
    assert (other["neighbours"], other["area_shops"]) == ("R07", 9)


def test_a_crowd_is_no_neighbourhood(volume) -> None:
    """Where more than sixty shops share an area, one more explains nothing."""
    wide = np.concatenate([volume, volume], axis=1)
    wide[-2:, 0] //= 3
    files = {"R05": {"joined_on": date(2026, 8, 3)}}

    assert changed(city_of(wide, files=files))["neighbours"] is None


def test_season_of_its_peers(volume) -> None:
    """All at 70 per cent, one at 20: it is told beyond what all lost."""
    volume[-2:] = volume[-2:] * 7 // 10
    volume[-2:, 0] = volume[-2:, 0] * 2 // 7
    row = changed(city_of(volume))

    assert "season" in row["causes"].split()
    assert -33 <= row["peers_percent"] <= -27
    assert 130 <= row["usual"] <= 150


def test_a_tier_that_moved_and_a_sanction(volume) -> None:
    volume[-2:, 0] //= 3
    tiers = [
        {"retailer_id": CHANGED, "graded_on": date(2026, 4, 1), "tier": 20},
        {"retailer_id": CHANGED, "graded_on": date(2026, 7, 1), "tier": 14},
    ]
    sanctions = [{"retailer_id": CHANGED, "kind": "cap", "from": date(2026, 9, 1)}]

    lowered = changed(city_of(volume, tiers=tiers))
    capped = changed(city_of(volume, sanctions=sanctions))

    assert "tier-lowered" in lowered["causes"].split()
    assert (lowered["tier_before"], lowered["tier_after"]) == (20, 14)
    assert capped["causes"].split()[0] == "stopped"
    assert capped["stopped_since"] == date(2026, 9, 1)


def test_earlier_alarms_say_what_became_of_them(volume) -> None:
    """Raised in August or September: over if October is as usual again, else open."""
    volume[-3:-1, 0] //= 3
    volume[-3:, 1] //= 3
    states = find_changes(city_of(volume), ON).frame.select("retailer_id", "state").rows()

    assert sorted(states) == [("R00", "over"), ("R01", "open")]


def test_closed_shops_and_months_of_the_day_itself_do_not_count(volume) -> None:
    volume[-1, 0] //= 3
    city = city_of(volume)
    files = {CHANGED: {"status": "closed"}}

    assert find_changes(city_of(volume, files=files), ON).frame.is_empty()
    assert find_changes(city, date(2026, 10, 31)).frame.is_empty()
    assert not find_changes(city, date(2026, 11, 1)).frame.is_empty()


def test_a_month_nobody_bought_in_is_a_gap_of_the_export(volume) -> None:
    volume[-3] = 0
    told = find_changes(city_of(volume), ON)

    assert told.gaps == (date(2026, 8, 1),)
    assert told.frame.is_empty()


def test_why_shops_were_not_judged(volume) -> None:
    volume[:-4, 0] = 0
    volume[:, 1] = 0
    volume[:, 2] = 1
    told = find_changes(city_of(volume), ON)

    assert told.unjudged == {"no-sales": 1, "short-history": 1, "small": 1}
    assert told.judged["judged"][-1] == SHOPS - 3


def test_without_sales_it_is_refused(volume) -> None:
    city = city_of(volume)

    with pytest.raises(BadRequest, match=r"sales\.csv"):
        find_changes(replace(city, sales=None), ON)
    with pytest.raises(BadRequest, match="no month before"):
        find_changes(city, date(2025, 1, 20))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_a_sentence(volume, language: str) -> None:
    """All codes that ``causes`` can hold, for falls and rises."""
    volume[-1, 0] //= 2
    told = find_changes(city_of(volume), ON)
    causes = (
        "stopped cancelled no-order short tier-lowered tier-raised neighbour-opened season "
        "neighbour-stopped last-year unexplained one-product fewer-lines smaller-lines more-lines "
        "larger-lines"
    )
    for direction in ("fall", "rise"):
        for state in ("new", "open", "over"):
            row = told.frame.with_columns(
                causes=pl.lit(causes), direction=pl.lit(direction), state=pl.lit(state)
            )
            made: Changes = replace(told, frame=row)
            assert all(len(sentence) > 100 for sentence in change_sentences(made, language))
