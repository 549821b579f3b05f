"""Order lines beside a plan, against looking each up by name."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from allocator.allocation.matching import LARGEST_ORDER, match_lines
from allocator.allocation.requests import lay_out
from allocator.records import Cells

PRODUCTS, REGIONS, LOTS = ("P1", "P2", "P2", "P4"), ("", "east", "west", ""), (1, 5, 3, 2)
"""P2 is released in two regions."""

MEMBERS = pl.DataFrame(
    [
        ("R2", "east | urban", 0), ("R5", "west | rural", 0), ("R3", "east | rural", 1),
        ("R1", "north | urban", None), ("R4", None, None),
    ],
    schema={"retailer_id": pl.String, "segment": pl.String, "cell": pl.Int32},
    orient="row",
)  # fmt: skip
CELLS = Cells(np.array([1, 2]), ("", ""), ("weekly",) * 2, np.array([2, 1]), np.ones(2, int), 1)
"""Three of the five are counted."""


def line_of(product: str, retailer: str) -> int:
    """Place of the released line that is the retailer's own; -1 = none."""
    if product == "P2":
        return {"R2": 1, "R3": 1, "R5": 2}.get(retailer, -1)
    return {"P1": 0, "P4": 3}.get(product, -1)


@pytest.mark.parametrize("seed", range(6))
def test_each_line_finds_its_product_where_the_retailer_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [(f"R{i}", f"P{p}") for i in range(1, 7) for p in range(1, 6) if rng.random() < 0.7]
    rows = [
        {
            "order_id": "O", "retailer_id": retailer, "product_id": product, "cycle": None,
            "status": None, "kind": None, "granted": None, "ordered_at": datetime(2026, 11, 16),
            "requested": [None, 0, 7, 14, 10**12][rng.integers(5)],
        }
        for retailer, product in pairs
    ]  # fmt: skip
    schema = {"requested": pl.Int64, "granted": pl.Int64, "status": pl.String, "kind": pl.String,
              "cycle": pl.String}  # fmt: skip
    requests = lay_out(pl.DataFrame(rows, schema_overrides=schema), "C1")

    found = match_lines(requests, MEMBERS, CELLS, PRODUCTS, REGIONS, LOTS)

    asked = {(row["retailer_id"], row["product_id"]): row["requested"] or 0 for row in rows}
    names = MEMBERS["retailer_id"].to_list()
    at = {}
    for k, (p, i) in enumerate(zip(requests.product, requests.retailer, strict=True)):
        product, retailer = requests.products[int(p)], requests.retailers[int(i)]
        line = line_of(product, retailer)
        assert found.line[k] == line
        assert found.member[k] == (names.index(retailer) if retailer in names else -1)
        assert found.governed[k] == (product in PRODUCTS)
        whole = asked[retailer, product] // LOTS[line] if line >= 0 else 0
        assert found.lots[k] == min(whole, LARGEST_ORDER)
        if line >= 0 and retailer in ("R2", "R3", "R5"):
            at.setdefault(line, []).append(k)
    assert [rows.tolist() for rows in found.rows] == [at.get(line, []) for line in range(4)]

    told = found.asked(requests)
    everywhere = np.concatenate(found.rows)
    assert told.line.tolist() == sorted(told.line.tolist()) == found.line[everywhere].tolist()
    assert told.member.tolist() == found.member[everywhere].tolist()
    assert told.lots.tolist() == found.lots[everywhere].tolist()
