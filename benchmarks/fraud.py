"""(f) Departures planted at known places: what the audit finds of them, and what it finds besides.

Violations are provable: each must be found, and nothing else. Alerts are worth a look: their share
of false alarms and of what they miss is printed for several limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from allocator.auditing.truth import compare_truth
from allocator.policy.models import AuditPolicy, Policy
from allocator.policy.reading import policy_from
from allocator.runs.exports import audit_exports
from allocator.tables.synthesis.fraud.planting import Planted, plant
from allocator.tables.synthetic import first_day
from benchmarks.clock import SEED, once, verdict

SHOPS, SHARE = 20_000, 0.002

CURVES: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "A01": ("order_over_mean", ("150%", "200%", "300%", "400%", "500%")),
    "A02": ("month_over_last", ("150%", "200%", "300%", "400%", "500%")),
    "A03": ("price_over_mean", ("130%", "150%", "200%", "250%", "300%")),
    "A04": ("product_over_last", ("120%", "135%", "150%", "175%", "200%")),
    "A05": ("day_of_month", ("10%", "12.5%", "15%", "20%", "25%")),
    "A11": ("changed_over", ("110%", "130%", "150%", "200%", "300%")),
    "A12": ("asleep_cycles", (1, 2, 3, 4, 6)),
    "A13": ("basket_lines", (1, 2, 3, 5, 7)),
    "A14": ("spread", tuple(map(Decimal, ("2", "2.5", "3", "4", "5")))),
    "A15": ("burst_orders", (2, 3, 5, 7, 9)),
    "A16": ("same_basket_shops", (2, 3, 5, 7, 9)),
    "A17": ("at_limit", ("60%", "75%", "90%", "95%", "99%")),
    "A18": ("near_limit", ("60%", "70%", "80%", "90%", "97%")),
}
"""The limit of each alert and five values of it, the national or usual one in the middle."""


def main(shops: int = SHOPS, share: float = SHARE, seed: int = SEED) -> bool:
    """Plant, audit, print, and tell whether every violation was found and nothing else."""
    planted: list[Planted] = []
    took = once(lambda: planted.append(plant(shops, seed, share=share)))
    city = planted[0]
    orders = city.city.orders
    lines = 0 if orders is None else orders.frame.height
    print(f"(f) planted departures: {shops:,} shops, {lines:,} lines in 8 cycles, {took:.1f} s")
    policy = rules_of(city)
    counted = audited(city, policy)
    print("| rule | planted | found of them | findings | right | beside others | false |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in counted.rows(named=True):
        print(
            f"| {row['code']} {row['rule']} | {row['planted']} | {row['met']} "
            f"| {row['found']} | {row['right']} | {row['beside']} | {row['false']} |"
        )
    curves(city, policy)
    proven = counted.filter(pl.col("kind") != "alert")
    never = proven.filter(pl.col("planted") == 0)["code"].to_list()
    missed = int((proven["planted"] - proven["met"]).sum())
    wrong = int((proven["found"] - proven["right"]).sum())
    kept = [
        verdict("planted violations that were missed", missed, 0),
        verdict("violations found where none was planted", wrong, 0),
        verdict(f"violation rules that nothing was planted for {never}", len(never), 0),
    ]
    return all(kept)


def rules_of(city: Planted) -> Policy:
    """The policy of the planted city on the Friday of its last cycle."""
    monday = first_day(city.cycle)
    return policy_from(city.policy, date(monday.year, monday.month, monday.day + 4))


def audited(city: Planted, policy: Policy) -> pl.DataFrame:
    """What an audit of the three exports and their companions finds of the truth."""
    findings = audit_exports(city.city, cycle=city.cycle, policy=policy)
    return compare_truth(findings, city.truth)


def curves(city: Planted, policy: Policy) -> None:
    """Precision and recall of the alerts that have a limit, for five values of each."""
    steps = []
    for step in range(5):
        limits: dict[str, Any] = {"large_order": policy.audit.thresholds.large_order}
        limits |= {name: values[step] for name, values in CURVES.values()}
        audit = AuditPolicy.model_validate(
            {
                "rules": {"select": tuple(CURVES)},
                "thresholds": limits,
                "set_aside": policy.audit.set_aside,
            }
        )
        steps.append(audited(city, policy.model_copy(update={"audit": audit})))
    print()
    print("| alert | limit | precision and recall |")
    print("| --- | --- | --- |")
    for code, (name, values) in CURVES.items():
        points = []
        for value, counted in zip(values, steps, strict=True):
            row = counted.row(by_predicate=pl.col("code") == code, named=True)
            points.append(
                f"{value}: {percent(row['right'], row['found'])} "
                f"{percent(row['met'], row['planted'])}"
            )
        print(f"| {code} | {name} | {', '.join(points)} |")


def percent(part: int, whole: int) -> str:
    """Whole per cent, rounded down; a dash of nothing."""
    return f"{100 * part // whole} %" if whole else "-"
