"""The words of complaints: both languages say the same; what a shop is told is plain."""

from __future__ import annotations

import re

import pytest

from explanation.test_wording import FORBIDDEN, LONGEST
from prose import same_in_both_languages, texts


def test_both_languages_say_the_same_things() -> None:
    assert same_in_both_languages("complaints")


SAMPLES = {
    "product": "云岭典藏", "standard": "20", "granted": "10", "owed": "10", "used": "16",
    "tier": "17", "previous": "18", "order": "12345678", "joined_on": "2026年6月10日",
    "status": "因处罚停供", "cartons": "10", "on": "2026年6月10日", "held": "10", "most": "20",
}  # fmt: skip


@pytest.mark.parametrize(
    "code", sorted(code for code in texts("complaints", "zh-CN") if code[:5] == "told-")
)
def test_what_a_shop_is_told_in_chinese_is_short_and_plain(code: str) -> None:
    """At most 25 signs each sentence, no word of ours."""
    (text,) = texts("complaints", "zh-CN")[code]
    spoken = text.format(**SAMPLES)

    assert not [word for word in FORBIDDEN if word in spoken]
    for sentence in filter(None, re.split("[。？]", spoken)):
        assert len(sentence) <= LONGEST, sentence
