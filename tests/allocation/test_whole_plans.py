"""Plans of small cities whose policy has groups and baskets, in whole cartons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.allocation.rounding import Draw
from allocator.allocation.turns import roster
from allocator.allocation.whole_programs import seats_again
from allocator.canonical import canonical_json
from allocator.certificate import verify
from allocator.certificate.document import certify
from allocator.records import QuotaPlan
from allocator.tables.city import City
from strategies import plan_of, table_of


def scarce_city(seed: int) -> City:
    """Up to 12 shops of two markets and three tiers, four short products."""
    rng = np.random.default_rng(seed)
    shops = [
        {
            "retailer_id": f"R{i:02}",
            "tier": int(rng.integers(1, 4)),
            "market": ["urban", "rural"][int(rng.integers(2))],
        }
        for i in range(int(rng.integers(2, 13)))
    ]
    shops[0]["market"], shops[1]["market"] = "urban", "rural"
    names = [f"P{k}" for k in range(1, 5)]
    owed = [
        {"product_id": name, "retailer_id": shop["retailer_id"], "credit": int(credit)}
        for name in names
        for shop in shops
        if (credit := rng.integers(-600_000, 600_000)) % 2
    ]
    return City(
        retailers=table_of("retailers", shops),
        products=table_of("products", [{"product_id": name, "lot": 1} for name in names]),
        supply=table_of(
            "supply",
            [
                {"cycle": "C1", "product_id": name, "quantity": int(rng.integers(3, 15))}
                for name in names
            ],
        ),
        credits=table_of("credits", owed or [{"product_id": "P1", "retailer_id": "R00"}]),
    )


def scarce_plan(seed: int, method: str) -> QuotaPlan:
    return plan_of(
        scarce_city(seed),
        whole_units={"rotate": "rotate", "mixed": {"at_least_one": "equal", "below_one": "rotate"}}[
            method
        ],
        baskets=[
            {"name": "all", "products": "all", "at_most": {3: 4, 2: 3, 1: 2}},
            {"name": "best", "products": ["P1", "P2"], "at_most": {3: 2, 1: 1}},
        ],
        groups=[
            {"who": {"market": "rural"}, "products": ["P1"], "at_most": "60%"},
            {"who": {"market": "urban"}, "products": ["P3"], "at_most": "70%"},
        ],
    )


def cartons(plan: QuotaPlan) -> np.ndarray:
    """What each counted retailer may order, by name, (P, r)."""
    cell = plan.members["cell"].drop_nulls().to_numpy()
    held = plan.base[:, cell].copy()
    np.add.at(held, (plan.turns.line, plan.turns.retailer), plan.lot[plan.turns.line])
    return held


@pytest.mark.parametrize("method", ["rotate", "mixed"])
@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_limits_of_the_policy_hold_by_name(method: str, seed: int) -> None:
    """Counted shop by shop from the names, not from the rows of the program."""
    plan = scarce_plan(seed, method)

    held = cartons(plan)

    tier = plan.members["tier"].to_numpy()[: held.shape[1]]
    market = plan.members["segment"].to_numpy()[: held.shape[1]]
    assert (held.sum(axis=0) <= np.select([tier == 3, tier == 2], [4, 3], 2)).all()
    assert (held[:2].sum(axis=0) <= np.where(tier == 3, 2, 1)).all()
    assert (held.sum(axis=1) <= plan.supply).all()
    assert held[0, market == "rural"].sum() <= 0.6 * plan.supply[0]
    assert held[2, market == "urban"].sum() <= 0.7 * plan.supply[2]
    if method == "rotate":  # Nested and disjoint: nothing is kept back.
        assert plan.shortfalls == ()


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_seats_are_drawn_again_from_the_plan(seed: int) -> None:
    """What ``allocator verify`` does: the same names from seats, bases, credits and the seed."""
    plan = scarce_plan(seed, "mixed")
    labels = plan.cells.labels()
    order = roster(plan.members, len(labels), plan.seed, plan.cycle)

    again = seats_again(
        plan, order, [Draw(plan.seed, plan.cycle, name, labels) for name in plan.product]
    )

    for p, seated in again.items():
        named = np.sort(plan.turns.retailer[plan.turns.line == p])
        assert np.flatnonzero(seated).tolist() == named.tolist()


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_rows_of_the_tables_may_stand_in_any_order(seed: int) -> None:
    """Law L10 under baskets and groups."""
    city = scarce_city(seed)
    rows = {
        name: table_of(name, getattr(city, name).frame.reverse().drop("row").to_dicts())
        for name in ("retailers", "products", "supply", "credits")
    }
    rules = {
        "baskets": [{"name": "all", "products": "all", "at_most": 4}],
        "groups": [{"who": {"market": "rural"}, "products": "all", "at_least": "5%"}],
    }

    one, other = plan_of(city, **rules), plan_of(City(**rows), **rules)

    assert cartons(one).tolist() == cartons(other).tolist()
    assert one.credit_after.tolist() == other.credit_after.tolist()


@pytest.mark.parametrize("method", ["rotate", "mixed"])
@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_the_certificate_of_a_joined_plan_is_accepted(method: str, seed: int) -> None:
    """The verifier knows nothing of how totals and seats were chosen."""
    document = verify.load(canonical_json(certify(scarce_plan(seed, method))))

    assert [refusal.message("en") for refusal in verify.check(document, None)] == []
