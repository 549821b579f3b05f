"""L1, L2, L6 and L7 where products or retailers are bound together, from tables to awards."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.records import QuotaPlan
from strategies import Market, OrderRow, bound_markets, table_of

Case = tuple[Market, QuotaPlan, list[OrderRow]]


def rows_of(plan: QuotaPlan, rows: list[OrderRow]) -> tuple[list[dict[str, object]], list[int]]:
    """Award lines of members in a cell, with their cell; and what is left of each line."""
    allocation = allocate(table_of("orders", rows), plan)
    cells = plan.members.select("retailer_id", "cell")
    lines = allocation.lines.filter(pl.col("line").is_not_null()).join(cells, on="retailer_id")
    return lines.filter(pl.col("cell").is_not_null()).to_dicts(), allocation.left.tolist()


@given(bound_markets())
def test_l1_l2_no_limit_is_exceeded_and_nothing_is_lost(case: Case) -> None:
    """Bands, baskets, group maxima, ceilings, orders; awards + reserve + unreleased = supply."""
    _, plan, rows = case

    lines, left = rows_of(plan, rows)

    awarded = np.zeros(len(plan.product), dtype=np.int64)
    held: dict[str, dict[int, int]] = defaultdict(dict)
    for line in lines:
        p, c, award = line["line"], line["cell"], line["award"]
        awarded[p] += award
        held[line["retailer_id"]][p] = award
        assert 0 <= line["round_one"] <= award <= min(line["order"], plan.ceiling[p, c])
        assert award % plan.lot[p] == 0
        assert line["round_one"] <= line["limit"]
    assert (awarded + left + plan.reserve).tolist() == plan.supply.tolist()
    assert min(left) >= 0
    cell_of = {line["retailer_id"]: line["cell"] for line in lines}
    for limit in (*plan.bands, *plan.baskets):
        for retailer, awards in held.items():
            most = limit.most[cell_of[retailer]]
            assert most < 0 or sum(awards.get(p, 0) for p in limit.lines.tolist()) <= most
    for group in plan.groups:
        together = sum(
            line["award"]
            for line in lines
            if line["line"] == group.line and line["cell"] in group.cells
        )
        assert together <= group.most


@given(bound_markets(joint=False))
def test_l6_what_is_left_meets_a_limit(case: Case) -> None:
    """A lot stays only where each unmet order meets its limit, ceiling, or a group without room."""
    _, plan, rows = case
    lines, left = rows_of(plan, rows)

    totals = [
        sum(ln["award"] for ln in lines if ln["line"] == g.line and ln["cell"] in g.cells)
        for g in plan.groups
    ]
    for line in lines:
        p, c = line["line"], line["cell"]
        lot = int(plan.lot[p])
        full = any(
            group.most - total < lot
            for group, total in zip(plan.groups, totals, strict=True)
            if group.line == p and c in group.cells
        )
        if left[p] < lot or full:
            continue
        most = plan.ceiling[p, c] if plan.second_round else line["limit"]
        assert line["award"] == min(line["order"] // lot * lot, most)


@settings(max_examples=60)
@given(bound_markets(joint=False, retailers=7), st.data())
def test_l7_no_retailer_gains_by_a_false_order(case: Case, data: st.DataObject) -> None:
    """L7 with groups, not with bands and baskets."""
    _, plan, rows = case
    liar = data.draw(st.integers(0, len(rows) - 1))
    truth = rows[liar]["requested"]

    def award(requested: int) -> int:
        told = [{**row, "requested": requested} if k == liar else row for k, row in enumerate(rows)]
        lines = allocate(table_of("orders", told), plan).lines
        key = {name: rows[liar][name] for name in ("product_id", "retailer_id")}
        return int(lines.filter(**key)["award"].item())

    honest = award(truth)
    for report in (0, max(truth - 1, 0), truth + 1, truth + 3, truth * 2 + 1, 40):
        assert abs(award(report) - truth) >= abs(honest - truth)
