"""Who takes part and in which cell, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from allocator.allocation.cohorts import count_members, form_cells, weighted, with_tiers
from allocator.allocation.weights import IntegerWeights
from allocator.grading.scheme import given_tiers
from strategies import MONDAY, city_of, table_of

SUNDAY = date(2026, 11, 15)


def members(*rows: tuple[str, int | None, str, str, bool]) -> pl.DataFrame:
    """Retailer, tier, segment, rhythm, counted."""
    schema = {
        "retailer_id": pl.String, "tier": pl.Int64, "segment": pl.String, "rhythm": pl.String,
        "counted": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_cells_are_chains_of_rising_tiers_by_segment_and_rhythm() -> None:
    """Three segments, one only named, both rhythms, tiers 1..3: cell = 3 x chain + tier - 1.

    Chains: east weekly 0, east fortnightly 1, north 2 and 3, west 4 and 5.
    """
    people = members(
        ("R5", 2, "west", "fortnightly", True),
        ("R4", 3, "east", "weekly", True),
        ("R3", 3, "west", "weekly", False),
        ("R2", None, "east", "weekly", False),
        ("R1", 3, "east", "weekly", True),
        ("R0", 1, "west", "weekly", True),
    )

    cells, placed = form_cells(people, 3, IntegerWeights((1, 5, 9), 10), ["north"])

    assert cells.tier.tolist() == [1, 2, 3] * 6
    assert cells.segment == ("east",) * 6 + ("north",) * 6 + ("west",) * 6
    assert cells.rhythm == (("weekly",) * 3 + ("fortnightly",) * 3) * 3
    assert cells.count.tolist() == [0, 0, 2, *[0] * 9, 1, 0, 0, 0, 1, 0]
    assert (cells.weight.tolist(), cells.weight_unit) == ([1, 5, 9] * 6, 10)
    assert placed.select("retailer_id", "cell").rows() == [
        ("R1", 2), ("R4", 2), ("R0", 12), ("R5", 16), ("R2", None), ("R3", None),
    ]  # fmt: skip


def test_without_anybody_there_is_one_chain_of_weekly_shops() -> None:
    cells, _ = form_cells(members(("R1", 2, "", "fortnightly", False)), 2, WEIGHTS, [])

    assert (cells.segment, cells.rhythm, cells.count.tolist()) == (
        ("", ""), ("weekly", "weekly"), [0, 0],
    )  # fmt: skip


WEIGHTS = IntegerWeights((1, 2), 3)


def test_other_weights_leave_the_cells_as_they_are() -> None:
    cells, _ = form_cells(members(("R1", 2, "a", "weekly", True)), 2, WEIGHTS, ["b"])

    other = weighted(cells, IntegerWeights((4, 7), 5))

    assert (other.weight.tolist(), other.weight_unit) == ([4, 7, 4, 7], 5)
    assert other.count is cells.count


def test_who_is_active_due_and_graded_takes_part() -> None:
    """Not who is suspended, stopped or without a tier; a closed one is not stopped but closed."""
    shops = [
        {"retailer_id": "R1", "tier": 2},
        {"retailer_id": "R2", "tier": 1, "status": "suspended"},
        {"retailer_id": "R3"},
        {"retailer_id": "R4", "tier": 1},
        {"retailer_id": "R5", "tier": 1, "status": "closed"},
    ]
    city = replace(city_of({1: 1}, []), retailers=table_of("retailers", shops))
    grading = given_tiers(city, MONDAY)
    stopped = pl.col("retailer_id").is_in(["R4", "R5"])
    reason = pl.when(stopped).then(pl.lit("given stopped")).otherwise(pl.lit("given unstopped"))
    grading = replace(grading, table=grading.table.with_columns(reason=reason))

    people = count_members(city, grading, cycle="C1", on=MONDAY, attributes=())

    assert people.select("retailer_id", "status", "tier", "counted").rows() == [
        ("R1", "active", 2, True),
        ("R2", "suspended", 1, False),
        ("R3", "active", None, False),
        ("R4", "stopped", 1, False),
        ("R5", "closed", None, False),
    ]
    assert with_tiers(
        pl.DataFrame({"retailer_id": ["R9"], "status": ["active"]}), grading
    ).rows() == [("R9", "active", None)]
