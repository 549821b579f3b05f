"""Rules that average over every order of arrival or every possible award."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import factorial, lcm

from allocator.rules.equal_shares import Claims

MOST_SUMS = 100_000
"""Most different (number, sum) pairs of claims that are counted; more would take minutes."""


def _scaled(claims: Claims, supply: Fraction) -> tuple[list[int], int, int]:
    """Claims and supply as whole numbers over one denominator."""
    unit = lcm(supply.denominator, *(claim.denominator for claim in claims))
    return [int(claim * unit) for claim in claims], int(supply * unit), unit


def _dual(claims: Sequence[int], supply: int) -> tuple[int, bool]:
    """The smaller of supply and missing, for a self-dual rule, and whether it is the missing."""
    missing = sum(claims) - supply
    return (missing, True) if missing < supply else (supply, False)


def random_arrival(claims: Claims, supply: Fraction) -> list[Fraction] | None:
    """First come, first served, averaged over all orders of arrival (O'Neill 1982).

    The Shapley value of the bankruptcy game. Sets of predecessors are counted by number and
    sum, so n! orders cost at most 2^n, and n E where claims are whole. ``None`` where more than
    ``MOST_SUMS`` would have to be counted.
    """
    whole, amount, unit = _scaled(claims, supply)
    amount, dual = _dual(whole, amount)
    sets: dict[tuple[int, int], int] = {(0, 0): 1}
    for claim in whole:
        for (size, total), count in list(sets.items()):
            if total + claim < amount:
                key = (size + 1, total + claim)
                sets[key] = sets.get(key, 0) + count
        if len(sets) > MOST_SUMS:
            return None
    number = len(whole)
    orders = [factorial(k) * factorial(number - 1 - k) for k in range(number)]
    mean = {}
    for claim in set(whole):
        without: dict[tuple[int, int], int] = {}
        for (size, total), count in sorted(sets.items()):
            count -= without.get((size - 1, total - claim), 0)
            if count:
                without[size, total] = count
        got = sum(
            count * orders[size] * min(claim, amount - total)
            for (size, total), count in without.items()
        )
        mean[claim] = Fraction(got, factorial(number) * unit)
    return [Fraction(claim, unit) - mean[claim] if dual else mean[claim] for claim in whole]


def average_of_awards(claims: Claims, supply: Fraction) -> list[Fraction] | None:
    """The centre of gravity of all divisions with 0 <= x <= c and sum x = E.

    Miras Calvo, Quinteiro Sandomingo, Sanchez Rodriguez 2022. With
    v(S) = max(0, E - c(S)) and inclusion and exclusion over sets S of claimants,
    x_i = (c_i sum_{S with i} (-1)^|S| v(S)^(n-1) + (1/n) sum_S (-1)^|S| v(S)^n)
    / sum_S (-1)^|S| v(S)^(n-1). ``None`` where more than ``MOST_SUMS`` different sums occur.
    """
    whole, amount, unit = _scaled(claims, supply)
    amount, dual = _dual(whole, amount)
    claimants = [claim for claim in whole if claim]  # one who claims nothing gets nothing
    number = len(claimants)
    if not amount:
        return [claim if dual else Fraction(0) for claim in claims]
    signed: Counter[int] = Counter({0: 1})
    for claim in claimants:
        for total, sign in list(signed.items()):
            if total + claim < amount:
                signed[total + claim] -= sign
        if len(signed) > MOST_SUMS:
            return None
    power = {total: (amount - total) ** (number - 1) for total in signed}
    volume = sum(sign * power[total] for total, sign in signed.items())
    moment = sum(sign * power[total] * (amount - total) for total, sign in signed.items())
    mean = {0: Fraction(0)}
    for claim in set(claimants):
        without: dict[int, int] = {}
        for total, sign in sorted(signed.items()):
            without[total] = sign + without.get(total - claim, 0)
        inside = sum((sign - without[total]) * power[total] for total, sign in signed.items())
        mean[claim] = Fraction(claim * inside * number + moment, volume * number * unit)
    return [Fraction(claim, unit) - mean[claim] if dual else mean[claim] for claim in whole]
