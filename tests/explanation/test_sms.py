"""Text messages: what a network takes, the number first, nothing cut in two."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from allocator.explanation.brief import brief_each
from allocator.explanation.card import explain_each
from allocator.explanation.sms import in_parts, shortened, units
from strategies import joined_week, ruled_week, small_week, smooth_week

HEAD = re.compile(r"（(\d+)/(\d+)）|\((\d+)/(\d+)\) ")
SIGNS = "本周可订条，。：（）ab ,.;0123456789😀👩\u200d🍳é\u0301🇨🇳%<=&"


def utf16(text: str) -> int:
    """UTF-16 units, from the encoding itself."""
    return len(text.encode("utf-16-be")) // 2


def opened(sent: tuple[str, ...]) -> list[str]:
    """The parts without their numbers, which must be 1 to n."""
    bodies = []
    for number, part in enumerate(sent, start=1):
        head = HEAD.match(part)
        assert head
        assert [g for g in head.groups() if g] == [str(number), str(len(sent))]
        bodies.append(part[head.end() :])
    return bodies


@given(st.text(SIGNS, max_size=400).filter(str.strip), st.sampled_from(["zh-CN", "en"]))
@example("条" * 70, "en")
@example("条" * 71, "en")
@example("😀" * 36, "zh-CN")
def test_parts_fit_and_together_are_the_text(text: str, language: str) -> None:
    """70 units alone, 67 each of several; nothing but blanks at the cuts is lost."""
    sent = in_parts(text, language)

    if utf16(text) <= 70:
        assert sent == (text,)
        return
    assert len(sent) > 1
    assert max(utf16(part) for part in sent) <= 67
    bodies = opened(sent)
    assert "".join("".join(bodies).split()) == "".join(text.split())


@given(
    st.lists(st.integers(0, 10**12), min_size=6, max_size=30),
    st.sampled_from(["条", " 条", "元，"]),
)
def test_no_number_is_cut_and_keeps_its_unit(numbers: list[int], unit: str) -> None:
    """Each number of the text stands whole on one part, its unit of one sign behind it."""
    written = [f"{number:,}{unit}" for number in numbers]
    sent = in_parts("共" + "和".join(written), "zh-CN")
    if len(sent) == 1:
        return
    found = [
        hit
        for body in opened(sent)
        for hit in re.findall(r"\d[\d,]*" + unit[:-1] + unit[-1:], body)
    ]

    assert found == written


@given(
    st.lists(
        st.sampled_from(["👩\u200d🍳", "e\u0301", "🇨🇳", "👍🏽", "条"]), min_size=40, max_size=120
    )
)
def test_what_is_drawn_as_one_sign_is_not_cut(signs: list[str]) -> None:
    """Joined emoji, accents, flags and skin tones stay whole."""
    for body in opened(in_parts("".join(signs), "en")) if utf16("".join(signs)) > 70 else []:
        rest = body
        while rest:
            sign = next(
                (s for s in sorted(set(signs), key=len, reverse=True) if rest.startswith(s)), None
            )
            assert sign, rest
            rest = rest[len(sign) :]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_shortened_name_is_at_most_sixteen_units(name: str) -> None:
    short = shortened(name)

    assert units(short) <= 16
    assert short == name or (short.endswith("…") and name.startswith(short[:-1].rstrip()))
    assert not unicodedata.category(short[:1] or "a").startswith("M") or short[:1] == name[:1]


MAKES = [small_week, smooth_week, joined_week, ruled_week]


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("seed", range(2))
def test_messages_begin_with_the_number_and_end_with_whom_to_call(make, seed) -> None:
    """The first part begins as the card does, however many reasons follow; at most three parts."""
    run = make(seed)
    for card in explain_each(run, run.plan.members["retailer_id"].to_list()):
        for language in ("zh-CN", "en"):
            sent = card.sms(language)
            text = "".join(opened(sent)) if len(sent) > 1 else sent[0]
            line = card.text(language).splitlines()[0]

            assert "".join(text.split()).startswith("".join(line.split()))
            assert "0874-000001" in text
            if len(sent) > 3:  # never for the sake of a second reason
                assert sum(claim.code != "band-limit" for claim in card.first) + 2 >= len(sent) - 2


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("seed", range(2))
def test_a_brief_says_what_the_card_says(make, seed) -> None:
    """The short way gives the same first lines and reasons as the whole card."""
    run = make(seed)
    ids = run.plan.members["retailer_id"].to_list()
    for card, brief in zip(explain_each(run, ids), brief_each(run, ids), strict=True):
        assert (brief.retailer, brief.first, brief.reasons) == (
            card.retailer,
            card.first,
            card.reasons,
        )
        assert brief.sms("zh-CN") == card.sms("zh-CN")
