"""One scarce amount divided among claims, by a rule that is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from fractions import Fraction
from types import MappingProxyType

from allocator.errors import BadRequest
from allocator.rules import equal_shares, half_claims
from allocator.rules.arrivals import average_of_awards, random_arrival
from allocator.rules.equal_shares import Claims
from allocator.rules.exact import Number, fraction, fractions, positive
from allocator.rules.minimal_rights import (
    adjusted_proportional,
    dominguez_thomson,
    minimal_overlap,
)

WEIGHTED: Mapping[str, Callable[[Claims, Fraction, Claims, Claims], list[Fraction]]] = (
    MappingProxyType(
        {
            "proportional": equal_shares.proportional,
            "cea": equal_shares.equal_awards,
            "cel": equal_shares.equal_losses,
            "leximin": equal_shares.equal_awards,
        }
    )
)
"""Rules with one common level, which weights scale and guarantees bound from below."""

PLAIN: Mapping[str, Callable[[Claims, Fraction], list[Fraction] | None]] = MappingProxyType(
    {
        "talmud": half_claims.talmud,
        "reverse-talmud": half_claims.reverse_talmud,
        "piniles": half_claims.piniles,
        "constrained-egalitarian": half_claims.constrained_egalitarian,
        "minimal-overlap": minimal_overlap,
        "adjusted-proportional": adjusted_proportional,
        "random-arrival": random_arrival,
        "average": equal_shares.average,
        "average-of-awards": average_of_awards,
        "dominguez-thomson": dominguez_thomson,
    }
)
"""Rules of claims and supply alone; ``None`` says that exact counting would take too long."""

RULES = (*WEIGHTED, *PLAIN)


def divide(
    rule: str,
    claims: Iterable[Number],
    supply: Number,
    weights: Iterable[Number] | None = None,
    guarantees: Iterable[Number] | None = None,
) -> tuple[Fraction, ...]:
    """The awards a rule of the claims literature gives, in exact fractions.

    Parameters
    ----------
    rule : one of ``RULES``; ``docs/rules-compared.md`` says what each keeps
    claims : (n,) from 0 up, in any unit; arrays of numpy and columns of polars do too
    supply : from 0 up, in the same unit. Where it exceeds all claims, everybody gets its claim
        and the rest stays
    weights : (n,) above 0, for ``proportional``, ``cea``, ``cel``, ``leximin``. The heavier
        gets more: awards in proportion to weight, losses in inverse proportion
    guarantees : (n,) from 0 up, same unit, for the same rules: nobody falls below its
        guarantee, or below its claim where that is less

    Returns
    -------
    (n,) fractions with 0 <= award <= claim and sum = min(supply, sum of claims), exactly. A
    float counts as the decimal number it is printed as. ``[float(x) for x in ...]`` gives
    binary numbers. n claims take n log n steps, but ``random-arrival`` and
    ``average-of-awards`` count different sums of claims, and ``dominguez-thomson`` recurs.

    Raises
    ------
    BadRequest : unknown rule, number that is none or negative, columns of unequal length,
        guarantees above the supply, a rule without weights or guarantees that is given some,
        claims too many and too various to count

    Examples
    --------
    >>> [str(award) for award in divide("talmud", [100, 200, 300], 200)]
    ['50', '75', '75']
    """
    if rule not in RULES:
        raise _unknown(rule)
    asked, amount = fractions("claims", claims), fraction("supply", supply)
    count = len(asked)
    given = {"weights": weights, "guarantees": guarantees}
    if rule in PLAIN and (extra := [name for name, value in given.items() if value is not None]):
        raise BadRequest("divide-without", rule=rule, name=extra[0], known=", ".join(WEIGHTED))
    scale = [Fraction(1)] * count if weights is None else positive("weights", weights, count)
    least = [Fraction(0)] * count
    if guarantees is not None:
        least = [*map(min, fractions("guarantees", guarantees, count), asked)]
    amount = min(amount, sum(asked, Fraction(0)))
    if (promised := sum(least, Fraction(0))) > amount:
        raise BadRequest("divide-guarantees", promised=str(promised), supply=str(amount))
    if not amount:
        return tuple(Fraction(0) for _ in asked)
    if rule in WEIGHTED:
        return tuple(WEIGHTED[rule](asked, amount, scale, least))
    awards = PLAIN[rule](asked, amount)
    if awards is None:
        raise BadRequest("divide-too-large", rule=rule, count=count)
    return tuple(awards)


def _unknown(rule: object) -> BadRequest:
    """The refusal of a rule nobody knows, with the one that was probably meant."""
    word = str(rule)[:80]
    near = get_close_matches(word.lower().replace("_", "-"), RULES, n=1, cutoff=0.5)
    if near:
        return BadRequest("divide-rule-near", rule=word, nearest=near[0], known=", ".join(RULES))
    return BadRequest("divide-rule-unknown", rule=word, known=", ".join(RULES))
