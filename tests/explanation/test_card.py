"""Cards: what stands first, what is never told, and that hostile names do no harm."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import polars as pl
import pytest

from allocator.errors import BadRequest
from allocator.explanation.card import Card, explain, explain_each
from allocator.explanation.reasons import KEPT_BACK, MOST
from allocator.records import Allocation
from strategies import Week, small_week

SEEDS = range(6)
GROUPS = ("tier-boundary", "quota-shops", "quota-shops-of-tier", "turn-served", "turn-waiting")


def everybody(run: Week) -> list[str]:
    return run.plan.members["retailer_id"].to_list()


def cards(run: Week) -> list[Card]:
    return list(explain_each(run, everybody(run)))


def entered(run: Week, retailer: str, product: str, award: int, granted: int | None) -> Week:
    """The week with one line of the allocation, and its orders, overwritten."""
    assert run.allocation is not None
    assert run.city.orders is not None
    hit = (pl.col("retailer_id") == retailer) & (pl.col("product_id") == product)
    lines = run.allocation.lines.with_columns(
        pl.when(hit).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in (("award", award), ("granted", granted))
    )
    changed = Allocation(run.cycle, lines, run.allocation.left, run.allocation.level)
    return replace(run, allocation=changed)


class Reading(HTMLParser):
    """Tags and attributes that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an opening tag."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text.append(data)


def test_the_first_line_says_what_may_be_and_what_is_ordered() -> None:
    """N is what may be held, M is what was entered, both summed over the scarce products."""
    run = small_week(1)
    period = {"2026-W47": "本周", "2026-11": "本期"}[run.cycle]
    for card in cards(run):
        limit = sum(part.line.parameters["limit"] for part in card.parts)
        held = sum(part.line.parameters["ordered"] for part in card.parts)
        line = card.text("zh-CN").splitlines()[0]

        assert line == f"{period}可订 {limit:,} 条，已订 {held:,} 条。"


def test_what_the_order_taker_withheld_is_the_first_reason() -> None:
    """Standard 10, entered 5: said before any rule, with the order and whom to call."""
    run = small_week(1)
    assert run.allocation is not None
    first = run.allocation.lines.drop_nulls("line").row(0, named=True)
    retailer, product = first["retailer_id"], first["product_id"]
    card = explain(entered(run, retailer, product, 10, 5), retailer)
    told = next(reason for reason in card.reasons if reason.product == product)

    assert card.reasons[0].code == "granted-below-standard"
    assert told.parameters["order"] == f"D{int(retailer[1:]):03d}"
    text = card.text("zh-CN")
    assert "按标准该给您 10 条，实际录入 5 条" in text
    assert "请打电话给客户经理" in text


@pytest.mark.parametrize("seed", SEEDS)
def test_no_rule_stands_before_what_was_withheld(seed: int) -> None:
    """In the reasons, and among the answers about the product, the entry comes first."""
    for card in cards(small_week(seed)):
        kept = [reason.code in KEPT_BACK for reason in card.reasons]

        assert len(card.reasons) <= MOST
        assert kept == sorted(kept, reverse=True)
        for part in card.parts:
            codes = [claim.code for answer in part.answers for claim in answer.claims]
            withheld = [code for code in codes if code in KEPT_BACK]
            assert codes[: len(withheld)] == withheld
            if withheld:
                assert kept
                assert kept[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_reasons_are_claims_of_the_card(seed: int) -> None:
    """Nothing is said at the top that the card does not prove below."""
    for card in cards(small_week(seed)):
        assert all(reason in card.claims for reason in card.reasons)


def test_what_the_second_round_added_to_a_met_order_is_told() -> None:
    """Else a card says "you may order 2" and "the first round lets you have 1", and no more."""
    told = 0
    for seed in range(10):
        run = small_week(seed)
        if run.allocation is None:
            continue
        met = run.allocation.lines.filter(pl.col("round_two") > 0, requested=pl.col("award"))
        known = {(row["retailer_id"], row["product_id"]): row for row in met.to_dicts()}
        for card in cards(run):
            for claim in card.claims:
                if claim.code == "order-second-round":
                    row = known.pop((card.retailer, str(claim.parameters["product"])))
                    assert claim.parameters["limit"] == row["limit"]
                    assert row["limit"] + claim.parameters["round_two"] == row["award"]
                    told += 1
        assert known == {}

    assert told > 0


def test_where_what_was_asked_is_unknown_that_is_said() -> None:
    """No shortfall is claimed against a figure that nobody wrote down."""
    run = next(
        week
        for week in map(small_week, range(40))
        if week.allocation is not None
        and week.allocation.lines.height
        and week.allocation.lines["requested"].null_count() == week.allocation.lines.height
    )
    for card in cards(run):
        codes = {claim.code for part in card.parts for a in part.answers for claim in a.claims}
        ordered = [part for part in card.parts if part.answers[0].question == "shortfall"]

        assert not {code for code in codes if code.startswith("shortfall-")}
        assert not ordered or "asked-unknown" in codes


@pytest.mark.parametrize("seed", SEEDS)
def test_a_card_names_no_other_shop(seed: int) -> None:
    """Neither identifier nor name of another retailer, in any form of the card."""
    run = small_week(seed)
    ids = everybody(run)
    for card in cards(run)[:5]:
        forms = [card.text("en"), card.html("zh-CN"), json.dumps(card.json("en"))]
        for form in forms:
            found = set(re.findall(r"R\d{3}|SHOP-\d{3}", form))
            assert found <= {card.retailer, card.name}
            assert card.retailer in ids


@pytest.mark.parametrize("seed", SEEDS)
def test_no_figure_of_a_neighbour_stands_on_a_card(seed: int) -> None:
    """Scores, points, purchases and orders of the others are not told.

    Full-score lines are published with the rule and told only where at least five others are
    graded; whoever holds the same figure itself may of course read it.
    """
    run = small_week(seed)
    table = run.grading.table.filter(graded=True)
    for card in cards(run)[:8]:
        row = run.grading.table.row(by_predicate=pl.col("retailer_id") == card.retailer, named=True)
        others = table.filter(pl.col("retailer_id") != card.retailer)
        theirs: set[Decimal] = set()
        for name in ("score", "amount", *(f"{item.name}_points" for item in run.grading.items)):
            unit = 100 if name == "amount" else 1_000_000
            theirs |= {Decimal(v) / unit for v in others[name].to_list() if v and v != row[name]}
        lines = {Decimal(i.reference) / 100 for i in run.grading.items if i.name == "amount"}
        told = {
            (claim.code, value)
            for claim in card.claims
            for value in claim.parameters.values()
            if isinstance(value, Decimal) and value in theirs - lines
        }

        # A round number (a weight, a full score) may coincide with somebody's points.
        assert not {value for _, value in told if value != round(value, 1)}


def test_counts_of_small_groups_are_hidden() -> None:
    """With fewer than five others in the city, no count, boundary or full-score line is told."""
    for seed in range(6):
        run = small_week(seed, retailers=5)
        for card in cards(run):
            codes = {claim.code for claim in card.claims}

            assert not codes & {*GROUPS, "shortfall-demand", "advance-score", "advance-cartons"}
            assert not any("reference" in claim.parameters for claim in card.claims)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_told_count_hides_five_others(seed: int) -> None:
    """Counts of shops are at least six, the reader among them."""
    for card in cards(small_week(seed)):
        for claim in card.claims:
            if "shops" in claim.parameters:
                assert int(claim.parameters["shops"]) >= 6
            if claim.code == "tier-boundary":
                first, last = claim.parameters["first"], claim.parameters["last"]
                assert int(last) - int(first) + 1 >= 6


HOSTILE = "<script>alert(1)</script>\"'> {{7*7}} {period} %s \u202eevil 文字“引号” 😀" + "长" * 280


def test_hostile_names_stand_as_text_and_do_nothing() -> None:
    """Markup, places, direction marks, quotes and 300 signs in names stay text."""
    run = small_week(1, R000=HOSTILE, P0=HOSTILE)
    card = explain(run, "R000")
    for language in ("en", "zh-CN"):
        page = card.html(language)
        reading = Reading()
        reading.feed(page)

        assert "script" not in reading.tags
        assert not [name for name, _ in reading.attributes if name.startswith("on")]
        assert "<script>" not in page
        assert "\u202e" not in page
        assert any("<script>alert(1)</script>\"'> {{7*7}} {period} %s" in t for t in reading.text)
        assert "manager <M> & Co" in "".join(reading.text)
        assert "{{7*7}} {period}" in card.text(language)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_page_needs_nothing_from_elsewhere(language: str) -> None:
    """Self-contained, in its language, readable: no address, no script, no small print."""
    page = explain(small_week(1), "R001").html(language)
    reading = Reading()
    reading.feed(page)
    sizes = [float(size) for size in re.findall(r"font-size:\s*([\d.]+)rem", page)]

    assert page.startswith("<!doctype html>")
    assert ("lang", language) in reading.attributes
    assert not {"script", "img", "iframe", "object", "form"} & set(reading.tags)
    assert [value for name, value in reading.attributes if name in ("href", "src")] == ["data:,"]
    assert not re.search(r"https?:|url\(|@import", page)
    assert "html { font-size: 18px;" in page
    assert min(sizes) >= 1
    assert reading.tags.count("h1") == 1


def test_json_is_plain_data_with_exact_numbers() -> None:
    """Decimals are texts of their digits, dates are ISO; reasons point into the claims."""
    run = small_week(1)
    card = explain(run, "R002")
    data = json.loads(json.dumps(card.json("zh-CN")))

    assert data["language"] == "zh-CN"
    assert data["first_line"] == card.text("zh").splitlines()[0]
    assert [data["claims"][k]["code"] for k in data["reasons"]] == [r.code for r in card.reasons]
    for spelt, claim in zip(data["claims"], card.claims, strict=True):
        for name, value in claim.parameters.items():
            said = spelt["parameters"][name]
            if isinstance(value, Decimal):
                assert Decimal(said) == value
            elif isinstance(value, date):
                assert date.fromisoformat(said) == value
            else:
                assert said == value


def test_both_languages_make_the_same_claims() -> None:
    """Only the sentences differ."""
    card = explain(small_week(3), "R001")
    chinese, english = (card.json(language)["claims"] for language in ("zh-CN", "en"))
    for one, other in zip(chinese, english, strict=True):
        assert {**one, "sentence": ""} == {**other, "sentence": ""}
        assert one["sentence"] != other["sentence"]


def test_an_unknown_retailer_is_refused_with_the_nearest() -> None:
    """The refusal names the identifier that was probably meant, and what to do."""
    with pytest.raises(BadRequest) as refused:
        explain(small_week(1), "r001")

    assert "R001" in refused.value.message("en")
    assert "r001" in refused.value.message("zh-CN")
    assert "grading.csv" in refused.value.message("en")


def test_an_unknown_language_is_refused() -> None:
    """The refusal names the languages there are."""
    card = explain(small_week(1), "R001")

    with pytest.raises(BadRequest, match="zh-CN"):
        card.text("tlh")


def test_cards_do_not_depend_on_who_is_asked_before() -> None:
    """One card alone is the card from a batch."""
    run = small_week(4)

    assert [explain(run, card.retailer) for card in cards(run)[:4]] == cards(run)[:4]
