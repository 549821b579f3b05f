"""Quota methods: everybody close to its exact share, then the seats that are left."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from allocator.rules.levels import fill


def _one_more(
    shares: Sequence[Fraction], held: list[int], seats: int, ceilings: Sequence[int] | None = None
) -> list[int]:
    """One seat more to those furthest below their share; ties: larger share, earlier place."""
    open_ = [i for i, seat in enumerate(held) if ceilings is None or seat < ceilings[i]]
    open_.sort(key=lambda i: (held[i] - shares[i], -shares[i], i))
    more = set(open_[: seats - sum(held)])
    return [seat + (i in more) for i, seat in enumerate(held)]


def hamilton(
    weights: Sequence[Fraction], seats: int, floors: Sequence[int], ceilings: Sequence[int]
) -> list[int]:
    """Largest remainders of the exact shares q_i = S w_i / W (Hamilton, Hare, Niemeyer).

    With floors and ceilings: the whole numbers within them with least sum (x_i - q_i)^2, of
    which largest remainders are the case without limits (Birkhoff 1976). The real-valued
    optimum is q_i - t within the limits; its whole parts, then one seat each by largest
    q_i - x_i.
    """
    if not seats or not (total := sum(weights)):
        return list(floors)
    shares = [seats * weight / total for weight in weights]
    top = max(shares)
    low, high = (
        [bound - share + top for bound, share in zip(column, shares, strict=True)]
        for column in (floors, ceilings)
    )
    moved = fill([Fraction(1)] * len(shares), low, high, top * len(shares))
    held = [int(move - top + share) for move, share in zip(moved, shares, strict=True)]
    return _one_more(shares, held, seats, ceilings)


def droop(weights: Sequence[Fraction], seats: int) -> list[int] | None:
    """Largest remainders of votes over the Droop quota, floor(V / (S + 1)) + 1 votes a seat.

    ``None`` where votes are so few that more than one seat each would be left over.
    """
    price = int(sum(weights) / (seats + 1)) + 1
    shares = [weight / price for weight in weights]
    held = _one_more(shares, [int(share) for share in shares], seats)
    return held if sum(held) == seats else None


def balinski_young(weights: Sequence[Fraction], seats: int) -> list[int]:
    """Seat by seat as Jefferson, but only to those below their upper quota (Balinski, Young 1975).

    The h-th seat goes to the largest w_i / (a_i + 1) with a_i < h w_i / W. It keeps both quotas
    and house monotonicity, and, as every such method must, fails population monotonicity.
    """
    total, held = sum(weights), [0] * len(weights)
    for house in range(1, seats + 1):
        open_ = (i for i, weight in enumerate(weights) if held[i] * total < house * weight)
        held[max(open_, key=lambda i: (weights[i] / (held[i] + 1), weights[i], -i))] += 1
    return held
