"""How figures of gradings are spelled on pages, and how pages are made of them."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import floor
from typing import Any

from allocator.explanation.sentences import plain
from allocator.pages import templates
from allocator.records import MICRO
from allocator.wording import Fact, say, spell


def render(page: str, language: str, *, title: str, heading: str, foot: str, **facts: Any) -> str:
    """A page of pictures; every value is escaped, an unknown one is an error.

    page : name of its template, which fills ``pictures.html``; title : of the policy; heading :
    what the page is; foot : its last words
    """
    template = templates("allocator.reports", plain=plain, breakable=breakable).get_template(page)
    text: str = template.render(
        t=partial(chart_text, language=language),
        spell=partial(spell, language=language),
        points=partial(points, language=language),
        language=language,
        title=title,
        heading=heading,
        foot=foot,
        **facts,
    )
    return text


def breakable(words: str) -> str:
    """Words whose paths may break after a dot or a bar, not within a step; escaped."""
    from markupsafe import Markup  # of jinja2

    return Markup("<wbr>").join(re.split(r"(?<=[._])(?=\w)", words))


def chart_text(code: str, language: str, **facts: Fact) -> str:
    """A sentence of the domain ``charts``."""
    return say("charts", code, facts, language)


def part_of(some: int, all_: int) -> Fraction:
    """A part; 0 of nothing."""
    return Fraction(some, all_) if all_ else Fraction(0)


def percent(part: Fraction, digits: int = 1) -> Decimal:
    """A part as per cent, rounded half up."""
    return rounded(part * 100, digits)


def rounded(value: Fraction, digits: int) -> Decimal:
    """A number rounded half up: printing, not arithmetic."""
    return Decimal(floor(value * 10**digits + Fraction(1, 2))).scaleb(-digits)


def points(micro: int, language: str, digits: int = 2) -> str:
    """Millionths as points, rounded half up to so many decimals, without noughts at the end."""
    rounded = Decimal((micro * 10**digits * 2 + MICRO) // (2 * MICRO)).scaleb(-digits)
    return spell(rounded.normalize() + 0, language)
