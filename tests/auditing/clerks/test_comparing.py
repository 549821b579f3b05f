"""Innocent cities accuse nobody, planted order-takers are found, small numbers stay silent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from allocator.auditing.clerks.chance import interval
from allocator.auditing.clerks.comparing import judge
from allocator.auditing.clerks.league import FRAME, League
from allocator.auditing.clerks.measures import MEASURES
from allocator.auditing.clerks.output import clerks_table, league_told
from allocator.records import MICRO
from allocator.reports.funnel import funnel, funnel_svg
from allocator.wording import catalogue
from strategies import small_plan

PLAN = small_plan({"P1": {1: 1}}, {"R": 1})
LEVEL = 0.05
CITIES = 60


def city(
    seed: int, clerks: int = 12, shops: int = 40, effect: Callable[[int], float] = lambda _: 1.0
) -> pl.DataFrame:
    """Trials of a city: shops differ in tier, lines and luck, order-takers by ``effect`` alone."""
    rng = np.random.default_rng(seed)
    rows = []
    for clerk in range(clerks):
        for shop in range(int(rng.integers(shops // 2, shops * 2))):
            third, size = int(rng.integers(3)), int(rng.integers(1, 13))
            # Large shops and upper tiers stand out more often, and some shops are always trouble.
            base = (0.01 + 0.006 * size) * (1 + third) * rng.choice([0.5, 1.5])
            hits = [bool(rng.random() < min(0.9, base * effect(clerk))) for _ in range(6)]
            above = int(rng.binomial(size, 0.02))
            rows.append(
                {
                    "clerk": f"C{clerk:02}", "retailer_id": f"R{clerk}-{shop}",
                    "lines": size, "wanting": size, "phone": size,
                    "called": 0 if hits[4] else size, "recorded": 0,
                    "answered": 0 if hits[3] else size, "unanswered": size if hits[3] else 0,
                    "late": int(hits[2]), "below": int(hits[0]), "unequal": int(hits[1]),
                    "above": above, "below_cartons": 2 * hits[0], "above_cartons": 2 * above,
                    "chances": max(size, above),
                    "stratum": third * 5 + sum(size >= step for step in (2, 3, 5, 9)),
                }
            )  # fmt: skip
    return pl.DataFrame(rows)


def judged(shops: pl.DataFrame, **more: object) -> League:
    return judge(shops, {}, cycle="W", as_of=PLAN.on, **more)  # type: ignore[arg-type]


def test_innocent_cities_accuse_nobody_more_often_than_the_level() -> None:
    """60 cities without any effect of an order-taker: alarms in at most one of twenty."""
    alarmed = sum(bool(judged(city(seed)).frame["outside"].any()) for seed in range(CITIES))

    assert alarmed <= LEVEL * CITIES


def test_a_planted_order_taker_is_found() -> None:
    """Four times as often as the others: found in nine cities of ten, and nearly alone."""
    found = others = 0
    for seed in range(20):
        outside = judged(city(seed, effect=lambda clerk: 4.0 if clerk == 5 else 1.0)).frame.filter(
            "outside"
        )
        found += "C05" in set(outside["clerk"])
        others += outside.filter(pl.col("clerk") != "C05").height

    assert found >= 18
    assert others <= 2


def test_where_everyone_differs_the_limits_are_wider() -> None:
    """Forty order-takers who differ for reasons of their own: that spread is measured."""
    rng = np.random.default_rng(7)
    ways = rng.choice([0.4, 0.7, 1.0, 1.6, 2.4], 40)
    league = judged(city(3, clerks=40, effect=lambda clerk: float(ways[clerk])))
    spread = {one.name: one.spread for one in league.indicators}

    assert spread["below"] > 3 * MICRO // 2
    assert spread["few-shops"] == MICRO
    assert league.frame.filter("outside").height <= 20


def test_small_numbers_accuse_nobody() -> None:
    """Nine shops all of which stand out, and two of three hundred: neither is judged outside."""
    few = city(1).filter(pl.col("clerk") != "C00").with_columns(below=pl.lit(0))
    nine = few.head(9).with_columns(clerk=pl.lit("NINE"), below=pl.lit(1))
    two = few.with_columns(
        below=pl.when((pl.col("clerk") == "C01") & (pl.int_range(pl.len()) < 2))
        .then(1)
        .otherwise(0)
    )

    told = judged(pl.concat([few, nine], how="vertical_relaxed")).frame.filter(indicator="below")
    assert told.filter(clerk="NINE")["state"].to_list() == ["too-few"]
    assert not told["outside"].any()
    assert not judged(two).frame.filter(indicator="below")["outside"].any()


@pytest.mark.parametrize(("hits", "outside"), [(2, False), (3, True)])
def test_two_shops_accuse_nobody_however_rare_they_are(hits: int, outside: bool) -> None:
    """Of 1,800 equal shops of 150 order-takers two stand out, both of one, or three.

    By chance: 66 of 1,619,100 for two, below the limit of 150 comparisons (1 in 16,776); it is
    the number that keeps them from being named.
    """
    shops = city(1).head(1).select(pl.exclude("clerk", "retailer_id", "below", "stratum"))
    many = pl.DataFrame(
        {
            "clerk": [f"C{k // 12:03}" for k in range(1800)],
            "retailer_id": [f"R{k}" for k in range(1800)],
            "below": [int(k < hits) for k in range(1800)],
            "stratum": [0] * 1800,
        }
    ).join(shops, how="cross")
    others = {one.name: ("x",) for one in MEASURES if one.name != "below"}

    league = judge(many, others, cycle="W", as_of=PLAN.on)

    assert league.frame.filter("outside")["clerk"].to_list() == ["C000"] * outside


def test_the_limit_is_the_largest_count_that_is_not_outside() -> None:
    """For everyone judged: outside means above the limit, and the chance says the same."""
    for seed in range(8):
        league = judged(city(seed, effect=lambda clerk: 3.0 if clerk < 2 else 1.0))
        rows = league.frame.filter(pl.col("limit").is_not_null())

        assert (rows["outside"] == (rows["count"] > rows["limit"])).all()
        assert (rows["outside"] == (rows["chance"] <= league.cutoff)).all()


def test_places_are_those_that_the_intervals_leave_open() -> None:
    """Counted one by one: above are those whose whole interval is higher."""
    rows = judged(city(2)).frame.filter(
        (pl.col("indicator") == "below") & (pl.col("state") == "judged")
    )
    spans = [interval(row["count"], row["of"]) for row in rows.iter_rows(named=True)]

    for row, (low, high) in zip(rows.iter_rows(named=True), spans, strict=True):
        assert row["first_place"] == 1 + sum(other[0] > high for other in spans)
        assert row["last_place"] == len(spans) - sum(other[1] < low for other in spans)


def test_the_order_of_rows_changes_nothing() -> None:
    shops = city(4)

    assert judged(shops.reverse()).frame.equals(judged(shops).frame)


def test_expected_counts_of_all_order_takers_add_up_to_what_there_is() -> None:
    """Dealing changes nobody's total: what is expected sums to what stood out."""
    rows = judged(city(5)).frame.filter(indicator="late")

    assert abs(rows["expected"].sum() - rows["count"].sum() * MICRO) <= len(rows)


def test_what_is_ignored_or_lacks_a_column_is_said_and_not_judged() -> None:
    league = judge(
        city(1), {"late": ("changed_at",)}, cycle="W", as_of=PLAN.on,
        ignored=("clerk-few-shops",),
    )  # fmt: skip
    states = {one.name: (one.state, one.missing) for one in league.indicators}

    assert states["late"] == ("not-checked", ("changed_at",))
    assert states["few-shops"] == ("ignored", ())
    assert not league.frame["indicator"].is_in(["late", "few-shops"]).any()
    assert "changed_at" in " ".join(league_told(league))


def test_an_empty_city_has_an_empty_league() -> None:
    league = judged(city(1).clear())

    assert league.frame.schema == FRAME
    assert league.frame.is_empty()
    assert funnel_svg(league, "below") == ""


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_table_and_the_picture_can_be_read(language: str) -> None:
    """One row each, a point for everyone, names only of those outside, nothing unescaped."""
    shops = city(6, effect=lambda clerk: 6.0 if clerk == 3 else 1.0).with_columns(
        pl.col("clerk").replace({"C03": "<b>&C03"})
    )
    league = judged(shops)
    plot = funnel(league, "below")
    svg = funnel_svg(league, "below", language)

    assert plot is not None
    assert len(plot.points) == 12
    assert [point.clerk for point in plot.points if point.outside] == ["<b>&C03"]
    assert "<b>" not in svg
    assert "&lt;b&gt;&amp;C03</text>" in svg
    assert svg.count("<circle") == 11
    assert clerks_table(league, language).height == league.frame.height


def test_both_languages_say_the_same_codes_with_the_same_facts() -> None:
    for domain in ("clerks", "sampling"):
        places = []
        for language in ("en", "zh-CN"):
            texts = {m.id: m.string for m in catalogue(domain, language) if m.id}
            places.append(
                {code: {part.split("}")[0] for part in text.split("{")[1:]}
                 for code, text in texts.items()}
            )  # fmt: skip

        assert places[0] == places[1]
