"""Windows of a sequence against every pair looked at."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.windows import count_apart, widest
from allocator.records import Units


@st.composite
def sequences(draw: st.DrawFn) -> tuple[Units, Units, Units]:
    """Values from low to high, and where the window before each begins."""
    n = draw(st.integers(0, 24))
    low = draw(st.lists(st.integers(-9, 9), min_size=n, max_size=n))
    room = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    back = draw(st.lists(st.integers(0, n), min_size=n, max_size=n))
    first = [min(k, max(0, k - b)) for k, b in enumerate(back)]
    return tuple(np.array(v, np.int64) for v in (first, low, np.add(low, room)))


@given(sequences())
def test_widest_is_the_largest_difference_of_any_pair(case: tuple[Units, Units, Units]) -> None:
    """Either may be the larger; an empty window has none."""
    first, low, high = case
    got = widest(first, low, high).tolist()

    for j, found in enumerate(got):
        before = range(int(first[j]), j)
        pairs = [max(high[j] - low[i], high[i] - low[j]) for i in before]
        assert found == max(pairs) if pairs else found < 0


@given(sequences(), st.integers(1, 12))
def test_pairs_apart_are_counted_one_by_one(case: tuple[Units, Units, Units], least: int) -> None:
    first, values, _ = case
    expected = sum(
        abs(values[i] - values[j]) >= least
        for j in range(len(values))
        for i in range(int(first[j]), j)
    )

    assert count_apart(first, values, least, np.arange(len(values))) == expected


def test_half_a_million_shops_take_seconds() -> None:
    """Windows of thousands, every one of them searched for both figures."""
    rng = np.random.default_rng(1)
    n = 500_000
    first = np.maximum(np.arange(n) - rng.integers(0, 10_000, n), 0)
    values = rng.integers(0, 10**7, n)

    start = perf_counter()
    gap = widest(first, values, values)
    apart = count_apart(first, values, 10**6, np.flatnonzero(gap >= 10**6))

    assert perf_counter() - start < 20
    assert apart > 10**9
