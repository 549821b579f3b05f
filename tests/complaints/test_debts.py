"""What is owed for cancelled orders: once, and never beyond what the shop may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product as pairs
from typing import Any

import polars as pl
import pytest

from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket
from allocator.complaints.examining import examine, examine_each
from allocator.complaints.make_up import Stock, make_up, stock_left
from allocator.policy.reading import policy_from
from allocator.runs.record import Run
from allocator.runs.week import run
from allocator.tables.synthesis.fraud.planting import Planted, plant
from allocator.tables.synthetic import first_day

NUMBER, SHOP, PRODUCT = "DH2026470000121", "990120000095", "102104"
"""An order that was paid in time and cancelled: 8 cartons of a product with a limit of 12."""


@cache
def planted() -> Planted:
    return plant(250, 1, cycles=2, tiers=4)


def lines() -> pl.DataFrame:
    orders = planted().city.orders
    assert orders is not None
    return orders.frame


def with_lines(*changed: dict[str, Any], rules: str = "ignore: []") -> Run:
    """The city's run, the cancelled line replaced by copies of it with some cells changed."""
    city = planted()
    assert city.city.orders is not None
    mine = (pl.col("order_id") == NUMBER) & (pl.col("product_id") == PRODUCT)
    frame = lines()
    copies = [
        frame.filter(mine).with_columns(
            *(pl.lit(value, frame.schema[name]).alias(name) for name, value in each.items())
        )
        for each in changed
    ]
    frame = pl.concat([frame.filter(~mine), *copies]) if copies else frame
    policy = policy_from(
        city.policy.replace("ignore: []", rules), first_day(city.cycle) + timedelta(days=4)
    )
    tables = replace(city.city, orders=replace(city.city.orders, frame=frame))
    week = run(tables, policy, cycle=city.cycle, seed="draw")
    assert Docket(week).standing(SHOP).offers[PRODUCT].limit == 12
    return week


@cache
def as_it_is() -> Run:
    return with_lines()


def again(requested: int, granted: int, kind: str = "ordinary") -> dict[str, Any]:
    """A line of another order of the shop, which stands."""
    return {"order_id": "AGAIN", "row": 90_001, "status": None, "kind": kind,
            "requested": requested, "granted": granted}  # fmt: skip


def promised(week: Run, kinds: Sequence[str]) -> list[int]:
    """Cartons promised by one complaint after another; 0 where nothing is."""
    told = list(examine_each([Complaint(SHOP, kind, PRODUCT) for kind in kinds], week))
    assert {each.verdict for each in told} == {"founded"}
    return [sum(remedy.owed for remedy in each.remedies) for each in told]


@pytest.mark.parametrize("kind", ["cancelled", "not-got", "less-than-equal", "new"])
def test_what_was_paid_and_cancelled_is_founded_however_it_is_called(kind: str) -> None:
    """8 were cancelled and 12 may be had: 8 are owed."""
    each = examine(Complaint(SHOP, kind, PRODUCT), as_it_is())

    assert (each.verdict, each.reasons[0].code) == ("founded", "cancelled-paid")
    assert [(remedy.product, remedy.owed) for remedy in each.remedies] == [(PRODUCT, 8)]
    assert each.findings is not None
    assert [finding.rule for finding in each.findings] == ["cancelled-though-paid"]


def test_where_the_audit_cannot_tell_of_cancelled_orders_not_got_stays_open() -> None:
    week = with_lines(rules="ignore: [cancelled-though-paid]")

    each = examine(Complaint(SHOP, "not-got"), week)

    assert (each.verdict, each.missing) == ("undecidable", ("policy.audit.rules",))


@pytest.mark.parametrize(("cartons", "owed"), [((5, 3), 8), ((9, 9), 12)])
def test_two_orders_that_were_cancelled_are_owed_together(
    cartons: tuple[int, int], owed: int
) -> None:
    """5 + 3 = 8; of 9 + 9 the limit of 12. Both orders are told and cited.

    The second is of one line: the audit names its product.
    """
    one, two = cartons
    week = with_lines(
        {"requested": one, "granted": one},
        {"requested": two, "granted": two, "order_id": "OTHER", "row": 90_001},
    )

    each = examine(Complaint(SHOP, "cancelled"), week)

    assert [reason.facts["order"] for reason in each.opening[:2]] == [NUMBER, "OTHER"]
    assert each.findings is not None
    assert {finding.order_id for finding in each.findings} == {NUMBER, "OTHER"}
    assert {remedy.product: remedy.owed for remedy in each.remedies}[PRODUCT] == owed


@pytest.mark.parametrize(
    ("standing", "kinds", "owed"),
    [
        (again(4, 2), ("cancelled", "not-got", "not-got"), [8, 2, 0]),  # 4 - 2 short beside 8
        (again(4, 2), ("not-got", "cancelled"), [10, 0]),
        (again(8, 4), ("cancelled", "not-got"), [8, 0]),  # 12 - 4 - 8: no room for the 4 short
        (again(8, 6), ("never-available", "cancelled"), [6, 0]),  # 8 - 6, and 12 - 6 - 2
    ],
)
def test_each_debt_is_paid_once_and_one_does_not_hide_the_other(
    standing: dict[str, Any], kinds: tuple[str, ...], owed: list[int]
) -> None:
    assert promised(with_lines({}, standing), kinds) == owed


def test_where_short_was_not_looked_for_no_shop_is_told_that_it_got_its_due() -> None:
    """It was given 2 where the rule gives 4, and the rule that would tell was left out."""
    week = with_lines(rules="ignore: [below-standard]")
    assert week.findings is not None
    shop, product = "990110000048", "103103"
    assert Docket(week).apart(shop, product) == 2 - 4
    above = ("above-request", "over-quota")
    other = next(finding.retailer_id for finding in week.findings
                 if finding.product_id == product and finding.rule in above)  # fmt: skip

    each = examine(Complaint(shop, "less-than-similar", product, about=other), week)

    assert (each.verdict, each.opening[0].code) == ("founded", "open")
    assert each.unchecked == ("policy.audit.rules",)
    assert "gives you" not in each.say("en").splitlines()[0]


@pytest.mark.parametrize(
    ("standing", "owed", "told"),
    [
        (again(8, 8, "make_up"), 0, [("made-up", 8)]),
        (again(3, 3, "make_up"), 5, [("made-up", 3)]),
        (again(8, 8), 4, [("no-room", 8)]),  # 8 held, 12 at most: 4 of the 8
        (again(12, 12), 0, [("no-room", 12)]),
        (again(2, 2), 8, []),  # all of it is made up: nothing to explain
    ],
)
def test_what_is_not_made_up_is_explained_to_the_shop_as_to_staff(
    standing: dict[str, Any], owed: int, told: list[tuple[str, int]]
) -> None:
    """Made up already: when and how many; or as many as the shop may have are there."""
    week = with_lines({}, standing)
    assert Docket(week).standing(SHOP).offers[PRODUCT].limit == 12

    each = examine(Complaint(SHOP, "cancelled", PRODUCT), week)

    assert sum(remedy.owed for remedy in each.remedies) == owed
    for said in (each.reasons, each.opening):
        why = [line for line in said if line.code in ("made-up", "no-room", "no-offer")]
        numbers = [line.facts.get("cartons", line.facts.get("held")) for line in why]
        assert [(line.code, number) for line, number in zip(why, numbers, strict=True)] == told
    for line in each.opening:
        if line.code == "made-up":
            day = lines().filter(order_id=NUMBER)["ordered_at"].dt.date()[0]
            assert line.facts["on"] == day  # the standing line is a copy of the cancelled one
            assert f"{day.year}年{day.month}月{day.day}日" in each.say("zh-CN")


def test_a_product_that_the_shop_may_not_order_is_not_made_up_and_it_is_told_so() -> None:
    """The order was paid in time and cancelled, with a product that is not for its tier."""
    offered = {offer for offer, at in Docket(as_it_is()).standing(SHOP).offers.items() if at.limit}
    other = sorted(set(lines()["product_id"].drop_nulls()) - offered)[0]
    week = with_lines({"product_id": other})

    each = examine(Complaint(SHOP, "cancelled", other), week)

    assert (each.verdict, each.remedies) == ("founded", ())
    assert [line.code for line in each.opening] == ["cancelled-paid", "no-offer"]


def test_its_own_cancelled_lines_count_whatever_else_stands_and_whoever_has_more() -> None:
    """2 stand, 8 were paid and cancelled, and the shop that is named holds more than its due."""
    week = with_lines({}, again(2, 2))
    assert week.findings is not None
    other = next(
        finding.retailer_id for finding in week.findings
        if finding.rule in ("above-request", "over-quota")
        and finding.product_id == PRODUCT and finding.retailer_id
    )  # fmt: skip

    kinds = ("not-got", "less-than-equal", "less-than-similar")
    for kind, about in pairs(kinds, (None, other)):
        each = examine(Complaint(SHOP, kind, PRODUCT, about=about), week)
        assert each.verdict == "founded"
        codes = [reason.code for reason in each.reasons]
        assert "cancelled-paid" in codes
        assert ("other-above" in codes) == (about == other and kind != "not-got")
        assert [(remedy.product, remedy.owed) for remedy in each.remedies] == [(PRODUCT, 8)]


def test_what_the_reserve_lacks_is_taken_from_the_release_until_nothing_is_left() -> None:
    """Reserve 2, free 5, three debts of 4: 2 + 2; then 3 of 4; then none."""
    docket = Docket(as_it_is())
    p = docket.standing(SHOP).offers[PRODUCT].p
    stock: Stock = {p: (2, 5)}
    told = []
    for _ in range(3):
        (remedy,), stock = make_up(docket, SHOP, [(PRODUCT, 4)], stock)
        told.append((remedy.reserve, remedy.from_reserve, remedy.released, remedy.uncovered))

    assert told == [(2, 2, 5, 0), (0, 0, 3, 1), (0, 0, 0, 4)]
    assert stock == {p: (0, 0)}


def test_make_up_orders_beyond_the_reserve_leave_nothing_in_it() -> None:
    """500 were made up out of a smaller reserve: 0 are left, not less."""
    docket = Docket(with_lines({}, again(500, 500, "make_up")))
    p = docket.standing(SHOP).offers[PRODUCT].p
    assert 0 < int(docket.run.plan.reserve[p]) < 500

    assert stock_left(docket)[p][0] == 0
