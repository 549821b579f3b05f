"""Sudden changes against a second implementation, and what must hold whatever the shops buy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.customers.alarms import BUDGET, LEAST_CARTONS, alarms_of, watch
from allocator.customers.memory import FIRST
from allocator.customers.series import Series
from customers.reference import watch as plain_watch
from strategies import monthly_volumes

NOBODY = pl.DataFrame(schema={"retailer_id": pl.String})


def series_of(volume: np.ndarray, lines: np.ndarray | None = None, **more: object) -> Series:
    """A series from (T, n) cartons; without lines, of sales that name no products."""
    bare = np.zeros_like(volume)
    held = Series(
        members=NOBODY,
        closed=NOBODY,
        months=tuple(date(2020 + m // 12, m % 12 + 1, 1) for m in range(len(volume))),
        gaps=(),
        volume=volume,
        lines=bare if lines is None else lines,
        size=bare,
        by_product=lines is not None,
    )
    return replace(held, **more)


def alarms(
    series: Series, peers: np.ndarray | None = None
) -> list[tuple[int, int, int, bool, int]]:
    shops = series.volume.shape[1]
    group = np.zeros(shops, np.int64) if peers is None else peers
    frame = watch(series, group).found.select("t", "i", "window", "fall", "view")
    return frame.sort("t", "i").rows()


def steady(shops: int, months: int, cartons: int = 200) -> np.ndarray:
    """Shops that swing a little, so that there is some scatter to learn."""
    swing = np.random.default_rng(7).normal(0, 0.05, (months, shops))
    return np.rint(cartons * np.exp(swing)).astype(np.int64)


@given(monthly_volumes())
def test_the_watch_is_the_plain_one(drawn) -> None:
    """Shop by shop in Python, with a history kept as a dictionary: the same alarms."""
    series, peers = drawn

    expected = plain_watch(
        series.volume.tolist(), series.lines.tolist(), series.size.tolist(), peers.tolist(),
        series.by_product,
    )  # fmt: skip

    assert alarms(series, peers) == expected


def test_last_year_counts_as_in_the_plain_one() -> None:
    """It takes 200 shops with a year behind them, more than properties draw."""
    rng = np.random.default_rng(5)
    own = rng.normal(0, 0.4, (12, 260))
    noise = rng.normal(0, 0.1, (28, 260))
    volume = np.rint(300 * np.exp(np.tile(own, (3, 1))[:28] + noise)).astype(np.int64)
    volume[18:, :60] //= 3
    volume[24:, :60] = volume[24:, :60] * 3 // 5
    lines = np.maximum(volume // 10, 1)
    peers = rng.integers(0, 3, 260)
    series = series_of(volume, lines, size=rng.integers(-9, 9, volume.shape) * 10_000 * lines)

    expected = plain_watch(volume.tolist(), lines.tolist(), series.size.tolist(), peers.tolist())

    assert alarms(series, peers) == expected
    assert expected


@pytest.mark.parametrize(("factor", "fall"), [(0.4, True), (2.5, False), (0.0, True)])
def test_a_steady_shop_that_changes_is_told_within_two_months_and_once(factor, fall) -> None:
    volume = steady(40, 18)
    volume[12:, 3] = np.rint(volume[12:, 3] * factor)

    found = alarms(series_of(volume))

    assert [(i, down) for _, i, _, down, _ in found] == [(3, fall)]
    assert found[0][0] in (12, 13)


def test_what_moves_all_shops_alike_is_season() -> None:
    """All at a third for two months: nobody is told, but the one that did not follow."""
    volume = steady(60, 12)
    volume[10:12] //= 3
    volume[10:12, 5] *= 3

    found = alarms(series_of(volume))

    assert [(t, i, w, fall) for t, i, w, fall, _ in found] == [(11, 5, 2, False)]


def test_a_region_that_moves_alike_is_season_too() -> None:
    """A lake in summer: two thirds of the shops stay as they are, a third doubles."""
    volume = steady(240, 16)
    peers = (np.arange(240) % 3 == 0).astype(np.int64)
    volume[9:12, peers == 1] *= 2

    assert alarms(series_of(volume), peers) == []
    assert alarms(series_of(volume)) != []


def test_small_samples_accuse_nobody() -> None:
    """Neither a shop of a few cartons nor one without a history."""
    volume = steady(40, 16)
    volume[:, 0] = [LEAST_CARTONS - 1] * 12 + [1] * 4
    volume[: 16 - FIRST, 1] = 0
    volume[14:, 1] = 3

    found = watch(series_of(volume), np.zeros(40, np.int64))

    assert not found.judged[:, :2].any()
    assert found.found.is_empty()


def test_a_shop_that_always_swings_is_not_told() -> None:
    """It buys for two months at a time: nothing bought is its habit."""
    volume = steady(40, 20)
    volume[::2, 4] = 0
    volume[1::2, 4] *= 2

    assert alarms(series_of(volume)) == []


def test_the_bars_rise_in_a_city_that_swings_more() -> None:
    """Scatter that the bars were not made for: still no more than two per cent in the mean."""
    rng = np.random.default_rng(11)
    wild = rng.random((24, 400)) < 0.15
    volume = steady(400, 24)
    volume[wild] //= 3
    series, peers = series_of(volume), np.zeros(400, np.int64)

    kept = alarms_of(series, peers)

    assert watch(series, peers).found.height > BUDGET * watch(series, peers).judged.sum()
    assert kept.bar > 1
    assert kept.found.height <= BUDGET * kept.judged.sum()


@given(monthly_volumes(), st.randoms(use_true_random=False))
def test_the_order_of_shops_does_not_matter(drawn, random) -> None:
    """Renamed shops, sorted by their new names, have the same alarms."""
    series, peers = drawn
    order = list(range(series.volume.shape[1]))
    random.shuffle(order)
    turned = replace(
        series, volume=series.volume[:, order], lines=series.lines[:, order],
        size=series.size[:, order],
    )  # fmt: skip

    found = [(t, order[i], *rest) for t, i, *rest in alarms(turned, peers[order])]

    assert sorted(found) == [tuple(row) for row in alarms(series, peers)]


@given(monthly_volumes())
def test_a_month_is_judged_by_what_was_known_then(drawn) -> None:
    """Later months change nothing about earlier alarms."""
    series, peers = drawn
    early = len(series.months) - 2
    cut = {name: getattr(series, name)[:early] for name in ("volume", "lines", "size")}

    before = alarms(replace(series, months=series.months[:early], **cut), peers)

    assert before == [row for row in alarms(series, peers) if row[0] < early]
