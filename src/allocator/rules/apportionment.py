"""Whole seats shared out in proportion to weights, by a method that is named."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from allocator.errors import BadRequest
from allocator.rules.divisors import DIVISORS, by_divisor
from allocator.rules.exact import Number, fractions, wholes
from allocator.rules.quotas import balinski_young, droop, hamilton

LIMITED = ("hamilton", *DIVISORS)
"""Methods that can keep floors and ceilings."""
METHODS = (*LIMITED, "quota", "droop")
MOST_STEPS = 5_000_000
"""Most seats x weights that the quota method goes through; it gives seats one by one."""


def apportion(
    method: str,
    weights: Iterable[Number],
    seats: int,
    floor: int | Iterable[int] | None = None,
    ceiling: int | Iterable[int] | None = None,
) -> tuple[int, ...]:
    """Whole numbers near the proportional shares, in exact arithmetic.

    Parameters
    ----------
    method : one of ``METHODS``; ``docs/rules-compared.md`` says what each keeps
    weights : (n,) from 0 up; who has 0 gets its floor and no more
    seats : whole number from 0 up, of lots, cartons or seats
    floor, ceiling : (n,) whole numbers, or one for all; not for ``quota`` and ``droop``

    Returns
    -------
    (n,) ints that sum to ``seats``. Ties go to the greater weight, then to the earlier place:
    sort by something public first where places mean anything.

    Raises
    ------
    BadRequest : unknown method, numbers that are none or not whole, floors above or ceilings
        below the seats, limits for a method without, ``droop`` without whole votes

    Examples
    --------
    >>> apportion("webster", [53, 24, 23], 7)
    (3, 2, 2)
    """
    if method not in METHODS:
        raise _unknown(method)
    shares = fractions("weights", weights)
    house, count = wholes("seats", [seats], 1)[0], len(shares)
    if method not in LIMITED:
        for name, limit in (("floor", floor), ("ceiling", ceiling)):
            if limit is not None:
                raise BadRequest(
                    "apportion-without", method=method, name=name, known=", ".join(LIMITED)
                )
    floors = wholes("floor", 0 if floor is None else floor, count)
    ceilings = wholes("ceiling", house if ceiling is None else ceiling, count)
    _refuse_crossed(floors, ceilings)
    ceilings = [
        min(most, house) if share else least
        for share, least, most in zip(shares, floors, ceilings, strict=True)
    ]
    if (promised := sum(floors)) > house:
        raise BadRequest("apportion-floors", promised=promised, seats=house)
    if (room := sum(ceilings)) < house:
        raise BadRequest("apportion-ceilings", room=room, seats=house)
    if method in DIVISORS:
        return tuple(by_divisor(method, shares, house, floors, ceilings))
    if method == "hamilton":
        return tuple(hamilton(shares, house, floors, ceilings))
    if method == "quota":
        if house * count > MOST_STEPS:
            raise BadRequest("apportion-too-large", seats=house, count=count, most=MOST_STEPS)
        return tuple(balinski_young(shares, house))
    wholes("weights", shares, count)  # votes are counted, never weighed
    held = droop(shares, house)
    if held is None:
        raise BadRequest("apportion-droop-votes", votes=int(sum(shares)), seats=house)
    return tuple(held)


def _refuse_crossed(floors: list[int], ceilings: list[int]) -> None:
    """Refuse a floor above its own ceiling."""
    for position, (least, most) in enumerate(zip(floors, ceilings, strict=True), 1):
        if least > most:
            raise BadRequest("apportion-crossed", position=position, floor=least, ceiling=most)


def _unknown(method: object) -> BadRequest:
    """The refusal of a method nobody knows, with the one that was probably meant."""
    word = str(method)[:80]
    known = ", ".join(METHODS)
    near = get_close_matches(word.lower().replace("_", "-"), METHODS, n=1, cutoff=0.5)
    if near:
        return BadRequest("apportion-method-near", method=word, nearest=near[0], known=known)
    return BadRequest("apportion-method-unknown", method=word, known=known)
