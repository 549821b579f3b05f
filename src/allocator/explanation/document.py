"""The card as plain data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from allocator.explanation.claims import Place
from allocator.explanation.sentences import sentence
from allocator.wording import Fact

if TYPE_CHECKING:
    from allocator.explanation.card import Card


def document(card: Card, language: str) -> dict[str, Any]:
    """What the card says; numbers that are not whole are texts of their exact digits."""
    told = card.claims
    return {
        "retailer": card.retailer,
        "name": card.name,
        "cycle": card.cycle,
        "on": card.on.isoformat(),
        "tier": card.tier,
        "language": language,
        "policy_digest": card.policy_digest,
        "first_line": sentence(card.first[0], card.names, language),
        "reasons": [told.index(reason) for reason in card.reasons],
        "claims": [
            {
                "code": claim.code,
                "parameters": {key: _json(value) for key, value in claim.parameters.items()},
                **({"quotes": dict(claim.quotes)} if claim.quotes else {}),
                "sentence": sentence(claim, card.names, language),
                "evidence": [_place(place, card.retailer) for place in claim.evidence],
            }
            for claim in told
        ],
        **({} if card.proof is None else {"proof": card.proof.document()}),
    }


def _json(value: Fact) -> str | int | None:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def _place(place: Place, reader: str) -> dict[str, Any]:
    own = [f"retailer_id={reader}"] if place.source == "own" else []
    spelt = {
        "source": place.source,
        "file": place.file,
        "key": [*place.key, *own],
        "column": place.column,
        "line": place.line,
    }
    return {key: value for key, value in spelt.items() if value not in ("", None)}
