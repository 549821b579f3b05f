"""Ladders of the notice: read back tier by tier they are the plan's table, whatever it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from allocator.reports.chains import chains
from allocator.reports.notice_tiers import ladders, shown
from reports.plans import plan_of

CHAINS = (("城网", "weekly"), ("农网", "weekly"))


def test_chains_whose_tiers_may_order_the_same_share_a_ladder() -> None:
    """Towns 1, 1, 2 and country 1, 1, 2: one ladder of two steps; the second product has two."""
    base = [[1, 1, 2, 1, 1, 2], [0, 1, 3, 0, 1, 2]]
    plan = plan_of(base, [[1, 0, 0, 2, 0, 0], [0] * 6], [5, 6, 7, 2, 3, 4], chains=CHAINS)
    tables = [shown(plan, chain) for chain in chains(plan)]
    (one,), two = ladders(tables, 0, "zh-CN"), ladders(tables, 1, "zh-CN")

    assert one.titles == ("城网", "农网")
    assert [(s.high, s.low, s.base, s.shops, s.seats, s.wide) for s in one.steps] == [
        (3, 3, 2, 11, 0, 100),
        (2, 1, 1, 16, 3, 50),
    ]
    assert [ladder.titles for ladder in two] == [("城网",), ("农网",)]


@given(st.data())
def test_a_ladder_read_tier_by_tier_is_the_table(data: st.DataObject) -> None:
    """Quotas, releases, shops and odd lots of every tier that has shops, in every chain."""
    tiers = data.draw(st.integers(1, 6))
    numbers = st.lists(st.integers(0, 3), min_size=2 * tiers, max_size=2 * tiers)
    base, seats, count = data.draw(numbers), data.draw(numbers), data.draw(numbers)
    count[0] += 1
    closed = tuple((0, c) for c in range(1, 2 * tiers) if data.draw(st.integers(0, 4)) == 0)
    plan = plan_of([base], [seats], count, chains=CHAINS, closed=closed)
    tables = [shown(plan, chain) for chain in chains(plan)]
    told = ladders(tables, 0, "en")

    for k, (segment, _) in enumerate(CHAINS):
        mine = [ladder for ladder in told if segment in ladder.titles]
        for tier in range(1, tiers + 1):
            cell = k * tiers + tier - 1
            if not count[cell] or not mine:
                continue
            (step,) = (step for step in mine[0].steps if step.low <= tier <= step.high)
            assert step.base == (None if (0, cell) in closed else base[cell])
    chained = {title for ladder in told for title in ladder.titles}
    cells = [c for c in range(2 * tiers) if CHAINS[c // tiers][0] in chained and count[c]]
    assert sum(s.shops for ladder in told for s in ladder.steps) == sum(count[c] for c in cells)
    assert sum(s.seats for ladder in told for s in ladder.steps) == sum(seats[c] for c in cells)
