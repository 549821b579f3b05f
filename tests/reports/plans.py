"""Small quota plans written down by hand, so that reports are tested without the solver."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from allocator.records import Cells, QuotaPlan, Turns


def plan_of(
    base: list[list[int]],
    seats: list[list[int]],
    count: list[int],
    *,
    chains: tuple[tuple[str, str], ...] = (("", "weekly"),),
    supply: list[int] | None = None,
    reserve: int = 0,
    closed: tuple[tuple[int, int], ...] = (),
) -> QuotaPlan:
    """A plan of P products over C cells, lots of one carton.

    base, seats : P lists of C numbers; count : C; closed : (p, c) that may not have the product
    """
    lines, cells = len(base), len(count)
    tiers = cells // len(chains)
    allowed = np.ones((lines, cells), bool)
    for p, c in closed:
        allowed[p, c] = False
    people = np.repeat(np.arange(cells), count)
    zeros = np.zeros((lines, len(people)), np.int32)
    none = np.zeros(0, np.int32)
    amounts = np.array(base, np.int64)
    return QuotaPlan(
        cycle="2026-W47",
        on=date(2026, 11, 16),
        seed="draw 083412",
        source="planned",
        policy_digest="ab" * 32,
        tiers=tiers,
        cells=Cells(
            tier=np.tile(np.arange(1, tiers + 1), len(chains)),
            segment=tuple(segment for segment, _ in chains for _ in range(tiers)),
            rhythm=tuple(rhythm for _, rhythm in chains for _ in range(tiers)),
            count=np.array(count, np.int64),
            weight=np.tile(np.arange(1, tiers + 1), len(chains)),
            weight_unit=1,
        ),
        members=pl.DataFrame(
            {
                "retailer_id": [f"R{i:04}" for i in range(len(people))],
                "status": ["active"] * len(people),
                "tier": (people % tiers + 1).tolist(),
                "segment": [chains[c // tiers][0] for c in people.tolist()],
                "rhythm": [chains[c // tiers][1] for c in people.tolist()],
                "due": [True] * len(people),
                "cell": people.astype(np.int32),
            }
        ),
        product=tuple(f"P{p + 1:04}" for p in range(lines)),
        region=("",) * lines,
        lot=np.ones(lines, np.int64),
        supply=np.array(supply or [10_000] * lines, np.int64),
        reserve=np.full(lines, reserve, np.int64),
        method=("rotate",) * lines,
        step=np.full(lines, -1, np.int64),
        tier_order=np.ones(lines, bool),
        allowed=allowed,
        floor=np.zeros_like(amounts),
        ceiling=np.full_like(amounts, 20),
        entitlement=amounts.astype(float),
        base=amounts,
        seats=np.array(seats, np.int64),
        turns=Turns(none, none, none),
        credit_before=zeros,
        credit_after=zeros,
        second_round=True,
        proofs=(),
        mass=np.zeros_like(amounts),
        covered=np.zeros_like(amounts),
    )
