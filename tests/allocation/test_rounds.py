"""Rounds one and two on cohorts, against the definition retailer by retailer."""

from __future__ import annotations

import json
from collections import Counter as Counted
from fractions import Fraction
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.rounds import Lots, round_one, round_two, uniform_level
from allocator.allocation.turns import credit_sums, priorities, reading_starts
from strategies import Counter, counters, roster_of


@given(st.data())
def test_cohorts_count_equal_orders(data: st.DataObject) -> None:
    """Every dtype of orders, empty cells, extras of no lot to several, orders near 2^31."""
    sizes = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    roster, _ = roster_of(sizes, "seed", "2026-W47")
    dtype, largest = data.draw(
        st.sampled_from([(np.int16, 2**15 - 1), (np.int32, 2**30), (np.int64, 2**31)])
    )
    lots = st.one_of(st.integers(0, 2), st.sampled_from([largest - 1, largest]))
    order = data.draw(st.lists(lots, min_size=sum(sizes), max_size=sum(sizes)))
    seats = data.draw(st.sampled_from([st.booleans(), st.integers(0, 3)]))
    extra = np.array(data.draw(st.lists(seats, min_size=sum(sizes), max_size=sum(sizes))))
    extra = extra if extra.dtype == np.bool_ else extra.astype(dtype)
    base = np.array(
        data.draw(st.lists(st.integers(0, 3), min_size=len(sizes), max_size=len(sizes)))
    )

    first, cohorts = round_one(np.array(order, dtype=dtype), extra, base, roster)

    cell = np.repeat(np.arange(len(sizes)), sizes).tolist()
    limit = [int(base[c]) + int(more) for c, more in zip(cell, extra.tolist(), strict=True)]
    assert first.tolist() == [min(pair) for pair in zip(order, limit, strict=True)]
    expected = Counted(zip(cell, order, limit, strict=True))
    columns = (cohorts.cell, cohorts.order, cohorts.limit)
    found = list(zip(*(column.tolist() for column in columns), strict=True))
    assert dict(zip(found, cohorts.count.tolist(), strict=True)) == expected
    assert found == sorted(expected)


@given(counters())
def test_level_is_exact(counter: Counter) -> None:
    """The level makes the uniform rule with guarantees use the supply to the last fraction."""
    order, seat, base, weight, supply, roster, _ = counter
    first, cohorts = round_one(order, seat, base, roster)
    if first.sum() >= supply:
        return

    level = uniform_level(cohorts, weight, supply)

    if order.sum() <= supply:
        assert level is None
        return
    cell = np.repeat(np.arange(len(base)), np.diff(roster.start))
    assert level is not None
    x = [
        min(Fraction(d), max(Fraction(a), Fraction(*level) * w))
        for d, a, w in zip(order.tolist(), first.tolist(), weight[cell].tolist(), strict=True)
    ]
    assert sum(x) == supply


def serve(counter: Counter) -> tuple[Lots, Lots, tuple[int, int] | None]:
    order, seat, base, weight, supply, roster, draw = counter
    first, cohorts = round_one(order, seat, base, roster)
    if first.sum() >= supply:
        return first, first, None
    credit = np.zeros(len(order), dtype=np.int32)
    award, level = round_two(
        order,
        first,
        cohorts,
        weight,
        supply,
        priorities(roster, reading_starts(roster, draw), credit),
        credit_sums(credit, roster),
        roster,
        draw,
    )
    return first, award, level


@given(counters())
def test_awards_keep_the_level_up_to_the_odd_lot(counter: Counter) -> None:
    """Every award is floor or ceiling of its real-valued outcome; together they use the supply."""
    order, _, base, weight, supply, roster, _ = counter

    first, award, level = serve(counter)

    if first.sum() >= supply:
        return
    assert award.sum() == min(supply, order.sum())
    cell = np.repeat(np.arange(len(base)), np.diff(roster.start))
    for d, a, w, x in zip(
        order.tolist(), first.tolist(), weight[cell].tolist(), award.tolist(), strict=True
    ):
        exact = (
            Fraction(d)
            if level is None
            else min(Fraction(d), max(Fraction(a), Fraction(*level) * w))
        )
        assert exact.__floor__() <= x <= exact.__ceil__()


@given(counters(retailers=6, largest=4), st.data())
def test_l7_nobody_gains_by_misreporting(counter: Counter, data: st.DataObject) -> None:
    """L7: no report gets a retailer nearer to its true demand (``model.md`` 5)."""
    order, seat, base, weight, supply, roster, draw = counter
    if not len(order):
        return
    liar = data.draw(st.integers(0, len(order) - 1))
    truth = int(order[liar])
    _, honest, _ = serve(counter)
    for report in range(int(order.max()) + 4):
        told = order.copy()
        told[liar] = report

        _, lied, _ = serve((told, seat, base, weight, supply, roster, draw))

        got, would = int(honest[liar]), int(lied[liar])
        # Single-peaked: nearer means between what it got and what it wants, and not what it got.
        assert not (got < would <= truth)
        assert not (truth <= would < got)
        assert abs(would - truth) >= abs(got - truth)


def test_published_uniform_rule_cases(shared: Path) -> None:
    """Sprumont 1991, Ching 1994: cases with more wanted than there is."""
    cases = json.loads((shared / "cases" / "published.json").read_text())["cases"]
    chosen = [
        case
        for case in cases
        if case["kind"] == "uniform_rule"
        and sum(case["input"]["peaks"]) >= case["input"]["endowment"]
    ]
    assert len(chosen) == 3
    for case in chosen:
        peaks = np.array(case["input"]["peaks"], dtype=np.int64)
        roster, _ = roster_of([len(peaks)], "seed", "2026-W47")
        seat = np.zeros(len(peaks), dtype=np.bool_)
        _, cohorts = round_one(peaks, seat, np.array([0]), roster)
        level = uniform_level(cohorts, np.array([1]), case["input"]["endowment"])

        assert level is not None
        assert [float(min(p, Fraction(*level))) for p in peaks.tolist()] == case["expected"]
