"""The list, reading starts, credits and seats, against hashes computed here."""

from __future__ import annotations

import hashlib
import itertools
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.turns import (
    credit_after,
    credit_sums,
    first_in_line,
    list_order,
    places,
    priorities,
    reading_starts,
)
from strategies import roster_of


def sha(*parts: object) -> str:
    """SHA-256 of the canonical JSON of a list, spelt out independently."""
    spelt = json.dumps(list(parts), separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(spelt.encode()).hexdigest()


@given(st.lists(st.text(max_size=6), unique=True, max_size=12), st.sampled_from(["s", None, '"']))
def test_the_list_is_the_order_of_public_hashes(retailers: list[str], seed: str | None) -> None:
    """``model.md`` 4: members in the order of SHA-256([seed, cycle, retailer])."""
    expected = sorted(range(len(retailers)), key=lambda i: sha(seed, "2026-W47", retailers[i]))

    assert list_order(retailers, seed, "2026-W47")[0].tolist() == expected


def test_reading_starts_at_the_hash_of_product_and_cell_and_wraps() -> None:
    roster, draw = roster_of([5, 0, 7], "seed", "2026-W47")

    starts = reading_starts(roster, draw)

    expected = [int(sha("seed", "2026-W47", "P1", f"{c + 1}//weekly"), 16) for c in range(3)]
    assert starts.tolist() == [expected[0] % 5, 0, expected[2] % 7]
    place = places(roster, starts)
    assert sorted(place[:5].tolist()) == [1, 2, 3, 4, 5]
    first = sorted(range(5), key=lambda i: sha("seed", "2026-W47", f"R{i}"))[int(starts[0])]
    assert place[first] == 1


@given(st.data())
def test_seats_go_by_credit_then_by_place(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=3))
    roster, draw = roster_of(sizes, "seed", "2026-W47")
    size = sum(sizes)
    credit = data.draw(
        st.lists(st.sampled_from([-3, 0, 0, 5, 2_000_000_000]), min_size=size, max_size=size)
    )
    seats = [data.draw(st.integers(0, n)) for n in sizes]
    starts = reading_starts(roster, draw)
    key = priorities(roster, starts, np.array(credit, dtype=np.int32))

    seated = first_in_line(key, np.array(seats), roster)

    place = places(roster, starts).tolist()
    bounds = roster.start.tolist()
    for c, wanted in enumerate(seats):
        inside = range(bounds[c], bounds[c + 1])
        expected = sorted(inside, key=lambda i: (-credit[i], place[i]))[:wanted]
        assert sorted(expected) == [i for i in inside if seated[i]]


@given(st.data())
def test_only_those_waiting_get_a_seat(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=3))
    roster, draw = roster_of(sizes, "seed", "2026-W47")
    size = sum(sizes)
    credit = data.draw(st.lists(st.sampled_from([-1, 0, 0, 1]), min_size=size, max_size=size))
    waiting = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    starts = reading_starts(roster, draw)
    place = places(roster, starts).tolist()
    bounds = roster.start.tolist()
    lines = [
        [i for i in range(low, high) if waiting[i]] for low, high in itertools.pairwise(bounds)
    ]
    seats = [data.draw(st.integers(0, len(line) + 1)) for line in lines]

    seated = first_in_line(
        priorities(roster, starts, np.array(credit, dtype=np.int32)),
        np.array(seats),
        roster,
        np.array(waiting, dtype=np.bool_),
    )

    expected = [
        i
        for line, wanted in zip(lines, seats, strict=True)
        for i in sorted(line, key=lambda i: (-credit[i], place[i]))[:wanted]
    ]
    assert np.flatnonzero(seated).tolist() == sorted(expected)


def test_no_seat_and_a_seat_for_all() -> None:
    roster, _ = roster_of([3, 3, 3], "seed", "2026-W47")
    key = np.array([3, 1, 2] * 3)

    seated = first_in_line(key, np.array([0, 2, 3]), roster)

    assert seated.tolist() == [False] * 3 + [True, False, True] + [True] * 3


def test_credit_grows_by_what_rounding_withholds() -> None:
    """A share of 1.3 lots: without the seat 0.3 is owed, with it 0.7 was given ahead."""
    roster, _ = roster_of([2], "seed", "2026-W47")
    before = np.array([100_000, 0], dtype=np.int32)

    after = credit_after(before, np.array([300_000]), np.array([False, True]), roster)

    assert after.tolist() == [400_000, -700_000]
    assert credit_sums(before, roster).tolist() == [100_000]


def test_credits_may_be_written_over_those_before() -> None:
    roster, _ = roster_of([2], "seed", "2026-W47")
    credit = np.array([100_000, 0], dtype=np.int32)

    credit_after(credit, np.array([300_000]), np.array([False, True]), roster, out=credit)

    assert credit.tolist() == [400_000, -700_000]
