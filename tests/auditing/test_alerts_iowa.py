"""How many ordinary shops an alert flags: the figures that the pages of the rules publish."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import polars as pl

from allocator.auditing.inspection import audit
from allocator.auditing.registry import RULES
from allocator.policy.reading import read_policy
from allocator.runs.week import grade_city, quotas_of
from allocator.tables.reading import read_city

QUJING = Path(__file__).resolve().parents[2] / "examples" / "policies" / "qujing-months.yaml"
MONTHS = {"2021-08": "2021-08-31", "2021-09": "2021-09-30", "2021-10": "2021-10-31"}


def counted(shared: Path) -> dict[str, tuple[int, int]]:
    """Of each rule with a published figure: findings of three months, and of how many."""
    city = read_city(shared / "data" / "iowa")
    assert city.orders is not None
    assert city.sales is not None
    rules = [rule for rule in RULES if rule.code in ("A01", "A02", "A03", "A04", "A14")]
    found = dict.fromkeys((rule.code for rule in rules), 0)
    of = dict.fromkeys(found, 0)
    for cycle, on in MONTHS.items():
        policy = read_policy(QUJING, on)
        plan = quotas_of(
            replace(city, orders=None), grade_city(city, policy), policy, cycle=cycle, seed="s"
        )
        findings = audit(
            city.orders, plan, retailers=city.retailers, products=city.products,
            sales=city.sales, rules=rules,
        )  # fmt: skip
        ordering = city.orders.frame.filter(cycle=cycle)["retailer_id"].n_unique()
        month = pl.lit(f"{cycle}-01").str.to_date()
        sold = city.sales.frame.filter(pl.col("month") == month)
        sizes = {"A02": sold["retailer_id"].n_unique(), "A04": sold["product_id"].n_unique()}
        for entry in findings.coverage:
            found[entry.code] += entry.found
            of[entry.code] += sizes.get(entry.code, ordering)
    return {code: (found[code], of[code]) for code in found}


def test_the_pages_say_how_many_ordinary_shops_they_flag(shared: Path) -> None:
    told = {}
    for rule in RULES:
        words = " ".join((rule.find.__doc__ or "").split())
        if found := re.search(r"flags ([\d,]+) of the ([\d,]+)", words):
            told[rule.code] = tuple(int(figure.replace(",", "")) for figure in found.groups())

    assert told == counted(shared)
