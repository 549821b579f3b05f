"""L8: turns over 200 random cycles with comings and goings."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import numpy as np
import pytest

from allocator.allocation.credits import credit_frame
from allocator.allocation.quotas import plan_quotas
from allocator.grading.scheme import given_tiers
from allocator.policy.reading import policy_from
from allocator.records import MICRO
from allocator.tables.city import City
from strategies import table_of

CYCLES = 200
STAYING = {1: 4, 2: 4, 3: 3}
"""Shops by tier that never move; others come, go, and change their tier."""
PASSING = 8
LARGEST_DEBT = 1.0
"""(lots) What any cell may be behind after any cycle."""

POLICY = policy_from(
    {
        "title": "turns",
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": 3},
            "whole_units": "rotate",
            "defaults": {"ceiling": 6},
        },
    },
    "2026-11-16",
).allocation
ON = date(2026, 11, 16)


def cycles(seed: int, *, passing: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Lots offered and credits before each cycle to those who stay, and debts of cells.

    Returns
    -------
    seats : (CYCLES, k) lots; credit : (CYCLES + 1, k) lots; debt : (CYCLES, 3) lots that each
        tier was due and has not been offered since the first cycle; names of the k who stay
    """
    rng = np.random.default_rng(seed)
    stay = [(f"S{tier}{k}", tier) for tier, number in STAYING.items() for k in range(number)]
    owing = rng.integers(-MICRO, MICRO, len(stay)) if passing else np.zeros(len(stay), np.int64)
    owed = {name: int(credit) for (name, _), credit in zip(stay, owing, strict=True)}
    names = [name for name, _ in stay]
    seats, credit, debt = [], [[owed[name] / MICRO for name in names]], [np.zeros(3)]
    for cycle in range(CYCLES):
        guests = [(f"G{k}", int(rng.integers(1, 4))) for k in range(passing) if rng.random() < 0.7]
        shops = [{"retailer_id": name, "tier": tier} for name, tier in stay + guests]
        label = f"C{cycle}"
        city = City(
            retailers=table_of("retailers", shops),
            products=table_of("products", [{"product_id": "P", "lot": 1}]),
            supply=table_of(
                "supply",
                [{"cycle": label, "product_id": "P", "quantity": int(rng.integers(1, 40))}],
            ),
            credits=table_of(
                "credits",
                [{"product_id": "P", "retailer_id": n, "credit": c} for n, c in owed.items()],
            ),
        )
        plan = plan_quotas(city, given_tiers(city, ON), POLICY, cycle=label, seed="seed")
        assert city.credits is not None
        after = credit_frame(plan, city.credits.frame)
        owed = dict.fromkeys(names, 0) | dict(after.select("retailer_id", "credit").rows())
        holders = set(plan.members["retailer_id"].gather(plan.turns.retailer).to_list())
        seats.append([name in holders for name in names])
        credit.append([owed[name] / MICRO for name in names])
        due = (plan.entitlement[0] - plan.base[0]) * plan.cells.count - plan.seats[0]
        debt.append(debt[-1] + due)
    return np.array(seats, dtype=np.int64), np.array(credit), np.array(debt[1:]), names


@pytest.mark.parametrize("seed", [1, 2])
def test_l8_seats_of_equals_differ_by_their_credits_and_one(seed: int) -> None:
    """L8, from every cycle on: with credits g >= 0 apart at most floor(g) + 1 lots more."""
    seats, credit, _, names = cycles(seed, passing=PASSING)
    offered = np.vstack([np.zeros(len(names), dtype=np.int64), np.cumsum(seats, axis=0)])

    assert seats.sum() > CYCLES
    for i, j in combinations(range(len(names)), 2):
        if names[i][:2] != names[j][:2]:
            continue
        apart = np.rint((credit[:, i] - credit[:, j]) * MICRO).astype(np.int64)
        ahead = offered[:, i] - offered[:, j]
        more = ahead[None, :] - ahead[:, None]  # from cycle (row) to cycle (column)
        later = np.triu(np.ones_like(more, dtype=bool))
        most = np.where(apart >= 0, apart // MICRO + 1, 1)[:, None]
        least = np.where(apart <= 0, (-apart) // MICRO + 1, 1)[:, None]
        assert (more <= most)[later].all()
        assert (-more <= least)[later].all()
    print(f"largest credit of a retailer: {credit.max():.3f} lots")
    assert credit.max() <= 1


def test_l8_no_cell_is_starved() -> None:
    """Same shops for 200 cycles, any supply: no cell is ever a whole lot behind its share."""
    _, _, debt, _ = cycles(3, passing=0)

    print(f"largest debt of a cell: {debt.max():.3f} lots")
    assert debt.max() <= LARGEST_DEBT
