"""Divisor methods: the next seat to the largest weight over a divisor of the seats held."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heapreplace
from types import MappingProxyType

from allocator.rules.levels import level

Divisor = Callable[[int], Fraction]


def jefferson(held: int) -> Fraction:
    """Divide by a + 1 (D'Hondt): favours the large; never below the lower quota."""
    return Fraction(held + 1)


def webster(held: int) -> Fraction:
    """Divide by a + 1/2 (Sainte-Lague): favours neither (Balinski and Young 1982)."""
    return Fraction(2 * held + 1, 2)


def modified_webster(held: int) -> Fraction:
    """Divide by a + 1/2, but 0.7 for the first seat (Scandinavian; Sainte-Lague with 1.4)."""
    return webster(held) if held else Fraction(7, 10)


def adams(held: int) -> Fraction:
    """Divide by a: everybody one seat first; favours the small; never above the upper quota."""
    return Fraction(held)


def dean(held: int) -> Fraction:
    """Divide by the harmonic mean of a and a + 1: 2 a (a + 1) / (2 a + 1)."""
    return Fraction(2 * held * (held + 1), 2 * held + 1)


def huntington_hill(held: int) -> Fraction:
    """Divide by the geometric mean, here squared: a (a + 1). The US House since 1941."""
    return Fraction(held * (held + 1))


DIVISORS: Mapping[str, tuple[Divisor, int]] = MappingProxyType(
    {
        "webster": (webster, 1),
        "modified-webster": (modified_webster, 1),
        "jefferson": (jefferson, 1),
        "adams": (adams, 1),
        "dean": (dean, 1),
        "huntington-hill": (huntington_hill, 2),
    }
)
"""Method -> divisor and the power it stands in, so that square roots need not be taken."""


def by_divisor(
    method: str,
    weights: Sequence[Fraction],
    seats: int,
    floors: Sequence[int],
    ceilings: Sequence[int],
) -> list[int]:
    """Seats from the floors up, each to the largest weight / divisor(seats held) below its ceiling.

    Every divisor of a lies between a and a + 1, so at the level m where the limited m w_i make
    up n seats less than all, nobody holds too many with floor(m w_i); fewer than 2 n seats
    remain to be given one by one, however many there are. Ties go to the greater weight, then
    to the earlier place.
    """
    divisor, power = DIVISORS[method]
    held = list(floors)
    if (first := seats - len(weights)) > sum(floors):
        low, high = ([Fraction(bound) for bound in column] for column in (floors, ceilings))
        common = level(weights, low, high, Fraction(first))
        held = [
            min(most, max(least, int(common * weight)))
            for weight, least, most in zip(weights, floors, ceilings, strict=True)
        ]

    def due(i: int) -> tuple[bool, Fraction, Fraction, int]:
        """Sorts first who is next: divisor 0, then largest quotient, weight, earliest place."""
        part = divisor(held[i])
        return part > 0, -(weights[i] ** power) / (part or 1), -weights[i], i

    queue = [due(i) for i, most in enumerate(ceilings) if weights[i] and held[i] < most]
    heapify(queue)
    for _ in range(seats - sum(held)):
        i = queue[0][-1]
        held[i] += 1
        full = (True, Fraction(1), Fraction(0), i)  # behind everybody who has room
        heapreplace(queue, due(i) if held[i] < ceilings[i] else full)
    return held
