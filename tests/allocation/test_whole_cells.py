"""Cell totals under groups and baskets against all choices of floor and ceiling."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings

from allocator.allocation.rounding import Draw, share_out
from allocator.allocation.whole_cells import CellShares, cell_totals
from allocator.records import MICRO, Group, JointLimit
from strategies import cell_shares

Case = tuple[CellShares, list[Draw]]


def rate(group: Group, shares: CellShares, *, up: bool) -> list[int]:
    """Millionths that a carton takes: down for what is promised, up for what is a maximum."""
    pairs = zip(group.mass.tolist(), shares.count[group.cells].tolist(), strict=True)
    return [-(-mass // count) if up else mass // count for mass, count in pairs]


def judge(table: np.ndarray, shares: CellShares) -> tuple[int, int] | None:
    """What a table misses of minima (lots, in cartons) and supply; ``None`` if it breaks a row."""
    floors = shares.exact // MICRO
    if (table.sum(axis=1) > shares.most).any():
        return None
    missed = 0
    for group in shares.groups:
        lot, row, low = int(shares.lot[group.line]), table[group.line], floors[group.line]
        up, down = rate(group, shares, up=True), rate(group, shares, up=False)
        cells = group.cells.tolist()
        used = sum(a * lot * int(row[c]) for a, c in zip(up, cells, strict=True))
        # A share of odd take-up can be above its maximum by what a millionth was rounded up.
        already = sum(a * lot * int(low[c]) for a, c in zip(up, cells, strict=True))
        if group.most >= 0 and used > max(group.most * MICRO, already):
            return None
        if group.least >= 0:
            given_ = sum(a * lot * int(row[c]) for a, c in zip(down, cells, strict=True))
            missed += max(-(-(group.least * MICRO - given_) // (lot * MICRO)), 0) * lot
    for basket in shares.baskets:
        inside = basket.lines.tolist()
        common = int(np.gcd.reduce(shares.lot[inside]))
        for c in range(len(shares.count)):
            room = int(basket.most[c]) // common * common * int(shares.count[c])
            used, low = (sum(int(shares.lot[k] * t[k, c]) for k in inside) for t in (table, floors))
            if basket.most[c] >= 0 and used > max(room, low):
                return None
    kept = np.maximum(shares.whole - table.sum(axis=1), 0)
    return missed, int((shares.lot * kept).sum())


def best(shares: CellShares, draws: list[Draw]) -> list[list[int]]:
    """The best of all 2^pairs tables, by the definition."""
    floors, fraction = np.divmod(shares.exact, MICRO)
    odd = list(zip(*np.nonzero(fraction), strict=True))
    found = []
    for raised in product([0, 1], repeat=len(odd)):
        table, claim, hashed = floors.copy(), 0, 0
        for (k, c), up in zip(odd, raised, strict=True):
            table[k, c] += up
            claim += up * int(shares.credit[k, c] + fraction[k, c])
            hashed += up * int.from_bytes(draws[k].hashes([int(c)])[0][:5], "big")
        misses = judge(table, shares)
        if misses is not None:
            found.append(((*misses, -claim, hashed), table.tolist()))
    return min(found)[1]


@settings(max_examples=150)
@given(cell_shares())
def test_totals_are_the_best_of_all_choices(case: Case) -> None:
    shares, draws = case

    assert cell_totals(shares, draws).tolist() == best(shares, draws)


@settings(max_examples=150)
@given(cell_shares(laminar=False))
def test_totals_are_the_best_where_sets_overlap_and_lots_differ(case: Case) -> None:
    shares, draws = case

    assert cell_totals(shares, draws).tolist() == best(shares, draws)


@settings(max_examples=200)
@given(cell_shares())
def test_nested_or_disjoint_sets_miss_nothing(case: Case) -> None:
    """The whole supply and every minimum, under two laminar families (``model.md`` 4)."""
    shares, draws = case

    assert judge(cell_totals(shares, draws), shares) == (0, 0)


@settings(max_examples=100)
@given(cell_shares())
def test_without_groups_and_baskets_totals_are_shared_out_as_before(case: Case) -> None:
    """Ties included: the least sum of hashes is the order of the hashes."""
    shares, draws = case
    shares = replace(shares, groups=(), baskets=())

    totals = cell_totals(shares, draws)

    for k, draw in enumerate(draws):
        whole, most = int(shares.whole[k]), int(shares.most[k])
        alone = share_out(shares.exact[k], whole, shares.credit[k], draw, most)
        assert totals[k].tolist() == alone.tolist()


def test_a_pair_that_overlaps_names_what_it_keeps_back() -> None:
    """Three lines of half a lot in one cell of two shops; each two of them at most one together.

    2 x 1/2 = 1 lot for each line, 3 in all; each pair of lines may have 2 x 1 = 2. Fits: 1 1 1.
    With one shop: 1/2 each, whole supply 0 of each. With cells that swap it, see the next test.
    """
    shares = CellShares(
        line=(0, 1, 2),
        exact=np.array([[MICRO // 2, MICRO // 2]] * 3),
        whole=np.array([1, 1, 1]),
        most=np.array([1, 1, 1]),
        credit=np.zeros((3, 2), np.int64),
        lot=np.array([1, 1, 1]),
        count=np.array([1, 1]),
        groups=(),
        baskets=tuple(
            JointLimit(name, np.array(lines, np.int32), np.array([1, 1]))
            for name, lines in (("a", (0, 1)), ("b", (1, 2)), ("c", (0, 2)))
        ),
    )
    draws = [Draw("s", "C", f"P{p}", ("1//weekly", "2//weekly")) for p in range(3)]

    totals = cell_totals(shares, draws)

    # Each cell can hold one of the three lines: an odd cycle of pairs has no half-way point.
    assert totals.sum(axis=0).tolist() == [1, 1]
    assert totals.sum() == 2


def test_a_wide_program_takes_tens_of_milliseconds() -> None:
    """30 tiers x 20 lines in two nested baskets: the solver is asked four times."""
    from time import process_time

    rng = np.random.default_rng(3)
    count = rng.integers(5, 600, 30)
    exact = rng.integers(0, 2 * MICRO, (20, 30)) * count
    used = exact[:10].sum(axis=0), exact.sum(axis=0)
    shares = CellShares(
        line=tuple(range(20)),
        exact=exact,
        whole=exact.sum(axis=1) // MICRO,
        most=exact.sum(axis=1) // MICRO,
        credit=rng.integers(-MICRO, MICRO, (20, 30)),
        lot=np.ones(20, np.int64),
        count=count,
        groups=(),
        baskets=tuple(
            JointLimit(f"{k}", np.arange(k, dtype=np.int32), -(-total // (count * MICRO)))
            for k, total in zip((10, 20), used, strict=True)
        ),
    )
    draws = [Draw("s", "C", f"P{p}", tuple(f"{c}" for c in range(30))) for p in range(20)]
    start = process_time()

    totals = cell_totals(shares, draws)

    assert process_time() - start < 5
    assert judge(totals, shares) == (0, 0)


@pytest.mark.parametrize("least", [2, 3])
def test_a_group_has_its_minimum_first(least: int) -> None:
    """Four cells of 0.9, 0.9, 0.6, 0.6 lots, 3 in all; the group of the last two has its least."""
    shares = CellShares(
        line=(0,),
        exact=np.array([[900_000, 900_000, 600_000, 600_000]]),
        whole=np.array([3]),
        most=np.array([3]),
        credit=np.zeros((1, 4), np.int64),
        lot=np.array([1]),
        count=np.ones(4, np.int64),
        groups=(Group(0, 0, np.array([2, 3], np.int32), np.full(2, MICRO), least, -1),),
        baskets=(),
    )

    totals = cell_totals(shares, [Draw("s", "C", "P", ("1", "2", "3", "4"))])

    # More than two the two cells cannot have by rounding: the third lot is missed.
    assert totals[0, 2:].tolist() == [1, 1]
    assert totals.sum() == 3
