"""What-ifs of the bundled city that tests of reports look at."""

from __future__ import annotations

from functools import cache

from allocator.comparison.record import Comparison
from allocator.policy.reading import read_policy
from allocator.reports.what_if.origin import Origin
from allocator.runs.demonstration import DRAW, bundled_city
from allocator.simulation.scenario_files import read_scenarios
from allocator.simulation.simulating import simulate_all
from allocator.tables.reading import read_city
from allocator.tables.synthetic import CYCLE, first_day

ORIGIN = Origin(
    "allocator simulate CITY --suite city.yaml", "ab" * 32, "cd" * 32, {"orders": "ef" * 32}, "1.0"
)


@cache
def compared() -> tuple[Comparison, ...]:
    """The scenarios of examples/scenarios/city.yaml: olive, twenty tiers, smooth, rotation."""
    folder = bundled_city()
    policy = read_policy(folder / "policy.yaml", first_day(CYCLE))
    suite = read_scenarios(folder.parent / "scenarios" / "city.yaml")
    city = read_city(folder, policy.tables)
    return simulate_all(city, policy, suite.scenarios, seed=DRAW).comparisons
