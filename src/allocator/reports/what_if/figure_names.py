"""What the figures of sweeps and searches are called, and how they are written."""

from __future__ import annotations

from typing import Final

from allocator.comparison.figures import FIGURES
from allocator.reports.what_if.telling import named, told, told_change, word
from allocator.wording import Fact, say

EXPOSED: Final = "exposed_"
"""Before the kind of complaint in the name of a column."""

ANYTHING: Final = "exposed_any"

MOVES: Final = {"gainers": "more", "same": "", "losers": "less", "gained": "more", "lost": "less"}
"""Figures against today's rule, and which way is better."""

CIRCUMSTANCES: Final = ("supply", "without", "demand", "new_shops")
"""Keys of changes of what nobody chooses by a rule."""

_FIGURES: Final = {figure.name: figure for figure in FIGURES}


def text(code: str, language: str, **facts: Fact) -> str:
    """A sentence of the domain ``sweep``."""
    return say("sweep", code, facts, language)


def figure_name(name: str, language: str) -> str:
    """A figure for people."""
    if name in _FIGURES:
        return named(f"figure-{name}", language)
    if name == ANYTHING:
        return word("card-complaints", language)
    if name.startswith(EXPOSED):
        kind = named(f"kind-{name.removeprefix(EXPOSED)}", language)
        return text("exposed", language, kind=kind)
    return text(f"move-{name}", language)


def figure_unit(name: str) -> str:
    """Its unit, as ``comparison.figures`` names units; of all that counts shops, retailers."""
    if name in _FIGURES:
        return _FIGURES[name].unit
    return "cartons" if name in ("gained", "lost") else "retailers"


def figure_better(name: str) -> str:
    """Which way is better: ``more``, ``less``, or "" for neither."""
    if name in _FIGURES:
        return _FIGURES[name].better
    return "less" if name.startswith(EXPOSED) else MOVES[name]


def figure_text(name: str, value: float | None, language: str) -> str:
    """Its value for people; a dash where it is not known."""
    return told(value, figure_unit(name), language)


def figure_change(name: str, before: float | None, after: float | None, language: str) -> str:
    """What it changes by, with its sign."""
    return told_change(before, after, figure_unit(name), language)


def figure_way(name: str, before: float | None, after: float | None, language: str) -> str:
    """Whether it gets ``better`` or ``worse``, where that can be seen in what is printed.

    Who gains and who loses is told by itself: under today's rule it is nobody.
    """
    better = "" if name in MOVES else figure_better(name)
    if before is None or after is None or not better:
        return ""
    if figure_text(name, before, language) == figure_text(name, after, language):
        return ""
    return "better" if (after > before) == (better == "more") else "worse"
