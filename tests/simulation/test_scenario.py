"""Scenarios: paths, values, files, changes of data, and what does nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from allocator.errors import AllocatorError, BadPolicy, BadRequest
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from, read_policy
from allocator.simulation.changed_policy import changed_policy
from allocator.simulation.paths import known_paths, steps_of
from allocator.simulation.scenario import Scenario, combined
from allocator.simulation.scenario_files import read_scenarios, scenarios_from
from allocator.simulation.simulating import changed, simulate, simulate_all
from allocator.tables.city import City
from allocator.tables.reading import read_city
from strategies import small_week, table_of

CITY = Path(__file__).parents[2] / "examples" / "city"
ON, CYCLE, SEED = "2026-11-16", "2026-W47", "draw 1"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(CITY / "policy.yaml", on=ON)


@pytest.fixture(scope="module")
def city(policy: Policy) -> City:
    return read_city(CITY, policy.tables)


PRODUCTS = (
    "101101", "101102", "101103", "101104", "102101", "102104", "103101", "103103", "104103",
    "105103", "106103", "107103",
)  # fmt: skip
"""All that the city releases in the cycle."""


def after(policy: Policy, changes: dict[str, Any]) -> Policy:
    return changed_policy(policy, changes, scenario="s")


def rules(policy: Policy) -> tuple[Any, Any]:
    """What a policy says, wherever it stands in its file."""
    return policy.grading, policy.allocation.model_dump()


def test_a_change_is_what_the_file_would_say_with_it(policy: Policy) -> None:
    """Each change against the same change made by hand in the text of the file."""
    for path, value, old, new in (
        ("allocation.weights.top", 12, "top: 6}", "top: 12}"),
        ("allocation.reserve", "5%", "reserve: 2%", "reserve: 5%"),
        ("allocation.products.101101.ceiling", 1, "ceiling: 2}  ", "ceiling: 1}  "),
        ("allocation.products.101102.ceiling.28", 5, "{28: 3, 1: 2}", "{28: 5, 1: 2}"),
        ("allocation.products.105103.ceiling.30", 20, "ceiling: 15}", "ceiling: {30: 20, 1: 15}}"),
        ("allocation.whole_units", "rotate", "{at_least_one: equal, below_one: rotate}", "rotate"),
        (
            "grading.items.mean_price",
            None,
            "    mean_price:           {weight: 10, scale: max}",
            "",
        ),
        ("grading.exclude.kinds.+", "return", "emergency]", "emergency, return]"),
        ("grading.exclude.kinds.0", None, "[selective, emergency]", "[emergency]"),
    ):
        assert policy.text.count(old) == 1
        by_hand = policy_from(policy.text.replace(old, new), ON)
        found = after(policy, {path: value})

        assert rules(found) == rules(by_hand), path
        assert rules(found) != rules(policy)


def test_short_forms_are_written_out_before_a_part_of_them_changes(policy: Policy) -> None:
    slow = after(policy, {"grading.movement.max_step": 2})
    lopsided = after(slow, {"grading.movement.max_step.down": 1})

    step = lopsided.grading.movement.max_step  # type: ignore[union-attr]
    assert (step.up, step.down) == (2, 1)
    units = after(policy, {"allocation.whole_units.below_one": "lottery"}).allocation.whole_units
    assert (units.at_least_one, units.below_one) == ("equal", "lottery")


def test_entries_of_lists_go_by_number_and_by_name(policy: Policy) -> None:
    band = {"name": "dear", "products": "all", "at_most": 30}
    first = after(policy, {"allocation.bands.+": band, "allocation.bands.1": {**band, "name": "x"}})
    assert [entry.name for entry in first.allocation.bands] == ["dear", "x"]
    second = after(first, {"allocation.bands.dear.at_most": 9, "allocation.bands.1.at_most": 8})
    assert [entry.at_most for entry in second.allocation.bands] == [9, 8]
    third = after(second, {"allocation.bands.dear": None})
    assert [entry.name for entry in third.allocation.bands] == ["x"]
    with pytest.raises(
        BadRequest, match=r"no entry allocation\.bands\.cheap: the list has 1, .* names: x;"
    ):
        after(third, {"allocation.bands.cheap.at_most": 3})


def test_dated_values_hold_from_their_day(policy: Policy) -> None:
    shares = list(policy.grading.tiers.shares)  # type: ignore[union-attr,arg-type]
    turned = shares[::-1]
    path = "grading.tiers.shares"
    now = after(policy, {path: {"2026-11-01": turned}})
    later = after(policy, {path: {"2026-12-01": turned}})
    assert list(now.grading.tiers.shares) == turned  # type: ignore[union-attr,arg-type]
    assert later.grading.tiers == policy.grading.tiers  # type: ignore[union-attr]
    then = read_again(later, "2026-12-02")
    assert list(then.grading.tiers.shares) == turned  # type: ignore[union-attr,arg-type]
    # An entry of the list in force, and the reserve, which was not dated before.
    moved = after(policy, {f"{path}.0": 2, f"{path}.1": 1})
    assert list(moved.grading.tiers.shares)[:3] == [2, 1, 2]  # type: ignore[union-attr,arg-type]
    dated = after(policy, {"allocation.reserve": {"2026-11-16": "3%"}})
    assert dated.allocation.reserve == Decimal("0.03")
    assert read_again(dated, "2026-11-15").allocation.reserve == Decimal("0.02")


def read_again(policy: Policy, on: str) -> Policy:
    return policy_from(policy.text, on)


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("grading.movement.maxstep", "grading.movement.max_step"),
        ("movement.max_step", "grading.movement.max_step"),
        ("allocation.product.101101.ceiling", "allocation.products.101101.ceiling"),
        ("allocation.products.101101.ceilling", "allocation.products.101101.ceiling"),
        ("grading.tiers.share", "grading.tiers.shares"),
    ],
)
def test_an_unknown_path_is_refused_with_the_nearest(policy: Policy, path: str, near: str) -> None:
    for value in (1, None):
        with pytest.raises(BadRequest) as refused:
            after(policy, {path: value})
        assert refused.value.facts["nearest"] == near
        assert near in refused.value.message("zh-CN")


@pytest.mark.parametrize(
    "path", ["", ".", "a..b", 'a."b', "x" * 301, "a\x1b[31m.b", ".".join("abcdefghijklm")]
)
def test_an_unreadable_path_is_refused(path: str) -> None:
    with pytest.raises(BadRequest) as refused:
        steps_of(path)
    assert refused.value.message("en").isprintable()


def test_a_wrong_value_is_refused_in_the_words_of_the_policy(policy: Policy) -> None:
    with pytest.raises(BadPolicy) as refused:
        after(policy, {"grading.movement.max_step": -1, "allocation.defaults.ceiling": "x"})
    places = [(entry.column, entry.code, entry.row) for entry in refused.value.refusals]
    assert sorted(places) == [
        ("allocation.defaults.ceiling", "needs-whole-number", None),
        ("grading.movement.max_step", "needs-at-least", None),
    ]


def test_every_line_of_the_schema_is_a_known_path() -> None:
    known = set(known_paths())
    for path in (
        ("title",), ("grading", "tiers", "shares", "*"), ("allocation", "groups", "*", "at_least"),
        ("allocation", "products", "*", "ceiling", "*"), ("allocation", "bands", "*", "at_most"),
        ("audit", "rules", "select"), ("grading", "newcomers", "starts", "*", "who", "region"),
    ):  # fmt: skip
        assert path in known


def test_the_baseline_is_never_touched(policy: Policy, city: City) -> None:
    frames = {table.name: table.frame.clone() for table in city.tables()}
    text = policy.text
    for scenario in (
        Scenario({"allocation.weights.top": 9}, supply="+20%", demand="-10%", without="101101"),
        Scenario(new_shops={"count": 5, "established": True}),
    ):
        simulate(city, policy, scenario, seed=SEED)
    assert policy == read_policy(CITY / "policy.yaml", on=ON)
    assert policy.text == text
    for table in city.tables():
        assert table.frame.equals(frames[table.name])


def test_a_policy_altered_in_python_is_refused_rather_than_forgotten(
    policy: Policy, city: City
) -> None:
    rules_ = policy.allocation.model_copy(update={"reserve": Decimal("0.5")})
    altered = policy.model_copy(update={"allocation": rules_})
    with pytest.raises(BadRequest) as refused:
        simulate(city, altered, Scenario({"allocation.weights.top": 9}), seed=SEED)
    assert refused.value.code == "scenario-policy-altered"
    assert simulate(city, altered, Scenario(supply="+10%"), seed=SEED).figure("awarded")


def test_supply_changes_in_whole_cartons_halves_up(policy: Policy, city: City) -> None:
    def supplied(**data: Any) -> dict[str, int]:
        there = changed(city, policy, Scenario(**data), cycle=CYCLE).city
        return dict(there.supply.frame.select("product_id", "quantity").iter_rows())  # type: ignore[union-attr]

    was = supplied()
    assert supplied(supply="+25%") == {
        name: int(Decimal(quantity * 125) / 100 + Decimal("0.5")) for name, quantity in was.items()
    }
    own = supplied(supply={"101101": "-50 %", "101102": 7})
    assert own == {**was, "101101": was["101101"] // 2, "101102": 7}
    gone = supplied(without=["101101", "101102"])
    assert gone == {name: q for name, q in was.items() if name not in ("101101", "101102")}
    assert supplied(supply="+0%") == was
    assert supplied(supply={"all": 20}) == dict.fromkeys(was, 20)
    assert supplied(supply={"all": "+25%"}) == supplied(supply="+25%")


def test_an_amount_without_a_sign_names_the_three_ways_to_write_it() -> None:
    """``supply=20`` is mostly a slip for 20 per cent more, not 20 cartons for everybody."""
    with pytest.raises(BadRequest) as refused:
        Scenario({"supply": 20})
    for language in ("en", "zh-CN"):
        told = refused.value.message(language)
        assert "supply=+20%" in told
        assert "supply.all=20" in told
    assert "supply.CODE=20" in refused.value.message("en")
    assert "supply.品规编码=20" in refused.value.message("zh-CN")


def test_amounts_in_a_file_keep_their_sign_and_are_refused_by_line() -> None:
    """YAML reads +20 as 20, which would be 20 cartons; a per cent sign was forgotten."""
    with pytest.raises(BadPolicy) as refused:
        scenarios_from(
            'scenarios:\n- {name: a, supply: {"1": +20}}\n- {name: b, supply: 20}\n'
            "- {name: c, change: {demand.1: +20}}\n"
            "- {name: d, supply: +1%, change: {supply.1: 5}}\n"
            "- {name: e, change: {grading.movement.max_step: +1}}\n"
        )
    assert [(fault.row, fault.code) for fault in refused.value.refusals] == [
        (2, "scenario-amount-signed"), (3, "scenario-all-in-cartons"),
        (4, "scenario-amount-signed"), (5, "scenario-all-and-some"),
    ]  # fmt: skip
    assert refused.value.message("zh-CN")


def test_a_product_that_is_not_there_is_answered_with_those_like_it(
    policy: Policy, city: City
) -> None:
    """By code or by name; where none is like it, some of all."""

    def told(product: str) -> str:
        with pytest.raises(BadRequest) as refused:
            changed(city, policy, Scenario({f"supply.{product}": 5}), cycle=CYCLE)
        return refused.value.message("en")

    assert "did you mean" in told("10110")
    assert "101101 云岭(典藏)" in told("云岭（典藏）")  # full-width brackets, as typed
    assert "101104 云岭(软金)" in told("软金")
    assert "it has 12, such as 101101 云岭(典藏)" in told("999999")


@pytest.mark.parametrize(
    "changes",
    [
        {"supply": "+50%", "supply.101101": 0},
        {"supply.101101": 0, "supply": "+50%"},
        {"demand": "-10%", "demand.101101": "+5%"},
    ],
)
def test_all_products_and_one_are_not_changed_at_once(changes: dict[str, Any]) -> None:
    """Neither is forgotten in silence."""
    with pytest.raises(BadRequest) as refused:
        Scenario(changes)
    assert refused.value.code == "scenario-all-and-some"


def test_scenarios_on_different_products_are_taken_together() -> None:
    one = Scenario({"supply.101101": 5, "supply.101102": 6}, without="103")
    other = Scenario(supply={"101102": 7}, without=["104", "103"])
    both = combined([one, other], name="both")

    assert both.supply == {"101101": 5, "101102": 7}
    assert both.without == ("103", "104")
    with pytest.raises(BadRequest):
        combined([one, Scenario(supply="+1%")], name="both")


def test_cartons_are_not_set_in_each_of_several_rows(policy: Policy, city: City) -> None:
    """Two rows of 30 and cartons 60 would give 120; +100 % gives 60 + 60."""
    assert city.supply is not None
    frame = city.supply.frame.with_columns(pl.lit(30, pl.Int64).alias("quantity"))
    mine = frame.filter(pl.col("product_id").cast(pl.String) == "101101")
    twice = replace(city, supply=replace(city.supply, frame=pl.concat([frame, mine])))
    with pytest.raises(BadRequest) as refused:
        changed(twice, policy, Scenario({"supply.101101": 60}), cycle=CYCLE)
    assert refused.value.code == "scenario-supply-rows"
    there = changed(twice, policy, Scenario({"supply.101101": "+100%"}), cycle=CYCLE).city.supply
    assert there is not None
    own = there.frame.filter(pl.col("product_id").cast(pl.String) == "101101")
    assert own["quantity"].to_list() == [60, 60]


def test_demand_shifts_for_those_named(policy: Policy, city: City) -> None:
    choice = [{"by": "+50%", "products": "101103", "who": {"market": "rural"}}]
    there = changed(city, policy, Scenario(demand=choice), cycle=CYCLE).city
    old, new = (side.orders.frame for side in (city, there))  # type: ignore[union-attr]
    rural = set(city.retailers.frame.filter(pl.col("market") == "rural")["retailer_id"].to_list())
    for one, other in zip(old.iter_rows(named=True), new.iter_rows(named=True), strict=True):
        touched = one["product_id"] == "101103" and one["retailer_id"] in rural
        asked = one["requested"]
        assert other["requested"] == ((3 * asked + 1) // 2 if touched else asked)


def test_new_shops_are_like_others_and_the_same_for_the_same_seed(
    policy: Policy, city: City
) -> None:
    wanted = {"count": 30, "seed": 5, "who": {"market": "rural"}}
    one, same = (
        changed(city, policy, Scenario(new_shops=wanted), cycle=CYCLE).city for _ in range(2)
    )
    other = changed(city, policy, Scenario(new_shops={**wanted, "seed": 6}), cycle=CYCLE).city
    fresh = one.retailers.frame.filter(pl.col("retailer_id").str.starts_with("new-"))
    assert len(fresh) == 30
    assert set(fresh["market"]) == {"rural"}
    assert fresh["joined_on"].to_list() == [policy.on] * 30
    assert one.retailers.frame.equals(same.retailers.frame)
    assert not one.retailers.frame.equals(other.retailers.frame)
    done = simulate(city, policy, Scenario(new_shops=wanted), seed=SEED)
    entered = done.changes_by_retailer.filter(status="entered")
    assert 20 <= len(entered) <= 30  # fortnightly ones are not all due
    assert set(entered["reason"]) == {"entered"}
    assert set(entered["tier_after"]) == {12}  # where the policy starts new shops
    assert done.figure("awarded") == done.baseline.products["award"].sum() + (
        done.changes_by_retailer["change"].sum()
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"supply": "20"}, "scenario-amount-unreadable"),
        ({"supply": "-101%"}, "scenario-amount-unreadable"),
        ({"supply": {"9": 1}}, "scenario-product-unknown"),
        ({"without": "9"}, "scenario-product-unknown"),
        ({"without": "、".join(PRODUCTS)}, "scenario-without-all"),
        ({"demand": [{"by": "+1%", "whom": 3}]}, "scenario-keys-unknown"),
        ({"demand": [{"by": "+1%", "who": {"market": "x"}}]}, "scenario-who-unknown"),
        ({"demand": [{"by": "+1%", "who": {"tier": 3}}]}, "scenario-who-unreadable"),
        ({"new_shops": {"count": 0}}, "scenario-number-outside"),
        ({"new_shops": {"counts": 1}}, "scenario-keys-unknown"),
        ({"new_shops": {"count": 1, "established": "x"}}, "scenario-not-yes-or-no"),
        ({"new_shops": {"count": True}}, "scenario-number-outside"),
        ({"new_shops": [3]}, "scenario-new-shops-unreadable"),
        ({"new_shops": "many"}, "scenario-new-shops-unreadable"),
        ({"supply": 20}, "scenario-all-in-cartons"),
        ({"demand": 3}, "scenario-all-in-cartons"),
        ({"supply": "20%"}, "scenario-amount-unsigned"),
        ({"supply": "+20"}, "scenario-amount-signed"),
        ({"supply": {"101101": -20}}, "scenario-amount-signed"),
        ({"supply": {"all": 20, "101101": 5}}, "scenario-all-and-some"),
        ({"demand": {"101101": 5, "all": "+5%"}}, "scenario-all-and-some"),
        ({"supply": {"10110": 5}}, "scenario-product-near"),
        ({"demand": Decimal("1.5")}, "scenario-amount-unreadable"),
        ({"demand": [3]}, "scenario-keys-unknown"),
        ({"demand": [{"by": "+1%", "products": 3}]}, "scenario-product-unknown"),
        ({"demand": [{"by": "+1%", "who": {"market": 3}}]}, "scenario-who-unknown"),
        ({"demand": [{"by": "+1%", "who": 3}]}, "scenario-who-unreadable"),
        ({"without": [["x"]]}, "scenario-product-unknown"),
        ({"supply": [1]}, "scenario-amount-unreadable"),
    ],
)
def test_changes_of_data_that_are_no_such_are_refused(
    policy: Policy, city: City, data: dict[str, Any], code: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        changed(city, policy, Scenario(**data), cycle=CYCLE)
    assert refused.value.code == code
    assert refused.value.message("en")
    assert refused.value.message("zh-CN")


@pytest.mark.parametrize(
    ("changes", "notes"),
    [
        ({"allocation.defaults.ceiling": 20}, ["same-value"]),
        ({"audit.rules.select": ["V01"]}, ["not-compared"]),
        ({"allocation.products.999.ceiling": 2}, ["not-released"]),
        ({"allocation.reserve": {"2027-01-01": "9%"}}, ["not-yet"]),
        ({"allocation.products.101101.ceiling": 1}, ["nobody-met"]),  # nobody's share is above one
        ({"supply": "+0%"}, ["nobody-met"]),
        ({"allocation.weights.top": 9}, []),
        # Of several, those that alter nothing beside the others.
        ({"allocation.weights.top": 9, "allocation.products.101101.ceiling": 1}, ["nobody-met"]),
        ({"allocation.weights.top": 9, "allocation.reserve": "2%"}, ["same-value"]),
    ],
)
def test_what_does_nothing_is_said_with_the_reason(
    policy: Policy, city: City, changes: dict[str, Any], notes: list[str]
) -> None:
    done = simulate(city, policy, Scenario(changes), seed=SEED)

    assert [note.code for note in done.notes] == notes
    if len(notes) == len(changes):
        assert done.groups["gainers"][0] == done.groups["losers"][0] == 0


def test_given_tiers_and_given_quotas_leave_rules_unused(policy: Policy, city: City) -> None:
    tiers = city.retailers.frame.with_columns(tier=pl.lit(5, pl.Int64))
    graded = replace(city, sales=None, retailers=replace(city.retailers, frame=tiers))
    done = simulate(graded, policy, Scenario({"grading.movement.max_step": 1}), seed=SEED)
    assert [note.code for note in done.notes] == ["tiers-given"]
    week = small_week(4)
    rows = [{"product_id": "P0", "tier": t, "quota": 2} for t in (1, 2, 3, 4)]
    quotas = replace(week.city, quotas=table_of("quotas", rows))
    done = simulate(
        quotas, week.policy, Scenario({"allocation.weights.top": 9}), cycle=week.cycle,
        seed=week.seed,
    )  # fmt: skip
    assert [note.code for note in done.notes] == ["quotas-given"]


FILE = """
title: Two rules
scenarios:
  - name: steep
    describe: >
      Twelve times as much
      at the top.
    change: {allocation.weights.top: 12}
  - name: more
    supply: {"101101": +20%}
    change: {"supply.101102": 5}
  - {name: both, combine: [steep, more], without: ["105103"]}
"""


def test_a_file_names_describes_and_combines() -> None:
    suite = scenarios_from(FILE)
    assert suite.title == "Two rules"
    steep, more, both = suite.scenarios
    assert (steep.name, steep.describe) == ("steep", "Twelve times as much at the top.")
    assert more.data == {"supply": {"101101": "+20%", "101102": 5}}
    assert both == combined([steep, more, Scenario(without=("105103",))], name="both")
    assert both.spelt() == (
        ("allocation.weights.top", "12"),
        ("supply", "{101101: +20%, 101102: 5}"),
        ("without", "[105103]"),
    )


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["empty-document"]),
        ("scenarios: 3", ["scenarios-needs-list"]),
        ("[1]", ["scenarios-needs-mapping", "scenarios-needs-list"]),
        ("titel: x\nscenarios: [{name: a, change: {title: b}}]", ["scenarios-unknown-key"]),
        ("scenarios: [{name: a}]", ["scenarios-empty"]),
        ("scenarios: [{name: ' ', supply: +1%}]", ["scenarios-needs-name"]),
        ("scenarios: [{name: a, supply: +1%}, {name: a, supply: +2%}]", ["scenarios-name-twice"]),
        ("scenarios: [{name: b, combine: a}]", ["scenarios-combine-unknown"]),
        ("scenarios: [{name: a, change: {grading.x: 1}}]", ["scenario-path-unknown-near"]),
        ("scenarios: [{name: a, change: !!python/object:os.system {}}]", ["yaml-tag"]),
        ("scenarios: &a [*a]", ["alias-without-anchor"]),
        ("scenarios: [{name: a, name: b, supply: +1%}]", ["duplicate-key"]),
        ("scenarios:\n" + "- {name: a, supply: +1%}\n" * 1001, ["scenarios-too-many"]),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_line_and_reason(text: str, codes: list[str]) -> None:
    with pytest.raises(BadPolicy) as refused:
        scenarios_from(text, "s.yaml")
    assert sorted(entry.code for entry in refused.value.refusals) == sorted(codes)
    for language in ("en", "zh-CN"):
        assert "s.yaml" in refused.value.message(language)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for name, data in (("big", b"#" * 1_000_001), ("latin", b"\xff\xfe\x00"), ("none", None)):
        path = tmp_path / name
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(BadPolicy):
            read_scenarios(path)


def test_a_suite_goes_on_where_one_cannot_hold(policy: Policy, city: City) -> None:
    wanted = [
        Scenario({"allocation.weights.top": 9}, name="a"),
        Scenario({"allocation.defaults.floor": 2}, name="b"),
        Scenario(supply="+10%", name="c"),
    ]
    done = simulate_all(city, policy, wanted, seed=SEED)
    assert [one.title for one in done.comparisons] == ["a", "c"]
    assert [(one.name, isinstance(error, AllocatorError)) for one, error in done.refused] == [
        ("b", True)
    ]
    alone = simulate(city, policy, wanted[2], seed=SEED)
    assert done.comparisons[1].figures.equals(alone.figures)
    assert done.to_polars().columns[:3] == ["title", "figure", "unit"]
    assert len(done.to_pandas()) == len(done.to_polars())
    with pytest.raises(BadRequest, match="two scenarios"):
        simulate_all(city, policy, [wanted[0], wanted[0]], seed=SEED)


def test_a_notebook_shows_it_escaped(policy: Policy, city: City) -> None:
    name = "<script>alert(1)</script>"
    scenario = Scenario({"allocation.defaults.ceiling": 20}, name=name, describe="<b>&")
    page = simulate(city, policy, scenario, seed=SEED)._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;&amp;" in page
    assert "does nothing: it is what the policy says already" in page


def test_a_notebook_shows_several_side_by_side_and_no_more_than_fit(
    policy: Policy, city: City
) -> None:
    scenarios = [Scenario({"supply": f"+{k}%"}, name=f"<i>{k}") for k in range(10, 18)]
    done = simulate_all(city, policy, scenarios, seed=SEED)
    page = done._repr_html_()
    assert page.count("<table>") == 1
    assert page.count("<th>&lt;i&gt;") == 6
    assert "2 more" in page
    given = done.comparisons[0].figures.filter(figure="awarded")
    shown = f"<td>{given['baseline'][0]:,.0f}</td><td>{given['scenario'][0]:,.0f}</td>"
    assert shown in page


def test_rows_in_another_order_change_nothing(policy: Policy, city: City) -> None:
    mixed = replace(
        city,
        **{
            table.name: replace(table, frame=table.frame.sample(fraction=1, shuffle=True, seed=3))
            for table in (city.sales, city.products)  # type: ignore[union-attr]
        },
    )
    scenario = Scenario({"allocation.weights.top": 9}, new_shops=7)
    one, other = (simulate(side, policy, scenario, seed=SEED) for side in (city, mixed))
    for name in ("figures", "groups", "changes_by_retailer", "lines", "exposed", "quotas"):
        assert getattr(one, name).equals(getattr(other, name)), name
