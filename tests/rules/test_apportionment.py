"""Seats held against one-by-one and brute-force sharing."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.errors import BadRequest
from allocator.rules.apportionment import METHODS, apportion
from strategies import seat_rows

SQUARED = {
    "jefferson": lambda a: Fraction(a + 1) ** 2,
    "webster": lambda a: Fraction(2 * a + 1, 2) ** 2,
    "modified-webster": lambda a: Fraction(49, 100) if a == 0 else Fraction(2 * a + 1, 2) ** 2,
    "adams": lambda a: Fraction(a) ** 2,
    "dean": lambda a: Fraction(2 * a * (a + 1), 2 * a + 1) ** 2,
    "huntington-hill": lambda a: Fraction(a * (a + 1)),
}


@pytest.mark.parametrize("method", SQUARED)
@settings(max_examples=80)
@given(rows=seat_rows(), part=st.floats(0, 1))
def test_divisor_methods_give_seats_one_by_one(
    method: str, rows: list[tuple[int, int, int]], part: float
) -> None:
    """From the floors up, each seat to the largest weight over divisor with room."""
    weights = [weight for weight, _, _ in rows]
    floors, ceilings = [f for _, f, _ in rows], [f + room for _, f, room in rows]
    seats = sum(floors) + int((sum(ceilings) - sum(floors)) * part)
    held = list(floors)
    while sum(held) < seats:
        room = [i for i, most in enumerate(ceilings) if held[i] < most]
        free = [i for i in room if not SQUARED[method](held[i])]
        best = max(
            free or room,
            key=lambda i: (
                0 if free else Fraction(weights[i] ** 2) / SQUARED[method](held[i]),
                weights[i],
                -i,
            ),
        )
        held[best] += 1

    assert list(apportion(method, weights, seats, floor=floors, ceiling=ceilings)) == held


@settings(max_examples=80)
@given(rows=seat_rows(), part=st.floats(0, 1))
def test_hamilton_is_nearest_to_the_shares(rows: list[tuple[int, int, int]], part: float) -> None:
    """Birkhoff 1976: no whole numbers within the limits have a smaller sum of squares."""
    rows = [(weight, floor, min(room, 5)) for weight, floor, room in rows[:4]]
    weights = [weight for weight, _, _ in rows]
    floors, ceilings = [f for _, f, _ in rows], [f + room for _, f, room in rows]
    seats = sum(floors) + int((sum(ceilings) - sum(floors)) * part)

    def away(held: tuple[int, ...]) -> Fraction:
        shares = (Fraction(seats * weight, sum(weights)) for weight in weights)
        return sum(((x - q) ** 2 for x, q in zip(held, shares, strict=True)), Fraction(0))

    held = apportion("hamilton", weights, seats, floor=floors, ceiling=ceilings)
    ranges = [range(f, c + 1) for f, c in zip(floors, ceilings, strict=True)]

    assert sum(held) == seats
    assert all(f <= x <= c for f, x, c in zip(floors, held, ceilings, strict=True))
    assert away(held) == min(away(row) for row in product(*ranges) if sum(row) == seats)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "quota"])
def test_seats_by_the_billion_are_shared_at_once(method: str) -> None:
    """Whole shares stay whole at any size; no loop over seats."""
    votes = [5_000_000_000, 3_000_000_000, 2_000_000_000]

    assert apportion(method, votes, 10**9) == (5 * 10**8, 3 * 10**8, 2 * 10**8)


def test_droop_by_hand() -> None:
    """100,000 votes, 10 seats: quota floor(100000 / 11) + 1 = 9091, so 5 1 1 1 0 0, then the
    largest remainders 6909 and 6709 (Wikipedia, Largest remainder method).
    """
    votes = [47000, 16000, 15800, 12000, 6100, 3100]

    assert apportion("droop", votes, 10) == (5, 2, 2, 1, 0, 0)


def test_ties_go_to_the_greater_weight_then_to_the_earlier_place() -> None:
    assert apportion("hamilton", [1, 1, 1], 2) == (1, 1, 0)
    assert apportion("jefferson", [1, 2], 2) == (0, 2)
    assert apportion("adams", [1, 3, 2], 2) == (0, 1, 1)


@pytest.mark.parametrize("method", ["hamilton", *SQUARED])
def test_no_weight_no_seat_beyond_its_floor(method: str) -> None:
    """Even where a ceiling stops the others, or seats are many."""
    assert al.apportion(method, [0, 5, 5], 6, floor=[2, 0, 0]) == (2, 2, 2)
    assert al.apportion(method, [0, 5, 0.5], 6, floor=[1, 0, 0], ceiling=[6, 3, 2]) == (1, 3, 2)


REFUSED = [
    (("sainte", [1], 1), {}, "apportion-method-unknown"),
    (("huntington", [1], 1), {}, "apportion-method-near"),
    (("webster", [1, 2], 2.5), {}, "share-not-whole"),
    (("webster", [1, 2], -1), {}, "share-not-a-number"),
    (("webster", [1, 2], 3), {"floor": [2, 2]}, "apportion-floors"),
    (("webster", [1, 2], 3), {"ceiling": 1}, "apportion-ceilings"),
    (("webster", [0, 0], 3), {}, "apportion-ceilings"),
    (("webster", [], 3), {}, "apportion-ceilings"),
    (("webster", [1, 2], 3), {"floor": [1, 0], "ceiling": [0, 3]}, "apportion-crossed"),
    (("webster", [1, 2], 3), {"floor": [1]}, "share-lengths-differ"),
    (("webster", [1, 2], 3), {"floor": 0.5}, "share-not-whole"),
    (("quota", [1, 2], 3), {"floor": 0}, "apportion-without"),
    (("droop", [1, 2], 3), {"ceiling": 2}, "apportion-without"),
    (("quota", [1, 2], 10**12), {}, "apportion-too-large"),
    (("droop", [1.5, 2], 3), {}, "share-not-whole"),
    (("droop", [1, 2], 30), {}, "apportion-droop-votes"),
]


@pytest.mark.parametrize(("given", "named", "code"), REFUSED)
def test_refusals_end_in_a_remedy(
    given: tuple[object, ...], named: dict[str, object], code: str
) -> None:
    """What is wrong, and what would be right, in both languages."""
    with pytest.raises(BadRequest) as caught:
        apportion(*given, **named)  # type: ignore[arg-type]

    assert caught.value.code == code
    for language, stop in (("en", (";", ":", "?")), ("zh-CN", ("；", "，"))):
        assert any(sign in caught.value.message(language) for sign in stop)
