"""The grading of random cities is that of a second reading of the design, shop by shop."""

from __future__ import annotations

from hypothesis import given, reject

from allocator.errors import BadPolicy, BadRequest
from allocator.grading.scheme import grade
from grading.plain import NoDivision, plain
from strategies import Judged, judged_cities


@given(judged_cities())
def test_every_shop_is_graded_as_the_plain_reading_says(judged: Judged) -> None:
    """Values, score, rank, tier before and after the rules of movement, and why."""
    try:
        policy = judged.policy()
    except BadPolicy:
        reject()
    count = policy.tiers.count
    try:
        expected = plain(judged.city, judged.rules, judged.on, count)
    except NoDivision:
        expected = None
    grading, refused = None, ""
    try:
        grading = grade(judged.city, policy, judged.on)
    except BadRequest as error:
        refused = error.code
    if refused == "grading-window-without-sales":
        reject()
    assert (grading is None) == (expected is None), refused
    if grading is None or expected is None:
        return
    assert grading.tiers == count
    for row in grading.table.iter_rows(named=True):
        shop = expected[row["retailer_id"]]
        codes = row["reason"].split()
        names = {"graded": policy.tiers.rule.replace("shares", "rank")}
        assert codes[0] == names.get(shop.kind, shop.kind)
        assert {"no-sales", "exempt-month", "stopped"} & set(codes[1:]) == shop.notes
        assert {name: row[name] for name in shop.values} == shop.values
        assert (row["score"], row["rank"]) == (shop.score, shop.rank)
        assert row["graded"] == (shop.score is not None)
        assert row["tier"] == shop.tier
        assert row["moves"] == "; ".join(shop.moves)
        if policy.moving:
            assert row["earned_tier"] == shop.earned
        if shop.score is not None:
            assert row["tier_by_score"] == shop.raw
