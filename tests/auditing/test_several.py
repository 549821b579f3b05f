"""Several cycles audited one after another, told as one."""

from __future__ import annotations

from pathlib import Path

from allocator.auditing.triage import gaps
from allocator.runs.sources import audit_sources

TABLES = {
    "retailers": "客户编码,档位\nR1,30\n",
    "quotas": "品规编码,档位,限量\nP1,30,10\n",
    "orders": "订单号,客户编码,品规编码,订货时间,周期,需求量,订单量,补订原因\n"
    "D1,R1,P1,2026-11-02 09:00,2026-W45,10,10,\n"
    "D2,R1,P1,2026-11-09 19:00,2026-W46,10,10,\n",
    "calendar": "周期,订货日,截止时间\n2026-W45,2026-11-02,2026-11-02 16:00\n",
}
POLICY = """
title: Test
allocation:
  weights: {kind: linear, bottom: 1, top: 2}
  whole_units: {at_least_one: rotate, below_one: rotate}
  second_round: false
  defaults: {ceiling: 20}
audit:
  rules:
    select: [all]
    ignore:
      2026-01-01: {value: [], source: {title: first notice, url: null}}
      2026-11-09: {value: [over-quota], source: {title: second notice, url: null}}
"""


def test_what_one_cycle_lacks_stays_told(tmp_path: Path) -> None:
    """The calendar has one week of two: closing times were looked at in that week alone."""
    files = {name: tmp_path / f"{name}.csv" for name in TABLES}
    for name, text in TABLES.items():
        files[name].write_text(text, encoding="utf-8")

    findings = audit_sources(None, files)

    (late,) = (entry for entry in findings.coverage if entry.rule == "after-cutoff")
    assert (late.state, late.checked, late.not_checked) == ("checked", 1, 1)
    assert late.missing == ("calendar.closes_at",)
    assert "after-cutoff" in {
        entry.rule for gap in gaps(findings) if gap.column == "calendar.closes_at"
        for entry in gap.rules
    }  # fmt: skip


def test_each_cycle_is_judged_by_the_rule_of_its_own_days(tmp_path: Path) -> None:
    """The policy leaves out V01 from the second week on: R1 is over its quota of 10 in both."""
    files = {name: tmp_path / f"{name}.csv" for name in ("retailers", "quotas", "orders")}
    for name, path in files.items():
        path.write_text(TABLES[name].replace("10,10,\n", "12,12,\n"), encoding="utf-8")
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")

    found = audit_sources(None, files, policy=policy).frame.filter(rule="over-quota")

    assert found["order_id"].to_list() == ["D1"]
