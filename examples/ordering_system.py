"""An ordering system that checks every order line as it comes.

``python examples/ordering_system.py [CITY]``: the night before, the quotas of the cycle are made
and written; during the order days each line is answered at once from the limits alone, and the
retailer sees why. No line is promised more than the quotas hold.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import allocator as al

CITY = Path(__file__).parent / "city"
ON, CYCLE, DRAW = "2026-11-16", "2026-W47", "示例市公证摇号 2026-11-13 083412"


def main(folder: Path = CITY) -> None:
    """Take the orders of a week, one line after the other."""
    policy = al.read_policy(folder / "policy.yaml", on=ON)
    city = al.read_city(folder, policy.tables)
    assert city.orders is not None

    with TemporaryDirectory() as out:  # the evening before: plan, publish, hand over
        al.run(city, policy, cycle=CYCLE, seed=DRAW).write(Path(out) / "week")
        limits = al.read_limits(Path(out) / "week")

    entered: Counter[tuple[str, str]] = Counter()  # cartons by retailer and product
    reasons: Counter[str] = Counter()
    example = None
    start = perf_counter()
    for order in city.orders.frame.iter_rows(named=True):
        key = (order["retailer_id"], order["product_id"])
        decision = al.check_order(limits, order, entered[key])
        entered[key] += decision.at_most
        reasons[decision.claims[0].code] += 1
        if example is None and 0 < decision.at_most < order["requested"]:
            example = decision
    each = (perf_counter() - start) / max(1, city.orders.frame.height)

    print(f"{city.orders.frame.height} lines, {entered.total()} cartons entered in round one")
    for code, count in reasons.most_common():
        print(f"{count:6}  {code}")
    if example is not None:
        print(example.text("zh-CN"), example.text("en"), sep="\n")
    print(f"{each * 1e6:.0f} microseconds a line", file=sys.stderr)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
