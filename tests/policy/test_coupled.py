"""Rules that couple retailers or products: groups, bands, baskets, take-up, coverage, smooth."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from allocator.errors import BadPolicy
from allocator.policy.allocation_models import GroupPolicy, TakeUp, Together
from allocator.policy.choices import GroupWho, ProductChoice
from allocator.policy.document import compose, plain
from allocator.policy.later import KEYS
from allocator.policy.reading import policy_from

Tell = Callable[[str], list[tuple[int | None, str | None, str]]]
COUPLED = Path(__file__).with_name("coupled.yaml").read_text("utf-8")
ON = "2026-06-01"


def test_the_rules_as_models() -> None:
    """What the file says, typed out by hand; a price band written as a number is its name."""
    allocation = policy_from(COUPLED, ON).allocation

    assert allocation.groups == (
        GroupPolicy(
            who=GroupWho(market="rural"), products=ProductChoice(every=True), at_least="60%"
        ),
        GroupPolicy(
            who=GroupWho(tier=(2, 3), format=("超市", "便利店")),
            products=ProductChoice(ids=("A1",)),
            at_least="5%",
            at_most="30%",
        ),
    )
    assert allocation.groups[1].at_most == Decimal("0.3")
    assert allocation.groups[0].who.named() == {"market": ("rural",)}
    assert allocation.groups[1].who.named() == {"format": ("超市", "便利店")}
    assert allocation.bands == (
        Together(
            name="top band", products=ProductChoice(price_band=("1",)), at_most={"3": 10, "1": 2}
        ),
        Together(
            name="dear ones",
            products=ProductChoice(price_band=("1", "400-600元"), price_class=(1, 2)),
            at_most={"3": 12, "2": 9},
        ),
    )
    assert [basket.at_most for basket in allocation.baskets] == [40, {3: 6, 1: 4}]
    assert allocation.take_up == TakeUp(history_cycles=8, oversell="refuse")
    assert (allocation.boundary, allocation.objective) == ("smooth", "leximin")
    assert allocation.defaults.coverage == Decimal("0.6")
    assert allocation.products["A1"].coverage == 0


def test_absent_rules_hold_nobody() -> None:
    allocation = policy_from(_allocation(), ON).allocation

    assert (allocation.groups, allocation.bands, allocation.baskets) == ((), (), ())
    assert (allocation.take_up, allocation.objective) == (None, "leximin")
    assert allocation.defaults.coverage == 0


def test_entries_of_lists_have_their_lines() -> None:
    """A conflict names them: counted from 0, the line is where an editor finds the key."""
    lines, text = policy_from(COUPLED, ON).allocation.lines, COUPLED.splitlines()

    for path, written in {
        "allocation.groups.0.at_least": "at_least: 60%",
        "allocation.groups.1": "- who: {tier",
        "allocation.groups.1.at_most": "at_most: 30%",
        "allocation.groups.1.who.tier": "tier: [2, 3]",
        "allocation.bands.1.at_most": "at_most: {3: 12",
        "allocation.baskets.0.at_most": "at_most: 40",
        "allocation.baskets.1.at_most": "at_most:",
        "allocation.baskets.1.at_most.1": "1: 4",
        "allocation.baskets.1.products.1": "[A1, A2]",
    }.items():
        assert written in text[lines[path] - 1], path


G, B, K = "allocation.groups", "allocation.bands", "allocation.baskets"
UNITS = "whole_units: rotate"


@pytest.mark.parametrize(
    ("old", "new", "path", "code"),
    [
        (", at_least: 60%}", "}", f"{G}.0", "group-without-share"),
        ("at_least: 60%", "at_least: 0%", f"{G}.0.at_least", "needs-percentage-above"),
        ("at_least: 60%", "at_least: 101%", f"{G}.0.at_least", "needs-percentage-at-most"),
        ("at_least: 60%", "at_least: 60", f"{G}.0.at_least", "needs-percentage"),
        ("at_least: 60%", "at_most: 100%", f"{G}.0.at_most", "needs-percentage-below"),
        ("at_least: 60%", "at_lest: 60%", f"{G}.0.at_lest", "unknown-key-near"),
        ("at_least: 5%", "at_least: 30.1%", f"{G}.1.at_least", "group-least-above-most"),
        ("{market: rural}", "{}", f"{G}.0.who", "needs-entries"),
        ("{market: rural}", "{market: rual}", f"{G}.0.who.market", "needs-one-of-near"),
        ("{market: rural}", "{markt: rural}", f"{G}.0.who.markt", "unknown-key-near"),
        ("[超市, 便利店]", "[超市, 超市]", f"{G}.1.who.format", "named-twice"),
        ("tier: [2, 3]", "tier: [3, 2]", f"{G}.1.who.tier", "range-backwards"),
        ("tier: [2, 3]", "tier: [2, 4]", f"{G}.1.who.tier", "tier-above-top"),
        ("tier: [2, 3]", "tier: 3", f"{G}.1.who.tier", "needs-list"),
        ("      products: [A1]\n", "", f"{G}.1.products", "missing-key"),
        ("products: [A1]\n", "products: A1\n", f"{G}.1.products", "needs-products"),
        ("products: [A1]\n", "products: []\n", f"{G}.1.products", "needs-entries"),
        ("[1, 400-600元]", "[]", f"{B}.1.products.price_band", "needs-entries"),
        ("products: [A1]\n", "products: {}\n", f"{G}.1.products", "needs-products"),
        ("products: [A1]\n", "products: {ids: [A1]}\n", f"{G}.1.products", "needs-products"),
        ("products: [A1]\n", "products: [101]\n", f"{G}.1.products.0", "needs-text"),
        ("[A1, A2]", "[A1, A1]", f"{K}.1.products", "named-twice"),
        ("[1, 400-600元]", "[1, '1']", f"{B}.1.products.price_band", "named-twice"),
        ("[1, 400-600元]", "[1.5]", f"{B}.1.products.price_band.0", "needs-text"),
        ("price_class: [1, 2]", "price_class: 6", f"{B}.1.products.price_class",
         "needs-at-most"),
        ("price_class: [1, 2]", "price_class: [2, 2]", f"{B}.1.products.price_class",
         "named-twice"),
        ("name: all scarce, ", "", f"{K}.0.name", "missing-key"),
        ("name: all scarce", "name: dear ones", f"{K}.0.name", "name-twice"),
        ("name: pair", "name: all scarce", f"{K}.1.name", "name-twice"),
        ("at_most: 40", "at_most: -1", f"{K}.0.at_most", "needs-at-least"),
        ("at_most: 40", "at_most: null", f"{K}.0.at_most", "needs-whole-number"),
        ("at_most: 40", "at_most: {}", f"{K}.0.at_most", "needs-entries"),
        ("at_most: 40", "at_most: {top: 4}", f"{K}.0.at_most.top", "needs-tier-key"),
        ("{3: 10, 1: 2}", "{4: 10, 1: 2}", f"{B}.0.at_most.4", "tier-above-top"),
        ("history_cycles: 8, ", "", "allocation.take_up.history_cycles", "missing-key"),
        ("history_cycles: 8", "history_cycles: 0", "allocation.take_up.history_cycles",
         "needs-at-least"),
        ("oversell: refuse", "oversell: refuze", "allocation.take_up.oversell",
         "needs-one-of-near"),
        ("objective: leximin", "objective: leximax", "allocation.objective",
         "needs-one-of-near"),
        ("coverage: 60%", "coverage: 101%", "allocation.defaults.coverage",
         "needs-percentage-at-most"),
        (", step: 1", "", "allocation.boundary", "smooth-needs-step"),
    ],
)  # fmt: skip
def test_each_slip_is_told_at_its_place(
    faults: Tell, old: str, new: str, path: str, code: str
) -> None:
    assert old in COUPLED

    assert [fault[1:] for fault in faults(COUPLED.replace(old, new, 1))] == [(path, code)]


def _allocation(**rules: Any) -> dict[str, Any]:
    return {
        "title": "t",
        "allocation": {
            "weights": {"table": {1: 1, 2: 2}},
            "whole_units": "rotate",
            "defaults": {"ceiling": 20},
            **rules,
        },
    }


def _codes(**rules: Any) -> list[tuple[str | None, str]]:
    try:
        policy_from(_allocation(**rules), ON)
    except BadPolicy as refused:
        return [(fault.column, fault.code) for fault in refused.refusals]
    return []


def _basket(name: str, products: Any) -> dict[str, Any]:
    return {"name": name, "products": products, "at_most": 9}


@pytest.mark.parametrize(
    ("one", "other", "cross"),
    [
        (["A", "B"], ["B", "C"], True),
        (["A", "B"], ["C", "D"], False),
        (["A", "B"], ["B"], False),
        (["A", "B"], ["B", "A"], False),
        (["A", "B"], "all", False),
        (["A", "B"], {"price_band": 1}, False),
    ],
)
def test_baskets_that_cross_are_refused_bands_may(one: Any, other: Any, cross: bool) -> None:
    limits = [_basket("x", one), _basket("y", other)]
    found = _codes(baskets=limits)

    assert found == ([("allocation.baskets.1.products", "baskets-cross")] if cross else [])
    assert _codes(bands=limits) == []


def test_the_products_of_crossing_baskets_are_told() -> None:
    with pytest.raises(BadPolicy, match="x and y cross: both hold B, but only x holds A and only"):
        policy_from(_allocation(baskets=[_basket("x", ["A", "B"]), _basket("y", ["C", "B"])]), ON)


def _groups(*shares: tuple[dict[str, Any], str], products: Any = "all") -> list[dict[str, Any]]:
    return [{"who": who, "products": products, "at_least": share} for who, share in shares]


@pytest.mark.parametrize(
    ("groups", "refused"),
    [
        (_groups(({"market": "rural"}, "60%"), ({"market": "urban"}, "40%")), None),
        (_groups(({"market": "rural"}, "60%"), ({"market": "urban"}, "40.1%")), 1),
        (_groups(({"market": "rural"}, "60%"), ({"market": ["urban", "rural"]}, "80%")), None),
        (_groups(({"market": "rural"}, "60%"), ({"format": "a"}, "80%")), None),
        (_groups(({"region": "east"}, "60%"), ({"region": "west"}, "80%")), None),
        (_groups(({"tier": [1, 1]}, "60%"), ({"tier": [2, 2]}, "50%")), 1),
        (_groups(({"tier": [1, 2]}, "60%"), ({"tier": [2, 2]}, "50%")), None),
        (
            _groups(({"market": "rural"}, "60%"), products=["A", "B"])
            + _groups(({"market": "urban"}, "60%"), products=["B", "A"]),
            1,
        ),
        (
            _groups(({"market": "rural"}, "60%"), products=["A"])
            + _groups(({"market": "urban"}, "60%"), products=["B"]),
            None,
        ),
        (
            _groups(
                ({"market": "rural"}, "50%"),
                ({"format": "a"}, "40%"),
                ({"format": "b"}, "30%"),
                ({"format": "c"}, "30.5%"),
            ),
            3,
        ),
    ],
)
def test_shares_above_all_there_is_are_refused(
    groups: list[dict[str, Any]], refused: int | None
) -> None:
    """Only where the groups plainly have no retailer in common; regions may have own supplies."""
    path = f"allocation.groups.{refused}.at_least"
    expected = [] if refused is None else [(path, "group-shares-above-hundred")]

    assert _codes(groups=groups) == expected


def test_what_is_too_much_is_told() -> None:
    groups = _groups(({"market": "rural"}, "60%"), ({"market": "urban"}, "40.5%"))
    with pytest.raises(BadPolicy, match=r"groups 1, 2 .* 100\.5 % .* take away 0\.5") as refused:
        policy_from(_allocation(groups=groups), ON)

    assert "合计至少占 100.5%：共需减少 0.5" in refused.value.message("zh-CN")


@pytest.mark.parametrize(
    ("rules", "path", "code"),
    [
        ({"objective": "volume"}, "objective", "path-with-objective"),
        ({"groups": _groups(({"market": "rural"}, "1%"))}, "groups.0", "path-with-group"),
        ({"baskets": [_basket("x", ["A"])]}, "baskets.0", "path-with-basket"),
        ({"take_up": {"history_cycles": 8, "oversell": "share"}}, "take_up", "path-with-take-up"),
        ({"bands": [_basket("x", ["A"])]}, None, None),
    ],
)
def test_a_path_stands_alone(rules: dict[str, Any], path: str | None, code: str | None) -> None:
    """Model, section 4: weights, ceilings and floors only; bands bind orders, not quotas."""
    expected = [] if path is None else [(f"allocation.{path}", code)]

    assert _codes(**rules, whole_units="path") == expected
    assert _codes(**rules, whole_units={"at_least_one": "rotate", "below_one": "path"}) == expected
    assert _codes(**rules) == []


@pytest.mark.parametrize("units", ["equal", "path", "rotate", "lottery"])
@pytest.mark.parametrize("size", ["at_least_one", "below_one"])
def test_coverage_needs_turns_whatever_the_size(units: str, size: str) -> None:
    whole = {"at_least_one": "rotate", "below_one": "rotate", size: units}
    refused = units in ("equal", "path")
    products = {"A": {"coverage": "5%"}, "B": {"coverage": "0%"}}

    assert _codes(whole_units=whole, products=products) == (
        [("allocation.products.A.coverage", "coverage-without-turns")] if refused else []
    )
    assert _codes(whole_units=whole, defaults={"ceiling": 9, "coverage": "100%"}) == (
        [("allocation.defaults.coverage", "coverage-without-turns")] if refused else []
    )


@pytest.mark.parametrize("units", ["equal", "path", "lottery"])
def test_smooth_has_no_place_for_one_number_a_tier(faults: Tell, units: str) -> None:
    text = COUPLED.replace("rotate", f"{{at_least_one: {units}, below_one: rotate}}")
    codes = {fault[2] for fault in faults(text)}

    assert (f"smooth-with-{units}" in codes) == (units != "lottery")


def test_smooth_follows_scores() -> None:
    found = _codes(boundary="smooth", defaults={"ceiling": 9, "step": 1})

    assert found == [("allocation.boundary", "smooth-needs-grading")]


def test_tables_that_end_early_and_missing_reserves_are_warned_of() -> None:
    policy = policy_from(COUPLED.replace("reserve: 2%", "reserve: 0%"), ON)
    shared = policy_from(COUPLED.replace("refuse", "share").replace("2%", "0%"), ON)

    assert [(warning.code, warning.column) for warning in policy.warnings] == [
        ("lower-tiers-unlimited", "allocation.bands.1.at_most"),
        ("take-up-without-reserve", "allocation.take_up"),
    ]
    assert [warning.code for warning in shared.warnings] == ["lower-tiers-unlimited"]
    assert "no tier below 2" in policy.warnings[0].message("policy", "en")
    assert all(warning.message("policy", "zh-CN") for warning in policy.warnings)


def test_days_may_stand_before_a_list_but_not_within(faults: Tell) -> None:
    rule = "{who: {market: rural}, products: all, at_least: 60%}"
    dated = COUPLED[: COUPLED.index("  groups:")] + (
        f"  groups:\n    2026-01-01: {{value: [{rule}], source: {{title: t}}}}\n"
    )
    within = dated.replace("60%", "{2026-01-01: {value: 60%}}")

    assert policy_from(dated, ON).allocation.lines["allocation.groups.0.at_least"] == 30
    assert [fault[1:] for fault in faults(within)] == [
        ("allocation.groups.0.at_least", "needs-percentage")
    ]


def test_the_example_of_the_formats_is_read(shared: Path) -> None:
    """The whole policy of formats.md, less the keys that come later."""
    text = (shared / "design" / "formats.md").read_text("utf-8")
    example = plain(compose(text.split("```yaml\n")[1].split("```")[0])[0])
    for path in sorted(KEYS, key=len, reverse=True):
        node = example
        for step in path[:-1]:
            node = node.get(step, {})
        node.pop(path[-1], None)
    policy = policy_from(example, "2026-11-16")

    assert policy.warnings == ()
    assert [len(rules) for rules in (policy.allocation.groups, policy.allocation.bands)] == [2, 1]
    assert policy.allocation.groups[1].who.tier == (26, 30)
