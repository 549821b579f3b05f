"""Places in the queue for the odd lot."""

from __future__ import annotations

import pytest

from allocator.explanation.books import Books, open_books
from allocator.explanation.turn import queue
from strategies import small_week


def waiting(books: Books, p: int, cell: int) -> dict[int, int]:
    """Member of the plan -> its place, of those who stand in the queue."""
    places = queue(books, p, cell).tolist()
    return {i: at for i, at in zip(books.drawn[cell].tolist(), places, strict=True) if at}


@pytest.mark.parametrize("seed", range(6))
def test_whoever_is_served_stands_before_whoever_is_not(seed: int) -> None:
    """The first places of the queue, as many as there are odd lots, are those who got them."""
    run = small_week(seed)
    books, plan = open_books(run), run.plan
    for p in range(len(plan.product)):
        holders = set(plan.turns.retailer[plan.turns.line == p].tolist())
        for c, seats in enumerate(plan.seats[p].tolist()):
            if seats and plan.method[p] != "path":
                places = waiting(books, p, c)
                first = {i for i, place in places.items() if place <= seats}
                assert holders & places.keys() == first


def test_without_credits_the_place_is_that_of_the_list() -> None:
    """Where nobody is owed anything, the queue is the list as seats.csv prints it."""
    run = small_week(5)
    books, plan = open_books(run), run.plan
    cell = plan.members["cell"].to_list()
    compared = 0
    for p, i, place in zip(*(plan.turns.line, plan.turns.retailer, plan.turns.place), strict=True):
        if not plan.credit_before[p].any():
            assert waiting(books, int(p), cell[i])[int(i)] == place
            compared += 1

    assert compared
