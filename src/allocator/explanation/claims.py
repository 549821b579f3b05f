"""Claims: the statements that sentences are made from, each with where its numbers stand.

A claim holds no prose. Its parameters are numbers, dates and identifiers; what the company itself
wrote into a public table (a cause, a measure) is quoted. ``wording/<language>/claims.po`` makes
the sentence, ``check.py`` recomputes the claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from allocator.records import MICRO
from allocator.wording import Fact

Facts = dict[str, Fact]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number stands, for whoever wants to look it up.

    source : ``public`` (a file that anyone may read), ``own`` (the retailer's own row, repeated
        on the card) or ``policy`` (a line of the policy file)
    file : name in the run directory
    key : the row, as ``column=value`` texts; for the policy the dotted path. An own row is that of
        the card's reader, so its identifier is not repeated: equal claims stay equal.
    column : columns read, joined by a space; empty for the policy
    line : line of the policy file; rows are found by their key, which outlives sorting
    """

    source: Literal["public", "own", "policy"]
    file: str
    key: tuple[str, ...]
    column: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement about one retailer.

    code : kebab-case; the msgid of its sentence
    parameters : numbers (cartons; money in yuan, points and shares as exact ``Decimal``), dates,
        identifiers (products, orders, items, units, months)
    evidence : where each number stands
    quotes : words of the company, verbatim from a public table
    """

    code: str
    parameters: Mapping[str, Fact]
    evidence: tuple[Place, ...]
    quotes: Mapping[str, str] = field(default_factory=dict)

    @property
    def product(self) -> str | None:
        """The product that the claim is about, or ``None``."""
        value = self.parameters.get("product")
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of the shopkeeper and the claims that answer it.

    question : ``grade``, ``neighbour``, ``advance``, ``keep``, ``new``, ``penalty``; of a product
        ``shortfall``, ``quota``, ``turn``, ``more``, ``scarcity``
    """

    question: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """All about one product: ``line`` sums it up, the answers follow, most important first."""

    product: str
    line: Claim
    answers: tuple[Answer, ...]


def in_public(file: str, column: str, **key: object) -> Place:
    """A cell of a public file."""
    return _cell("public", file, column, tuple(key.items()))


def in_own_row(file: str, column: str, **key: object) -> Place:
    """A cell of the reader's own row; ``key`` says which, where a retailer has several."""
    return _cell("own", file, column, tuple(key.items()))


@lru_cache(maxsize=1 << 16)
def _cell(
    source: Literal["public", "own"], file: str, column: str, key: tuple[tuple[str, object], ...]
) -> Place:
    spelt = tuple(f"{name}={value}" for name, value in key if value is not None)
    return Place(source, file, spelt, column)


def in_policy(path: str, lines: Mapping[str, int]) -> Place:
    """A line of the policy; an absent key is a default, its nearest parent's line is named."""
    known = path
    while known not in lines and "." in known:
        known = known.rpartition(".")[0]
    return _policy_line(path, lines.get(known))


@lru_cache(maxsize=1 << 12)
def _policy_line(path: str, line: int | None) -> Place:
    return Place("policy", "policy.yaml", (path,), "", line)


def from_micro(value: int) -> Decimal:
    """Millionths as an exact decimal without trailing zeros: 1500000 is 1.5."""
    whole, rest = divmod(value, MICRO)
    return Decimal(value).scaleb(-6).normalize() if rest else Decimal(whole)


def from_fen(value: int) -> Decimal:
    """Fen (1/100 yuan) as yuan."""
    whole, rest = divmod(value, 100)
    return Decimal(value).scaleb(-2).normalize() if rest else Decimal(whole)
