"""The card as a text message: the essential number first, in as few parts as say it.

A message of Chinese signs holds 70 UTF-16 units alone; one of several parts holds 67 in each,
because three go to the header that joins them. Units are what counts: an emoji is two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from allocator.explanation.letter import whom_to_call
from allocator.explanation.sentences import sentence, title

if TYPE_CHECKING:
    from allocator.explanation.card import Brief, Card

ALONE: Final = 70
"""UTF-16 units of a message of one part."""

JOINED: Final = 67
"""UTF-16 units of each part of a longer one, its number included."""

MOST_PARTS: Final = 3
"""Reasons but the first are left away, the least important first, rather than sending more."""

LONGEST_NAME: Final = 16
"""Units of a name; a longer one ends in an ellipsis, for it would cost a part of its own."""

_WHOLE: Final = re.compile(r"\d(?:[\d,.:/-]*\d)?(?:%| ?[\u3400-\u9fff]| ?[A-Za-z]\b)?")
"""A number, with the one sign that is its unit, stays on one part."""

_ENDS: Final = frozenset("。！？；!?;")
_RESTS: Final = frozenset("，、：: ")
_CLINGING: Final = frozenset("\u200d\u20e3") | frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_ITS_OWN_FLAG: Final = frozenset(map(chr, range(0x1F1E6, 0x1F200)))


def message(card: Brief | Card, language: str) -> tuple[str, ...]:
    """The parts of the message, each ready to be sent.

    The first line and what bars the shop; bands, then the principal reasons, most important
    first, as many as ``MOST_PARTS`` hold; whom to call.
    """
    names = {product: shortened(name) for product, name in card.names.items()}
    bands = [claim for claim in card.first if claim.code == "band-limit"]
    must = [sentence(claim, names, language) for claim in card.first if claim not in bands]
    may = [sentence(claim, names, language) for claim in bands]
    colon = title("colon", language)
    for claim in card.reasons:
        spoken = sentence(claim, names, language)
        about = claim.product and names.get(claim.product, shortened(claim.product))
        may.append(f"{about}{colon}{spoken}" if about else spoken)
    end = whom_to_call(shortened(card.manager), shortened(card.manager_phone), language)
    next_one = title("sentence-next", language, before="", after="")
    for kept in range(len(may), -1, -1):
        text = next_one.join([*must, *may[:kept], end])
        if kept > 1 and units(text) > MOST_PARTS * JOINED:
            continue
        sent = in_parts(text, language)
        if len(sent) <= MOST_PARTS or kept <= 1:
            break
    return sent


def units(text: str) -> int:
    """UTF-16 units: what a network counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_parts(text: str, language: str) -> tuple[str, ...]:
    """``text`` in parts that a network takes; numbered where there are several.

    Cut after a sentence or at a rest where there is one, else between signs; never inside a
    number with its unit, nor inside what is drawn as one sign.
    """
    if units(text) <= ALONE:
        return (text,)
    digits = 1
    while True:
        widest = "9" * digits
        head = units(title("sms-part", language, part=widest, parts=widest, text=""))
        cut = list(_cut(text, JOINED - head))
        if len(cut) < 10**digits:
            break
        digits += 1
    parts = str(len(cut))
    return tuple(
        title("sms-part", language, part=str(number), parts=parts, text=part)
        for number, part in enumerate(cut, start=1)
    )


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
    while units(rest) > most:
        at = _place(rest, most)
        yield rest[:at].rstrip()
        rest = rest[at:].lstrip()
    yield rest


def _place(text: str, most: int) -> int:
    """Where to cut: the last place that fits; after a sentence or a rest, if not far before it."""
    fits = next(k for k in range(min(most, len(text)), 0, -1) if units(text[:k]) <= most)
    inside = {
        k
        for hit in _WHOLE.finditer(text, 0, fits + most)
        if hit.end() > 2 * fits // 3
        for k in range(hit.start() + 1, hit.end())
    }
    for marks in (_ENDS, _RESTS):
        for k in range(fits, 2 * fits // 3, -1):
            near = text[k - 1] in marks or text[k] in marks
            if near and k not in inside and not _clings(text, k):
                return k
    for k in range(fits, 0, -1):
        if k not in inside and not _clings(text, k):
            return k
    return fits  # a number longer than a part


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
