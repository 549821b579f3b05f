"""Rules that start from what nobody disputes, or from what is least disputed."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from allocator.rules.equal_shares import Claims

SHORT = 48
"""Steps of the recursion kept in exact fractions; their digits grow with every step."""
FINENESS = 256
"""Bits of the supply's unit below which later steps of the recursion are cut off."""
MOST_GAINS = 100_000
"""Most different claims x steps of the recursion, reached where hundreds all but get enough."""


def adjusted_proportional(claims: Claims, supply: Fraction) -> list[Fraction]:
    """Minimal rights first, the rest proportional (Curiel, Maschler, Tijs 1987).

    m_i = max(0, E - sum of the others' claims); what remains, in proportion to
    min(c_i - m_i, E - sum m).
    """
    total = sum(claims, Fraction(0))
    rights = [max(Fraction(0), supply - (total - claim)) for claim in claims]
    rest = supply - sum(rights)
    open_ = [min(claim - right, rest) for claim, right in zip(claims, rights, strict=True)]
    share = rest / sum(open_) if rest else Fraction(0)
    return [right + share * part for right, part in zip(rights, open_, strict=True)]


def minimal_overlap(claims: Claims, supply: Fraction) -> list[Fraction]:
    """Claims laid on the supply so that they overlap least; each part shared by its claimants.

    O'Neill 1982, after Ibn Ezra. With t such that sum max(c_i - t, 0) = E - t (t = E where one
    claim reaches the supply): what a claim has above t is its own, and below t the stretch
    between two neighbouring claims is shared by all who claim it (Chun and Thomson 2005).
    """
    order = sorted(range(len(claims)), key=lambda i: claims[i])
    ranked = [claims[i] for i in order]
    part = _overlap(ranked, supply)
    awards = list(claims)
    reached, below = Fraction(0), Fraction(0)
    for rank, i in enumerate(order):
        stretch = min(claims[i], part)
        reached += (stretch - below) / (len(order) - rank)
        below = stretch
        awards[i] = reached + (claims[i] - part if claims[i] > part and part < supply else 0)
    return awards


def _overlap(ranked: Claims, supply: Fraction) -> Fraction:
    """The shared part of the supply, for claims from the smallest up."""
    above = sum(ranked, Fraction(0))
    for rank, claim in enumerate(ranked):
        if ranked[-1] >= supply:
            break
        part = (above - supply) / (len(ranked) - rank - 1)  # the claims from here on exceed it
        if part <= claim:
            return part
        above -= claim
    return supply


def dominguez_thomson(claims: Claims, supply: Fraction) -> list[Fraction] | None:
    """Everybody an n-th of its claim cut at the supply, then again with what is left.

    The recursion of Dominguez and Thomson 2006 on the lower bound of Moreno-Ternero and
    Villar 2004. It is over when every claim left reaches the supply left, which is then shared
    equally: exact within ``SHORT`` steps, afterwards within 2 ** -200 of the supply. ``None``
    beyond ``MOST_GAINS``.
    """
    if supply == sum(claims):
        return list(claims)
    count, kinds = len(claims), Counter(claim for claim in claims if claim)
    left, rest, unit = {claim: claim for claim in kinds}, supply, Fraction(0)
    for step in range(max(SHORT, MOST_GAINS // len(kinds))):
        if all(claim >= rest for claim in left.values()):
            share = rest / kinds.total()
            return [claim - left[claim] + share if claim else claim for claim in claims]
        if step == SHORT:
            unit = supply / 2**FINENESS
        gains = {kind: min(claim, rest) / count for kind, claim in left.items()}
        if unit:
            gains = {kind: gain // unit * unit for kind, gain in gains.items()}
        left = {kind: claim - gains[kind] for kind, claim in left.items()}
        rest -= sum(kinds[kind] * gain for kind, gain in gains.items())
    return None
