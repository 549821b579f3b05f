"""Seats by name under baskets: nothing is lost that could be placed, against all ways to place."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.allocation.turns import first_in_line, priorities
from allocator.allocation.whole_seats import (
    SeatsWanted,
    by_turns,
    placed,
    round_the_circle,
    seated_by_name,
)
from allocator.records import JointLimit
from strategies import roster_of, seat_cell

SEEDS = st.integers(0, 2**32 - 1)


def fits(wanted: SeatsWanted, seated: np.ndarray) -> bool:
    """Whether no basket of any member is overfull, counted member by member."""
    lines, members = seated.shape
    return all(
        sum(int(wanted.size[b, p]) for p in range(lines) if seated[p, i]) <= wanted.room[b]
        for b in range(len(wanted.room))
        for i in range(members)
    )


def ways(wanted: SeatsWanted) -> list[np.ndarray]:
    """All ways to place every seat, by enumeration."""
    members = wanted.key.shape[1]
    choices = [list(combinations(range(members), int(m))) for m in wanted.seats]
    found = []
    for sets in product(*choices):
        seated = np.zeros(wanted.key.shape, dtype=bool)
        for p, chosen in enumerate(sets):
            seated[p, list(chosen)] = True
        if fits(wanted, seated):
            found.append(seated)
    return found


@settings(max_examples=400)
@given(SEEDS)
def test_nested_baskets_lose_no_seat_and_credit_decides(seed: int) -> None:
    """Line by line the best set by key among all that leave the later lines their room."""
    wanted, _ = seat_cell(seed, "nested")
    left = ways(wanted)

    seated = by_turns(wanted)

    assert left, "what the sums allow can be placed"
    for p in wanted.first.tolist():
        ranked = {
            tuple(sorted(wanted.key[p][way[p]].tolist(), reverse=True)): way[p] for way in left
        }
        assert seated[p].tolist() == ranked[max(ranked)].tolist()
        left = [way for way in left if (way[p] == seated[p]).all()]


@given(SEEDS)
def test_round_the_circle_always_fits(seed: int) -> None:
    """Members differ by one lot at most in each basket whose lines follow each other."""
    wanted, circle = seat_cell(seed, "nested")

    seated = round_the_circle(wanted, circle)

    assert seated.sum(axis=1).tolist() == wanted.seats.tolist()
    for b in range(len(wanted.room)):
        held = seated[wanted.size[b] > 0].sum(axis=0)
        assert held.max() - held.min() <= 1


@settings(max_examples=400)
@given(SEEDS)
def test_whatever_the_sets_no_basket_is_overfull(seed: int) -> None:
    wanted, circle = seat_cell(seed, "any")

    seated = placed(wanted, circle)

    assert fits(wanted, seated)
    assert (seated.sum(axis=1) <= wanted.seats).all()


def test_forced_first_beats_next_in_line() -> None:
    """Shops A and B with room for 2 lots each, lines of 1, 1 and 2 seats: the third needs both.

    So the first two may not both go to A, though A is owed most of each.
    """
    key = np.array([[9, 1], [9, 1], [9, 1]])
    first, size = np.arange(3, dtype=np.int32), np.ones((1, 3), np.int64)
    wanted = SeatsWanted(np.array([1, 1, 2]), first, key, size, np.array([2]))

    seated = by_turns(wanted)

    assert seated.tolist() == [[True, False], [False, True], [True, True]]
    next_in_line = np.array([[True, False], [True, False], [False, True]])
    assert fits(wanted, next_in_line)  # A is full before the third line: one seat is lost.
    assert next_in_line.sum() == 3


@settings(max_examples=60)
@given(st.data())
def test_without_binding_baskets_seats_go_as_before(data: st.DataObject) -> None:
    """The same holders as ``turns.first_in_line`` names for each line alone."""
    sizes = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=3))
    order, _ = roster_of(sizes, "seed", "2026-W47")
    lines, members = data.draw(st.integers(1, 3)), sum(sizes)
    seats = np.array([[data.draw(st.integers(0, n)) for n in sizes] for _ in range(lines)])
    owed = st.sampled_from([-500_000, 0, 0, 250_000])
    credit = np.array(
        [[data.draw(owed) for _ in range(members)] for _ in range(lines)], dtype=np.int32
    ).reshape(lines, members)
    start = np.array([[data.draw(st.integers(0, max(n - 1, 0))) for n in sizes]] * lines)
    wide = JointLimit("wide", np.arange(lines, dtype=np.int32), np.full(len(sizes), lines))

    seated = seated_by_name(seats, np.ones(lines, np.int64), (wide,), credit, start, order)

    for p in range(lines):
        alone = first_in_line(priorities(order, start[p], credit[p]), seats[p], order)
        assert seated[p].tolist() == alone.tolist()


@settings(max_examples=150)
@given(st.data())
def test_what_was_placed_is_placed_again(data: st.DataObject) -> None:
    """Asked for the seats that found room, the same retailers get them: anyone can check it."""
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=2))
    order, _ = roster_of(sizes, "seed", "2026-W47")
    lines, members = 3, sum(sizes)
    seats = np.array([[data.draw(st.integers(0, n)) for n in sizes] for _ in range(lines)])
    lot = np.array(data.draw(st.lists(st.sampled_from([1, 1, 2, 3]), min_size=3, max_size=3)))
    one = st.sets(st.integers(0, lines - 1), min_size=1).map(lambda s: tuple(sorted(s)))
    rooms = tuple(
        JointLimit(
            f"{b}",
            np.array(inside, np.int32),
            np.array([data.draw(st.integers(-1, 4))] * len(sizes)),
        )
        for b, inside in enumerate(data.draw(st.lists(one, min_size=1, max_size=3)))
    )
    owed = st.sampled_from([-500_000, 0, 250_000])
    credit = np.array(
        [[data.draw(owed) for _ in range(members)] for _ in range(lines)], dtype=np.int32
    )
    start = np.zeros((lines, len(sizes)), np.int64)

    seated = seated_by_name(seats, lot, rooms, credit, start, order)

    cell = np.repeat(np.arange(len(sizes)), sizes)
    for i, basket in product(range(members), rooms):
        most = int(basket.most[cell[i]])
        assert most < 0 or sum(int(lot[p]) for p in basket.lines if seated[p, i]) <= most
    given_seats = np.stack([np.bincount(cell[row], minlength=len(sizes)) for row in seated])
    again = seated_by_name(given_seats, lot, rooms, credit, start, order)
    assert seated.tolist() == again.tolist()
