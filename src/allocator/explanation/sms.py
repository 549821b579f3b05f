"""The card as a text message: the essential number first, in as few parts as say it.

A message of Chinese signs holds 70 UTF-16 units alone; one of several parts holds 67 in each,
because three go to the header that joins them. Units are what counts: an emoji is two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from allocator.explanation.claims import Claim
from allocator.explanation.letter import whom_to_call
from allocator.explanation.sentences import sentence, title

if TYPE_CHECKING:
    from allocator.explanation.brief import Brief
    from allocator.explanation.card import Card

ALONE: Final = 70
"""UTF-16 units of a message of one part."""

JOINED: Final = 67
"""UTF-16 units of each part of a longer one, its number included."""

MOST_PARTS: Final = 3
"""Reasons but the first are left away, the least important first, rather than sending more."""

MOST_KEPT: Final = 20_000
"""Reasons kept for the next message: bounds the memory, not the result."""

_HERE: Final = "\0"
"""Where the text of a part will stand."""

LONGEST_NAME: Final = 16
"""Units of a name; a longer one ends in an ellipsis, for it would cost a part of its own."""

_WHOLE: Final = re.compile(r"\d(?:[\d,.:/-]*\d)?(?:%| ?[\u3400-\u9fff]| ?[A-Za-z]\b)?")
"""A number, with the one sign that is its unit, stays on one part."""

_ENDS: Final = frozenset("。！？；!?;")
_LAST_END: Final = re.compile(r".*[。！？；!?;]", re.DOTALL)
_RESTS: Final = frozenset("，、：: ")
_CLINGING: Final = frozenset("\u200d\u20e3") | frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_ITS_OWN_FLAG: Final = frozenset(map(chr, range(0x1F1E6, 0x1F200)))


class Clerk:
    """Writes messages in one language; what it wrote of a product for one shop it keeps."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._between = title("sentence-next", language, before="", after="")
        self._names: tuple[object, dict[str, str]] = (None, {})
        self._said: dict[int, tuple[Claim, str]] = {}

    def message(self, card: Brief | Card) -> tuple[str, ...]:
        """The parts of the message, each ready to be sent.

        The first line and what bars the shop; bands, then the principal reasons, most important
        first, as many as ``MOST_PARTS`` hold; whom to call.
        """
        if self._names[0] is not card.names:
            short = {product: shortened(name) for product, name in card.names.items()}
            self._names = card.names, short
            self._said.clear()
        names, language = self._names[1], self.language
        bands = [claim for claim in card.first if claim.code == "band-limit"]
        must = [sentence(claim, names, language) for claim in card.first if claim not in bands]
        may = [sentence(claim, names, language) for claim in bands]
        may += [self._reason(claim, names) for claim in card.reasons]
        end = whom_to_call(shortened(card.manager), shortened(card.manager_phone), language)
        for kept in range(len(may), -1, -1):
            text = self._between.join([*must, *may[:kept], end])
            # A part loses at most the spaces at which it was cut.
            if kept > 1 and units(text) - text.count(" ") > MOST_PARTS * (JOINED - _head(language)):
                continue
            cut = _parts(text, language)
            if len(cut) <= MOST_PARTS or kept <= 1:
                break
        return _numbered(cut, language)

    def _reason(self, claim: Claim, names: Mapping[str, str]) -> str:
        """A reason with the product it is about; ``books.once`` makes most of those but once."""
        product = claim.product
        if product is None:
            return sentence(claim, names, self.language)
        found = self._said.get(id(claim))
        if found is None:
            if len(self._said) >= MOST_KEPT:
                self._said.clear()
            about = names.get(product, shortened(product))
            spoken = sentence(claim, names, self.language)
            text = f"{about}{title('colon', self.language)}{spoken}"
            found = self._said[id(claim)] = claim, text  # held, so that its identity stays its own
        return found[1]


def message(card: Brief | Card, language: str) -> tuple[str, ...]:
    """The message of one card."""
    return Clerk(language).message(card)


def units(text: str) -> int:
    """UTF-16 units: what a network counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_parts(text: str, language: str) -> tuple[str, ...]:
    """``text`` in parts that a network takes; numbered where there are several.

    Cut after a sentence or at a rest where there is one, else between signs; never inside a
    number with its unit, nor inside what is drawn as one sign.
    """
    return _numbered(_parts(text, language), language)


def _parts(text: str, language: str) -> list[str]:
    if units(text) <= ALONE:
        return [text]
    digits = 1
    while True:
        cut = list(_cut(text, JOINED - _head(language, digits)))
        if len(cut) < 10**digits:
            return cut
        digits += 1


def _numbered(parts: list[str], language: str) -> tuple[str, ...]:
    if len(parts) == 1:
        return tuple(parts)
    told = []
    for number, part in enumerate(parts, start=1):
        before, after = _around(language, number, len(parts))
        told.append(f"{before}{part}{after}")
    return tuple(told)


@lru_cache(maxsize=1 << 10)
def _around(language: str, number: int, of: int) -> tuple[str, str]:
    """What stands before and after the text of a part."""
    numbered = title("sms-part", language, part=str(number), parts=str(of), text=_HERE)
    before, _, after = numbered.partition(_HERE)
    return before, after


@lru_cache
def _head(language: str, digits: int = 1) -> int:
    """Units that the number of a part takes."""
    widest = "9" * digits
    return units(title("sms-part", language, part=widest, parts=widest, text=""))


@lru_cache(maxsize=1 << 12)
def shortened(name: str) -> str:
    """A name of at most ``LONGEST_NAME`` units."""
    if units(name) <= LONGEST_NAME:
        return name
    end = next(k for k in range(LONGEST_NAME, -1, -1) if units(name[:k]) < LONGEST_NAME)
    while end and _clings(name, end):
        end -= 1
    return name[:end].rstrip() + "…"


def _cut(text: str, most: int) -> Iterator[str]:
    rest = text.strip()
    narrow = units(rest) == len(rest)
    while (len(rest) if narrow else units(rest)) > most:
        at = _place(rest, most if narrow else _fitting(rest, most), most)
        yield rest[:at].rstrip()
        rest = rest[at:].lstrip()
    yield rest


def _fitting(text: str, most: int) -> int:
    """Signs that ``most`` units hold, where some take two."""
    return next(k for k in range(min(most, len(text)), 0, -1) if units(text[:k]) <= most)


def _place(text: str, fits: int, most: int) -> int:
    """Where to cut: the last place that fits; after a sentence or a rest, if not far before it."""
    least = 2 * fits // 3
    k = fits
    while (end := _LAST_END.match(text, 0, k)) and end.end() > least:
        k = end.end()
        if not _clings(text, k):  # no number holds such a sign
            return k
        k -= 1
    wholes = [hit.span() for hit in _WHOLE.finditer(text, 0, fits + most) if hit.end() > least]

    def may(k: int) -> bool:
        return not _clings(text, k) and not any(start < k < end for start, end in wholes)

    for k in range(fits, least, -1):
        if (text[k - 1] in _RESTS or text[k] in _RESTS) and may(k):
            return k
    return next(filter(may, range(fits, 0, -1)), fits)  # a number longer than a part


def _clings(text: str, k: int) -> bool:
    """Whether the sign at k belongs to the one before it: drawn as one, or its closing mark."""
    if k >= len(text):
        return False
    before, sign = text[k - 1], text[k]
    if sign in _ITS_OWN_FLAG and before in _ITS_OWN_FLAG:
        return True
    return (
        sign in _ENDS
        or (sign in _RESTS and sign != " ")
        or sign in _CLINGING
        or before == "\u200d"
        or unicodedata.category(sign) in ("Mn", "Mc", "Me")
    )
