"""What a shop's neighbours cannot find out: another world that shows them the very same.

An attacker who holds the cards of all other shops of a cell and every public file can tell a
neighbour's sales only if no other sales would have shown it the same. So for a shop in a cell of
fewer than five others the week is made again with other sales of that shop, and must look the same
to all of them: same files, same cards. Then nobody, by whatever reasoning, can tell the two apart.

Out of this stand, as the rule itself publishes them, full-score lines (who sets one is known by
it), and figures over all shops of the city (effective weights).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from allocator.explanation.card import explain_each
from allocator.runs.heads import PUBLIC
from allocator.runs.record import Run
from allocator.runs.week import run
from allocator.tables.city import City
from strategies import Week, small_week

APART = ("run.json", "notice.html", "quotas.xlsx")
"""Of these the first holds digests of all tables; the others repeat the tables beside them."""

OTHER_SALES = (1.03, 0.97, 1.015, 0.985, 1.005, 0.995)


def world(week: Week, city: City, folder: Path) -> tuple[Run, dict[str, str]]:
    """A week of the city, and what everybody can read of it."""
    made = run(city, week.policy, cycle=week.cycle, seed=week.seed, on=week.plan.on)
    made.write(folder)
    files = {
        name: (folder / name).read_text(encoding="utf-8")
        for name in sorted(PUBLIC.difference(APART))
        if (folder / name).is_file()
    }
    grading = json.loads(files["record/grading.json"])
    del grading["warnings"]
    for item in grading["items"]:
        del item["effective"], item["effective_middle"]
    return made, {**files, "record/grading.json": json.dumps(grading)}


def seen(made: Run, retailers: list[str]) -> list[object]:
    """The claims of all their cards."""
    return [[(c.code, dict(c.parameters)) for c in card.claims]
            for card in explain_each(made, retailers)]  # fmt: skip


def with_other_sales(city: City, shop: str, times: float) -> City:
    assert city.sales is not None
    mine = pl.col("retailer_id") == shop
    changed = city.sales.frame.with_columns(
        pl.when(mine)
        .then((pl.col(name) * times).round().cast(pl.Int64))
        .otherwise(name)
        .alias(name)
        for name in ("quantity", "amount")
    )
    return replace(city, sales=replace(city.sales, frame=changed))


def victims(made: Run) -> Iterator[tuple[str, list[str]]]:
    """A graded shop of each small cell that sets no full-score line; and the others of the cell."""
    table = made.grading.table
    members = made.plan.members.filter(pl.col("cell").is_not_null())
    for _, inside in sorted(members.group_by("cell"), key=lambda one: one[0]):
        names = inside["retailer_id"].to_list()
        for shop in names if len(names) <= 5 else ():
            row = table.filter(retailer_id=shop).to_dicts()[0]
            lines = [item for item in made.grading.items if item.scale != "rank"]
            if row["graded"] and all(row[item.name] < item.reference for item in lines):
                yield shop, [name for name in names if name != shop]
                break


@pytest.mark.parametrize("seed", [2, 3, 7, 8])
def test_a_small_cell_does_not_tell_its_neighbours_sales(seed: int, tmp_path: Path) -> None:
    """For one shop of each of two small cells there are other sales that nobody can tell apart."""
    week = small_week(seed)
    made, files = world(week, week.city, tmp_path / "as it is")
    tried = list(victims(made))[:2]

    assert tried
    for shop, others in tried:
        cards = seen(made, others)
        assert any(
            (other := world(week, with_other_sales(week.city, shop, times), tmp_path / "else"))[1]
            == files
            and seen(other[0], others) == cards
            and other[0].grading.table.filter(retailer_id=shop)["quantity"].item()
            != made.grading.table.filter(retailer_id=shop)["quantity"].item()
            for times in OTHER_SALES
        ), (seed, shop)
