"""Makes the sentence of a claim: names for identifiers, words for units, digits to be read.

Claims stay exact; only here are points shown with four decimals (as grading notices print them)
and shares of a carton with two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from allocator.errors import BadRequest
from allocator.explanation.claims import Claim, Place
from allocator.wording import (
    LANGUAGES,
    Fact,
    catalogue,
    say,
    spell,
    spell_month,
    spell_number,
    spell_rounded,
    text_of,
)

DIGITS = {
    "score": 4, "points": 4, "weight": 4, "share": 2, "other_share": 2, "owed": 2, "times": 2,
    "part": 1, "monthly": 2, "from": 4,
}  # fmt: skip
"""Decimals shown; all other numbers are shown whole and exact."""

WORDS = ("item", "unit", "period", "round", "status", "attribute")
"""Parameters that are spelled by the catalogue: ``item-quantity``, ``unit-cartons``, ..."""

_ENDS = "。．.！!；; \t"

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
"""Marks that turn the reading direction of the text after them."""


def sentence(claim: Claim, names: Mapping[str, str], language: str) -> str:
    """The claim in words; ``names`` gives the name of each product."""
    known, quotes = claim.parameters, claim.quotes
    told = []
    for before, key in text_of("claims", claim.code, language).pieces(known):
        told.append(before)
        if key is None:
            continue
        if quotes and key in quotes:
            told.append(plain(quotes[key]).rstrip(_ENDS))
            continue
        value = known[key]
        if isinstance(value, int):
            told.append(spell_number(value, language))
        elif isinstance(value, Decimal):
            told.append(_decimal(key, value, known, language))
        elif key in ("product", "substitute") and isinstance(value, str):
            told.append(plain(names.get(value, value)))
        else:
            told.append(_shown(key, value, language))
    return "".join(told)


def _decimal(key: str, value: Decimal, known: Mapping[str, Fact], language: str) -> str:
    if key in ("value", "reference") and known.get("unit") == "percent":
        return spell_rounded(value, 2, language)
    return spell_rounded(value, DIGITS[key], language) if key in DIGITS else spell(value, language)


@lru_cache(maxsize=1 << 14)
def evidence(place: Place, language: str) -> str:
    """Where a number stands, in words."""
    facts: dict[str, Fact] = {
        "file": place.file,
        "key": ", ".join(plain(part) for part in place.key),
        "column": place.column.replace(" ", ", "),
        "line": str(place.line),
    }
    code = f"place-{place.source}" + ("" if place.line is None else "-line")
    if not place.key:
        code += "-row"
    return say("claims", code, facts, language)


def title(code: str, language: str, **facts: Fact) -> str:
    """A heading or label of the card."""
    return say("claims", code, facts, language) if facts else _label(code, language)


@lru_cache(maxsize=1 << 10)
def _label(code: str, language: str) -> str:
    return say("claims", code, {}, language)


def plain(text: str) -> str:
    """Text of a table on one line, without marks that would turn or hide what follows."""
    if text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:
        return text
    kept = (
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in text
        if sign not in _TURNING
    )
    return " ".join("".join(kept).split())


def known_language(language: str) -> str:
    """The catalogue's name of a language; ``zh``, ``zh_CN`` and the like are understood."""
    wanted = language.replace("_", "-").casefold()
    for known in LANGUAGES:
        if wanted in (known.casefold(), known.partition("-")[0].casefold()):
            return known
    raise BadRequest("unknown-language", language=plain(language)[:80], known=", ".join(LANGUAGES))


@lru_cache(maxsize=1 << 12, typed=True)
def _shown(key: str, value: Fact, language: str) -> str:
    if not isinstance(value, str):
        return spell(value, language)
    if key in WORDS:
        return _word(f"{key}-{value}", value, language)
    return month(value, language) if key.endswith("_month") else plain(value)


def _word(code: str, value: str, language: str) -> str:
    """The catalogue's word; what it does not know stands as the table spells it."""
    return say("claims", code, {}, language) if code in catalogue("claims", language) else value


def month(value: str, language: str) -> str:
    """A month ``YYYY-MM`` as people write it."""
    return spell_month(int(value[:4]), int(value[5:7]), language)
