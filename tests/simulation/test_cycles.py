"""Cycles to come: small worlds solved by hand, and a plain loop over the public functions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

import allocator as al
from allocator.allocation.credits import credit_frame
from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from
from allocator.simulation.cycles import Cycles
from allocator.simulation.cycles_answers import answers, paid
from allocator.simulation.cycles_output import TABLES, write_cycles
from allocator.tables.city import City, Table
from strategies import table_of

ON = date(2026, 11, 16)
CITY = Path(__file__).parents[2] / "examples" / "city"
GRADED = {
    "window": {"months": 1},
    "exclude": {"scarce": True},
    "items": {"quantity": {"weight": 100, "scale": "max"}},
    "tiers": {"shares": [50, 50]},
    "missing_month": "zero",
}


def policy_of(*, ceiling: int = 1_000, top: int = 1, **grading: object) -> Policy:
    rules: dict[str, object] = {
        "title": "small",
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": top},
            "whole_units": "rotate",
            "second_round": True,
            "defaults": {"ceiling": ceiling},
        },
    }
    if grading:
        rules["grading"] = grading
    return policy_from(rules, ON)


def city_of(shops: int, supply: int, *, wants: dict[str, int] | None = None) -> City:
    """Shops R0, R1, .. of tier 1 after one product P; each wants so many cartons a cycle."""
    names = [f"R{k}" for k in range(shops)]
    return City(
        retailers=table_of("retailers", [{"retailer_id": name, "tier": 1} for name in names]),
        products=table_of(
            "products",
            [{"product_id": "P", "scarce": True, "lot": 1}, {"product_id": "A", "scarce": False}],
        ),
        supply=table_of("supply", [{"cycle": "2026-W46", "product_id": "P", "quantity": supply}]),
        orders=table_of(
            "orders",
            [
                {"order_id": f"O{k}", "retailer_id": name, "product_id": "P",
                 "ordered_at": None, "cycle": "2026-W46", "requested": wanted}
                for k, (name, wanted) in enumerate((wants or dict.fromkeys(names, 1)).items())
            ],
        ),
    )  # fmt: skip


def with_months(city: City, sold: dict[str, int]) -> City:
    """Ordinary sales of October, one row a shop."""
    rows = [
        {"retailer_id": name, "month": date(2026, 10, 1), "product_id": "A", "quantity": quantity}
        for name, quantity in sold.items()
    ]
    return replace(city, sales=table_of("sales", rows))


def figure(cycles: Cycles, name: str, world: str = "asked") -> list[float | None]:
    rows = cycles.figures.filter((pl.col("figure") == name) & (pl.col("world") == world))
    return rows["value"].to_list()


def test_one_carton_a_week_goes_round_among_three() -> None:
    """Everybody had one after three weeks, two after six; nobody is ever two turns ahead.

    Gini index so far by hand: (0,0,1): (2*3-4)/3 = 2/3; (0,1,1): (0*.. + 2*1)/(3*2) = 1/3; then 0.
    """
    lived = al.simulate_cycles(city_of(3, 1), policy_of(), cycles=6, seed="s")

    assert lived.worlds["world"].to_list() == ["asked"]
    assert figure(lived, "turns_apart") == [1, 1, 0, 1, 1, 0]
    assert figure(lived, "gini_so_far")[:3] == pytest.approx([2 / 3, 1 / 3, 0])
    assert figure(lived, "volatility") == [None] + [pytest.approx(2 / 3)] * 5
    wait = lived.waits.row(0, named=True)
    assert wait["below_one"]
    assert [wait[name] for name in ("offered_half", "offered_all", "had_all")] == [2, 3, 3]
    assert sorted(lived.firsts["had"].to_list()) == [1, 2, 3]
    assert lived.retailers["award"].to_list() == [2, 2, 2]


def test_a_turn_not_used_is_used() -> None:
    """R2 wants none: it is offered its turn all the same, and never had one."""
    city = city_of(3, 1, wants={"R0": 1, "R1": 1})
    lived = al.simulate_cycles(city, policy_of(), cycles=3, seed="s")
    of = {row["retailer_id"]: row for row in lived.firsts.iter_rows(named=True)}

    assert of["R2"]["offered"] is not None
    assert (of["R2"]["had"], of["R2"]["wants"]) == (None, False)
    assert lived.waits["wanting"].item() == 2


def test_the_known_example_of_the_proportional_rule() -> None:
    """model.md 5: 100 to give, true orders 40 and 80; reporting 53 1/3 lifts 33 1/3 to 40.

    In thirds of it: 300 cartons, 120 and 240 wanted, 160 reported. In proportion 120 instead of
    100; by the uniform rule 120 either way, all it wants, and nothing is gained.
    """
    exact = [al.divide("proportional", told, 100)[0] for told in ([40, 80], [Fraction(160, 3), 80])]
    assert exact == [Fraction(100, 3), 40]

    city = city_of(2, 300, wants={"R0": 120, "R1": 240})
    liar = al.Behaviour("inflating", times=Fraction(4, 3), retailers=("R0",))
    lived = al.simulate_cycles(city, policy_of(), cycles=1, seed="s", behaviours=[liar])
    tried = {row["world"]: row for row in lived.deviations.iter_rows(named=True)}

    rows = {name: (row["award"], row["award_truthful"], row["gain"]) for name, row in tried.items()}
    assert rows == {"asked": (150, 120, 0), "proportional": (120, 100, 20)}
    assert paid(lived)["policy"]["gained"] == 0
    assert paid(lived)["proportional"]["own"] == 20
    assert paid(lived)["proportional"]["others"] == -20


def test_parts_of_a_lot_are_not_wanted() -> None:
    """Sold in fives: who wants 4 wants none that can be had; who wants 9 wants 5. Asking twice as
    much, R1 is given 10, of which it wants 5.
    """
    city = city_of(2, 40, wants={"R0": 4, "R1": 9})
    fives = table_of("products", [{"product_id": "P", "scarce": True, "lot": 5}])
    liars = al.Behaviour("inflating", Fraction(1), Fraction(2))
    lived = al.simulate_cycles(
        replace(city, products=fives), policy_of(), cycles=1, seed="s", behaviours=[liars]
    )
    mine = lived.retailers.filter(pl.col("world") == "asked")

    assert mine["wanted"].to_list() == [0, 5]
    assert mine["award"].to_list() == [0, 10]
    assert mine["within"].to_list() == [0, 5]
    assert lived.deviations["gain"].to_list() == [0, 0]


def test_shops_of_bands_are_tried_one_at_a_time() -> None:
    """At most 3 of P and Q together, 4 of each: in order of the product's name R0 asks 2 and 2 and
    has 2 and 1; asking for 4 and 4 it has 3 and none, one carton more of P that it does not want
    and one less of Q that it does.
    """
    city = city_of(2, 4)
    asked = [("R0", "P", 2), ("R0", "Q", 2), ("R1", "P", 2), ("R1", "Q", 2)]
    city = replace(
        city,
        products=table_of("products", [{"product_id": p, "lot": 1} for p in ("P", "Q")]),
        supply=table_of(
            "supply",
            [{"cycle": "2026-W46", "product_id": p, "quantity": 8} for p in ("P", "Q")],
        ),
        orders=table_of(
            "orders",
            [
                {"order_id": f"O{k}", "retailer_id": r, "product_id": p, "requested": n,
                 "ordered_at": None, "cycle": "2026-W46"}
                for k, (r, p, n) in enumerate(asked)
            ],
        ),
    )  # fmt: skip
    document = {
        "title": "band",
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": 1},
            "whole_units": "rotate",
            "defaults": {"ceiling": 4},
            "bands": [{"name": "both", "products": "all", "at_most": 3}],
        },
    }
    liar = al.Behaviour("inflating", times=Fraction(2), retailers=("R0",))
    lived = al.simulate_cycles(
        city, policy_from(document, ON), cycles=1, seed="s", behaviours=[liar], worlds=[]
    )
    tried = lived.deviations.select("product_id", "award", "award_truthful", "gain").rows()

    assert tried == [("P", 3, 2, 0), ("Q", 0, 1, -1)]
    assert lived.turns_kept.filter("promised").is_empty()


def test_all_inflating_together_by_hand() -> None:
    """Two of three shops want 10 and ask for 20, 24 cartons: the third wants 10 and has 24 / 5
    less the rounding in proportion, and 8 by the uniform rule, as when all are truthful.
    """
    city = city_of(3, 24, wants=dict.fromkeys(("R0", "R1", "R2"), 10))
    liars = al.Behaviour("inflating", times=Fraction(2), retailers=("R0", "R1"))
    lived = al.simulate_cycles(city, policy_of(), cycles=1, seed="s", behaviours=[liars])
    within = {(row["world"], row["behaviour"]): row["within"] for row in lived.groups.to_dicts()}

    assert within["asked", "truthful"] == within["uninflated", "truthful"] == 8
    assert within["asked", "inflating"] == within["uninflated", "inflating"] == 16
    assert within["proportional-uninflated", "inflating"] == 16
    # 20 x 24 / 50 = 9.6 each and 4.8: the odd cartons go to the parts left over, .8 first.
    assert within["proportional", "truthful"] == 5
    assert within["proportional", "inflating"] == 19


def test_a_shop_that_sleeps_loses_its_tier_at_the_next_grading() -> None:
    """R0 sold 20 a month, R1 10: tiers 2 and 1. R0 buys no ordinary goods any more: a month later
    it stands below R1.
    """
    city = with_months(city_of(2, 4), {"R0": 20, "R1": 10})
    asleep = al.Behaviour("sleeping", retailers=("R0",))
    lived = al.simulate_cycles(
        city, policy_of(top=3, **GRADED), cycles=4, seed="s", every="month", regrade_months=1,
        behaviours=[asleep], worlds=["truthful"],
    )  # fmt: skip
    tiers = {
        (row["world"], row["retailer_id"]): (row["tier_first"], row["tier_last"])
        for row in lived.retailers.to_dicts()
    }

    assert tiers["asked", "R0"] == (2, 1)
    assert tiers["asked", "R1"] == (1, 2)
    assert tiers["truthful", "R0"] == (2, 2)
    moved = lived.tiers.filter(pl.col("world") == "asked")["moved"].to_list()
    assert moved == [2, 0, 0]


def test_hoarding_lifts_one_grading_and_pays_for_it_at_the_next() -> None:
    """R1 sells 10 a month, R0 12. It buys 20 in November, before the grading of December, and
    nothing in December, before that of January: up a tier, then down, then up...
    """
    city = with_months(city_of(2, 4), {"R0": 12, "R1": 10})
    early = al.Behaviour("hoarding", times=Fraction(2), retailers=("R1",))
    lived = al.simulate_cycles(
        city, policy_of(top=3, **GRADED), cycles=3, seed="s", every="month", regrade_months=2,
        behaviours=[early],
    )  # fmt: skip

    # Gradings: 16 November (October: 12 and 10), 16 January (December: 12 and 20).
    tiers = lived.retailers.filter(pl.col("world") == "asked").sort("retailer_id")
    assert tiers["tier_first"].to_list() == [2, 1]
    assert tiers["tier_last"].to_list() == [1, 2]


def test_scarce_products_feed_the_grade_where_they_count() -> None:
    """R0 sold 20 in October and sleeps from then on, R1 sells 10. Tier 2 weighs 3, so of 24
    cartons R0 has 18 and R1 6 in November: counted 18 against 16, R0 keeps its tier by its quota
    alone; left out 0 against 10, it falls.
    """
    city = city_of(2, 24, wants={"R0": 20, "R1": 20})
    asleep = al.Behaviour("sleeping", retailers=("R0",))
    lived = al.simulate_cycles(
        with_months(city, {"R0": 20, "R1": 10}), policy_of(top=3, **GRADED), cycles=2, seed="s",
        every="month", regrade_months=1, behaviours=[asleep],
    )  # fmt: skip

    assert lived.worlds.select("world", "scarce").rows() == [
        ("asked", "excluded"),
        ("truthful", "excluded"),
        ("other-grading", "counted"),
    ]
    last = {
        world: lived.retailers.filter(pl.col("world") == world)["tier_last"].to_list()
        for world in ("asked", "truthful", "other-grading")
    }
    assert last == {"asked": [1, 2], "truthful": [2, 1], "other-grading": [2, 1]}
    assert figure(lived, "largest_tenth_so_far", "other-grading")[0] == 18 / 24


def shuffled(table: Table | None, seed: int) -> Table | None:
    if table is None:
        return None
    return replace(table, frame=table.frame.sample(fraction=1, shuffle=True, seed=seed))


def demo() -> tuple[City, Policy]:
    policy = al.read_policy(CITY / "policy.yaml", on=ON)
    return al.read_city(CITY, policy.tables), policy


def test_the_demo_city_against_a_plain_loop() -> None:
    """Six months, graded from all sales each month by ``al.grade``, planned and allocated by the
    public functions, credits carried by hand; scarce products count, so that awards matter.
    """
    city, policy = demo()
    assert policy.grading is not None
    assert city.sales is not None
    assert city.orders is not None
    exclude = policy.grading.exclude.model_copy(update={"scarce": False})
    counting = policy.model_copy(
        update={"grading": policy.grading.model_copy(update={"exclude": exclude})}
    )
    lived = al.simulate_cycles(
        city, counting, cycles=6, seed="s", every="month", regrade_months=1, worlds=[]
    )

    months = [date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)]
    released = city.supply.frame["product_id"]  # type: ignore[union-attr]
    past = city.sales.frame.filter(~pl.col("product_id").cast(pl.String).is_in(released.implode()))
    wide = replace(city, sales=replace(city.sales, frame=city.sales.frame))
    total: dict[str, int] = {}
    for number in range(6):
        day = date(2026 + (10 + number) // 12, (10 + number) % 12 + 1, 16)
        grading = al.grade(wide, counting.grading, day)
        tiers = grading.table.filter(pl.col("tier").is_not_null()).select(
            "retailer_id", pl.lit(day).alias("graded_on"), "tier", "earned_tier",
        )  # fmt: skip
        cycle = f"{day:%Y-%m}"
        now = replace(
            wide,
            supply=replace(city.supply, frame=city.supply.frame.with_columns(cycle=pl.lit(cycle))),  # type: ignore[type-var,union-attr]
            calendar=table_of(
                "calendar",
                [{"cycle": cycle, "order_day": day + timedelta(days=d)} for d in (0, 7)],
            ),
        )
        plan = al.plan_quotas(now, grading, policy.allocation, cycle=cycle, seed="s", on=day)
        frame = city.orders.frame.with_columns(
            cycle=pl.lit(cycle), granted=pl.lit(None, pl.Int64), requested="requested"
        )
        allocation = al.allocate(replace(city.orders, frame=frame), plan)
        for name, award in allocation.lines.select("retailer_id", "award").iter_rows():
            total[name] = total.get(name, 0) + (award or 0)
        carried = None if now.credits is None else now.credits.frame
        month = day.replace(day=1)
        again = past.filter(pl.col("month") == months[number % 4]).with_columns(
            month=pl.lit(month), day=pl.lit(None, pl.Int8)
        )
        more = al.sales_of_awards(allocation, city, day)
        rounds = allocation.lines.filter(pl.col("round_two") > 0)
        assert rounds.is_empty() or "second_round" not in counting.grading.exclude.kinds  # type: ignore[union-attr]
        wide = al.with_sales(wide, again.drop("row").with_columns(pl.col("kind").cast(pl.String)))
        wide = al.with_sales(wide, more)
        wide = replace(
            wide,
            credits=Table("credits", credit_frame(plan, carried)),
            tiers=table_of("tiers", tiers.to_dicts()),
        )
    expected = {row["retailer_id"]: row["award"] for row in lived.retailers.to_dicts()}

    assert {name: total.get(name, 0) for name in expected} == expected
    assert lived.retailers["award"].sum() > 20_000


def test_nothing_depends_on_the_order_of_rows_or_on_other_worlds() -> None:
    city, policy = demo()
    behaviours = [al.Behaviour(kind, Fraction(1, 10)) for kind in ("inflating", "hoarding")]
    given = {"cycles": 2, "seed": "s", "behaviours": behaviours, "tried": 1}
    lived = al.simulate_cycles(city, policy, **given)
    mixed = replace(
        city,
        **{name: shuffled(getattr(city, name), 3) for name in ("orders", "sales", "supply")},
    )
    again = al.simulate_cycles(mixed, policy, **given)
    alone = al.simulate_cycles(city, policy, **{**given, "worlds": ["proportional"]})

    for name in TABLES:
        one, other, part = (getattr(each, name) for each in (lived, again, alone))
        assert one.equals(other), name
        assert one.filter(pl.col("world").is_in(["asked", "proportional"])).equals(part), name
    assert {code.partition("-")[0] for code, _ in answers(lived)} >= {"paid", "feedback", "turns"}


def test_what_is_written(tmp_path: Path) -> None:
    """Both languages; nothing from outside; frames read back; the notebook shows a table."""
    city, policy = demo()
    liars = [al.Behaviour("inflating", Fraction(1, 10), Fraction(3))]
    lived = al.simulate_cycles(city, policy, cycles=2, seed="<b>&", behaviours=liars, tried=1)
    for language in ("en", "zh-CN"):
        folder = write_cycles(lived, {}, tmp_path / language, language, command="allocator cycles")
        page = (folder / "cycles.html").read_text(encoding="utf-8")
        assert "<b>&" not in page
        assert "http" not in page.replace("http://www.w3.org", "")
        assert page.count('<svg class="chart" role') == 4
    told = json.loads((tmp_path / "en" / "cycles.json").read_text(encoding="utf-8"))
    assert told["paid"]["policy"]["gained"] == 0
    assert told["by_cycle"][0]["award"] == figure(lived, "award")[0]
    back = pl.read_csv(tmp_path / "en" / "figures.csv")
    assert back["value"].equals(lived.figures["value"])
    assert lived._repr_html_().count("<table>") == 2
    assert lived.to_pandas().shape == lived.to_polars().shape


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"worlds": ["nowhere"]}, "cycles-world"),
        ({"sources": ["2020-W01"]}, "cycles-source"),
        ({"tried": -1}, "cycles-tried"),
        ({"seed": "a\nb"}, "seed-unusable"),
    ],
)
def test_refusals(given: dict[str, object], code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        al.simulate_cycles(city_of(2, 1), policy_of(), **{"seed": "s", **given})  # type: ignore[arg-type]

    assert refused.value.code == code


def test_no_orders_and_no_sales_are_refused_by_name() -> None:
    city = city_of(2, 1)
    with pytest.raises(BadRequest) as refused:
        al.simulate_cycles(replace(city, orders=None), policy_of(), seed="s")
    assert refused.value.code == "cycles-no-orders"
    late = replace(
        with_months(city, {"R0": 1}),
        sales=table_of("sales", [{"retailer_id": "R0", "month": ON.replace(day=1), "quantity": 1}]),
    )
    with pytest.raises(BadRequest) as refused:
        al.simulate_cycles(late, policy_of(**GRADED), seed="s")
    assert refused.value.code == "cycles-no-past-sales"
