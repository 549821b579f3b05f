"""A run whose plan has bands, baskets and groups: written, read, verified."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from allocator.allocation.awards import allocate
from allocator.explanation.card import explain_each
from allocator.policy.reading import read_policy
from allocator.records import Allocation, Group, JointLimit
from allocator.runs.reading import read_run
from allocator.runs.record import Run
from allocator.runs.verifying import verify_run
from allocator.runs.week import run
from explanation.test_evidence import missing


def most_raised(allocation: Allocation) -> int:
    """The line outside the band to which the second round gave most."""
    lines = allocation.lines.filter(pl.col("line") < len(allocation.left) - 4)
    return int(lines.group_by("line").agg(pl.col("round_two").sum()).sort("round_two")["line"][-1])


@pytest.fixture(scope="module")
def bound(week: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The week under a policy with a band, and as if it had a basket and a group."""
    assert week.allocation is not None
    lines = np.arange(len(week.plan.product), dtype=np.int32)
    named = ", ".join(f'"{name}"' for name in week.plan.product[-4:])
    rule = f"  bands: [{{name: '=top, band', products: [{named}], at_most: {{6: 4, 20: 6}}}}]"
    path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    path.write_text(week.policy.text.replace("\n  products:\n", f"\n{rule}\n  products:\n"))
    made = run(week.city, read_policy(path, week.on), seed=week.seed)
    plan, p = made.plan, most_raised(week.allocation)
    tiers = plan.cells.tier
    basket = JointLimit("all", lines, tiers * 3 + 30)
    cells = np.flatnonzero(tiers % 2).astype(np.int32)
    odd = week.allocation.lines.filter(pl.col("line") == p, pl.col("tier") % 2 == 1)
    most = int(odd["round_one"].sum() + plan.lot[p])
    group = Group(0, p, cells, plan.mass[p, cells], -1, most)
    plan = replace(plan, baskets=(basket,), groups=(group,), second_round=True)
    assert week.city.orders is not None
    return replace(made, plan=plan, allocation=allocate(week.city.orders, plan), findings=None)


@pytest.fixture(scope="module")
def written(bound: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its directory."""
    return bound.write(tmp_path_factory.mktemp("bound") / "week")


def test_the_band_and_the_group_bind(bound: Run) -> None:
    """Else nothing is tested below."""
    assert bound.allocation is not None
    lines = bound.allocation.lines
    assert (lines["band_room"] < lines["limit"]).sum() > 3
    assert lines["band_room"].null_count() > 3
    assert bound.allocation.group_level


def test_what_bound_comes_back(bound: Run, written: Path) -> None:
    """Room and levels, and the limits themselves."""
    back = read_run(written)

    assert bound.allocation is not None
    assert back.allocation is not None
    columns = ["retailer_id", "product_id", "round_one", "award", "band_room"]
    assert_frame_equal(
        back.allocation.lines.select(columns), bound.allocation.lines.select(columns)
    )
    assert dict(back.allocation.group_level) == dict(bound.allocation.group_level)
    assert back.plan.bands[0].name == bound.plan.bands[0].name
    assert back.plan.bands[0].most.tolist() == bound.plan.bands[0].most.tolist()


def test_awards_under_bands_are_computed_again(written: Path) -> None:
    """Nothing to find in what awards, rooms and bands.csv say."""
    files = {"awards.csv", "bands.csv", "summary.csv", "quotas.csv", "certificate-orders.json"}

    assert not files & {found.file for found in verify_run(written).discrepancies}


def test_bands_follow_from_the_policy(bound: Run, tmp_path: Path) -> None:
    """A wider band in the record is found, though bands.csv fits it."""
    band = bound.plan.bands[0]
    wider = replace(band, most=np.where(band.most < 0, -1, band.most + 1))
    assert bound.city.orders is not None
    plan = replace(bound.plan, bands=(wider,))
    forged = replace(bound, plan=plan, allocation=allocate(bound.city.orders, plan))

    told = [found.message() for found in verify_run(forged.write(tmp_path / "run")).discrepancies]

    assert [text for text in told if text.startswith("record/plan.json") and "bands" in text]


@pytest.mark.parametrize(
    ("file", "column"), [("bands.csv", "at_most"), ("awards.csv", "band_room")]
)
def test_a_changed_figure_is_found(written: Path, file: str, column: str) -> None:
    """In the band and in the room that a line found."""
    path = written / file
    kept = path.read_bytes()
    frame = pl.read_csv(kept, infer_schema=False)
    row = frame[column].is_not_null().arg_true()[0]
    more = pl.when(pl.int_range(pl.len()) == row).then(pl.lit("77")).otherwise(pl.col(column))
    frame.with_columns(more.alias(column)).write_csv(path)
    try:
        found = verify_run(written).discrepancies
    finally:
        path.write_bytes(kept)

    assert (file, column) in {(one.file, one.facts.get("column")) for one in found}


def test_cards_cite_places_that_exist(written: Path) -> None:
    """Bands in their public file, column and row, baskets and groups in the policy."""
    week = read_run(written)
    places = {
        place
        for card in explain_each(week, week.plan.members["retailer_id"].to_list())
        for claim in card.claims
        if claim.code in ("band-limit", "shortfall-band", "shortfall-basket", "shortfall-group")
        for place in claim.evidence
    }

    assert {place.file for place in places} >= {"bands.csv", "awards.csv"}
    assert {(place, fault) for place in places if (fault := missing(written, place))} == set()
