"""Chooses the principal reasons of a card: at most four, most important first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from allocator.explanation.claims import Answer, Claim, Part

MOST = 4

MOST_FALLEN_SHORT = 2
"""Products whose rule is given among the reasons; the others have it in their own part."""

KEPT_BACK = ("granted-below-standard", "granted-below-standard-no-order")
"""Before every rule: no rule explains what was not entered."""

FELL_SHORT = (
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

ABOUT_ENTRY = ("asked-unknown", "granted-above-standard")
"""What is odd about an order without harm; each is said once."""

TIER = (
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

ADVANCE = (
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


def principal(answers: Sequence[Answer], parts: Sequence[Part]) -> tuple[Claim, ...]:
    """The reasons, all of them claims that the card makes anyway.

    answers : about the shop; parts : about products, most urgent first
    """
    about_shop = [claim for answer in answers for claim in answer.claims]
    by_part = [[claim for answer in part.answers for claim in answer.claims] for part in parts]
    everything = [claim for claims in by_part for claim in claims]
    ordered = [
        claims
        for part, claims in zip(parts, by_part, strict=True)
        if any(answer.question == "shortfall" for answer in part.answers)
    ]
    fallen = [first for claims in ordered for first in _first(claims, FELL_SHORT)]
    chosen = [claim for claim in everything if claim.code in KEPT_BACK]
    chosen += fallen[:MOST_FALLEN_SHORT]
    if fallen:
        chosen += _first(by_part[_part_of(fallen[0], parts)], ("scarcity-cause",))
    for code in ABOUT_ENTRY:
        chosen += _first(everything, (code,))
    chosen += _first(about_shop, TIER)
    chosen += _first(about_shop, ADVANCE)
    return tuple(chosen[:MOST])


def _first(claims: Sequence[Claim], codes: Sequence[str]) -> Iterator[Claim]:
    """The first claim of the first code that is there, or nothing."""
    for code in codes:
        for claim in claims:
            if claim.code == code:
                yield claim
                return


def _part_of(claim: Claim, parts: Sequence[Part]) -> int:
    return next(k for k, part in enumerate(parts) if part.product == claim.product)
