"""``equal`` under groups and baskets against enumeration of all tables."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.allocation.whole_equal import JoinedProblem, joined_table
from allocator.allocation.whole_table import whole_table
from allocator.records import MICRO
from strategies import joined_problem

SEEDS = st.integers(0, 2**32 - 1)


def misses(problem: JoinedProblem, numbers: tuple[int, ...]) -> int | None:
    """Lots missed of group minima; ``None`` if the table breaks a row."""
    table = problem.table
    places = list(
        zip(table.segment.tolist(), table.rhythm.tolist(), table.tier.tolist(), strict=True)
    )
    exact, count, mass = table.entitlement.tolist(), table.count.tolist(), problem.mass.tolist()
    at = dict(zip(places, numbers, strict=True))
    steps = [(x, at[s, r, t + 1]) for (s, r, t), x in at.items() if (s, r, t + 1) in at]
    if table.tier_order and any(low > high for low, high in steps):
        return None
    if table.step >= 0 and any(high - low > table.step for low, high in steps):
        return None
    if sum(a * x for a, x in zip(mass, numbers, strict=True)) > table.supply * MICRO:
        return None
    for (s, t), _ in itertools.groupby(sorted((s, t) for s, _, t in places)):
        floor = [k for k, (a, _, b) in enumerate(places) if (a, b) == (s, t)]
        alike = len({exact[k] for k in floor}) == 1 and all(count[k] for k in floor)
        if alike and len({numbers[k] for k in floor}) > 1:
            return None
    if any(x * MICRO > e and not up for x, e, up in zip(numbers, exact, table.rises, strict=True)):
        return None
    missed = 0
    for share in problem.groups:
        pairs = zip(share.mass.tolist(), share.cells.tolist(), strict=True)
        used = sum(a * numbers[k] for a, k in pairs)
        if 0 <= share.most * MICRO < used:
            return None
        if share.least >= 0:
            missed += max(-(-(share.least * MICRO - used) // MICRO), 0)
    return missed


def by_enumeration(problem: JoinedProblem) -> list[int] | None:
    """Least missed of minima, most used, least deviation, more for the top tiers."""
    table = problem.table
    exact, count, mass = table.entitlement.tolist(), table.count.tolist(), problem.mass.tolist()
    order = sorted(
        range(len(exact)),
        key=lambda k: (table.segment[k], -table.tier[k], -table.rhythm[k]),
    )
    found = []
    for numbers in itertools.product(*(sorted({e // MICRO, -(-e // MICRO)}) for e in exact)):
        missed = misses(problem, numbers)
        if missed is not None:
            used = sum(a * x for a, x in zip(mass, numbers, strict=True))
            apart = zip(numbers, exact, count, strict=True)
            deviation = sum(abs(x * MICRO - e) * n for x, e, n in apart)
            found.append((missed, -used, deviation, [-numbers[k] for k in order], list(numbers)))
    return min(found)[-1] if found else None


@settings(max_examples=200)
@given(SEEDS)
def test_the_table_is_the_best_of_all(seed: int) -> None:
    problem = joined_problem(seed)
    expected = by_enumeration(problem)

    table = joined_table(problem)

    assert (None if table is None else table.tolist()) == expected


@settings(max_examples=200)
@given(SEEDS)
def test_without_groups_it_is_the_table_of_the_recursion(seed: int) -> None:
    problem = joined_problem(seed, plain=True)
    expected = whole_table(problem.table)

    table = joined_table(problem)

    assert (None if table is None else table.tolist()) == (
        None if expected is None else expected.tolist()
    )
