"""Orders meet quotas: round one, round two, the award of every line (``model.md`` 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from allocator.allocation.matching import Matched
from allocator.allocation.nested_level import Level
from allocator.allocation.requests import Requests, lay_out
from allocator.allocation.service import Service
from allocator.allocation.turns import Roster
from allocator.records import Allocation, Indices, QuotaPlan, Units
from allocator.tables.city import Table
from allocator.tables.reading import as_table


def allocate(orders: Table | Any, plan: QuotaPlan, *, threads: int = 1) -> Allocation:
    """What the rules give for the orders of the plan's cycle.

    Parameters
    ----------
    orders : the orders table, or any dataframe of its columns; lines of other cycles, cancelled
        lines and make-up orders do not count; lines of one retailer and product are summed
    threads : released lines served at once; the outcome does not depend on it
    """
    frame = as_table("orders", orders).frame
    requests = lay_out(frame, plan.cycle, placed=bool(plan.bands))
    given = award_requests(requests, plan, threads=threads)
    return Allocation(
        plan.cycle, award_lines(requests, plan, given), given.left, given.level, given.group_level
    )


@dataclass(frozen=True, slots=True, eq=False)
class Awarded:
    """What the m order lines of a cycle are given; the orders themselves are the ``Requests``.

    matched : where each line stands in the plan
    limit, round_one, award : (m,) int64 cartons, 0 for what the plan does not govern
    band_room : (m,) int64 cartons, -1 = in no band; ``None`` where the plan has no bands
    left, level, group_level : as in ``Allocation``
    """

    matched: Matched
    limit: Units
    round_one: Units
    award: Units
    band_room: Units | None
    left: Units
    level: tuple[Level | None, ...]
    group_level: Mapping[int, Level]


def award_requests(
    requests: Requests,
    plan: QuotaPlan,
    *,
    order: Roster | None = None,
    matched: Matched | None = None,
    threads: int = 1,
) -> Awarded:
    """What the rules give, as arrays beside the requests.

    Parameters
    ----------
    requests : of the plan's cycle; where the plan has bands they must be ``placed``
    order : the plan's lists, where they are drawn already
    matched : the lines beside the plan, where they are found already
    threads : as in ``allocate``
    """
    service = Service.of(requests, plan, order, matched)
    found, joint = service.matched, service.joint
    limit, first, award = (np.zeros(len(found.line), dtype=np.int64) for _ in range(3))
    left = np.zeros(len(plan.product), dtype=np.int64)

    def serve_line(p: int) -> tuple[Level | None, Mapping[int, Level]]:
        rows, lot = found.rows[p], int(plan.lot[p])
        who = found.member[rows]
        served = service.line(p, service.asked(p))
        for target, source in (
            (limit, served.limit),
            (first, served.round_one),
            (award, served.award),
        ):
            target[rows] = source[who].astype(np.int64) * lot
        if plan.supply[p] >= 0:
            left[p] = plan.supply[p] - plan.reserve[p] - int(award[rows].sum())
        return served.level, served.group_level

    served = service.each(serve_line, threads)
    room = None
    if plan.bands and joint:
        room = np.full(len(limit), -1, dtype=np.int64)
        room[np.concatenate(found.rows)] = joint.band_room
    by_group = {g: level for _, bound in served for g, level in bound.items()}
    return Awarded(
        found, limit, first, award, room, left, tuple(level for level, _ in served), by_group
    )


def awards_of_members(
    requests: Requests, plan: QuotaPlan, order: Roster | None, matched: Matched, asked: Indices
) -> Indices:
    """The awards alone, (P, r) int32 cartons of the counted members.

    asked : (P, r) int32 lots, of ``asked_of_members``
    """
    service = Service.of(requests, plan, order, matched)
    award = np.empty(asked.shape, np.int32)

    def serve_line(p: int) -> None:
        # Where lines are joined, what others gave decides what may still be asked for.
        served = service.line(p, service.asked(p) if service.bound(p) else asked[p])
        np.multiply(served.award, np.int32(plan.lot[p]), out=award[p], casting="same_kind")

    service.each(serve_line, 1)
    return award


def asked_of_members(matched: Matched, members: int) -> Indices:
    """What each of the r counted members asks for, (P, r) int32 lots."""
    asked = np.zeros((len(matched.rows), members), np.int32)
    for p, rows in enumerate(matched.rows):
        asked[p, matched.member[rows]] = matched.lots[rows]
    return asked


def award_lines(requests: Requests, plan: QuotaPlan, given: Awarded) -> pl.DataFrame:
    """The lines of an ``Allocation``."""
    found = given.matched
    # A product outside this plan is not ours to judge: no figure rather than a zero.
    figures = {
        name: pl.Series(name, values).set(pl.Series(~found.governed), None)
        for name, values in (
            ("limit", given.limit),
            ("round_one", given.round_one),
            ("round_two", given.award - given.round_one),
            ("award", given.award),
        )
    }
    known = pl.Series(found.member)
    columns = {
        "line": _unless_absent(pl.Series(found.line)),
        "product_id": requests.products.gather(requests.product),
        "retailer_id": requests.retailers.gather(requests.retailer),
        "tier": plan.members["tier"].gather(_unless_absent(known)),
        "requested": requests.figures["requested"],
        **figures,
        "granted": requests.figures["granted"],
        "order": requests.figures["order"],
    }
    if given.band_room is not None:
        columns["band_room"] = _unless_absent(pl.Series(given.band_room))
    return pl.DataFrame(columns)


def _unless_absent(numbers: pl.Series) -> pl.Series:
    """Null instead of what is below 0."""
    return numbers.set(numbers < 0, None)
