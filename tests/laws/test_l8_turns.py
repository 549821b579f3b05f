"""L8: turns over random cycles with comings and goings, and what cells are owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.credits import credit_frame
from allocator.allocation.quotas import plan_quotas
from allocator.grading.scheme import given_tiers
from allocator.policy.reading import policy_from
from allocator.records import MICRO
from allocator.tables.city import City
from laws.reading import cells_of
from strategies import Attendance, histories, history, table_of

CYCLES = 200
LARGEST_DEBT = 1.0
"""(lots) What a cell whose shops stay, and any retailer, may be behind after any cycle."""
ON = date(2026, 11, 16)


@dataclass(frozen=True)
class Turns:
    """What a history led to, for K shops and C cells over T cycles.

    cell : (T, K) where each shop was counted, -1 nowhere; seats : (T, K) odd lots offered
    credit : (T + 1, K) millionths of a lot, before each cycle and after the last
    debt : (T, C) lots that each cell was due and not offered since the first cycle
    """

    cell: np.ndarray
    seats: np.ndarray
    credit: np.ndarray
    debt: np.ndarray


def turns(told: Sequence[Attendance], owed: dict[str, int], top: int = 3) -> Turns:
    """Plan cycle after cycle, each with the credits of the one before."""
    policy = policy_from(
        {
            "title": "turns",
            "allocation": {
                "weights": {"kind": "linear", "bottom": 1, "top": top},
                "whole_units": "rotate",
                "defaults": {"ceiling": 6},
                # Mentioned, so that a tier has a cell in each market.
                "products": {"P": {"who": {"market": ["urban", "rural"]}}},
            },
        },
        ON,
    ).allocation
    names = sorted({name for one in told for name in one.shops} | set(owed))
    at = {name: k for k, name in enumerate(names)}
    owed = dict.fromkeys(names, 0) | owed
    cell, seats, credit, debt = [], [], [[owed[name] for name in names]], []
    for number, one in enumerate(told):
        label = f"C{number}"
        city = City(
            retailers=table_of(
                "retailers",
                [
                    {"retailer_id": name, "tier": tier, "market": market, "status": status}
                    for name, (tier, market, status) in one.shops.items()
                ],
            ),
            products=table_of("products", [{"product_id": "P", "lot": 1}]),
            supply=table_of(
                "supply", [{"cycle": label, "product_id": "P", "quantity": one.supply}]
            ),
            credits=table_of(
                "credits",
                [{"product_id": "P", "retailer_id": n, "credit": c} for n, c in owed.items()],
            ),
        )
        plan = plan_quotas(city, given_tiers(city, ON), policy, cycle=label, seed="seed")
        assert city.credits is not None
        after = credit_frame(plan, city.credits.frame)
        owed = dict.fromkeys(names, 0) | dict(after.select("retailer_id", "credit").rows())
        row, held = np.full(len(names), -1), np.zeros(len(names), np.int64)
        members = plan.members["retailer_id"].to_list()
        row[[at[name] for name in members]] = cells_of(plan)
        held[[at[members[i]] for i in plan.turns.retailer.tolist()]] = 1
        cell.append(row)
        seats.append(held)
        credit.append([owed[name] for name in names])
        debt.append((plan.entitlement[0] - plan.base[0]) * plan.cells.count - plan.seats[0])
    return Turns(np.array(cell), np.array(seats), np.array(credit), np.cumsum(debt, axis=0))


def broken(result: Turns) -> list[tuple[int, int, int, int]]:
    """Pairs of shops and first and last cycle of a time together that break L8.

    A time together: in each cycle both are in the same cell, or neither is counted. From credits
    g >= 0 lots apart the one ahead may be offered floor(g) + 1 more lots, the other 1 more.
    """
    shops = result.cell.shape[1]
    found = []
    for i, j in combinations(range(shops), 2):
        together = result.cell[:, i] == result.cell[:, j]
        starts = np.flatnonzero(together & ~np.r_[False, together[:-1]])
        ends = np.flatnonzero(together & ~np.r_[together[1:], False])
        for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
            part = slice(first, last + 1)
            ahead = np.r_[0, np.cumsum(result.seats[part, i] - result.seats[part, j])]
            more = ahead[None, 1:] - ahead[:-1, None]  # from the start of row to the end of column
            apart = result.credit[part, i] - result.credit[part, j]
            most = np.where(apart >= 0, apart // MICRO + 1, 1)[:, None]
            least = np.where(apart <= 0, -apart // MICRO + 1, 1)[:, None]
            wrong = np.triu((more > most) | (-more > least))
            found += [(i, j, first + a, first + b) for a, b in np.argwhere(wrong).tolist()]
    return found


@given(histories(), st.lists(st.integers(-3 * MICRO, 3 * MICRO), min_size=8, max_size=8))
def test_l8_seats_of_equals_differ_by_their_credits_and_one(
    told: list[Attendance], carried: list[int]
) -> None:
    """L8: any credits, comings, goings, pauses, changes of tier and market."""
    owed = {f"R{k:02}": credit for k, credit in enumerate(carried)}

    assert broken(turns(told, owed)) == []


@pytest.mark.parametrize(("seed", "moving"), [(1, 0.02), (2, 0.1)])
def test_l8_over_two_hundred_cycles(seed: int, moving: float) -> None:
    """L8, and the largest debts, which are printed.

    What a cell is behind grows as shops take their credits with them into other cells: then the
    claim has moved, so what its present members are owed is told beside it.
    """
    told = history(seed, cycles=CYCLES, shops=16, tiers=3, moving=moving)

    result = turns(told, {})

    assert result.seats.sum() > CYCLES
    assert broken(result) == []
    credit, debt = result.credit / MICRO, result.debt
    owed = max(
        credit[t + 1, result.cell[t] == c].sum()
        for t in range(CYCLES)
        for c in np.unique(result.cell[t])
        if c >= 0
    )
    print(
        f"moving {moving}: largest credit of a retailer {credit.max():.3f} lots, least "
        f"{credit.min():.3f}; a cell is at most {debt.max():.3f} lots behind, its members are "
        f"owed at most {owed:.3f} together"
    )
    assert credit.max() <= LARGEST_DEBT


def test_l8_no_cell_is_starved() -> None:
    """Same shops for 200 cycles, any supply: no cell is ever a whole lot behind its share."""
    told = history(3, cycles=CYCLES, shops=16, tiers=3, moving=0.0)

    result = turns(told, {})

    print(f"largest debt of a cell: {result.debt.max():.3f} lots")
    assert result.debt.max() <= LARGEST_DEBT


def test_l8_steps_that_are_no_whole_lots_withhold_nothing_for_ever() -> None:
    """One shop in each of three tiers, lots of 5, steps of 2, 40 cartons a cycle; tier 1 stops at
    5. By hand 5, 7 and 9 cartons, 4.2 lots: with 4 a cycle somebody would fall behind by 0.2 lots
    each time, 40 lots in 200 cycles.
    """
    policy = policy_from(
        {
            "title": "steps",
            "allocation": {
                "weights": {"kind": "linear", "bottom": 1, "top": 3},
                "whole_units": "rotate",
                "defaults": {"ceiling": 20, "step": 2},
                "products": {"P": {"ceiling": {1: 5, 2: 20}}},
            },
        },
        ON,
    ).allocation
    owed, given = [0, 0, 0], 0
    for number in range(CYCLES):
        names = [f"R{tier}" for tier in (1, 2, 3)]
        city = City(
            retailers=table_of(
                "retailers", [{"retailer_id": f"R{tier}", "tier": tier} for tier in (1, 2, 3)]
            ),
            products=table_of("products", [{"product_id": "P", "lot": 5}]),
            supply=table_of("supply", [{"cycle": f"C{number}", "product_id": "P", "quantity": 40}]),
            credits=table_of(
                "credits",
                [
                    {"product_id": "P", "retailer_id": name, "credit": credit}
                    for name, credit in zip(names, owed, strict=True)
                ],
            ),
        )
        plan = plan_quotas(city, given_tiers(city, ON), policy, cycle=f"C{number}", seed="seed")
        assert plan.entitlement.tolist() == [[5, 7, 9]]
        given += int((plan.base * plan.cells.count).sum() // 5 + plan.seats.sum())
        owed = plan.credit_after[0].tolist()
        assert max(map(abs, owed)) <= MICRO

    assert abs(given - 4.2 * CYCLES) <= 1
