"""The card as one self-contained HTML page for a phone's screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from allocator.explanation.claims import Claim
from allocator.explanation.letter import contact
from allocator.explanation.reasons import KEPT_BACK
from allocator.explanation.sentences import evidence, sentence, title

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

    from allocator.explanation.card import Card

NUMBER = re.compile(r"\d[\d,.]*\d|\d")

UNIT = re.compile(r"(?<=\d) (?=\S)")
"""The space between a number and its unit, where a line must not break."""

OPEN_PARTS = 3
"""Parts that stand unfolded: the most urgent ones."""


def page(card: Card, language: str) -> str:
    """The page; names and quotes are escaped, nothing is fetched, no script is needed."""

    def spoken(claim: Claim) -> str:
        return UNIT.sub("\u00a0", sentence(claim, card.names, language))

    def name(product: str | None) -> str:
        return card.names.get(product or "", product or "")

    def word(code: str, **facts: str | int) -> str:
        return title(code, language, **facts)

    def places(claims: Sequence[Claim]) -> list[str]:
        spelt = (evidence(place, language) for claim in claims for place in claim.evidence)
        return list(dict.fromkeys(spelt))

    return _template().render(
        card=card,
        language=language,
        spoken=spoken,
        name=name,
        word=word,
        places=places,
        strong=strong,
        filled=_filled,
        kept=KEPT_BACK,
        contact=contact(card, language),
        open_parts=OPEN_PARTS,
    )


def _filled(claim: Claim) -> int:
    """Part of the most points of an item that was reached, in whole per cent."""
    points, weight = claim.parameters["points"], claim.parameters["weight"]
    if not isinstance(points, Decimal) or not isinstance(weight, Decimal) or not weight:
        return 0
    return round(100 * points / weight)


def strong(text: str) -> Markup:
    """A sentence without names, its numbers set off."""
    from markupsafe import Markup, escape

    return Markup(NUMBER.sub(r"<b>\g<0></b>", str(escape(text))))  # noqa: S704 - escaped above


@lru_cache
def environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("allocator.explanation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@lru_cache
def _template() -> Template:
    return environment().get_template("card.html")
