r"""What if? Four changed rules against today's, before anything is published.

``python examples/what_if.py [CITY POLICY SCENARIOS DAY CYCLE DRAW]``: who gains, who loses, who
could complain. The baseline is never touched; same supply, same orders, same draw. The questions
of docs/what-if.md are asked with::

    python examples/what_if.py IOWA examples/policies/iowa.yaml examples/scenarios/iowa.yaml \
        2021-10-01 2021-10 "draw 083412"
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

import allocator as al

HERE = Path(__file__).parent
ON, CYCLE, DRAW = "2026-11-16", "2026-W47", "示例市公证摇号 2026-11-13 083412"


def main(
    folder: Path | str = HERE / "city",
    policy_file: Path | str = HERE / "city" / "policy.yaml",
    scenarios: Path | str = HERE / "scenarios" / "city.yaml",
    on: str = ON,
    cycle: str = CYCLE,
    draw: str = DRAW,
) -> None:
    """Print a line for today's rule and one for each scenario."""
    policy = al.read_policy(policy_file, on=on)
    city = al.read_city(folder, policy.tables)
    suite = al.read_scenarios(scenarios)
    done = al.simulate_all(city, policy, suite.scenarios, cycle=cycle, seed=draw)

    print(f"{'':14} gain  same  lose  cartons moved  left  cliff  Gini  could complain")
    for scenario in done.comparisons:
        everybody = scenario.groups.filter(pl.col("dimension") == "all").row(0, named=True)
        complaints = scenario.exposure.filter(pl.col("kind") == "any").row(0, named=True)
        print(
            f"{scenario.title:14}{everybody['gainers']:5} {everybody['same']:5} "
            f"{everybody['losers']:5}{everybody['gained']:8} up {everybody['lost']} down "
            f"{scenario.figure('left'):6.0f} {scenario.figure('cliff'):6.2f} "
            f"{scenario.figure('gini'):5.3f} {complaints['baseline']:6} -> {complaints['scenario']}"
        )
    for name, reason in done.refused:
        print(f"{name.name}: {reason}")


if __name__ == "__main__":
    main(*sys.argv[1:])
