"""A real city: the whole of Iowa graded as Qujing does, against the plain reference."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from allocator.grading.scheme import grade
from allocator.policy.reading import read_policy
from allocator.policy.window_models import Window
from allocator.tables.reading import read_city
from grading.reference import nearest, scores, tiers

QUJING = Path(__file__).resolve().parents[2] / "examples" / "policies" / "qujing-months.yaml"


@pytest.mark.parametrize("scale", ["max", "rank", "winsorised"])
def test_a_real_city_is_graded_as_the_reference_grades_it(shared, scale) -> None:
    """Scores, tiers and, for shops of every tier, the cartons that the next tier takes."""
    policy = read_policy(QUJING, on=date(2021, 10, 1))
    assert policy.grading is not None
    items = {
        name: item.model_copy(update={"scale": scale})
        for name, item in policy.grading.items.items()
    }
    months = {"window": Window(months=3), "decimals": 6}  # no days are known of Iowa
    rules = policy.grading.model_copy(update={"items": items, **months})
    grading = grade(read_city(shared / "data" / "iowa", policy.tables), rules, policy.on)

    table = grading.table.filter("graded")
    values = [table[item.name].to_list() for item in grading.items]
    weights = [int(item.weight * 1_000_000) for item in grading.items]
    expected = scores(values, weights, [scale] * len(values), Fraction(95, 100))
    assert table["score"].to_list() == expected
    assert table["tier"].to_list() == tiers(expected, grading.shares, lower=False)

    grows = [item.name in ("quantity", "amount", "class_amount") for item in grading.items]

    def place_with(i: int, more: int) -> int:
        changed = [list(item) for item in values]
        for item, grown in zip(changed, grows, strict=True):
            if grown:
                item[i] += nearest(Fraction(item[i] * 3 * more, values[0][i]))
        after = scores(changed, weights, [scale] * len(values), Fraction(95, 100))
        return 1 + sum(other > after[i] for other in after)

    for i in range(0, table.height, 190):
        extra, tier, sold = table["to_next_tier"][i], table["tier"][i], values[0][i]
        if tier == 30 or sold == 0:
            assert extra is None
            continue
        goal = max(grading.last_rank[tier:])  # of the tiers above
        if extra is None:
            assert place_with(i, max(10 * -(-sold // 3), 100)) > goal
        else:
            assert place_with(i, extra) <= goal < place_with(i, extra - 1)
