"""What stands around the figures of a page: set by the template once for all cards of one shape.

Calls of a template take as long as all else on a page. So it is asked for a page with ``PLACE``
instead of whatever differs from card to card, and pages are put together from the pieces between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from allocator.explanation.proof_box import PLACE, script, script_digest
from allocator.pages import templates

if TYPE_CHECKING:
    from jinja2 import Template

MOST_SHAPES: Final = 200
"""Shapes kept by a press: a city has few."""


class Shape(NamedTuple):
    """What of a card decides which pieces its page has.

    policy : digest of the policy; notes : how many; reasons : of each whether it was kept back, and
        whether it names a product; the others : whether the card has such a thing
    """

    cycle: str
    policy: str
    named: bool
    tier: bool
    notes: int
    reasons: tuple[tuple[bool, bool], ...]
    answers: bool
    parts: bool
    proof: bool


def frame(
    shape: Shape,
    language: str,
    word: Callable[..., str],
    labelled: Callable[[str, str, str], str],
) -> tuple[str, ...]:
    """The pieces of a page of some shape, cut at its places. word, labelled : of the press"""

    def place(there: bool) -> str:
        return PLACE if there else ""

    text = _template().render(
        language=language,
        cycle=shape.cycle,
        name=place(shape.named),
        retailer=PLACE,
        tier=place(shape.tier),
        first=PLACE,
        notes=[PLACE] * shape.notes,
        reasons=[(kept, place(about), PLACE) for kept, about in shape.reasons],
        answers=place(shape.answers),
        parts=place(shape.parts),
        proof=place(shape.proof),
        contact=PLACE,
        policy=shape.policy,
        style=_style(),
        word=word,
        labelled=labelled,
        script=script(),
        script_digest=script_digest(),
    )
    return tuple(text.split(PLACE))


def joined(pieces: Sequence[str], told: Sequence[str]) -> str:
    """The page: what is told at each place, ready to stand in a page, in their order."""
    page = [""] * (2 * len(told) + 1)
    page[::2] = pieces
    page[1::2] = told
    return "".join(page)


@lru_cache
def _template() -> Template:
    return templates("allocator.explanation").get_template("card.html")


@lru_cache
def _style() -> str:
    return templates("allocator.explanation").get_template("card.css").render()
