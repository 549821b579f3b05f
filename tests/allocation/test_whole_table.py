"""The ``equal`` table against enumeration of all tables."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.whole_table import WholeProblem, whole_table
from allocator.records import MICRO


@st.composite
def problems(draw: st.DrawFn) -> WholeProblem:
    """Entitlements that keep tier order and step themselves, as those of a program do."""
    step = draw(st.sampled_from([-1, 1, 2]))
    most = 2 * MICRO if step < 0 else step * MICRO
    entitlement, count, segment, rhythm, tier = [], [], [], [], []
    for s in range(draw(st.integers(1, 2))):
        length = draw(st.integers(1, 3))
        rises = draw(
            st.lists(
                st.sampled_from([0, 200_000, 500_000, MICRO, most]),
                min_size=length,
                max_size=length,
            )
        )
        level = draw(st.integers(0, 3 * MICRO))
        for r in range(draw(st.integers(1, 2))):
            shift = draw(st.sampled_from([0, 0, 100_000]))
            for t in range(length):
                entitlement.append(level + shift + sum(min(rise, most) for rise in rises[:t]))
                count.append(draw(st.integers(0, 6)))
                segment.append(s)
                rhythm.append(r)
                tier.append(t + 1)
    need = sum(e * n for e, n in zip(entitlement, count, strict=True))
    return WholeProblem(
        np.array(entitlement),
        np.array(count),
        np.array(segment),
        np.array(rhythm),
        np.array(tier),
        need // MICRO,
        tier_order=draw(st.booleans()),
        step=step,
    )


def by_enumeration(problem: WholeProblem) -> list[int] | None:
    """The best table among all 2^K, by the definition of ``model.md`` 4 and the rule for twins."""
    places = list(
        zip(problem.segment.tolist(), problem.rhythm.tolist(), problem.tier.tolist(), strict=True)
    )
    exact, count = problem.entitlement.tolist(), problem.count.tolist()
    found = []
    for table in itertools.product(*(sorted({e // MICRO, -(-e // MICRO)}) for e in exact)):
        at = dict(zip(places, table, strict=True))
        steps = [(x, at[s, r, t + 1]) for (s, r, t), x in at.items() if (s, r, t + 1) in at]
        if problem.tier_order and any(low > high for low, high in steps):
            continue
        if problem.step >= 0 and any(high - low > problem.step for low, high in steps):
            continue
        if any(
            places[i][::2] == places[j][::2]
            and exact[i] == exact[j]
            and count[i]
            and count[j]
            and table[i] != table[j]
            for i, j in itertools.combinations(range(len(table)), 2)
        ):
            continue
        used = sum(x * n for x, n in zip(table, count, strict=True))
        if used > problem.supply:
            continue
        deviation = sum(abs(x * MICRO - e) * n for x, e, n in zip(table, exact, count, strict=True))
        # From the top tier of the first segment down; within a tier the last rhythm weighs most.
        order = sorted(
            range(len(table)), key=lambda k: (places[k][0], -places[k][2], -places[k][1])
        )
        found.append((-used, deviation, [-table[k] for k in order], list(table)))
    return min(found)[3] if found else None


@given(problems())
def test_equal_is_the_best_table_of_all(problem: WholeProblem) -> None:
    """Most supply used, then least deviation, then more for the top tiers."""
    expected = by_enumeration(problem)

    table = whole_table(problem)

    assert (None if table is None else table.tolist()) == expected


ONE = WholeProblem(
    entitlement=np.array([MICRO]),
    count=np.array([5]),
    segment=np.array([0]),
    rhythm=np.array([0]),
    tier=np.array([1]),
    supply=4,
    tier_order=True,
    step=-1,
)


def test_equal_refuses_what_cannot_be_kept() -> None:
    """A floor table above the supply has no remedy by rounding."""
    assert whole_table(ONE) is None


def test_equal_of_no_cells_is_empty() -> None:
    """Where a supply below one lot releases nothing, there is nothing to choose."""
    none = np.zeros(0, dtype=np.int64)
    empty = replace(ONE, entitlement=none, count=none, segment=none, rhythm=none, tier=none)

    table = whole_table(empty)

    assert table is not None
    assert table.tolist() == []


def test_weekly_and_fortnightly_shops_of_a_tier_get_the_same() -> None:
    """Half a lot each for 3 weekly and 2 fortnightly shops, 3 lots: all or none, so none."""
    twins = replace(
        ONE,
        entitlement=np.array([500_000, 500_000]),
        count=np.array([3, 2]),
        segment=np.array([0, 0]),
        rhythm=np.array([0, 1]),
        tier=np.array([1, 1]),
        supply=3,
    )

    table = whole_table(twins)

    assert table is not None
    assert table.tolist() == [0, 0]
