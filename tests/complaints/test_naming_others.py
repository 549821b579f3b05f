"""A shop that names others, one by one, learns nothing of them from what it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import product as pairs
from typing import Any

import polars as pl

from allocator.complaints.complaint import Complaint
from allocator.complaints.examining import examine, examine_each
from allocator.complaints.record import Examination
from allocator.policy.reading import policy_from
from allocator.runs.record import Run
from allocator.runs.week import run
from allocator.tables.synthesis.fraud.planting import plant
from allocator.tables.synthetic import first_day
from complaints.test_examining import audited
from strategies import small_week

KINDS = ("less-than-equal", "less-than-similar")


def told(each: Examination) -> str:
    """What reaches the shop, in one language: the other says the same of the same facts."""
    return each.say("zh-CN")


def of_itself(each: Examination) -> Examination:
    """Without how many of its group were entered wrongly, which tells of none of them."""
    claims = (claim for claim in each.told if claim.code[:17] != "neighbour-entered")
    return replace(each, told=tuple(claims))


def test_naming_shops_one_by_one_gives_one_answer() -> None:
    """The staff's verdict differs from shop to shop; in a small group so it is without a name."""
    parted, small = Counter[str](), 0
    week: Any = audited(small_week(1))
    cells = dict(week.plan.members.select("retailer_id", "cell").iter_rows())
    sizes = Counter(cells.values())
    goods = sorted({*week.city.orders.frame["product_id"].drop_nulls()})[:1]
    one_of_each = {cell: shop for shop, cell in cells.items()}.values()
    for shop, kind, product in pairs(one_of_each, KINDS, (None, *goods)):
        named = [Complaint(shop, kind, product, about=other)
                 for other in list(cells)[::2] if other != shop]  # fmt: skip
        answers = list(examine_each(named, week))
        parted[kind] += len({each.verdict for each in answers}) > 1
        if any(each.remedies for each in answers):
            # in a row a debt is promised once; one by one it is every time
            answers = [examine(complaint, week) for complaint in named[::14]]
        if cells[shop] is None or sizes[cells[shop]] <= 5:
            answers.append(examine(Complaint(shop, kind, product), week))
            small += 1

        assert len({told(each) for each in answers}) == 1
    assert min(parted[kind] for kind in KINDS) >= 2
    assert small


def test_cartons_entered_for_another_change_the_verdict_and_not_what_the_shop_is_told() -> None:
    """A city of 250; 9 more are entered for one shop, and an equal of it complains of it."""
    city = plant(250, 1, cycles=2, tiers=4)
    policy = policy_from(city.policy, first_day(city.cycle) + timedelta(days=4))
    assert city.city.orders is not None
    frame = city.city.orders.frame

    def week(frame: pl.DataFrame) -> Run:
        orders = replace(city.city.orders, frame=frame)
        return run(replace(city.city, orders=orders), policy, cycle=city.cycle, seed="draw")

    before = week(frame)
    assert before.allocation is not None
    by_rule = before.allocation.lines.filter(
        pl.col("granted") == pl.col("award"), pl.col("award") < pl.col("requested")
    ).join(before.plan.members.select("retailer_id", "cell"), on="retailer_id")
    largest = by_rule.group_by("product_id", "cell").len().sort("len", "product_id", "cell")
    product, cell, _ = largest.row(-1)
    shops = sorted(by_rule.filter(product_id=product, cell=cell)["retailer_id"])
    mine = (pl.col("retailer_id") == shops[0]) & (pl.col("product_id") == product)
    after = week(frame.with_columns(granted=pl.col("granted") + 9 * mine.cast(pl.Int64)))

    for kind, shop in pairs(KINDS, shops[1:3]):
        complaint = Complaint(shop, kind, product, about=shops[0])
        one, two = examine(complaint, before), examine(complaint, after)
        assert (one.verdict, two.verdict) == ("unfounded", "founded")
        assert told(of_itself(one)) == told(of_itself(two))
