"""Whole lots for cells, against enumeration and hand-solved cases."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.rounding import Draw, share_out, snap, whole_table
from allocator.records import MICRO, Units


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


Case = tuple[Units, Units, Units, int, bool, int]


@st.composite
def equal_cases(draw: st.DrawFn) -> Case:
    """Entitlements that keep tier order and step themselves, as those of a program do."""
    lengths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=2))
    step = draw(st.sampled_from([-1, 1, 2]))
    entitlement: list[int] = []
    for length in lengths:
        level = draw(st.integers(0, 3 * MICRO))
        for _ in range(length):
            entitlement.append(level)
            most = 2 * MICRO if step < 0 else step * MICRO
            level += draw(st.sampled_from([0, 200_000, 500_000, MICRO, most]))
            level = min(level, entitlement[-1] + most)
    count = draw(st.lists(st.integers(0, 6), min_size=sum(lengths), max_size=sum(lengths)))
    need = sum(e * n for e, n in zip(entitlement, count, strict=True))
    chain = np.repeat(np.arange(len(lengths)), lengths)
    return np.array(entitlement), np.array(count), chain, need // MICRO, True, step


def by_enumeration(case: Case) -> list[int] | None:
    """The best table among all 2^K, by the definition of ``model.md`` 4."""
    entitlement, count, chain, supply, tier_order, step = case
    options = [sorted({e // MICRO, -(-e // MICRO)}) for e in entitlement.tolist()]
    found = []
    for table in itertools.product(*options):
        pairs = [
            (table[k], table[k + 1]) for k in range(len(table) - 1) if chain[k] == chain[k + 1]
        ]
        if tier_order and any(low > high for low, high in pairs):
            continue
        if step >= 0 and any(high - low > step for low, high in pairs):
            continue
        used = sum(x * n for x, n in zip(table, count.tolist(), strict=True))
        if used > supply:
            continue
        deviation = sum(
            abs(x * MICRO - e) * n
            for x, e, n in zip(table, entitlement.tolist(), count.tolist(), strict=True)
        )
        from_top = [
            table[k]
            for c in sorted(set(chain.tolist()))
            for k in reversed(np.flatnonzero(chain == c).tolist())
        ]
        found.append((-used, deviation, [-x for x in from_top], list(table)))
    return min(found)[3] if found else None


@given(equal_cases())
def test_equal_is_the_best_table_of_all(case: Case) -> None:
    """Most supply used, then least deviation, then more for the top tiers."""
    expected = by_enumeration(case)

    table = whole_table(*case)

    assert (None if table is None else table.tolist()) == expected


def test_equal_refuses_what_cannot_be_kept() -> None:
    """A floor table above the supply has no remedy by rounding."""
    assert (
        whole_table(np.array([MICRO]), np.array([5]), np.array([0]), 4, tier_order=True, step=-1)
        is None
    )
