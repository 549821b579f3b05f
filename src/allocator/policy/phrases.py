"""Words and figures of which the sentences of a policy are made."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from allocator.wording import Fact, say


def phrase(language: str, code: str, **facts: Fact) -> str:
    """The sentence or part of one under a code of the policy's catalogue."""
    return say("policy", code, facts, language)


def listed(language: str, parts: Iterable[str]) -> str:
    """Parts with the comma of the language between them."""
    return phrase(language, "list-comma").join(parts)


def item_named(name: str, classes: Iterable[int], language: str) -> str:
    """An item of the score with the price classes that it counts, if not all."""
    told, only = phrase(language, f"item-{name}"), listed(language, map(str, classes))
    return phrase(language, "prose-band-classes", item=told, classes=only) if only else told


def figure(value: Decimal | int) -> str:
    """A number without the zeros that carry nothing, as it stands in lists."""
    return format(Decimal(value).normalize(), "f")


def number(value: Decimal) -> Decimal:
    """The same number without the zeros that carry nothing."""
    return Decimal(figure(value))
