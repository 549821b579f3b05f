"""The sentences of claims: two languages, the same facts, plain words."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pytest
from babel import Locale
from babel.numbers import format_decimal

from allocator.explanation.card import explain_each
from allocator.explanation.sentences import plain, sentence
from allocator.wording import say, spell, spell_rounded
from prose import places, same_in_both_languages, texts
from strategies import small_week, smooth_week

FORBIDDEN = (
    *("权益", "席位", "哈希", "约束", "最优", "线性规划", "对偶", "算法", "种子", "权重", "参数"),
    *("阈值", "迭代", "熵", "单元格", "基数", "余数", "LP", "SHA", "dual", "leximin", "hash"),
    *("constraint", "optimal", "objective", "cohort", "seat"),
)
LONGEST = 25
"""Signs of a Chinese sentence that is read without help, names and numbers counted as printed."""


def test_both_languages_say_the_same_things() -> None:
    """Same codes, and in each the same places, whatever the plural form."""
    assert same_in_both_languages("claims")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_words_of_the_workshop_do_not_appear(language: str) -> None:
    """No shopkeeper needs to know how it is computed to understand what it says."""
    for code, forms in texts("claims", language).items():
        for text in forms:
            assert not [word for word in FORBIDDEN if word in text], code


def test_chinese_sentences_are_short() -> None:
    """At most 25 signs each as they come out, quotes of the company and names apart."""
    long = set()
    for run in [make(seed) for seed in range(4) for make in (small_week, smooth_week)]:
        for card in explain_each(run, run.plan.members["retailer_id"].to_list()):
            names = dict.fromkeys(card.names, "名")
            for claim in card.claims:
                if claim.quotes:
                    continue
                spoken = sentence(claim, names, "zh-CN").replace(" ", "")
                for part in re.split("[。：]", spoken):
                    if len(part) > LONGEST:
                        long.add(part)

    assert long == set()


def test_no_day_is_promised_for_a_turn() -> None:
    """A turn is a place in a queue; its sentences take no date."""
    for language in ("en", "zh-CN"):
        for code, forms in texts("claims", language).items():
            if code.startswith("turn-"):
                dated = {name for form in forms for name in places(form) if name.endswith("_on")}
                assert dated == set()


def test_marks_that_turn_text_round_are_taken_out() -> None:
    """A name cannot hide or reverse what stands after it, and stays on its line."""
    assert plain("a\u202eb\n\u2066c\u200f  d\x00") == "ab c d"


@pytest.mark.parametrize(("step", "words"), [(1, "at most 1 tier:"), (2, "at most 2 tiers:")])
def test_a_largest_step_of_one_is_one_tier(step: int, words: str) -> None:
    facts = {"score_tier": 9, "previous": 3, "tier": 3 + step, "step": step}
    codes = ("tier-step-up", "tier-step-down", "advance-held-step", "advance-full-step")

    assert all(words in say("claims", code, facts) for code in codes)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_numbers_are_spelled_as_babel_spells_them(language: str) -> None:
    """Grouped and cut by the marks of the language alone, which is ten times as fast."""
    rng = np.random.default_rng(20261122)
    for _ in range(400):
        whole = int(rng.choice([0, 7, 1000, 999_999, -1234, int(rng.integers(10**12))]))
        value = Decimal(int(rng.integers(-(10**12), 10**12))).scaleb(-int(rng.integers(9)))
        locale = Locale.parse(language, sep="-")
        shown = round(value, 4)
        shown = shown if shown or not value else round(value, 6)

        assert spell(whole, language) == format_decimal(whole, locale=locale)
        assert spell(value, language) == format_decimal(
            value, locale=locale, decimal_quantization=False
        )
        assert spell_rounded(value, 4, language) == format_decimal(
            shown, locale=locale, decimal_quantization=False
        )
