"""A real year: few false alarms, planted halvings found, at the figures that are published."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_false_alarms_are_few_and_planted_halvings_are_found(shared: Path) -> None:
    """At most 2 % of judged shops a month; 80 % within two months, at a fifth of all shops."""
    command = [sys.executable, "-m", "benchmarks.changes", str(shared / "data" / "iowa")]
    printed = subprocess.run(
        [*command, "--parts", "1", "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = json.loads(printed.stdout)
    page = (ROOT / "docs" / "customers.md").read_text(encoding="utf-8")

    assert len(told["months"]) == 6
    assert all(month["share"] <= 0.02 for month in told["months"])
    planted = told["planted"]["every line halved"]
    assert planted["planted"] > 1_000
    assert planted["found_of_planted"] >= 0.8
    for month in told["months"]:
        figures = (
            f"| {month['month']} | {month['judged']:,} | {month['falls']} | {month['rises']} |"
        )
        assert figures in page
