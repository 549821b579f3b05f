"""Months out of the usual, against a plain second computation and cases worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import e, floor, log2, sqrt
from statistics import median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.grading.screening import SCREENED, Screened, screen
from allocator.policy.screening_models import ScreeningPolicy
from allocator.reports.screened import visit_sentences
from allocator.wording import LANGUAGES

Sales = Mapping[tuple[str, int], int]
"""(shop, months before November 2025) -> cartons."""


def month(back: int) -> date:
    """The first day of a month counted back from November 2025."""
    months = 2025 * 12 + 10 - back
    return date(months // 12, months % 12 + 1, 1)


def screened(
    sales: Sales,
    *,
    window: int = 3,
    missing: str = "exclude",
    shops: Mapping[str, Mapping[str, object]] | None = None,
    **rules: object,
) -> Screened:
    """The last months before November 2025 screened; ``shops``: columns of some of them."""
    rows = [(shop, month(back), cartons) for (shop, back), cartons in sales.items()]
    schema = {"retailer_id": pl.String, "unit": pl.Date, "quantity": pl.Int64}
    names = sorted({shop for shop, _ in sales})
    own = shops or {}
    members = pl.DataFrame(
        {
            "retailer_id": names,
            "joined_on": [own.get(name, {}).get("joined_on") for name in names],
            "market": [own.get(name, {}).get("market") for name in names],
        },
        schema={"retailer_id": pl.String, "joined_on": pl.Date, "market": pl.String},
    )
    return screen(
        pl.DataFrame(rows, schema=schema, orient="row"),
        {month(back): f"{month(back):%Y-%m}" for back in range(1, window + 1)},
        members,
        ScreeningPolicy.model_validate(rules),
        kind="months",
        missing=missing,
    )


def steady(shop: str, cartons: int, months: int = 12, **changed: int) -> dict[tuple[str, int], int]:
    """A shop that sells the same each month but for ``m1`` (last month), ``m2``, ..."""
    usual = {(shop, back): cartons for back in range(1, months + 1)}
    return {**usual, **{(shop, int(name[1:])): sold for name, sold in changed.items()}}


def listed(found: Screened) -> dict[tuple[str, str], dict[str, object]]:
    return {(row["retailer_id"], row["unit"]): row for row in found.table.to_dicts()}


def test_a_month_ten_times_the_usual_by_hand() -> None:
    """100 cartons each month, then 1,000; alone in its city, so only against its own months.

    log2(101) = 6.658; scatter 0, believed to be log2(1.15) = 0.2016; five times that is 1.008.
    The usual range: 2^(6.658 - 1.008) - 1 = 49.2 and 2^(6.658 + 1.008) - 1 = 202.1, so 50 to 202.
    log2(1001) = 9.967 is 3.309 away, 3.282 times as far as allowed.
    """
    found = screened(steady("A", 100, m1=1000))

    assert found.table.to_dicts() == [
        {
            "retailer_id": "A", "unit": "2025-10", "observed": 1000, "counted": 1000,
            "usual": 100, "lowest": 50, "highest": 202, "last_year": None, "side": "high",
            "against": "own", "peers": None, "away": 900, "excess": 3282, "action": "flag",
        }
    ]  # fmt: skip
    assert found.table.schema == pl.Schema(SCREENED)
    assert found.touched.is_empty()
    assert (found.checked, found.short, found.warnings) == (3, 0, [])


@pytest.mark.parametrize(("sold", "out"), [(50, False), (49, True), (202, False), (203, True)])
def test_both_ends_of_the_range_are_still_usual(sold, out) -> None:
    """The range of the case above, one carton inside and one outside."""
    assert (screened(steady("A", 100, m1=sold)).table.height == 1) == out


@pytest.mark.parametrize(
    ("action", "sold", "counted", "cartons"),
    [
        ("winsorise", 1000, 202, [202]),
        ("winsorise", 20, 50, [50]),
        ("exclude", 1000, None, [None]),
        ("flag", 1000, 1000, []),
    ],
)
def test_what_counts_instead_is_on_record(action, sold, counted, cartons) -> None:
    """The edge of the usual range, nothing, or what was sold; before and after in the list."""
    found = screened(steady("A", 100, m2=sold), action=action)

    row = found.table.row(0, named=True)
    assert (row["observed"], row["counted"], row["action"]) == (sold, counted, action)
    assert found.touched["cartons"].to_list() == cartons
    assert found.touched["unit"].to_list() == [month(2)] * len(cartons)


def test_one_side_may_be_looked_for_alone() -> None:
    """Too high in October, too low in September."""
    sales = steady("A", 100, m1=1000, m2=5)

    assert len(listed(screened(sales))) == 2
    assert [row["side"] for row in screened(sales, sides="high").table.to_dicts()] == ["high"]
    assert [row["side"] for row in screened(sales, sides="low").table.to_dicts()] == ["low"]


def test_too_few_months_accuse_nobody() -> None:
    """Five months, one of them wild: not looked at, and that is told."""
    found = screened(steady("A", 100, months=5, m1=10_000))

    assert found.table.is_empty()
    assert (found.checked, found.short) == (0, 1)
    assert found.warnings == [("grading-screening-nobody", {"least": 6})]
    both = screened({**steady("A", 100, months=5), **steady("B", 100)})
    assert both.warnings == [("grading-screening-short", {"retailers": 1, "least": 6})]
    assert screened(steady("A", 100, months=5, m1=10_000), least_history=5).table.height == 1


def test_few_cartons_accuse_nobody() -> None:
    """Five cartons instead of one: counting by chance makes so much of so few."""
    assert screened(steady("A", 1, m1=5)).table.is_empty()
    assert screened(steady("A", 100, m1=500)).table.height == 1


def test_a_restless_shop_has_a_wide_range() -> None:
    """Who sells 50, 100 and 200 in turn may sell 400; who always sells 100 may not."""
    turns = {("A", back): [50, 100, 200][back % 3] for back in range(2, 13)}

    assert screened({**turns, ("A", 1): 400}).table.is_empty()
    assert screened(steady("B", 100, m1=400)).table.height == 1


def test_what_a_month_does_to_all_is_nobodys_fault() -> None:
    """All 20 peers treble in October; who does not is the one out of the usual."""
    sales = {}
    for k in range(20):
        sales |= steady(f"P{k:02}", 100 + k, m1=3 * (100 + k))
    alone = screened({**steady("P00", 100, m1=300)})
    found = screened({**sales, **steady("Q", 110)})

    assert alone.table.height == 1
    assert listed(found).keys() == {("Q", "2025-10")}
    row = found.table.row(0, named=True)
    assert (row["side"], row["peers"]) == ("low", 21)
    assert 320 <= row["usual"] <= 340


def test_peers_know_what_a_restless_shop_hides() -> None:
    """A shop with ups and downs of its own is out of the usual against 20 steady peers only."""
    sales = {("A", back): [30, 100, 300][back % 3] for back in range(1, 13)}
    for k in range(20):
        sales |= {(f"P{k:02}", back): 100 + (k * back) % 7 for back in range(1, 13)}
    found = listed(screened(sales))

    assert {row["against"] for row in found.values()} == {"peers"}
    assert {shop for shop, _ in found} == {"A"}
    assert listed(screened(sales, least_peers=22)) == {}


def test_peers_are_of_one_kind() -> None:
    """Urban shops treble, rural ones do not: a rural shop that trebles is out of the usual."""
    sales, shops = {}, {}
    for k in range(20):
        sales |= steady(f"U{k:02}", 100, m1=300) | steady(f"R{k:02}", 100)
        shops |= {f"U{k:02}": {"market": "urban"}, f"R{k:02}": {"market": "rural"}}
    sales |= steady("X", 100, m1=300)

    assert listed(screened(sales, shops={**shops, "X": {"market": "urban"}})) == {}
    found = screened(sales, shops={**shops, "X": {"market": "rural"}})
    assert listed(found).keys() == {("X", "2025-10")}
    assert found.table["against"].to_list() == ["own peers"]


def test_the_same_month_of_last_year_excuses_and_never_accuses() -> None:
    """A shop at a lake sells 500 each October. Without last year's figure it is out of the usual;
    staying away from it is not.
    """
    season = steady("A", 100, m1=500)

    assert screened(season).table.height == 1
    assert screened({**season, ("A", 13): 480}).table.is_empty()
    assert screened({**steady("A", 100), ("A", 13): 480}).table.is_empty()
    row = screened({**steady("A", 100, m1=9_000), ("A", 13): 480}).table.row(0, named=True)
    assert (row["last_year"], row["usual"], row["lowest"]) == (480, 100, 50)
    assert 960 <= row["highest"] <= 970  # twice 480, as by hand above


def test_a_month_without_a_sale_is_what_the_policy_says() -> None:
    """Missing: not there. Zero: too low, listed, but never changed."""
    sales = steady("A", 100)
    del sales["A", 1]
    other = steady("B", 100)

    assert screened({**sales, **other}).table.is_empty()
    for action in ("flag", "winsorise", "exclude"):
        found = screened({**sales, **other}, missing="zero", action=action)
        row = found.table.row(0, named=True)
        assert (row["observed"], row["counted"], row["action"]) == (0, 0, "flag")
        assert row["lowest"] > 0
        assert found.touched.is_empty()


def test_a_month_that_nobody_has_is_no_zero() -> None:
    """An export that lacks a month is not a city that sold nothing."""
    sales = {**steady("A", 100), **steady("B", 100)}
    gap = {key: sold for key, sold in sales.items() if key[1] != 2}

    assert screened(gap, missing="zero").table.is_empty()


def test_zeros_begin_when_the_shop_does() -> None:
    """Months before it joined, or before its first sale, are none of its months."""
    sales = {**steady("A", 100), **steady("B", 100, months=8)}
    joined = {"B": {"joined_on": month(12)}}

    assert screened(sales, missing="zero").checked == 6
    assert screened(sales, missing="zero", window=11).checked == 11 + 8
    # Joined in November 2024, first sale in March: four zeros of twelve are a habit, not listed.
    found = screened(sales, missing="zero", window=11, shops=joined)
    assert (found.checked, found.table.height) == (11 + 8, 0)


def test_who_often_sells_nothing_is_not_accused_of_it() -> None:
    """Two months without a sale of twelve are listed, every other month is a habit."""
    other = steady("B", 100)
    seldom = steady("A", 100)
    del seldom["A", 1], seldom["A", 7]
    often = {key: sold for key, sold in steady("A", 100).items() if key[1] % 2}

    assert listed(screened({**seldom, **other}, missing="zero")).keys() == {("A", "2025-10")}
    assert screened({**often, **other}, missing="zero", least_history=5).table.is_empty()


def test_more_returned_than_sold_is_listed_and_not_changed() -> None:
    """A negative month counts as nothing sold; its figure stays."""
    found = screened(steady("A", 100, m1=-40), action="winsorise")
    row = found.table.row(0, named=True)

    assert (row["observed"], row["counted"], row["side"], row["action"]) == (
        -40,
        -40,
        "low",
        "flag",
    )
    assert row["away"] == 140
    assert found.touched.is_empty()


def test_those_furthest_away_come_first_and_their_months_in_order() -> None:
    """By cartons of all their months together, then by identifier."""
    found = screened(
        {
            **steady("A", 100, m1=1000, m2=1000),
            **steady("B", 1000, m1=5000),
            **steady("C", 100, m1=1000, m2=1000),
        }
    )
    rows = [(row["retailer_id"], row["unit"]) for row in found.table.to_dicts()]

    assert rows == [
        ("B", "2025-10"), ("A", "2025-09"), ("A", "2025-10"), ("C", "2025-09"), ("C", "2025-10"),
    ]  # fmt: skip


def test_weeks_are_screened_like_months() -> None:
    """Fifteen weeks of 20 cartons, then 200; the same week of last year is 364 days before."""
    monday = date(2025, 10, 27)
    rows = [("A", date.fromordinal(monday.toordinal() - 7 * k), 200 if k == 0 else 20)
            for k in (*range(15), 52)]  # fmt: skip
    sold = pl.DataFrame(rows, schema=["retailer_id", "unit", "quantity"], orient="row")
    members = pl.DataFrame({"retailer_id": ["A"]})
    found = screen(
        sold, {monday: "2025-W44"}, members, ScreeningPolicy(), kind="weeks", missing="exclude"
    )

    row = found.table.row(0, named=True)
    assert (row["unit"], row["last_year"], row["usual"]) == ("2025-W44", 20, 20)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_month_can_be_said(language) -> None:
    """High and low, own and peers, last year, and what counts instead; with figures and units."""
    sales = {("A", back): [30, 100, 300][back % 3] for back in range(1, 13)}
    for k in range(20):
        sales |= {(f"P{k:02}", back): 100 + (k * back) % 7 for back in range(1, 13)}
    sales |= {("B", back): 100 for back in range(2, 13)} | {("B", 1): 1, ("B", 13): 90}
    texts = []
    for action in ("flag", "winsorise", "exclude"):
        found = screened(sales, action=action)
        texts += visit_sentences(found.table, language)
        assert len(texts) % found.table.height == 0
    for_own = list(visit_sentences(screened(steady("A", 100, m1=1000)).table, language))

    assert all("cartons" in text or "carton sold" in text or "条" in text for text in texts)
    assert any("90" in text for text in texts if text.startswith("B"))
    assert "900" in for_own[0]
    assert "50" in for_own[0]
    assert "202" in for_own[0]


CITY = st.dictionaries(
    st.tuples(st.sampled_from("ABCDEFGHIJKL"), st.integers(1, 9)),
    st.integers(-2, 40) | st.integers(0, 5_000),
    min_size=20,
)
RULES = st.fixed_dictionaries(
    {
        "threshold": st.integers(1, 8).map(Decimal),
        "least_peers": st.integers(5, 9),
        "least_history": st.integers(4, 6),
        "sides": st.sampled_from(["both", "high", "low"]),
    }
)


def plainly(sales: Sales, rules: Mapping[str, object], market: Mapping[str, str]):
    """The same in floating point and loops: (shop, month) -> how far, reaches, and the side.

    Only for months with a sale.
    """
    months = range(1, 10)
    x = {key: log2(1 + sold) for key, sold in sales.items() if sold > 0}
    shops = sorted({shop for shop, _ in x})
    of = {i: [u for u in months if (i, u) in x] for i in shops}
    able = [i for i in shops if len(of[i]) >= rules["least_history"]]
    own = {i: median(x[i, u] for u in of[i]) for i in able}
    level = {i: ((market[i], floor(own[i])), market[i], "all") for i in able}

    def among(i: str, u: int, values: Mapping[tuple[str, int], float]) -> tuple[float, int]:
        for k in range(3):
            peers = [j for j in able if level[j][k] == level[i][k] and u in of[j]]
            if len(peers) >= rules["least_peers"]:
                return median(values[j, u] for j in peers), len(peers)
        return 0.0, 0

    change = {(i, u): x[i, u] - own[i] for i in able for u in of[i]}
    rest = {(i, u): change[i, u] - among(i, u, change)[0] for i, u in change}
    mine = {i: median(rest[i, u] for u in of[i]) for i in able}
    away = {(i, u): abs(rest[i, u] - mine[i]) for i, u in rest}
    found = {}
    for i in able:
        chance = log2(e) / sqrt(2 ** (floor(2 * own[i]) / 2))
        least = max(log2(1.15), chance)
        for u in of[i]:
            expected = max(x[i, u] - rest[i, u] + mine[i], 0.0)
            mad, peers = among(i, u, away)
            reach = float(rules["threshold"]) * max(
                1.4826 * median(away[i, v] for v in of[i]), least
            )
            wider = float(rules["threshold"]) * max(1.4826 * mad, least)
            side = "high" if x[i, u] > expected else "low"
            far = abs(x[i, u] - expected) if rules["sides"] in ("both", side) else 0.0
            found[i, u] = far, reach, wider if peers else float("inf")
    return found


@settings(max_examples=150)
@given(CITY, RULES, st.data())
def test_the_list_is_that_of_the_definition(sales, rules, data) -> None:
    """Every month of every shop, but those that lie on the edge to a thousandth."""
    shops = sorted({shop for shop, _ in sales})
    market = {shop: data.draw(st.sampled_from(["urban", "rural"])) for shop in shops}
    found = listed(
        screened(sales, window=4, shops={i: {"market": m} for i, m in market.items()}, **rules)
    )
    expected = plainly(sales, rules, market)

    for (shop, back), (far, reach, wider) in expected.items():
        if back > 4 or min(abs(far - reach), abs(far - wider)) < 1e-3:
            continue
        row = found.get((shop, f"{month(back):%Y-%m}"))
        against = "own " * (far > reach) + "peers" * (far > wider)
        assert (row["against"] if row else "") == against.strip()
        if row:
            assert not row["lowest"] <= row["observed"] <= row["highest"]
            assert row["away"] == abs(row["observed"] - row["usual"])


@settings(max_examples=40)
@given(CITY, RULES, st.randoms(use_true_random=False), st.sampled_from(["zero", "exclude"]))
def test_neither_the_order_of_rows_nor_names_matter(sales, rules, random, missing) -> None:
    """Same list from shuffled rows; with other names the same under those names."""
    rows = list(sales.items())
    random.shuffle(rows)
    expected = screened(sales, missing=missing, **rules)
    other = {shop: f"shop {ord(shop) * 7 % 13:02}" for shop, _ in sales}
    renamed = screened(
        {(other[shop], back): sold for (shop, back), sold in sales.items()},
        missing=missing,
        **rules,
    )

    assert expected.table.equals(screened(dict(rows), missing=missing, **rules).table)
    named = {(other[shop], unit): row for (shop, unit), row in listed(expected).items()}
    assert {key: {**row, "retailer_id": key[0]} for key, row in named.items()} == listed(renamed)


@settings(max_examples=40)
@given(CITY, RULES, st.integers(1, 4))
def test_a_higher_threshold_never_lists_more(sales, rules, more) -> None:
    """What is out of the usual by the stricter rule is so by the looser one."""
    looser = {**rules, "threshold": rules["threshold"] + more}

    assert listed(screened(sales, **looser)).keys() <= listed(screened(sales, **rules)).keys()
