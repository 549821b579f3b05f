"""Which purchases counted for the tier: months, or days from one to another, and how much each."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, Place, in_policy
from allocator.grading.window import Window, window_of

WEEK = re.compile(r"\d{4}-W\d{2}")


@lru_cache(maxsize=64)
def order_period(cycle: str) -> str:
    """``week`` for cycles named by ISO week, else ``cycle``."""
    return "week" if WEEK.fullmatch(cycle) else "cycle"


def what_counts(books: Books) -> tuple[Claim, ...]:
    """The window of the grading as its policy says it; nothing where no sales count."""
    return books.once(("window",), lambda: _what_counts(books))


def _what_counts(books: Books) -> tuple[Claim, ...]:
    grading, policy = books.run.grading, books.run.policy.grading
    if not grading.window or policy is None or policy.window is None:
        return ()
    window = window_of(policy.window, grading.on)
    place = (in_policy("grading.window", books.run.policy.lines),)
    told = [_units(window, place)]
    first, last = window.units[0], window.units[-1]
    if policy.window.recency is not None and first is not last:
        facts = {"earliest": first.weight, "latest": last.weight}
        told.append(Claim("tier-window-weights", facts, place))
    return tuple(told)


def _units(window: Window, place: tuple[Place, ...]) -> Claim:
    """The units; days left out between the first and the last are counted."""
    names, units = window.names(), window.units
    gaps = [(after.first - before.last).days - 1 for before, after in pairwise(units)]
    if window.kind == "months":
        if any(gaps):
            return Claim("tier-window-months", {"months": ", ".join(names)}, place)
        return Claim("tier-window", {"first_month": names[0], "last_month": names[-1]}, place)
    facts = {"first_day": window.first, "last_day": window.last}
    if any(gaps):
        return Claim("tier-window-gaps", {**facts, "left_out": sum(gaps)}, place)
    return Claim("tier-window-days", facts, place)
