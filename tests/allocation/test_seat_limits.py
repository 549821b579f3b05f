"""Limits of seats under baskets, against every way to give later lines theirs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import pytest

from allocator.allocation.seat_limits import Tree, seat_limits, trees_of
from allocator.records import Flags, Units

NESTED = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 0]])
"""Baskets of the lines 0..3: all of them; 0 and 1 within it; 2 within it."""

CROSSING = np.array([[1, 1, 0, 0], [0, 1, 1, 0]])


def placeable(later: list[int], seats: Units, size: Units, room: Units) -> bool:
    """Whether later lines can all be seated, tried in every way. room : (B, n) lots left."""
    sets = [list(combinations(range(room.shape[1]), int(seats[p]))) for p in later]
    for ways in product(*sets):
        held = np.zeros_like(room)
        for p, members in zip(later, ways, strict=True):
            for i in members:
                held[:, i] += size[:, p]
        if (held <= room).all():
            return True
    return False


def cases(size: Units, wanted: int) -> Iterator[tuple[Units, Units, Flags]]:
    """Seats of the later lines, rooms, and who has room for line 0, where all can be seated."""
    rng, found = np.random.default_rng(7), 0
    while found < wanted:
        seats = rng.integers(0, 4, size.shape[1])
        room = rng.integers(0, 4, (len(size), 3))
        open_to = (room[size[:, 0] > 0] > 0).all(axis=0)
        if open_to.any() and placeable([1, 2, 3], seats, size, room):
            found += 1
            yield seats, room, open_to


def choices(open_to: Flags) -> Iterator[list[int]]:
    """Every set of members that could have a seat of line 0."""
    free = np.flatnonzero(open_to).tolist()
    for k in range(len(free) + 1):
        yield from (list(some) for some in combinations(free, k))


def test_a_set_of_seats_keeps_the_limits_exactly_if_later_lines_still_find_theirs() -> None:
    """Nested and disjoint baskets: necessary and enough (Gale and Ryser for one basket)."""
    refused = 0
    for seats, room, open_to in cases(NESTED, 120):
        (tree,) = trees_of(0, [1, 2, 3], seats, NESTED)
        limits = list(seat_limits(tree, room, open_to))
        assert all(int(who[open_to].sum()) > most for who, most in limits), "it binds"
        for seated in choices(open_to):
            after = room.copy()
            after[:, seated] -= NESTED[:, [0]]

            kept = all(int(who[seated].sum()) <= most for who, most in limits)

            assert kept == placeable([1, 2, 3], seats, NESTED, after)
            refused += not kept
    assert refused > 100


def test_crossing_baskets_are_looked_at_one_by_one_and_never_refuse_what_fits() -> None:
    """Line 0 is in the first basket alone, line 1 in both: a tree for each basket of theirs."""
    assert [tree.basket for tree in trees_of(0, [1, 2, 3], np.ones(4, int), CROSSING)] == [(0,)]
    assert [tree.basket for tree in trees_of(1, [2, 3], np.ones(4, int), CROSSING)] == [(0,), (1,)]
    around = np.vstack([CROSSING, np.ones((1, 4), int)])
    assert [tree.basket for tree in trees_of(0, [1, 2], np.ones(4, int), around)] == [(0,), (2,)]
    for seats, room, open_to in cases(CROSSING, 60):
        limits = [
            limit
            for tree in trees_of(0, [1, 2, 3], seats, CROSSING)
            for limit in seat_limits(tree, room, open_to)
        ]
        for seated in choices(open_to):
            after = room.copy()
            after[:, seated] -= CROSSING[:, [0]]
            if placeable([1, 2, 3], seats, CROSSING, after):
                assert all(int(who[seated].sum()) <= most for who, most in limits)


@pytest.mark.parametrize(
    ("p", "baskets", "parents", "holds"),
    [
        (0, (2, 1, 0), (2, 2, -1), (False, True, True)),
        (3, (2, 1, 0), (2, 2, -1), (False, False, True)),
    ],
)
def test_a_tree_has_the_innermost_basket_first(
    p: int, baskets: tuple[int, ...], parents: tuple[int, ...], holds: tuple[bool, ...]
) -> None:
    later = [q for q in range(4) if q != p]
    (tree,) = trees_of(p, later, np.array([5, 2, 3, 1]), NESTED)

    assert (tree.basket, tree.parent, tree.holds) == (baskets, parents, holds)
    # Of each basket the largest later lines directly in it: line 2; 0 and 1 less p; 3 less p.
    own = {0: [[0, 3], [0, 2], [0, 1]], 3: [[0, 3], [0, 5, 7], [0]]}[p]
    assert [seats.tolist() for seats in tree.needed] == own


def test_a_line_in_no_basket_and_baskets_of_larger_lots_have_no_limits() -> None:
    size = np.array([[2, 1, 0], [0, 0, 0]])

    assert trees_of(0, [1, 2], np.ones(3, int), size) == []
    assert trees_of(2, [0, 1], np.ones(3, int), np.array([[1, 1, 0]])) == []


def test_of_too_many_choices_the_baskets_with_most_lines_are_chosen_whole_or_not_at_all() -> None:
    """21 x 11 x 21 numbers of lines are 4851, beyond the 4096 that are looked at; 2 x 11 x 21
    are not.
    """
    needed = tuple(np.arange(k + 1) for k in (20, 10, 20))
    first, second, third = Tree((0, 1, 2), (2, 2, -1), (True, True, True), needed).choices()

    assert len(first) == 2 * 11 * 21
    assert set(first.tolist()) == {0, 20}
    assert set(second.tolist()) == set(range(11))
    assert set(third.tolist()) == set(range(21))
