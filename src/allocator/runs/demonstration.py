"""A synthetic city whose order-takers have entered what the rules give, two of them excepted.

It stands up here, because ``granted`` follows from the allocation: the tables below know nothing
of it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl

from allocator.allocation.awards import allocate
from allocator.allocation.quotas import plan_quotas
from allocator.errors import BadRequest
from allocator.grading.scheme import grade
from allocator.policy.reading import read_policy
from allocator.tables.city import City
from allocator.tables.synthesis.export import write_city
from allocator.tables.synthetic import (
    CYCLE,
    POLICY,
    RETAILERS,
    SEED,
    enter_orders,
    first_day,
    make_city,
)

DRAW = "示例市公证摇号 2026-11-13 083412"
"""The public number of the demonstration, drawn after its policy was published."""

SECRET = hashlib.sha256(b"no secret: the shops of the demonstration are invented").digest()
"""Of the salts; a company keeps its own to itself."""


def demonstration(
    retailers: int = RETAILERS,
    seed: int = SEED,
    *,
    cycle: str = CYCLE,
    products_per_shop: int = 12,
) -> City:
    """A synthetic city with entered orders; arguments as in ``make_city``."""
    city = make_city(retailers, seed, cycle=cycle, products_per_shop=products_per_shop)
    on = first_day(cycle)
    policy = read_policy(POLICY, on)
    if city.orders is None or policy.grading is None:
        return city
    grading = grade(city, policy.grading, on)
    plan = plan_quotas(city, grading, policy.allocation, cycle=cycle, seed=DRAW)
    planned = pl.DataFrame({"product_id": plan.product, "planned": plan.supply - plan.reserve})
    return enter_orders(city, allocate(city.orders, plan).lines, planned, seed)


def bundled_city() -> Path:
    """The folder of the example city: inside an installed package, or of the checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "examples" / "city", package.parents[1] / "examples" / "city"):
        if (folder / "policy.yaml").is_file():
            return folder
    raise BadRequest("demo-city-missing")


def write_demonstration(folder: Path, city: City) -> None:
    """Write the tables and the policy of a demonstration into an existing folder."""
    write_city(folder, city)
    (folder / "policy.yaml").write_bytes(POLICY.read_bytes())
