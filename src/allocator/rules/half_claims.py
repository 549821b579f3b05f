"""Rules in which half the claim is the landmark: scarce below it, plentiful above."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from allocator.rules.equal_shares import Claims, plain_awards, plain_losses
from allocator.rules.levels import fill

Plain = Callable[[Claims, Fraction], list[Fraction]]


def _by_halves(claims: Claims, supply: Fraction, below: Plain, above: Plain) -> list[Fraction]:
    """``below`` shares out the first half of all claims, ``above`` what exceeds it."""
    halves = [claim / 2 for claim in claims]
    middle = sum(halves, Fraction(0))
    if supply <= middle:
        return below(halves, supply)
    rest = above(halves, supply - middle)
    return [half + more for half, more in zip(halves, rest, strict=True)]


def talmud(claims: Claims, supply: Fraction) -> list[Fraction]:
    """Equal awards up to half the claims, equal losses above.

    The consistent extension of the contested garment (Aumann and Maschler 1985).
    """
    return _by_halves(claims, supply, plain_awards, plain_losses)


def reverse_talmud(claims: Claims, supply: Fraction) -> list[Fraction]:
    """Equal losses up to half the claims, equal awards above (Chun, Schummer, Thomson 2001)."""
    return _by_halves(claims, supply, plain_losses, plain_awards)


def piniles(claims: Claims, supply: Fraction) -> list[Fraction]:
    """Equal awards up to half the claims, and again equal awards above (Piniles 1861)."""
    return _by_halves(claims, supply, plain_awards, plain_awards)


def constrained_egalitarian(claims: Claims, supply: Fraction) -> list[Fraction]:
    """As equal as can be with half-claims for a guide (Chun, Schummer, Thomson 2001).

    x_i = min(c_i / 2, lam) up to half the claims, max(c_i / 2, min(c_i, lam)) above.
    """
    halves = [claim / 2 for claim in claims]
    if supply <= sum(halves):
        return plain_awards(halves, supply)
    return fill([Fraction(1)] * len(claims), halves, claims, supply)
