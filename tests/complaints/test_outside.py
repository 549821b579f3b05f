"""Who gets nothing whatever it orders, and what an answer repeats or leaves out."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from allocator.complaints.complaint import Complaint
from allocator.complaints.examining import examine, examine_each
from allocator.runs.record import Run
from complaints.test_examining import planted

CARTONS = ("less-than-equal", "less-than-similar", "not-got", "never-available")
SAYS = {"closed": "歇业", "suspended": "停供"}


def test_a_shop_outside_the_cycle_is_told_that_and_not_that_nothing_was_found() -> None:
    """Closed, suspended, or not its week: read from the members of the run, by loops."""
    _, week = planted(1)
    product, seen = week.plan.product[0], set()
    assert week.city.orders is not None
    ordered = set(week.city.orders.frame.filter(cycle=week.cycle)["retailer_id"])
    for row in week.plan.members.iter_rows(named=True):
        outside = row["status"] != "active" or not row["due"]
        if not outside or row["retailer_id"] in ordered or (row["status"], row["due"]) in seen:
            continue
        seen.add((row["status"], row["due"]))
        for kind in CARTONS:
            each = examine(Complaint(row["retailer_id"], kind, product), week)
            assert (each.verdict, each.missing) == ("unfounded", ())
            assert each.reasons[0].evidence
            said = each.say("zh-CN").splitlines()[0]
            assert (SAYS[row["status"]] if row["status"] != "active" else "隔周") in said
        if row["tier"] is None:
            down = examine(Complaint(row["retailer_id"], "tier-down"), week)
            assert (down.verdict, down.reasons[0].code) == ("unfounded", "not-active")
    assert seen == {("closed", True), ("suspended", True), ("active", False)}


def test_more_than_the_rules_give_is_not_called_by_the_rule() -> None:
    """Also where the shop got all that it asked for."""
    _, week = planted(1)
    assert week.allocation is not None
    lines = week.allocation.lines.filter(pl.col("granted") > pl.col("award"))
    for row in lines.head(8).iter_rows(named=True):
        each = examine(Complaint(row["retailer_id"], "not-got", row["product_id"]), week)
        assert each.reasons[0].code == "beyond-rule"
        assert each.opening[0].code == "by-rule"
    none = week.allocation.lines.filter(
        pl.col("granted") == 0, pl.col("award") == 0, pl.col("requested") > 0
    )
    row = none.row(0, named=True)
    each = examine(Complaint(row["retailer_id"], "not-got", row["product_id"]), week)
    assert each.reasons[0].code == "by-rule"
    assert each.reasons[0].facts["held"] == 0


def test_an_answer_repeats_nothing_and_comes_with_the_card_for_one_product() -> None:
    """What the opening says of cartons short is on the card too, and not said again."""
    city, week = planted(1)
    short = city.truth.filter(rule="below-standard").select("subject_id", "product_id")
    shop, product = short.sort("subject_id", "product_id").row(0)

    one = examine(Complaint(shop, "not-got", product), week)

    assert one.opening[0].code == "short"
    assert one.told
    assert not [claim for claim in one.told if claim.code[:14] == "granted-below-"]


@pytest.mark.parametrize("known", [True, False])
def test_a_shop_that_is_not_new_is_told_when_it_joined(known: bool) -> None:
    """Where that is on record; without it nobody can say whether it is new."""
    _, week = planted(1)
    if not known:
        week = without(week, "joined_on")
    shops = week.plan.members.filter(pl.col("cell").is_not_null())["retailer_id"].to_list()[:40]
    told = examine_each([Complaint(shop, "new") for shop in shops], week)
    joined = dict(planted(1)[0].city.retailers.frame.select("retailer_id", "joined_on").iter_rows())
    seen = 0
    for each in told:
        if each.verdict == "founded":
            continue
        seen += 1
        if known:
            assert each.opening[0].facts == {"joined_on": joined[each.complaint.retailer]}
        else:
            assert (each.verdict, each.missing) == ("undecidable", ("retailers.joined_on",))
    assert seen


def without(week: Run, column: str) -> Run:
    """The run, a column of its retailers emptied."""
    table = week.city.retailers
    frame = table.frame.with_columns(pl.lit(None, table.frame.schema[column]).alias(column))
    return replace(week, city=replace(week.city, retailers=replace(table, frame=frame)))


def test_a_new_shop_that_was_served_by_the_rules_is_not_called_untrue() -> None:
    """Its heading says so in both languages."""
    _, week = planted(1)
    shop = week.plan.members.filter(pl.col("cell").is_not_null())["retailer_id"].to_list()[3]
    each = examine(Complaint(shop, "new"), week)

    assert each.verdict == "unfounded"
    assert "不属实" not in each.text("zh-CN")
    assert "unfounded" not in each.text("en")


def test_a_line_that_was_entered_twice_leaves_open_what_the_shop_has() -> None:
    """But not whether it got its due: it did, in the one as in the other case."""
    city, week = planted(1)
    rows = city.truth.filter(rule="duplicate-line")
    assert week.findings is not None
    numbers = set(rows["subject_id"])
    found = [each for each in week.findings if each.rule == "duplicate-line"]
    twice = [(each.retailer_id, each.product_id) for each in found if each.order_id in numbers]
    assert twice
    for shop, product in twice:
        told = [examine(Complaint(str(shop), kind, product), week)
                for kind in ("less-than-similar", "not-got")]  # fmt: skip
        assert [each.verdict for each in told] == ["undecidable", "unfounded"]
        assert told[0].reasons[0].code == "entered-twice"
