"""What a policy says in plain words, and that no sentence is missing in a language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from allocator.policy.prose import describe
from allocator.policy.reading import policy_from
from allocator.wording import LANGUAGES, catalogue

SOURCES = sorted((Path(__file__).parents[2] / "src" / "allocator" / "policy").rglob("*.py"))


def test_the_sample_in_plain_words(sample: str) -> None:
    """The figures of the file, written out by hand."""
    sentences = describe(policy_from(sample, "2026-06-01"))

    assert sentences[0] == "Sample city, scarce products, as it stands on 1 June 2026"
    assert "Grading counts the sales of the last 3 complete months before the grading date." in (
        sentences
    )
    assert "The score has at most 97.5 points:" in sentences
    assert (
        "There are 3 tiers, filled by rank. Per cent of retailers from tier 3 down to tier 1: "
        "30.5, 69, 0.5." in sentences
    )
    assert "2 % of the supply is kept back, rounded up to whole lots." in sentences
    assert "Neighbouring tiers differ by at most one carton." in sentences
    assert (
        "Product 0101: only for tiers 2 to 3; at most 5 cartons in tier 3 and above, 3 cartons in "
        "tier 2 and above, in lower tiers the default." in sentences
    )
    assert "The audit leaves out: wrong-lot." in sentences
    assert sentences[-1] == (
        "The share of each tier (grading.tiers.shares) is in force since 1 January 2026, until "
        "31 December 2026 (source: second notice)."
    )


def test_the_sample_in_chinese(sample: str) -> None:
    sentences = describe(policy_from(sample, "2026-06-01"), "zh-CN")

    assert "评档计算评定日之前 3 个完整月的销售。" in sentences
    assert "预留货源的 2%，向上取整到起订量。" in sentences
    assert len(sentences) == len(describe(policy_from(sample, "2026-06-01")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_choice_has_its_sentence(language: str) -> None:
    """A policy of the other choices: no grading, tables, no reserve, falling quotas."""
    text = """\
title: Other choices
allocation:
  weights: {table: {1: 1, 2: 2.50}}
  whole_units: {at_least_one: rotate, below_one: equal}
  defaults: {ceiling: 9, tier_order: false}
  products:
    A: {}
    B: {floor: 1, ceiling: 2, step: 1, tier_order: true}
    C: {tier_order: false}
audit: {rules: {select: [over-quota]}}
"""
    sentences = describe(policy_from(text, "2026-06-01"), language)

    assert any("2: 2.5" in sentence for sentence in sentences)
    assert all("{" not in sentence for sentence in sentences)


def test_both_catalogues_say_the_same_codes_with_the_same_facts() -> None:
    """Plural forms count together; an English singular may leave its number out."""

    def places(language: str) -> dict[str, set[str]]:
        found = {}
        for message in catalogue("policy", language):
            if message.id:
                forms = message.string if isinstance(message.string, tuple) else (message.string,)
                code = message.id if isinstance(message.id, str) else message.id[0]
                text = "".join(forms).replace("{{", "").replace("}}", "")
                found[code] = set(re.findall(r"{(\w+)}", text))
        return found

    english, chinese = places("en"), places("zh-CN")
    assert english.keys() == chinese.keys()
    different = {code for code in english if english[code] != chinese[code]}
    assert all(english[code] >= chinese[code] for code in different), different


def test_every_code_of_the_package_has_a_sentence() -> None:
    """Kebab-case texts in the sources that look like codes are in the catalogue."""
    known = {message.id if isinstance(message.id, str) else message.id[0]
             for message in catalogue("policy", "en")}  # fmt: skip
    used = {
        code
        for path in SOURCES
        if path.stem not in {"words", "schema"}
        for code in re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)"', path.read_text("utf-8"))
    }

    assert used - known - {"utf-8-sig", "not-a-day"} == set()


def test_who_may_have_a_product_in_plain_words() -> None:
    """Weights by sales, a choice of retailers, doubled fortnightly shops."""
    text = """\
title: t
grading:
  window: {months: 3}
  items: {quantity: {weight: 1}}
  tiers: {shares: [50, 50]}
  missing_month: zero
allocation:
  weights: {kind: sales}
  whole_units: rotate
  defaults: {ceiling: 9}
  products:
    P1: {who: {market: rural, credit: [A, B]}, fortnightly: double}
"""
    policy = policy_from(text, "2026-06-01")

    assert (
        "Product P1: only for retailers with market: rural; only for retailers with credit "
        "rating: A, B; fortnightly shops may order twice as much as weekly ones."
    ) in describe(policy)
    assert any("农网" in sentence for sentence in describe(policy, "zh-CN"))
    assert any(
        sentence.startswith("A tier earns by the mean sales") for sentence in describe(policy)
    )


COUPLED = Path(__file__).with_name("coupled.yaml").read_text("utf-8")


def test_what_couples_products_and_retailers_in_plain_words() -> None:
    """Written out by hand from the file."""
    sentences = describe(policy_from(COUPLED, "2026-06-01"))

    assert {
        "All retailers of a tier have the same entitlement.",
        "Quotas are planned with the part that retailers are expected to order, seen from the last "
        "8 cycles.",
        "A quota is a guarantee: if all ordered in full, the reserve must cover what goes beyond "
        "the supply, else the plan is refused.",
        "In every tier that may have a product, at least 60 % of the retailers, down to whole "
        "shops, can have a lot in a cycle.",
        "Product A1: no least part of the retailers of a tier that can have a lot.",
        "Limit top band: a retailer may order at most this much of the products of price band 1 "
        "together: 10 cartons in tier 3 and above, 2 cartons in tier 1 and above. The quotas may "
        "add up to more.",
        "Limit dear ones: a retailer may order at most this much of the products of price band 1 "
        "or 400-600元 and price class 1 or 2 together: 12 cartons in tier 3 and above, 9 cartons "
        "in tier 2 and above, in lower tiers no limit. The quotas may add up to more.",
        "Limit all scarce: the quotas of all products add up to at most this much: 40 cartons. So "
        "each can be ordered in full.",
        "Limit pair: the quotas of the products A1, A2 add up to at most this much: 6 cartons in "
        "tier 3 and above, 4 cartons in tier 1 and above. So each can be ordered in full.",
        "Retailers with market rural together get at least 60 % of what is released, product by "
        "product: all products.",
        "Retailers with format 超市 or 便利店 and tier 2 to 3 together get from 5 to 30 % of what "
        "is released, product by product: product A1.",
    } - set(sentences) == set()


def test_the_same_in_chinese() -> None:
    sentences = describe(policy_from(COUPLED, "2026-06-01"), "zh-CN")

    assert {
        "同一档位的零售户应得量相同。",
        "限量按预计订足率计划，依据最近 8 个周期的订单。",
        "在可投放的每一档中，每周期至少 60% 的零售户（户数向下取整）可得一个起订量。",
        "合计限量 all scarce：所有品规，限量合计最多：40 条。因此每个品规都可以订足。",
        "市场类型为农网的零售户，合计至少得到可投放量的 60%，逐品规计算：所有品规。",
        "业态为超市、便利店，档位为 2 至 3 档的零售户，合计得到可投放量的 5% 至 30%，"
        "逐品规计算：品规 A1。",
        "合计限量 dear ones：价位段为1、400-600元，价类为1、2的品规，每户合计最多订购："
        "3 档及以上 12 条、2 档及以上 9 条，更低档位不限。各品规限量之和可以超过此数。",
    } - set(sentences) == set()
    assert len(sentences) == len(describe(policy_from(COUPLED, "2026-06-01")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("objective", ["volume", "proportional", "equal"])
def test_an_objective_other_than_leximin_is_said(objective: str, language: str) -> None:
    text = COUPLED.replace("leximin", objective).replace("refuse", "share")
    sentences = describe(policy_from(text, "2026-06-01"), language)
    usual = describe(policy_from(COUPLED, "2026-06-01"), language)

    assert len(set(sentences) - set(usual)) == 2
