"""All prose for people: one gettext catalogue per language and domain.

``<locale>/<domain>.po`` maps a message code (``msgid``) to a text with ``{named}`` places.
Where the text depends on a count, ``msgid_plural`` names the fact that is counted.
Adding a language is adding a folder: of a domain that it has no file of it speaks English.
Facts are formatted by babel: whole numbers grouped,
``Decimal`` and ``date`` by locale, text as given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from gettext import c2py
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale
    from babel.messages.catalog import Catalog

Fact = str | int | Decimal | date | datetime | None
"""What a sentence may be told: never a float, so that no rounding hides in a text."""

FIRST = "en"
"""The language of a domain that another language has no file of."""


def _locales() -> dict[str, str]:
    """Language -> its folder; the folders of this package are the languages there are."""
    folders = (entry.name for entry in files(__package__).iterdir() if entry.is_dir())
    names = sorted(name for name in folders if FOLDER.fullmatch(name))
    ordered = [FIRST, *(name for name in names if name != FIRST)]
    return {name.replace("_", "-"): name for name in ordered}


FOLDER = re.compile(r"[a-z]{2,3}(_[A-Za-z0-9]{2,8})*")
LOCALES = _locales()
LANGUAGES = tuple(LOCALES)


@lru_cache
def _locale(language: str) -> Locale:
    from babel import Locale  # 25 ms: only those who speak pay for it

    return Locale.parse(LOCALES[language])


@lru_cache
def catalogue(domain: str, language: str) -> Catalog:
    """The catalogue of a domain; ``KeyError`` for an unknown language."""
    from babel.messages.pofile import read_po

    path = files(__package__) / LOCALES[language] / f"{domain}.po"
    if language != FIRST and not path.is_file():
        return catalogue(domain, FIRST)
    with path.open("rb") as file:
        return read_po(file, locale=_locale(language), domain=domain, abort_invalid=True)


@lru_cache
def _marks(language: str) -> tuple[str, str] | None:
    """What stands between thousands and before decimals; ``None`` where numbers look otherwise."""
    locale = _locale(language)
    pattern, signs = locale.decimal_formats[None], locale.number_symbols["latn"]
    plainly = pattern.grouping == (3, 3) and pattern.prefix == ("", "-")
    if locale.default_numbering_system != "latn" or not plainly or signs["minusSign"] != "-":
        return None
    return signs["group"], signs["decimal"]


@lru_cache(maxsize=65536)
def spell_number(value: int | Decimal, language: str) -> str:
    """A number as a person reads it, its digits exact."""
    return _grouped(format(value, "," if isinstance(value, int) else ",f"), value, language)


def _grouped(digits: str, value: int | Decimal, language: str) -> str:
    """Digits as Python groups them, in the marks of a language; babel alone takes ten times as long
    and speaks where the marks do not say all.
    """
    marks = _marks(language)
    if marks is None:
        from babel.numbers import format_decimal

        return format_decimal(value, locale=_locale(language), decimal_quantization=False)
    group, point = marks
    whole, _, part = digits.partition(".")
    whole = whole if group == "," else whole.replace(",", group)
    part = part.rstrip("0")
    return f"{whole}{point}{part}" if part else whole


@lru_cache(maxsize=65536)
def spell_rounded(value: Decimal, decimals: int, language: str) -> str:
    """A number with so many decimals at most, halves to even; six where it would show nothing."""
    digits = format(value, f",.{decimals}f")
    if value and not digits.strip("-0.,"):
        decimals = 6
        digits = format(value, ",.6f")
    shown = value if _marks(language) else round(value, decimals)
    return _grouped(digits, shown, language)


@lru_cache(maxsize=4096)
def _date(value: date, language: str) -> str:
    from babel.dates import format_date, format_datetime

    if isinstance(value, datetime):
        return format_datetime(value, "yyyy-MM-dd HH:mm", locale=_locale(language))
    return format_date(
        value, "d MMMM yyyy" if language == FIRST else "long", locale=_locale(language)
    )


@lru_cache(maxsize=1024)
def spell_month(year: int, month: int, language: str) -> str:
    """A month as a person reads it in ``language``."""
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", date(year, month, 1), locale=_locale(language))


def spell(fact: Fact, language: str) -> str:
    """One fact as a person reads it in ``language``; nothing for ``None``."""
    if fact is None:
        return ""
    if isinstance(fact, str):
        return fact
    return _date(fact, language) if isinstance(fact, date) else spell_number(fact, language)


Pieces = tuple[tuple[str, str | None], ...]
"""A text cut at its places: what stands before each, and the fact that stands there."""


@dataclass(frozen=True, slots=True)
class Text:
    """What the catalogue says for a code: one text, or one for each plural form.

    forms : at least one; counted : the fact that chooses among several; plural : how
    """

    forms: tuple[Pieces, ...]
    counted: str | None
    plural: Callable[[int], int]

    def pieces(self, facts: Mapping[str, Fact]) -> Pieces:
        """The form that the facts ask for."""
        if self.counted is None or len(self.forms) == 1:
            return self.forms[0]
        count = facts[self.counted]
        if not isinstance(count, int):
            raise TypeError(f"{self.counted!r} is counted and not whole: {count!r}")
        return self.forms[self.plural(count)]


@lru_cache(maxsize=4096)
def text_of(domain: str, code: str, language: str) -> Text:
    """The text of ``code``; ``KeyError`` where the catalogue has none."""
    message = catalogue(domain, language).get(code)
    if message is None or not message.string:
        raise KeyError(f"{domain}: no text for {code!r} in {language}")
    plural = _plural(domain, language)
    if isinstance(message.id, str):
        return Text((_pieces(str(message.string)),), None, plural)
    return Text(tuple(_pieces(text) for text in message.string), message.id[1], plural)


def _pieces(text: str) -> Pieces:
    return tuple((before, name) for before, name, _, _ in Formatter().parse(text))


@lru_cache
def _plural(domain: str, language: str) -> Callable[[int], int]:
    rule: Callable[[int], int] = c2py(catalogue(domain, language).plural_expr)
    return rule


def say(domain: str, code: str, facts: Mapping[str, Fact], language: str = "en") -> str:
    """The sentence of ``code`` with its facts filled in.

    Raises
    ------
    KeyError : the catalogue has no such code, or the text needs a fact that is not given.
    """
    pieces = text_of(domain, code, language).pieces(facts)
    return "".join(
        [
            before if name is None else before + spell(facts[name], language)
            for before, name in pieces
        ]
    )


def paragraph(sentences: Iterable[str], language: str) -> str:
    """Sentences one after the other; those that say nothing are left out."""
    told = ""
    for sentence in filter(None, sentences):
        both = {"before": told, "after": sentence}
        told = say("marks", "one-after-the-other", both, language) if told else sentence
    return told


def listed(names: Iterable[str], language: str) -> str:
    """Names beside each other, as a person lists them."""
    return say("marks", "list-joint", {}, language).join(names)
