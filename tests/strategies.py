"""The only generators of random cases (hypothesis strategies and seeded builders)."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from allocator.allocation.program import Program


@st.composite
def programs(draw: st.DrawFn, *, cells: int = 7, largest_count: int = 9) -> Program:
    """Feasible programs of one line: up to 3 chains, empty cells, floors, ceilings, order, step."""
    lengths = draw(st.lists(st.integers(1, cells), min_size=1, max_size=3))
    size = sum(lengths)
    chain = [i for i, length in enumerate(lengths) for _ in range(length)]
    tier = [t for length in lengths for t in range(length)]
    rises = draw(st.lists(st.integers(0, 4), min_size=max(tier) + 1, max_size=max(tier) + 1))
    weight = [1 + sum(rises[:t]) for t in tier]
    count = draw(st.lists(st.integers(0, largest_count), min_size=size, max_size=size))
    tier_order, step = draw(st.booleans()), draw(st.sampled_from([-1, 0, 1, 2, 5]))
    floor = draw(st.lists(st.sampled_from([0, 0, 0, 1, 3]), min_size=size, max_size=size))
    least = list(floor)
    for k in [*range(1, size), *range(size - 1, 0, -1)] * 2:
        if chain[k] == chain[k - 1]:
            if tier_order:
                least[k] = max(least[k], least[k - 1])
            if step >= 0:
                least[k - 1] = max(least[k - 1], least[k] - step)
    room = draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))
    needed = sum(n * q for n, q in zip(count, least, strict=True))
    supply = max(1, needed + draw(st.integers(0, 200)))
    demand = max(1, sum(n * w for n, w in zip(count, weight, strict=True)))
    return Program(
        cell=np.arange(size, dtype=np.int32),
        label=tuple(f"{t + 1}/{c}/weekly" for t, c in zip(tier, chain, strict=True)),
        chain=np.array(chain, np.int64),
        count=np.array(count, np.int64),
        kappa=np.array(weight, np.float64) * supply / demand,
        floor=np.array(floor, np.int64),
        ceiling=np.array(least, np.int64) + np.array(room, np.int64),
        supply=supply,
        tier_order=tier_order,
        step=step,
    )
