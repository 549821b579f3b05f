"""A complaint is founded if and only if the audit has the violation that makes it so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product as pairs
from typing import Any

import polars as pl
import pytest

from allocator.complaints.complaint import JUDGED, KINDS, ROUTED, Complaint
from allocator.complaints.examining import JUDGES, examine, examine_each
from allocator.complaints.record import Examination
from allocator.errors import BadRequest
from allocator.explanation.check import check_claim
from allocator.explanation.recount.case import Case
from allocator.policy.reading import policy_from
from allocator.runs.record import Run
from allocator.runs.week import inspect, run
from allocator.tables.schemas import COMPLAINTS
from allocator.tables.synthesis.fraud.planting import Planted, plant
from allocator.tables.synthetic import first_day
from strategies import Week, joined_week, small_week, smooth_week, table_of


def audited(week: Week) -> Any:
    """A small week whose orders, if there are any, were audited; it has all that a run has."""
    if week.allocation is None:
        return week
    return replace(week, findings=inspect(week.city, week.policy, week.plan, week.allocation))


def violations(run: Any, rule: str) -> list[dict[str, Any]]:
    """Findings of one rule, facts spelt out."""
    return [
        {**finding.facts, "retailer_id": finding.retailer_id, "product_id": finding.product_id,
         "order_id": finding.order_id, "observed": finding.observed, "limit": finding.limit}
        for finding in run.findings or () if finding.rule == rule
    ]  # fmt: skip


def everything(run: Any) -> list[tuple[str, str]]:
    """Each shop with each product."""
    shops = run.plan.members["retailer_id"].to_list()
    return list(pairs(shops[:12], sorted(set(run.plan.product))))


def held(run: Any, shop: str, product: str) -> int | None:
    """Cartons entered for a shop, added line by line; ``None`` where one is unknown."""
    told: list[int | None] = [
        row["granted"]
        for row in run.city.orders.frame.iter_rows(named=True)
        if (row["retailer_id"], row["product_id"]) == (shop, product)
        and row["cycle"] in (None, run.cycle)
        and row["status"] != "cancelled"
    ]
    return None if None in told else sum(cartons or 0 for cartons in told)


def award(run: Any, shop: str, product: str) -> tuple[int | None, int] | None:
    """What was asked, and what the rules give; ``None`` where nothing was ordered."""
    if run.allocation is None:
        return None
    for row in run.allocation.lines.iter_rows(named=True):
        if (row["retailer_id"], row["product_id"]) == (shop, product):
            return row["requested"], row["award"] or 0
    return None


MAKES = [small_week, joined_week, smooth_week]


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("seed", range(3))
def test_not_got_is_founded_where_the_audit_says_below_standard(
    seed: int, make: Callable[[int], Week]
) -> None:
    """And what is owed is what the finding lacks; where the request is unknown nothing is said."""
    week = audited(make(seed))
    short = {
        (found["retailer_id"], found["product_id"]): found["limit"] - found["observed"]
        for found in violations(week, "below-standard")
    }
    asked = everything(week)
    told = examine_each([Complaint(shop, "not-got", product) for shop, product in asked], week)

    for (shop, product), each in zip(asked, told, strict=True):
        assert (each.verdict == "founded") == ((shop, product) in short), (shop, product)
        assert [(remedy.product, remedy.owed) for remedy in each.remedies] == (
            [(product, short[shop, product])] if (shop, product) in short else []
        )
        assert bool(each.missing) == (each.verdict == "undecidable")
        line = award(week, shop, product)
        if line is None or line[0] is None or held(week, shop, product) is None:
            assert each.verdict == "undecidable"


def ahead(week: Any, shop: str, product: str) -> bool:
    """Whether a finding of unequal treatment has an equal of the shop further beyond the rules.

    Read from the finding's own facts, by loops.
    """
    cells = {row["retailer_id"]: row for row in week.plan.members.iter_rows(named=True)}
    mine, line, own = cells[shop], award(week, shop, product), held(week, shop, product)
    if line is None or line[0] is None or own is None or mine["cell"] is None:
        return False
    for found in violations(week, "unequal-treatment"):
        peer = cells[found["peer"]]
        best = award(week, found["peer"], product)
        theirs = held(week, found["peer"], product)
        alike = (
            found["product_id"] == product
            and peer["cell"] == mine["cell"]
            and min(line[0], found["quota"]) == found["requested"]
        )
        if alike and best is not None and theirs is not None and own - line[1] < theirs - best[1]:
            return True
    return False


@pytest.mark.parametrize("make", [small_week, joined_week])
@pytest.mark.parametrize("seed", range(4))
def test_less_than_an_equal_is_founded_where_the_audit_says_unequal(
    seed: int, make: Callable[[int], Week]
) -> None:
    """Or below the standard; nothing else makes it so."""
    week = audited(make(seed))
    short = {(found["retailer_id"], found["product_id"])
             for found in violations(week, "below-standard")}  # fmt: skip
    asked = everything(week)
    told = examine_each(
        [Complaint(shop, "less-than-equal", product) for shop, product in asked], week
    )

    for (shop, product), each in zip(asked, told, strict=True):
        expected = (shop, product) in short or ahead(week, shop, product)
        assert (each.verdict == "founded") == expected, (shop, product)
        assert (each.findings is not None) == expected


def product_of(each: Examination) -> str:
    return str(each.complaint.product)


def test_against_a_named_equal_it_is_its_own_surplus_that_counts() -> None:
    """Founded where the named shop is a favoured equal, by the violation about that very shop."""
    seen = 0
    for seed in (0, 1, 2, 4):
        week = audited(small_week(seed))
        over = {(found["retailer_id"], found["product_id"])
                for rule in ("over-quota", "above-request", "not-released")
                for found in violations(week, rule)}  # fmt: skip
        cells = dict(week.plan.members.select("retailer_id", "cell").iter_rows())
        short = {(found["retailer_id"], found["product_id"])
                 for found in violations(week, "below-standard")}  # fmt: skip
        asked = [
            Complaint(shop, "less-than-equal", product, about=other)
            for other, product in sorted(over, key=str) if other in cells
            for shop in list(cells)[:12] if shop != other and (shop, product) not in short
        ]  # fmt: skip
        for each in examine_each(asked, week):
            shop, other = each.complaint.retailer, each.complaint.about
            equal = cells[shop] is not None and cells[shop] == cells[other]
            assert (each.verdict == "founded") == equal
            assert each.remedies == ()
            # a shop was named: the shop is told of itself alone
            assert [line.code for line in each.opening][-1] == "others"
            if award(week, shop, product_of(each)) is None:
                assert each.opening[0].code == "not-ordered"
            seen += equal
    assert seen >= 3


@cache
def planted(seed: int) -> tuple[Planted, Run]:
    """A city with departures at known places, and its run."""
    city = plant(250, seed, cycles=2, tiers=4)
    policy = policy_from(city.policy, first_day(city.cycle) + timedelta(days=4))
    return city, run(city.city, policy, cycle=city.cycle, seed="draw")


def subjects(city: Planted, rule: str) -> set[str]:
    rows = city.truth.filter(rule=rule)
    return set(rows["subject_id"].to_list())


@pytest.mark.parametrize("seed", [1])
def test_what_was_planted_is_founded_and_nothing_else(seed: int) -> None:
    """Expected from the record of what was planted, not from the audit."""
    city, week = planted(seed)
    orders = city.city.orders
    assert orders is not None
    shop_of = dict(orders.frame.select("order_id", "retailer_id").iter_rows())
    rows = city.truth.filter(rule="below-standard")
    short = set(rows.select("subject_id", "product_id").iter_rows())
    ordering = set(shop_of.values())
    shops = [shop for shop in week.plan.members["retailer_id"].to_list() if shop in ordering]
    expected = {
        "cancelled": {shop_of[order] for order in subjects(city, "cancelled-though-paid")},
        "not-got": {shop for shop, _ in short},
    }
    expected["not-got"] |= expected["cancelled"]
    wrong = {found["order_id"]: found for found in violations(week, "wrong-tier")}
    assert set(wrong) == subjects(city, "wrong-tier")
    expected["tier-down"] = {
        shop_of[order] for order, found in wrong.items() if found["observed"] < found["limit"]
    }

    concerned = set().union(*expected.values())
    some = [shop for k, shop in enumerate(shops) if shop in concerned or k % 3 == 0]
    for kind, founded in expected.items():
        told = examine_each([Complaint(shop, kind) for shop in some], week)
        assert {each.complaint.retailer for each in told if each.verdict == "founded"} == founded
    assert expected["cancelled"]
    assert expected["not-got"]


def test_a_tier_below_what_the_policy_obliges_is_founded_as_never_available() -> None:
    """Of the tiers and products that were planted in the quota table, and no others."""
    city, week = planted(1)
    tables = ("quota-off-limits", "unlike-equals", "tier-order")
    low = {
        (found["product_id"], found["tier"])
        for rule in tables for found in violations(week, rule) if found["observed"] < found["limit"]
    }  # fmt: skip
    assert {product for product, _ in low} <= set().union(
        *(subjects(city, rule) for rule in tables)
    )
    members = week.plan.members.filter(pl.col("cell").is_not_null())
    tier_of = dict(members.select("retailer_id", "tier").iter_rows())
    short = {(found["retailer_id"], found["product_id"])
             for found in violations(week, "below-standard")}  # fmt: skip
    goods = sorted({product for product, _ in low})
    asked = [Complaint(shop, "never-available", product) for shop in list(tier_of)[::5]
             for product in goods]  # fmt: skip
    founded = 0
    for each in examine_each(asked, week):
        shop, product = each.complaint.retailer, str(each.complaint.product)
        if each.verdict == "founded" and (shop, product) not in short:
            assert (product, tier_of[shop]) in low
            assert each.remedies == ()
            founded += 1
    assert founded


@pytest.mark.parametrize(
    ("gone", "kind", "named"),
    [
        ("requested", "not-got", "orders.requested"),
        ("granted", "less-than-equal", "orders.granted"),
        ("paid_at", "cancelled", "orders.paid_at"),
        ("status", "cancelled", "orders.status"),
    ],
)
def test_without_a_column_it_is_undecidable_and_the_column_is_named(
    gone: str, kind: str, named: str
) -> None:
    """Also in the words of both languages; nobody is accused or dismissed for lack of a column."""
    city, week = planted(1)
    founded = {
        "not-got": "below-standard", "less-than-equal": "below-standard",
        "cancelled": "cancelled-though-paid",
    }  # fmt: skip
    subject = sorted(subjects(city, founded[kind]))[0]
    assert week.city.orders is not None
    frame = week.city.orders.frame
    shop = subject
    if kind == "cancelled":
        shop = frame.filter(pl.col("order_id") == subject)["retailer_id"][0]
    assert examine(Complaint(shop, kind), week).verdict == "founded"
    kept = [name for name in week.city.orders.columns if name != gone]
    rows = frame.select(kept).to_dicts()
    if gone == "requested":  # a table with one number tells what was entered
        rows = [{**row, "requested": None} for row in rows]
    lacking = replace(week.city, orders=table_of("orders", rows))
    lacking_run = run(lacking, week.policy, cycle=week.cycle, seed="draw")

    each = examine(Complaint(shop, kind), lacking_run)

    assert each.verdict == "undecidable"
    assert named in each.missing
    assert named in each.text("en")
    assert named in each.text("zh-CN")


def test_more_said_than_written_down_goes_to_the_recording(week: Run) -> None:
    """An order lowered before it was written down leaves no trace but the recording."""
    row = asked_in_full(week)
    shop, product, asked = row["retailer_id"], row["product_id"], row["requested"]

    plain = examine(Complaint(shop, "not-got", product), week)
    same = examine(Complaint(shop, "not-got", product, said=asked), week)
    more = examine(Complaint(shop, "not-got", product, said=asked + 5), week)

    assert (plain.verdict, same.verdict, more.verdict) == ("unfounded", "unfounded", "undecidable")
    assert more.missing[0] in ("orders.requested", "orders.recording_id")
    assert week.city.orders is not None
    rows = week.city.orders.frame.filter(retailer_id=shop, product_id=product)
    assert more.reasons[0].evidence[0].rows == tuple(rows["row"].to_list())


def asked_in_full(week: Run) -> dict[str, Any]:
    """A line by phone that got all that it asked for."""
    assert week.allocation is not None
    assert week.city.orders is not None
    heard = week.city.orders.frame.filter(pl.col("recording_id").is_not_null())
    lines = week.allocation.lines.filter(
        (pl.col("granted") == pl.col("requested")) & (pl.col("requested") > 0)
        & (pl.col("award") == pl.col("granted"))
    ).join(heard, on=["retailer_id", "product_id"], how="semi", maintain_order="left")  # fmt: skip
    return lines.row(0, named=True)


@pytest.mark.parametrize("reserve", [None, 2, 0])
def test_the_reserve_is_shared_and_nothing_is_owed_twice(week: Run, reserve: int | None) -> None:
    """Reserve by hand from the tables; what one complaint takes the next does not find."""
    found = violations(week, "below-standard")
    products = [each["product_id"] for each in found]
    product = max(products, key=products.count)
    owed = {each["retailer_id"]: each["limit"] - each["observed"] for each in found
            if each["product_id"] == product}  # fmt: skip
    p = week.plan.product.index(product)
    if reserve is not None:
        reserves = week.plan.reserve.copy()
        reserves[p] = reserve
        week = replace(week, plan=replace(week.plan, reserve=reserves))
    supply, kept = int(week.plan.supply[p]), int(week.plan.reserve[p])
    assert week.city.orders is not None
    entered = week.city.orders.frame.filter(product_id=product)["granted"].sum()
    left, free = min(kept, supply - entered), max(supply - kept - entered, 0)

    told = list(
        examine_each([Complaint(shop, "not-got", product) for shop in [*owed, *owed]], week)
    )

    for each in told[: len(owed)]:
        (remedy,) = each.remedies
        assert (remedy.owed, remedy.reserve) == (owed[each.complaint.retailer], left)
        assert (remedy.from_reserve, remedy.released) == (min(left, remedy.owed), free)
        assert remedy.uncovered == max(remedy.owed - left - free, 0)
        free -= min(free, remedy.owed - min(left, remedy.owed))
        left -= min(left, remedy.owed)
    for each in told[len(owed) :]:
        assert each.verdict == "founded"
        assert each.remedies == ()
        assert each.reasons[-1].code == "owed-already"


def told_to_shops(week: Any) -> list[Examination]:
    shops = week.plan.members["retailer_id"].to_list()[:15]
    product = week.plan.product[0]
    others = [*shops[1:], shops[0]]
    return list(
        examine_each(
            [Complaint(shop, kind, product, about=other) for kind in KINDS
             for shop, other in zip(shops, others, strict=True)],
            week,
        )
    )  # fmt: skip


def test_the_shop_is_told_nothing_of_another(week: Run) -> None:
    """No identifier and no name of another shop, no order-taker; every claim holds."""
    shops = week.city.retailers.frame.select("retailer_id", "name").rows()
    assert week.city.orders is not None
    clerks = week.city.orders.frame["clerk"].drop_nulls().unique().to_list()
    cases = {shop: Case(week, shop) for shop, _ in shops}
    for each in told_to_shops(week):
        mine = each.complaint.retailer
        for language in ("en", "zh-CN"):
            said = each.say(language)
            for shop, name in shops:
                assert shop == mine or (shop not in said and name not in said)
            assert not [clerk for clerk in clerks if clerk in said and clerk != each.manager]
        assert all(check_claim(cases[mine], claim).holds for claim in each.told)


def test_other_matters_are_routed_and_not_judged(week: Run) -> None:
    shop = week.plan.members["retailer_id"][0]
    for kind in ROUTED:
        each = examine(Complaint(shop, kind), week)
        assert each.verdict == "routed"
        assert (each.findings, each.missing, each.remedies) == (None, (), ())


def test_the_kinds_of_the_table_are_those_that_are_judged_or_routed() -> None:
    assert COMPLAINTS.column("kind").choices == KINDS
    assert tuple(JUDGES) == JUDGED


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"kind": "angry"}, "complaint-kind"),
        ({"kind": "never-available"}, "complaint-product"),
        ({"kind": "new", "about": "R1"}, "against-itself"),
        ({"kind": "not-got", "said": -1}, "complaint-said"),
    ],
)
def test_what_cannot_be_examined_is_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        Complaint("R1", **wrong)
    assert refused.value.code == code


def test_an_unknown_shop_is_refused_with_the_nearest(week: Run) -> None:
    shop = week.plan.members["retailer_id"][0]
    with pytest.raises(BadRequest, match=shop[:-1]):
        examine({"retailer": shop[:-1], "kind": "new"}, week)
