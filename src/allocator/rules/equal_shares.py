"""Rules that carry one quantity to a common level: share of the claim, award, or loss."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from allocator.rules.levels import fill

Claims = Sequence[Fraction]


def proportional(
    claims: Claims, supply: Fraction, weights: Claims, guarantees: Claims
) -> list[Fraction]:
    """Everybody the same share of its claim: x_i = min(c_i, max(g_i, lam w_i c_i)).

    Aristotle, Nicomachean Ethics V; without weights and guarantees x_i = c_i E / C. It pays
    whoever inflates its claim (Cachon and Lariviere 1999).
    """
    rates = [weight * claim for weight, claim in zip(weights, claims, strict=True)]
    return fill(rates, guarantees, claims, supply)


def equal_awards(
    claims: Claims, supply: Fraction, weights: Claims, guarantees: Claims
) -> list[Fraction]:
    """Everybody the same award, at most its claim: x_i = min(c_i, max(g_i, lam w_i)).

    Constrained equal awards (Maimonides). It is the leximin division: the smallest
    award / weight is as large as it can be, then the next (so ``leximin`` names it too), and the
    uniform rule, the only efficient, anonymous and truthful one (Sprumont 1991, Ching 1994);
    with guarantees the one of the second round (``model.md`` 5).
    """
    return fill(weights, guarantees, claims, supply)


def equal_losses(
    claims: Claims, supply: Fraction, weights: Claims, guarantees: Claims
) -> list[Fraction]:
    """Everybody the same loss, at most its claim: x_i = max(g_i, c_i - lam / w_i).

    Constrained equal losses (Maimonides; Aumann and Maschler 1985). A heavier weight loses
    less: losses are inverse to weights, so that weight helps under every rule.
    """
    room = [claim - least for claim, least in zip(claims, guarantees, strict=True)]
    none = [Fraction(0)] * len(claims)
    rates = [1 / weight for weight in weights]
    losses = fill(rates, none, room, sum(claims, Fraction(0)) - supply)
    return [claim - loss for claim, loss in zip(claims, losses, strict=True)]


def plain_awards(claims: Claims, supply: Fraction) -> list[Fraction]:
    """Constrained equal awards, all weights 1 and nothing guaranteed."""
    ones, none = [Fraction(1)] * len(claims), [Fraction(0)] * len(claims)
    return equal_awards(claims, supply, ones, none)


def plain_losses(claims: Claims, supply: Fraction) -> list[Fraction]:
    """Constrained equal losses, all weights 1 and nothing guaranteed."""
    ones, none = [Fraction(1)] * len(claims), [Fraction(0)] * len(claims)
    return equal_losses(claims, supply, ones, none)


def average(claims: Claims, supply: Fraction) -> list[Fraction]:
    """Half of constrained equal awards and half of constrained equal losses, pointwise."""
    awards, losses = plain_awards(claims, supply), plain_losses(claims, supply)
    return [(one + other) / 2 for one, other in zip(awards, losses, strict=True)]
