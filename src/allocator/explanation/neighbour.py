"""My neighbour sells as much and got more: how far apart two such shops can be, and by what rules.

All of it is public or a count of the reader's own group: nothing here is about one neighbour. What
holds for a cell is made once for all its shops.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from allocator.allocation.cliffs import Cliffs, cliff_figures
from allocator.explanation.books import Books
from allocator.explanation.claims import Answer, Claim, Facts, in_own_row, in_policy, in_public
from allocator.explanation.standing import Standing
from allocator.explanation.turn import odd_lots_differ
from allocator.hiding import LEAST_TOLD, enough_others
from allocator.nearness import NEAR_PERCENT


def why_others(books: Books, who: Standing) -> Answer | None:
    """How far apart shops with nearly the same sales can be, what parts them, what was wrong."""
    if who.cell is None or who.tier is None:
        return None
    key = ("neighbour", who.cell, who.tier)
    return books.once(key, partial(_answer, books, who.cell, who.tier))[0]


def _answer(books: Books, cell: int, tier: int) -> tuple[Answer | None]:
    told = (
        *_apart(books, cell),
        *_tiers(books, cell, tier),
        *_segments(books, cell),
        *_odd_lots(books, cell, tier),
        *_second_round(books),
        *_entries(books, cell, tier),
    )
    return (Answer("neighbour", told) if told else None,)


def _apart(books: Books, cell: int) -> tuple[Claim, ...]:
    """The product of the cell in which two shops with nearly the same sales are furthest apart."""
    plan, figures = books.run.plan, _figures(books)
    if figures.not_computed:
        return ()
    known = [
        (-int(figures.cartons[p]), plan.product[p])
        for p in np.flatnonzero(plan.allowed[:, cell]).tolist()
        if figures.pairs[p] and figures.retailers[p] >= LEAST_TOLD
    ]
    if not known:
        return ()
    cartons, product = min(known)
    if not cartons:
        place = in_public("cliffs.csv", "pairs cartons")
        return (Claim("neighbour-together", {"near": NEAR_PERCENT}, (place,)),)
    place = in_public("cliffs.csv", "pairs cartons", product_id=product)
    facts: Facts = {"product": product, "near": NEAR_PERCENT, "cartons": -cartons}
    return (Claim("neighbour-apart", facts, (place,)),)


def _figures(books: Books) -> Cliffs:
    return books.once(("cliffs",), lambda: cliff_figures(books.run.plan, books.run.grading))


def _tiers(books: Books, cell: int, tier: int) -> tuple[Claim, ...]:
    """What a shop just above the line of the next tier may order more; or that scores decide."""
    plan = books.run.plan
    if plan.between is not None:
        rule = in_policy("allocation.boundary", books.run.policy.lines)
        return (Claim("neighbour-score", {"tier": tier}, (rule,)),)
    cells, above = plan.cells, cell + 1
    if above >= len(cells.tier) or cells.tier[above] != tier + 1:
        return ()  # a chain of cells has its tiers in rising order
    own, more = (int((plan.base[:, c] * plan.allowed[:, c]).sum()) for c in (cell, above))
    if more <= own:
        return ()
    facts: Facts = {"tier": tier, "other": tier + 1, "more": more - own}
    places = tuple(in_public("quotas.csv", "base", tier=t) for t in (tier, tier + 1))
    return (Claim("neighbour-tier", facts, places),)


def _segments(books: Books, cell: int) -> tuple[Claim, ...]:
    """That shops of other kinds have quotas of their own, where there are any."""
    cells = books.run.plan.cells
    own = cells.segment[cell]
    there = {cells.segment[c] for c in np.flatnonzero(cells.count > 0).tolist()}
    if not own or there == {own}:
        return ()
    place = in_public("quotas.csv", "segment retailers")
    return (Claim("neighbour-kind", {"segment": own}, (place,)),)


def _odd_lots(books: Books, cell: int, tier: int) -> tuple[Claim, ...]:
    """In how many products some shops of the cell have an odd lot and others have not."""
    plan = books.run.plan
    lines = np.flatnonzero(plan.allowed[:, cell]).tolist()
    products = sum(odd_lots_differ(books, p, cell) for p in lines)
    if not products:
        return ()
    place = in_public("quotas.csv", "retailers seats", tier=tier)
    facts: Facts = {"tier": tier, "products": products}
    return (Claim("neighbour-odd", facts, (place,)),)


def _second_round(books: Books) -> tuple[Claim, ...]:
    """In how many products those who asked for more than their limit got of what was left.

    Of those that enough shops ordered: else a count could tell what one of them was given.
    """
    run = books.run
    if run.allocation is None or not run.plan.second_round:
        return ()
    if books.line_rows.is_empty():
        return ()
    given = books.line_rows.filter(pl.col("round_two") > 0)["product_id"].unique().to_list()
    products = sum(enough_others(books.demand.get(name, (0, None))[0]) for name in given)
    if not products:
        return ()
    rule = in_policy("allocation.second_round", run.policy.lines)
    place = in_public("summary.csv", "awarded planned")
    facts: Facts = {"products": products, "least": LEAST_TOLD}
    return (Claim("neighbour-second", facts, (place, rule)),)


def _entries(books: Books, cell: int, tier: int) -> tuple[Claim, ...]:
    """Whether anything was entered otherwise than the rules say, for the shops of the cell."""
    plan = books.run.plan
    shops = int(plan.cells.count[cell])
    if not enough_others(shops):
        return ()
    entered, wrong = books.once(("entries",), partial(_entered_wrongly, books))
    if not enough_others(entered.get(cell, 0)):
        return ()
    places = (
        in_own_row("awards.csv", "award granted"),
        in_public("quotas.csv", "retailers", tier=tier),
    )
    facts: Facts = {"tier": tier, "shops": shops}
    if not wrong.get(cell):
        return (Claim("neighbour-entered", facts, places),)
    return (Claim("neighbour-entered-wrong", {**facts, "wrong": wrong[cell]}, places),)


def _entered_wrongly(books: Books) -> tuple[dict[int, int], dict[int, int]]:
    """Shops of each cell for which anything was entered, and those with an entry off the rules."""
    run = books.run
    if run.allocation is None:
        return {}, {}
    members = run.plan.members.select("retailer_id", "cell")
    rows = (
        run.allocation.lines.filter(pl.col("award").is_not_null() & pl.col("granted").is_not_null())
        .group_by("retailer_id")
        .agg((pl.col("granted") != pl.col("award")).any().alias("wrong"))
        .join(members, on="retailer_id")
        .filter(pl.col("cell").is_not_null())
        .group_by("cell")
        .agg(pl.len(), pl.col("wrong").sum())
    )
    return (
        dict(rows.select("cell", "len").iter_rows()),
        dict(rows.filter(pl.col("wrong") > 0).select("cell", "wrong").iter_rows()),
    )
