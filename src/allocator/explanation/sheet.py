"""The card as one A5 sheet of paper, to be put into the shopkeeper's hand."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from allocator.explanation.letter import contact
from allocator.explanation.page import strong
from allocator.explanation.reasons import KEPT_BACK
from allocator.explanation.sentences import sentence, title
from allocator.pages import templates

if TYPE_CHECKING:
    from jinja2 import Template

    from allocator.explanation.card import Card

LINES: Final = 27.0
"""Lines of 18 px body text that 192 mm hold, 1.4 apart, with a line of reserve."""

WIDTH: Final = 26.0
"""Chinese signs of a line beside the number of a reason."""

ABREAST: Final = 2
"""Products in a row of the table."""

LONGEST: Final = 120
"""Signs of a name or sentence; no more of them would be read on paper."""


def sheet(cards: Iterable[Card], language: str) -> str:
    """A page of HTML that prints each card on one A5 sheet of its own.

    What a sheet has no room for is counted on it; the card on the phone has it all.
    """
    sheets = [_laid_out(card, language) for card in cards]

    def word(code: str, **facts: str | int) -> str:
        return title(code, language, **facts)

    return _template().render(
        sheets=sheets, language=language, word=word, strong=strong, kept=KEPT_BACK
    )


def _laid_out(card: Card, language: str) -> dict[str, Any]:
    """What stands on one sheet: the number first, then reasons, then as many products as fit."""
    opening, *notes = (sentence(claim, card.names, language) for claim in card.first)
    notes = [_clipped(note) for note in notes[:3]]
    call = _clipped(contact(card, language))
    room = LINES - 4.5 - _lines(opening, 0.75) * 1.3 - _lines(call)
    room -= sum(_lines(note) for note in notes)
    reasons = []
    for claim in card.reasons:
        about = card.names.get(claim.product or "", claim.product or "")
        about = _clipped(about + title("colon", language)) if about else ""
        spoken = _clipped(sentence(claim, card.names, language))
        taken = _lines(about + spoken) + 0.3
        if room - taken < min(len(card.parts), 2) + 2:
            break
        room -= taken
        reasons.append((claim.code, about, spoken))
    rows = min(math.ceil(len(card.parts) / ABREAST), int((room - 1.8) / 1.08))
    told = card.parts[: max(rows, 0) * ABREAST]
    cells = [
        (card.names.get(p.product, p.product), *(p.line.parameters.get(k) for k in COLUMNS))
        for p in told
    ]
    return {
        "card": card,
        "first": opening,
        "notes": notes,
        "reasons": reasons,
        "rows": [cells[k : k + ABREAST] for k in range(0, len(cells), ABREAST)],
        "abreast": min(ABREAST, len(cells)),
        "ordered": any(cell[2] is not None for cell in cells),
        "more": len(card.parts) - len(told),
        "contact": call,
    }


COLUMNS: Final = ("limit", "ordered")


def _lines(text: str, part: float = 1) -> int:
    """Lines that a text fills, words of Latin script not broken."""
    wide = sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.53 for sign in text)
    return math.ceil(wide * 1.04 / (WIDTH * part))


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


@lru_cache
def _template() -> Template:
    return templates("allocator.explanation").get_template("sheet.html")
