"""Yesterday's phone orders against the standard, by order-taker.

``python examples/audit_phone_orders.py [CITY]``: who entered less than the standard, who more than
the limit, and which recordings to listen to first. Ends with status 1 when something was found.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

import allocator as al

CITY = Path(__file__).parent / "city"
ON, CYCLE, DRAW = "2026-11-16", "2026-W47", "示例市公证摇号 2026-11-13 083412"
RULES = ("below-standard", "over-quota")


def main(folder: Path = CITY) -> int:
    """Print one line per order-taker, and the recordings of the gravest findings."""
    policy = al.read_policy(folder / "policy.yaml", on=ON)
    city = al.read_city(folder, policy.tables)
    grading = al.grade(city, policy.grading, on=policy.on)
    plan = al.plan_quotas(city, grading, policy.allocation, cycle=CYCLE, seed=DRAW)
    allocation = al.allocate(city.orders, plan)
    findings = al.audit(
        city.orders, plan, policy.audit, allocation=allocation, retailers=city.retailers
    )

    phone = city.orders.frame.filter(pl.col("channel") == "phone")
    taken = phone.group_by("clerk").agg(pl.len().alias("lines"))
    found = findings.frame.filter(pl.col("rule").is_in(RULES) & pl.col("clerk").is_not_null())
    counts = found.group_by("clerk", "rule").len().pivot("rule", index="clerk", values="len")
    table = taken.join(counts, on="clerk", how="left").fill_null(0).sort("clerk")
    for row in table.iter_rows(named=True):
        told = ", ".join(f"{rule} {row[rule]}" for rule in RULES if row.get(rule))
        print(f"{row['clerk']}: {row['lines']} lines; {told or 'as the standard'}")

    recordings = dict(phone.select("order_id", "recording_id").iter_rows())
    gravest = found.with_columns(gap=(pl.col("observed") - pl.col("limit")).abs())
    for row in (
        gravest.sort("gap", "order_id", descending=[True, False]).head(5).iter_rows(named=True)
    ):
        recording = recordings.get(row["order_id"], "?")
        print(f"{recording}  {row['clerk']}  {row['rule']}: {row['observed']} for {row['limit']}")
    return 1 if len(found) else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
