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
