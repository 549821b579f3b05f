"""What a shop's neighbours cannot find out: another world that shows them the very same.

An attacker who holds the cards of all other shops and every public file can tell a shop's figure
only if no other figure would have shown it the same. So the week is made again with another figure
of that shop, and must look the same to all of them: same public files, same cards, byte for byte.
Then nobody, by whatever reasoning, can tell the two apart.

Sales: for a shop in a cell of fewer than five others, of all its neighbours there. Orders: for a
shop that ordered what fewer than five others ordered, of all other shops of the city.

Out of this stand, as the rule itself publishes them, full-score lines (who sets one is known by
it), and figures over all shops of the city (effective weights). What all others together leave over
of a product is known to whoever was given the rest; nothing is left out for that, and nothing else
may tell more: see ``docs/privacy.md``.
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
from allocator.runs.outputs import summary_table
from allocator.runs.record import Run
from allocator.runs.week import run
from allocator.tables.city import City
from strategies import Week, small_week, smooth_week

OTHER_SALES = (1, -1, 2, -2, 4, -4)
"""Cartons more or fewer of one product in one month."""

World = tuple[Run, dict[str, bytes]]


def world(week: Week, city: City, folder: Path) -> World:
    """A week of the city, and what everybody can read of it."""
    made = run(city, week.policy, cycle=week.cycle, seed=week.seed, on=week.plan.on)
    made.write(folder)
    files = {name: (folder / name).read_bytes() for name in PUBLIC if (folder / name).is_file()}
    grading = json.loads(files["record/grading.json"])
    del grading["warnings"]
    for item in grading["items"]:
        del item["effective"], item["effective_middle"]
    files["record/grading.json"] = json.dumps(grading).encode()
    del files["run.json"]  # names the digest of record/grading.json; its own fields follow
    head = json.loads((folder / "run.json").read_bytes())
    del head["files"]["record/grading.json"]
    return made, {**files, "run.json": json.dumps(head).encode()}


def seen(made: Run, retailers: list[str]) -> list[object]:
    """The claims of all their cards."""
    return [[(c.code, dict(c.parameters), c.evidence) for c in card.claims]
            for card in explain_each(made, retailers)]  # fmt: skip


def with_other_sales(city: City, shop: str, more: int) -> City:
    """The shop sold more in one month, at the same price."""
    assert city.sales is not None
    frame = city.sales.frame
    row = frame.with_row_index().filter(retailer_id=shop)["index"][0]
    here, price = pl.int_range(pl.len()) == row, pl.col("amount") // pl.col("quantity")
    changed = frame.with_columns(
        quantity=pl.col("quantity") + pl.when(here).then(more).otherwise(0),
        amount=pl.col("amount") + pl.when(here).then(more * price).otherwise(0),
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


def mean_sales(made: Run) -> dict[int, float]:
    """A file that would leak: what the shops of each cell sold."""
    table = made.grading.table.join(made.plan.members.select("retailer_id", "cell"), "retailer_id")
    return dict(table.group_by("cell").agg(pl.col("quantity").mean()).sort("cell").iter_rows())


def hidden(week: Week, shop: str, others: list[str], first: World, folder: Path) -> bool:
    """Whether the shop can have sold otherwise, and nobody would see it.

    The attack works: a file with the mean sales of cells tells every one of these apart.
    """
    cards = seen(first[0], others)
    sold = first[0].grading.table.filter(retailer_id=shop)["quantity"].item()
    for more in OTHER_SALES:
        made, files = world(week, with_other_sales(week.city, shop, more), folder)
        other = made.grading.table.filter(retailer_id=shop)["quantity"].item()
        assert mean_sales(made) != mean_sales(first[0])
        if other != sold and files == first[1] and seen(made, others) == cards:
            return True
    return False


@pytest.mark.parametrize("seed", [2, 3, 7, 8])
def test_a_small_cell_does_not_tell_its_neighbours_sales(seed: int, tmp_path: Path) -> None:
    """For one shop of each of two small cells there are other sales that nobody can tell apart."""
    week = small_week(seed)
    first = world(week, week.city, tmp_path / "as it is")
    tried = list(victims(first[0]))[:2]

    assert tried
    for shop, others in tried:
        assert hidden(week, shop, others, first, tmp_path / "else"), (seed, shop)


@pytest.mark.parametrize("seed", [2])
def test_smooth_quotas_do_not_tell_the_sales_of_a_small_cell(seed: int, tmp_path: Path) -> None:
    """Though every quota depends on where everybody stands."""
    week = smooth_week(seed, moved=False)
    first = world(week, week.city, tmp_path / "as it is")
    tried = list(victims(first[0]))[:2]

    assert tried
    assert first[0].plan.between is not None
    assert first[0].plan.between.part.any()  # and many do stand between the middles
    for shop, others in tried:
        assert hidden(week, shop, others, first, tmp_path / "else"), (seed, shop)


def ordered_by_few(city: City, shops: int) -> tuple[City, str]:
    """The city where only so many still order P0, and one of them."""
    assert city.orders is not None
    frame = city.orders.frame
    kept = frame.filter(product_id="P0")["retailer_id"].unique().sort().to_list()[:shops]
    frame = frame.filter((pl.col("product_id") != "P0") | pl.col("retailer_id").is_in(kept))
    return replace(city, orders=replace(city.orders, frame=frame)), kept[0]


def with_other_order(city: City, shop: str, asked: int) -> City:
    """The shop asks for another number of cartons of P0; nothing is entered for it."""
    assert city.orders is not None
    mine = (pl.col("retailer_id") == shop) & (pl.col("product_id") == "P0")
    frame = city.orders.frame.with_columns(
        pl.when(mine).then(pl.lit(asked, pl.Int64)).otherwise("requested").alias("requested"),
        pl.when(mine).then(pl.lit(None, pl.Int64)).otherwise("granted").alias("granted"),
    )
    return replace(city, orders=replace(city.orders, frame=frame))


def own_lines(made: Run, shop: str) -> pl.DataFrame:
    """What all others ordered and were given, which they know whatever is published."""
    assert made.allocation is not None
    lines = made.allocation.lines.filter(pl.col("retailer_id") != shop)
    return lines.sort("retailer_id", "product_id")


@pytest.mark.parametrize(("seed", "shops"), [(5, 5), (9, 3)])
def test_what_few_ordered_is_told_by_no_file_and_no_card(
    seed: int, shops: int, tmp_path: Path
) -> None:
    """Nothing tells more of an order than what the others were given themselves.

    Whatever else the shop may have asked for, with all the others given the same: files and cards
    are the same. The attack works: exact totals tell each of these orders apart.
    """
    week = small_week(seed, retailers=30)
    city, shop = ordered_by_few(week.city, shops)
    worlds = []
    for asked in (1, 2, 3, 24):
        made, files = world(week, with_other_order(city, shop, asked), tmp_path / str(asked))
        others = [name for name in made.plan.members["retailer_id"].to_list() if name != shop]
        totals = summary_table(made.plan, made.allocation)
        worlds.append((own_lines(made, shop), files, seen(made, others), totals))
    alike = [
        (one, other)
        for k, one in enumerate(worlds)
        for other in worlds[:k]
        if one[0].equals(other[0])
    ]

    assert alike
    for (_, files, cards, totals), (_, same, told, exact) in alike:
        assert files == same
        assert cards == told
        assert not totals.equals(exact)
