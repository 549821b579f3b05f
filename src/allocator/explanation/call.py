"""The card as a script for the order-taker: what to say first, where to wait, what to answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from allocator.explanation.claims import Answer, Claim
from allocator.explanation.letter import contact
from allocator.explanation.sentences import sentence, title

if TYPE_CHECKING:
    from allocator.explanation.card import Card

MOST_READ_OUT: Final = 8
"""Products with room that are read out; nobody keeps more in mind."""

ASKED: Final = ("shortfall", "turn", "scarcity")
"""Questions about a product that fell short, in the order in which callers ask them."""

TOO_LONG: Final = ("tier-item-", "tier-window-weights")
"""Claims that are for the eye: a caller who wants them is referred to the card."""


def script(card: Card, language: str) -> str:
    """Greeting, the first line, what is still to be had, then answers to what is usually asked.

    What stands in brackets is for the order-taker; everything else is said as it stands.
    """

    def word(code: str, **facts: str | int) -> str:
        return title(code, language, **facts)

    lines = [
        word("call-greeting", name=card.name) if card.name
        else word("call-greeting-number", retailer=card.retailer),
        word("call-wait"), "",
        *(sentence(claim, card.names, language) for claim in card.first),
        word("call-pause"), "",
    ]  # fmt: skip
    room = [part for part in card.parts if _has_room(part.line)]
    if room:
        lines.append(word("call-room"))
        for part in room[:MOST_READ_OUT]:
            name = card.names.get(part.product, part.product)
            lines.append(f"{name}{word('colon')}{sentence(part.line, card.names, language)}")
        if len(room) > MOST_READ_OUT:
            lines.append(word("call-more", count=len(room) - MOST_READ_OUT))
        lines += [word("call-add"), word("call-wait"), ""]
    lines += [word("call-answers"), ""]
    for question, claims in _usual(card, language):
        lines.append(word("call-asked", question=question))
        lines += [sentence(claim, card.names, language) for claim in claims]
        lines.append("")
    lines += [contact(card, language), word("call-goodbye")]
    return "\n".join(lines) + "\n"


def _has_room(line: Claim) -> bool:
    limit, ordered = line.parameters["limit"], line.parameters.get("ordered")
    return isinstance(limit, int) and isinstance(ordered, int) and ordered < limit


def _usual(card: Card, language: str) -> Iterator[tuple[str, tuple[Claim, ...]]]:
    """Questions in words, and what answers them: what fell short first, then the shop's own."""
    for part in card.parts:
        answers = {answer.question: answer for answer in part.answers}
        if not _fell_short(answers.get("shortfall")):
            continue
        name = card.names.get(part.product, part.product)
        for question in ASKED:
            if question in answers:
                spoken = title(f"question-{question}", language)
                yield f"{name}{title('colon', language)}{spoken}", answers[question].claims
    for answer in card.answers:
        claims = tuple(claim for claim in answer.claims if not claim.code.startswith(TOO_LONG))
        yield title(f"question-{answer.question}", language), claims


def _fell_short(answer: Answer | None) -> bool:
    told = () if answer is None else answer.claims
    return any(claim.code not in ("order-met", "order-second-round") for claim in told)
