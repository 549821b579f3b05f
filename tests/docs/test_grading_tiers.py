"""The page on tiers: its policies are policies, its table is what comes out."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

from allocator.grading.breaks import natural_breaks
from allocator.grading.shares import stand
from allocator.grading.standing import stand_at, tiers_at
from allocator.policy.prose import describe
from allocator.policy.reading import policy_from, read_policy
from docs.test_first_week import ROOT

PAGE = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")
PART = PAGE.split("\n## Tiers\n")[1].split("\n## ")[0]
BLOCKS = re.findall(r"```yaml\n(tiers:.*?)```", PART, re.DOTALL)
AROUND = """\
title: t
grading:
  window: {months: 3}
  items: {quantity: {weight: 100}}
  missing_month: zero
"""
AFTER = """\
allocation:
  weights: {kind: linear, bottom: 1, top: 6}
  whole_units: rotate
  defaults: {ceiling: 9}
"""


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_each_rule_on_the_page_is_a_rule(block: str) -> None:
    """Read, and said back in both languages."""
    indented = "".join(f"  {line}\n" for line in block.splitlines())
    policy = policy_from(AROUND + indented + AFTER, "2026-11-16")

    assert policy.grading is not None
    assert policy.grading.tiers.count > 3
    assert all(describe(policy, language) for language in ("en", "zh-CN"))


def test_every_way_has_an_example() -> None:
    """Two of them for bands of two items."""
    kinds = [re.findall(r"shares|cutoffs|breaks|by(?=:)|bands", block)[0] for block in BLOCKS]

    assert kinds == ["shares", "cutoffs", "bands", "bands", "bands", "breaks", "by"]


@pytest.mark.parametrize("n", [1, 7, 29, 30, 31])
def test_the_table_of_small_cities(n: int) -> None:
    """Row by row; all equal in the last."""
    policy = read_policy(ROOT / "examples" / "qujing.yaml", on="2026-11-16")
    assert policy.grading is not None
    shares = [Fraction(share) for share in policy.grading.tiers.shares or ()]
    score = np.arange(n)
    by_rank = stand(score, shares, ties_lower=False).tier
    by_limits = stand_at(score, np.arange(30)).tier
    drawn = tiers_at(score, natural_breaks(score, 30))

    row = next(line for line in PART.splitlines() if line.startswith(f"| {n} |")).split("|")
    first, last = int(by_rank.min()), int(by_rank.max())
    counts = np.bincount(by_rank, minlength=31)[first : last + 1]
    if n == 1:
        assert f"tier {first}:" in row[2]
        assert (sum(shares[:14]), sum(shares[:15])) == (45, 50)
    else:
        assert f"{first} to {last}" in row[2]
        assert ("two" in row[2]) == (counts.max() == 2)
        assert ("empty" in row[2]) == (n > 7 and counts.min() == 0)
    for tiers, told in ((by_limits, row[3]), (drawn, row[4])):
        assert [int(tier) for tier in re.findall(r"[0-9]+", told)] == sorted(
            {int(tiers.min()), int(tiers.max())}
        )
        assert ("two shops in the top tier" in told) == (np.bincount(tiers)[-1] == 2)


@pytest.mark.parametrize("n", [1, 7, 29, 30, 31])
def test_the_row_of_equals(n: int) -> None:
    """The first tier that has a place, or the last; the tier of the score; the top tier."""
    shares = [Fraction(10), Fraction(25), Fraction(40), Fraction(20), Fraction(5)]
    score = np.full(n, 12)
    higher, lower = (stand(score, shares, ties_lower=ties) for ties in (False, True))
    placed = np.flatnonzero(higher.last_rank >= 0) + 1

    assert set(higher.tier.tolist()) == {placed.max()}
    assert set(lower.tier.tolist()) == {placed.min()}
    assert set(stand_at(score, np.arange(30)).tier.tolist()) == {13}
    assert set(tiers_at(score, natural_breaks(score, 30)).tolist()) == {30}
