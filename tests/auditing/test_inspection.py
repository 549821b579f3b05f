"""Every rule on a small table by hand, one where it must speak and one where it must be silent."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.auditing.findings import SCHEMA, Findings, reaches
from allocator.auditing.inspection import audit
from allocator.auditing.registry import RULES
from allocator.auditing.sentences import speak
from allocator.errors import BadRequest
from allocator.policy.audit_models import AuditPolicy
from allocator.policy.ordering_models import OrderingPolicy
from allocator.records import Allocation, JointLimit, QuotaPlan
from allocator.wording import LANGUAGES, catalogue
from strategies import small_plan, table_of

CASES = Path(__file__).parent / "cases"
WHEN = datetime(2026, 11, 16, 9)
WORDS: dict[str, Callable[[str], object]] = {
    "requested": int,
    "granted": int,
    "award": int,
    "quantity": int,
    "tier": int,
    "scarce": "true".__eq__,
    "wholesale_price": int,
    **dict.fromkeys(
        ("valid_from", "joined_on", "month", "order_day", "graded_on", "from", "until"),
        date.fromisoformat,
    ),
    **dict.fromkeys(
        (
            "ordered_at",
            "called_at",
            "changed_at",
            "paid_at",
            "delivered_at",
            "opens_at",
            "closes_at",
        ),
        datetime.fromisoformat,
    ),
}
"""How the cells of a column are read; identifiers and words stay text."""


def rows_of(table: str) -> list[dict[str, Any]]:
    """Rows of a table written as text: a header line, then cells; ``-`` is an empty cell."""
    head, *lines = [line.split() for line in table.strip().splitlines()]
    rows = []
    for line in lines:
        cells = dict(zip(head, line, strict=True))
        rows.append(
            {
                name: WORDS.get(name, str)(cell) if cell != "-" else None
                for name, cell in cells.items()
            }
        )
    return rows


def orders_of(table: str) -> Any:
    return table_of("orders", [{"ordered_at": WHEN, **row} for row in rows_of(table)])


def tuples(tree: Any) -> Any:
    """The tree with its lists as tuples, as the policy's models take them."""
    if isinstance(tree, dict):
        return {key: tuples(child) for key, child in tree.items()}
    return tuple(map(tuples, tree)) if isinstance(tree, list) else tree


def inspect(case: dict[str, Any], *, backwards: bool = False, **more: Any) -> Findings:
    """Audit a case of ``cases/*.toml``; backwards: with the rows of each table the other way."""
    plan = dict(case["plan"])
    plan["quotas"] = {
        product: {int(tier): quota for tier, quota in tiers.items()}
        for product, tiers in plan["quotas"].items()
    }
    joint = {
        name: [limit | {"most": {int(tier): most for tier, most in limit["most"].items()}}
               for limit in plan.pop(name, [])]
        for name in ("bands", "baskets")
    }  # fmt: skip
    plan["retailers"] = {name: tier or None for name, tier in plan["retailers"].items()}
    tables = {
        name: table_of(name, rows_of(case[name]))
        for name in ("retailers", "supply", "products", "sales", "calendar", "tiers", "sanctions")
        if name in case
    }
    if "ordering" in case:
        more["ordering"] = OrderingPolicy.model_validate(case["ordering"])
    odd_lots = plan.pop("odd_lots", {})
    built = with_joint_limits(small_plan(**plan), **joint)
    for product, tiers in odd_lots.items():  # by turn, but nobody says whose
        for tier, seats in tiers.items():
            built.seats[built.product.index(product), int(tier) - 1] = seats
    if "audit" in case:
        more["policy"] = AuditPolicy.model_validate(tuples(case["audit"]))
    if "awards" in case:
        lines = pl.DataFrame(rows_of(case["awards"]))
        more["allocation"] = Allocation(
            built.cycle, lines, np.zeros(len(built.product), np.int64), ()
        )
    tables["orders"] = orders_of(case["orders"])
    if backwards:
        tables = {
            name: replace(table, frame=table.frame.reverse()) for name, table in tables.items()
        }
    return audit(tables.pop("orders"), built, **tables, **more)


def with_joint_limits(plan: QuotaPlan, **joint: list[dict[str, Any]]) -> QuotaPlan:
    """The plan with bands and baskets: {name, products, most: {tier: cartons}}."""
    return replace(
        plan,
        **{
            kind: tuple(
                JointLimit(
                    limit["name"],
                    np.array([plan.product.index(name) for name in limit["products"]], np.int32),
                    np.array([limit["most"].get(tier, -1) for tier in plan.cells.tier.tolist()]),
                )
                for limit in limits
            )
            for kind, limits in joint.items()
        },
    )


@cache
def found_in(path: Path) -> Findings:
    """What the audit finds in a case; the tests below look at it from several sides."""
    return inspect(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_each_case_gives_exactly_the_findings_written_beside_it(path: Path) -> None:
    """``[[found]]`` names columns or facts of the findings; no other rule may speak."""
    expected = tomllib.loads(path.read_text(encoding="utf-8")).get("found", [])

    findings = found_in(path)

    actual = [{**row, **json.loads(row["facts"])} for row in findings.frame.rows(named=True)]
    assert [row["rule"] for row in actual] == [row["rule"] for row in expected]
    for row, wanted in zip(actual, expected, strict=True):
        rows = wanted.pop("rows", None)
        assert {name: row.get(name) for name in wanted} == wanted
        if rows is not None:
            assert {place["table"]: place["rows"] for place in row["evidence"]} == rows


def test_every_rule_has_a_good_and_a_bad_case() -> None:
    """A case is named ``<rule>-bad...`` or ``<rule>-good...``; both exist for each rule."""
    stems = [path.stem for path in CASES.glob("*.toml")]

    for rule in RULES:
        assert any(stem.startswith(f"{rule.name}-bad") for stem in stems), rule.name
        assert any(stem.startswith(f"{rule.name}-good") for stem in stems), rule.name


def test_every_rule_explains_itself_under_the_same_headings() -> None:
    """The docstring is the rule's page."""
    for rule in RULES:
        page = rule.find.__doc__ or ""
        for heading in (
            "What it finds",
            "Why it matters",
            "Example",
            "What to do",
            "Known limits",
        ):
            assert f"    {heading}\n    {'-' * len(heading)}\n" in page, (rule.name, heading)


def test_names_and_codes_are_unique_and_in_kebab_case() -> None:
    names, codes = [rule.name for rule in RULES], [rule.code for rule in RULES]

    assert len(set(names)) == len(set(codes)) == len(RULES)
    assert all(name.replace("-", "").isalpha() and name.islower() for name in names)


BUSY = """
order_id retailer_id product_id clerk requested granted tier kind     status
D1       R1          P1         C1    10        10      17   ordinary -
D2       R2          P1         C3    10        5       17   ordinary -
D3       R3          P1         C3    12        12      17   ordinary -
D4       R4          P2         C2    2         2       3    ordinary -
D5       R9          P1         C2    1         1       -    ordinary -
D6       R5          P1         C2    4         4       17   ordinary -
D7       R6          P2         -     4         3       16   ordinary -
D7       R6          P2         -     4         3       16   ordinary -
D8       R1          P2         C1    2         4       17   ordinary -
D9       R2          P2         C1    9         9       17   ordinary cancelled
D10      R2          P7         C1    9         9       17   ordinary -
"""


def busy(orders: Any = None, **more: Any) -> Findings:
    plan = small_plan(
        {"P1": {17: 10}, "P2": {17: 4, 16: 4}},
        {"R1": 17, "R2": 17, "R3": 17, "R4": 3, "R5": 17, "R6": 17},
        status={"R5": "closed"},
        lot={"P2": 2},
        **more,
    )
    return audit(
        orders_of(BUSY) if orders is None else orders,
        plan,
        supply=table_of("supply", [{"cycle": plan.cycle, "product_id": "P1", "quantity": 30}]),
        products=table_of("products", [{"product_id": "P1"}, {"product_id": "P2"}]),
    )


def test_many_rules_speak_in_the_busy_case() -> None:
    """The case below serves the properties; the goldens reach the rest."""
    assert len(set(busy().frame["rule"])) >= 12


@pytest.mark.parametrize("path", sorted(CASES.glob("*-bad.toml")), ids=lambda path: path.stem)
def test_findings_of_a_case_do_not_depend_on_the_order_of_rows(path: Path) -> None:
    """Backwards, the tables say the same; rows keep their numbers."""
    forwards = found_in(path)
    backwards = inspect(tomllib.loads(path.read_text(encoding="utf-8")), backwards=True)

    assert forwards.frame.equals(backwards.frame)
    assert forwards.coverage == backwards.coverage


@settings(max_examples=20)
@given(st.permutations(range(BUSY.strip().count("\n"))))
def test_findings_do_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    """Shuffled lines give the same findings in the same order, with the same evidence."""
    table = orders_of(BUSY)

    shuffled = busy(replace(table, frame=table.frame[order]))

    assert shuffled.frame.equals(busy().frame)


def test_fingerprints_are_unique_and_know_neither_rows_nor_files() -> None:
    table = orders_of(BUSY)
    moved = replace(
        table,
        frame=table.frame.with_columns(row=pl.col("row") + 1000),
        file="other.xlsx",
        sheet="S",
    )

    before, after = busy().frame, busy(moved).frame

    assert before["fingerprint"].n_unique() == len(before)
    assert before["fingerprint"].to_list() == after["fingerprint"].to_list()
    assert not before["evidence"].equals(after["evidence"])


def test_a_finding_that_grows_is_another_finding() -> None:
    """A suppression approves what was seen, not what comes later."""
    worse = orders_of(BUSY.replace("C3    12        12", "C3    99        99"))

    before, after = (
        set(found.frame.filter(rule="over-quota", retailer_id="R3")["fingerprint"])
        for found in (busy(), busy(worse))
    )

    assert not before & after


def test_cancelled_lines_and_other_cycles_are_set_aside_and_counted() -> None:
    orders = orders_of(
        """
        order_id retailer_id product_id cycle    granted status
        D1       R1          P1         2026-W47 99      cancelled
        D2       R1          P1         2026-W46 99      -
        D3       R1          P1         -        10      paid
        D4       R1          P5         2026-W47 1       -
        """
    )

    findings = audit(orders, small_plan({"P1": {17: 10}}, {"R1": 17}))

    assert len(findings) == 0
    assert findings.lines == 2
    assert findings.aside == {"cancelled": 1, "other-cycle": 1, "no-standard": 1}


def test_three_exports_alone_are_audited_and_what_is_absent_is_counted() -> None:
    """Orders with one quantity, retailers with tier, a quota table: no sales, supply, policy."""
    orders = orders_of(
        """
        order_id retailer_id product_id granted
        D1       R1          P1         10
        D2       R2          P1         12
        """
    )
    retailers = table_of(
        "retailers", [{"retailer_id": "R1", "tier": 17}, {"retailer_id": "R2", "tier": 17}]
    )

    findings = audit(
        orders, small_plan({"P1": {17: 10}}, {"R1": 17, "R2": 17}), retailers=retailers
    )

    assert findings.frame["rule"].to_list() == ["over-quota"]
    entries = {entry.rule: entry for entry in findings.coverage}
    missing = {
        rule: entry.missing
        for rule, entry in entries.items()
        if entry.missing and entry.code[0] in "VD" and entry.code < "V30"
    }
    assert missing == {
        "below-standard": ("requested",),
        "unequal-treatment": ("requested",),
        "inactive-retailer": ("retailers.status",),
        "above-supply": ("supply.quantity",),
        "wrong-lot": ("products.lot",),
        "wrong-tier": ("tier",),
        "above-request": ("requested",),
        "unknown-product": ("products.product_id",),
        "band-exceeded": ("bands.at_most",),
        "basket-exceeded": ("baskets.at_most",),
        "outside-window": ("calendar.opens_at",),
        "wrong-order-day": ("retailers.order_cycle", "calendar.opens_at"),
        "not-due": ("calendar.order_day",),
        "after-cutoff": ("calendar.closes_at", "cause"),
        "unapproved-make-up": ("kind",),
        "unpaid-delivered": ("paid_at", "delivered_at"),
        "unpaid-not-cancelled": ("paid_at", "cause", "policy.ordering.cutoffs.cancel"),
        "cancelled-though-paid": (
            "status",
            "paid_at",
            "cause",
            "policy.ordering.cutoffs.cancel",
        ),
        "tied-sale": ("requested", "clerk"),
        "reserve-without-cause": ("kind", "cause", "supply.quantity"),
        "edited-after-cutoff": ("changed_at", "cause", "calendar.closes_at"),
    }
    assert all(entries[rule].state == "not-checked" for rule in missing)
    assert all(findings.not_checked[rule] == 2 for rule in missing)
    assert (findings.checked["over-quota"], findings.passed["over-quota"]) == (2, 1)
    assert entries["over-quota"].lacking == ("clerk",)


def test_lines_that_lack_a_value_are_counted_as_not_checked() -> None:
    orders = orders_of(
        """
        order_id retailer_id product_id requested granted
        D1       R1          P1         10        5
        D2       R2          P1         -         5
        """
    )

    findings = audit(orders, small_plan({"P1": {17: 10}}, {"R1": 17, "R2": 17}))

    assert findings.checked["below-standard"] == 1
    assert findings.not_checked["below-standard"] == 1
    assert findings.passed["below-standard"] == 0


def test_a_policy_chooses_rules_by_name_or_code_and_the_rest_is_said_to_be_ignored() -> None:
    policy = AuditPolicy.model_validate({"rules": {"select": ("V01", "wrong-tier")}})
    orders = orders_of(BUSY)
    plan = small_plan({"P1": {17: 10}}, {"R3": 17})

    findings = audit(orders, plan, policy)

    assert set(findings.frame["rule"]) == {"over-quota"}
    states = {entry.rule: entry.state for entry in findings.coverage}
    assert [rule for rule, state in states.items() if state == "checked"] == [
        "over-quota",
        "wrong-tier",
    ]
    assert states["below-standard"] == "ignored"


def test_an_unknown_rule_in_the_policy_is_refused_with_the_nearest_name() -> None:
    policy = AuditPolicy.model_validate({"rules": {"ignore": ("over-qota",)}})

    with pytest.raises(BadRequest, match="over-quota"):
        audit(orders_of(BUSY), small_plan({"P1": {17: 10}}, {"R3": 17}), policy)


def test_an_audit_of_nothing_finds_nothing() -> None:
    table = orders_of(BUSY)

    findings = busy(replace(table, frame=table.frame.clear()))

    assert len(findings) == 0
    assert findings.frame.schema == pl.Schema(SCHEMA)
    assert not reaches(findings, "alert")


def test_findings_reach_the_level_that_fails_a_command() -> None:
    found = busy()
    data = replace(found, frame=found.frame.filter(kind="data"))

    assert reaches(found, "violation")
    assert reaches(found, "alert")
    assert not reaches(found, "never")
    assert not reaches(data, "alert")


def test_findings_can_be_read_one_by_one() -> None:
    first = next(finding for finding in busy() if finding.rule == "below-standard")

    assert (first.retailer_id, first.clerk, first.observed, first.limit) == ("R2", "C3", 5, 10)
    assert first.facts["owed"] == 5
    assert first.evidence[0]["rows"] == [3]


def test_the_audit_says_that_the_awards_of_a_second_round_are_missing() -> None:
    """Between limit and ceiling nothing is proven; that is counted, and the reason named."""
    plan = small_plan({"P1": {17: 10}}, {"R1": 17}, ceilings={"P1": 15}, second_round=True)
    orders = orders_of(
        """
        order_id retailer_id product_id clerk requested granted
        D1       R1          P1         C1    20        13
        """
    )

    entry = audit(orders, plan).coverage[0]

    assert (entry.rule, entry.checked, entry.not_checked) == ("over-quota", 0, 1)
    assert entry.lacking == ("awards.award",)


def test_a_plan_without_products_leaves_every_line_without_a_standard() -> None:
    findings = audit(orders_of(BUSY), small_plan({}, {"R1": 17, "R2": 17}))

    assert findings.aside["no-standard"] == findings.lines == 10
    assert findings.checked["over-quota"] == 0


def test_a_product_with_a_supply_per_region_is_judged_region_by_region() -> None:
    """Two lines of one product, each for its own cells; 12 in the north, 100 in the south."""
    plan = small_plan(
        {"P1": {17: 10}, "P2": {18: 8}},
        {"R1": 17, "R2": 17, "R3": 18},
        supply={"P1": 12, "P2": 100},
        source="planned",
    )
    regional = replace(plan, product=("P1", "P1"), region=("north", "south"))
    orders = orders_of(
        """
        order_id retailer_id product_id granted
        D1       R1          P1         10
        D2       R2          P1         4
        D3       R3          P1         9
        """
    )

    found = audit(orders, regional)

    told = [(f.rule, f.subject_id, f.facts.get("segment"), f.observed, f.limit) for f in found]
    assert told == [
        ("over-quota", "R3", None, 9, 8),
        ("above-supply", "P1", "north", 14, 12),
    ]


def test_a_supply_table_of_several_cycles_tells_nothing_without_a_cycle() -> None:
    supply = table_of(
        "supply",
        [{"cycle": cycle, "product_id": "P1", "quantity": 5} for cycle in ("W1", "W2")],
    )
    orders = orders_of("order_id retailer_id product_id granted\nD1 R1 P1 10")

    findings = audit(orders, small_plan({"P1": {17: 10}}, {"R1": 17}, cycle=""), supply=supply)

    assert (findings.checked["above-supply"], findings.not_checked["above-supply"]) == (0, 1)


def test_every_sentence_of_a_violation_has_a_case() -> None:
    """Each code of a sentence in the catalogue is reached by some case."""
    reached = set()
    for path in CASES.glob("*-bad*.toml"):
        reached |= set(found_in(path).frame["message"])
    names = [rule.name for rule in RULES if rule.code < "V30" and rule.kind == "violation"]
    codes = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue("findings", "en")
        if message.id
    }
    written = {
        code
        for name in names
        for code in codes
        if code == name or (code.startswith(f"{name}-") and code != f"{name}-remedy")
    }

    assert sorted(written - reached) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", sorted(CASES.glob("*-bad*.toml")), ids=lambda path: path.stem)
def test_every_sentence_can_be_said(path: Path, language: str) -> None:
    """No place stays open, in message or remedy."""
    for message, remedy in speak(found_in(path), language):
        assert message
        assert remedy
        assert "{" not in message + remedy
        assert "None" not in message + remedy
