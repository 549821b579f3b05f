"""Whole lots for cells, against enumeration and hand-solved cases."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.rounding import Draw, lots_to_share, share_out, snap
from allocator.records import MICRO


def draw_for(cells: int) -> Draw:
    return Draw("seed", "2026-W47", "P1", tuple(f"{c + 1}//weekly" for c in range(cells)))


def test_a_third_for_300_000_shops_makes_100_000_lots() -> None:
    """``model.md`` 4: totals are taken before the snap of the single share."""
    third = np.array([1 / 3])

    assert snap(third * 300_000).tolist() == [100_000 * MICRO]


def test_odd_lots_go_to_the_largest_fraction() -> None:
    exact = np.array([2_300_000, 1_500_000, 4_200_000])

    assert share_out(exact, 8, np.zeros(3, np.int64), draw_for(3)).tolist() == [2, 2, 4]


def test_a_credit_outweighs_a_larger_fraction() -> None:
    exact = np.array([2_300_000, 1_500_000, 4_200_000])
    credit = np.array([0, -400_000, 0])

    assert share_out(exact, 8, credit, draw_for(3)).tolist() == [3, 1, 4]


def test_a_tie_is_broken_by_the_public_hash_alone() -> None:
    """SHA-256 of ["seed","2026-W47","P1","1//weekly"] and the like, computed by hand."""
    import hashlib

    exact = np.array([1_500_000, 1_500_000])
    hashes = [
        hashlib.sha256(f'["seed","2026-W47","P1","{c}//weekly"]'.encode()).hexdigest()
        for c in (1, 2)
    ]
    expected = [2, 1] if hashes[0] < hashes[1] else [1, 2]

    assert share_out(exact, 3, np.zeros(2, np.int64), draw_for(2)).tolist() == expected


@given(st.lists(st.integers(0, 5 * MICRO), min_size=1, max_size=8), st.data())
def test_totals_are_floor_or_ceiling_and_add_up(exact: list[int], data: st.DataObject) -> None:
    credit = data.draw(
        st.lists(st.integers(-MICRO, MICRO), min_size=len(exact), max_size=len(exact))
    )
    whole = sum(exact) // MICRO

    totals = share_out(np.array(exact), whole, np.array(credit), draw_for(len(exact))).tolist()

    assert sum(totals) == whole
    assert all(e // MICRO <= t <= -(-e // MICRO) for e, t in zip(exact, totals, strict=True))


def test_an_odd_part_that_no_supply_asks_for_goes_out_when_it_is_owed() -> None:
    """7.2 lots a cycle in all: 7 must go, an eighth only to a cell that is owed something."""
    exact = np.array([2_600_000, 4_600_000])

    def totals(*credit: int) -> list[int]:
        owed = np.array(credit)
        return share_out(exact, 7, owed, draw_for(2), 8).tolist()

    assert sorted(totals(0, 0)) == [3, 5]
    assert totals(-700_000, 0) == [2, 5]  # the seventh to the second cell; the first owes 0.1
    assert lots_to_share(7_200_000, 8) == (7, 8)
    assert lots_to_share(7_200_000, 7) == (7, 7)
    assert lots_to_share(7_000_000, 9) == (7, 7)
    assert lots_to_share(7_200_000, None) == (7, 7)
