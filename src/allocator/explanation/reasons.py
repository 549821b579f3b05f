"""Chooses the principal reasons of a card: at most four, most important first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from allocator.explanation.claims import Claim


def _ranked(*codes: str) -> dict[str, int]:
    """Codes, the most telling first."""
    return {code: rank for rank, code in enumerate(codes)}


MOST = 4

MOST_FALLEN_SHORT = 2
"""Products whose rule is given among the reasons; the others have it in their own part."""

KEPT_BACK = ("granted-below-standard", "granted-below-standard-no-order")
"""Before every rule: no rule explains what was not entered."""

FELL_SHORT = _ranked(
    "shortfall-no-release",
    "quota-tiers",
    "quota-not-released",
    "quota-not-for-segment",
    "shortfall-lot",
    "shortfall-turn",
    "shortfall-draw",
    "shortfall-band",
    "shortfall-band-room",
    "shortfall-basket",
    "shortfall-shared",
    "shortfall-limit",
)
"""Why a product that was ordered fell short by the rules."""

ABOUT_ENTRY = _ranked("asked-unknown", "granted-above-standard")
"""What is odd about an order without harm; each is said once."""

TIER = _ranked(
    "penalty-suspend-until",
    "penalty-suspend",
    "tier-capped",
    "tier-demoted",
    "tier-by-credit",
    "tier-first-score",
    "tier-step-up",
    "tier-step-down",
    "tier-margin-share",
    "tier-margin-points",
    "tier-down",
    "tier-rank",
    "tier-by-bands",
    "tier-by-attribute",
    "tier-by-otherwise",
    "tier-newcomer",
    "tier-newcomer-undated",
    "tier-given",
    "tier-no-sales",
)
"""Why the tier is what it is; one of them."""

ADVANCE = _ranked(
    "advance-held-cap",
    "advance-held-credit",
    "advance-held-step",
    "advance-full-step",
    "advance-held-first",
    "advance-cartons",
    "advance-higher",
    "advance-score",
    "advance-band",
    "advance-top",
    "advance-by",
)
"""What would change it; one of them."""


@dataclass(frozen=True, slots=True)
class Fallen:
    """What one product has to say among the reasons.

    kept : what was not entered; rule : why less was given, ``None`` = nothing fell short
    cause : why the product is short; entry : what is odd about the order, without harm
    """

    kept: tuple[Claim, ...]
    rule: Claim | None
    cause: Claim | None
    entry: tuple[Claim, ...]


NOTHING_FELL = Fallen((), None, None, ())


def fallen_short(less: Sequence[Claim], refusal: Sequence[Claim], cause: Claim | None) -> Fallen:
    """The reasons that a product gives.

    less : what became of the order; refusal : that the product is not released to the shop
    """
    return Fallen(
        kept=tuple(claim for claim in less if claim.code in KEPT_BACK),
        rule=first_of((*less, *refusal), FELL_SHORT),
        cause=cause,
        entry=tuple(claim for claim in less if claim.code in ABOUT_ENTRY),
    )


def principal(
    tier: Callable[[], Claim | None],
    advance: Callable[[], Claim | None],
    products: Iterable[Fallen],
) -> tuple[Claim, ...]:
    """The reasons, all of them claims that the card makes anyway.

    tier, advance : asked only where products leave room
    products : most urgent first; no more of them are looked at than can matter
    """
    kept: list[Claim] = []
    rules: list[Claim] = []
    cause: Claim | None = None
    odd: list[Claim] = []
    for product in products:
        kept += product.kept
        if len(kept) >= MOST:
            return tuple(kept[:MOST])
        odd += product.entry
        if product.rule and len(rules) < MOST_FALLEN_SHORT:
            rules.append(product.rule)
            cause = product.cause if len(rules) == 1 else cause
    told = [*kept, *rules, *([cause] if cause else [])]
    for code in ABOUT_ENTRY:
        told += [claim for claim in odd if claim.code == code][:1]
    for more in (tier, advance):
        claim = more() if len(told) < MOST else None
        told += [claim] if claim else []
    return tuple(told[:MOST])


def first_of(claims: Iterable[Claim], rank: Mapping[str, int]) -> Claim | None:
    """The first claim of the first code that is there."""
    known = [claim for claim in claims if claim.code in rank]
    return min(known, key=lambda claim: rank[claim.code], default=None)
