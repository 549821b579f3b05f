"""Whether the run knows a retailer; the nearest identifier is named where it does not."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Iterable

from allocator.errors import BadRequest
from allocator.explanation.books import Books
from allocator.explanation.sentences import plain

SEARCHED = 20_000
"""Most identifiers among which the nearest is sought by likeness, not by order alone."""


def check_known(books: Books, retailers: Iterable[str]) -> None:
    """Refuse retailers that the run does not know."""
    for retailer in retailers:
        if retailer not in books.member:
            raise _unknown(retailer, books)


def _unknown(retailer: str, books: Books) -> BadRequest:
    asked = plain(retailer)[:80]
    known = sorted(books.member)
    if len(known) <= SEARCHED:
        near = difflib.get_close_matches(retailer[:80], known, n=1, cutoff=0.5)
    else:
        near = known[bisect_left(known, retailer) :][:1] or known[-1:]
    if near:
        return BadRequest("unknown-retailer", retailer=asked, nearest=near[0])
    return BadRequest("unknown-retailer-none", retailer=asked, count=len(known))
