"""The card as plain text."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from allocator.explanation.sentences import sentence, title

if TYPE_CHECKING:
    from allocator.explanation.card import Card


def letter(card: Card, language: str) -> str:
    """The first line, who it is for, the principal reasons, then every answer."""
    lines = [sentence(claim, card.names, language) for claim in card.first]
    lines += [address(card, language), ""]
    if card.reasons:
        lines.append(title("heading-reasons", language))
        for number, claim in enumerate(card.reasons, start=1):
            about = card.names.get(claim.product or "", claim.product)
            spoken = sentence(claim, card.names, language)
            lines.append(f"{number}. {about + title('colon', language) if about else ''}{spoken}")
        lines.append("")
    for answer in card.answers:
        lines.append(title(f"question-{answer.question}", language))
        lines += [f"  {sentence(claim, card.names, language)}" for claim in answer.claims]
        lines.append("")
    for part in card.parts:
        name = card.names.get(part.product, part.product)
        lines.append(f"{name}{title('colon', language)}{sentence(part.line, card.names, language)}")
        for answer in part.answers:
            lines.append(f"  {title(f'question-{answer.question}', language)}")
            lines += [f"    {sentence(claim, card.names, language)}" for claim in answer.claims]
        lines.append("")
    lines.append(contact(card, language))
    return "\n".join(lines) + "\n"


def address(card: Card, language: str) -> str:
    """Shop, tier and cycle on one line."""
    parts = [card.name, card.retailer, card.cycle]
    if card.tier is not None:
        parts.insert(2, title("label-tier", language, tier=card.tier))
    return " · ".join(part for part in parts if part)


def contact(card: Card, language: str) -> str:
    """Whom the shop may call."""
    return whom_to_call(card.manager, card.manager_phone, language)


@lru_cache(maxsize=1 << 12)
def whom_to_call(manager: str, phone: str, language: str) -> str:
    """The manager's name and phone, as far as they are known."""
    who = " ".join(part for part in (manager, phone) if part)
    return title("contact", language, who=who) if who else title("contact-unknown", language)
