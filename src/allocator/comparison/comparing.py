"""Compares a scenario with the baseline, retailer by retailer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from allocator.comparison.attribution import STEPS, Changed, changed_awards
from allocator.comparison.exposure import alike, exposure, published
from allocator.comparison.figures import FIGURES, figures_of
from allocator.comparison.groups import deciles, grouped, migration
from allocator.comparison.inequality import STEPS as PERCENTS
from allocator.comparison.inequality import lorenz
from allocator.comparison.listing import exposed_table, exposure_table, product_table, two_sides
from allocator.comparison.outcome import Outcome, check_outcome
from allocator.comparison.record import Comparison, Note, nobody
from allocator.records import Indices

PARTS: Final = tuple(f"by_{step}" for step in STEPS)
MATRICES: Final = ("order", "base", "limit", "award")
CELL: Final = ("product_id", "segment", "rhythm", "tier")


def compare(
    baseline: Outcome,
    scenario: Outcome,
    *,
    title: str = "",
    describe: str = "",
    changes: Sequence[tuple[str, str]] = (),
    notes: Sequence[Note] = (),
    people: pl.DataFrame | None = None,
) -> Comparison:
    """Figures, gainers and losers, migration, complaints: a scenario against the baseline.

    Retailers are matched by id; who is present on one side only has entered or left, and counts in
    the figures of that side. Groups are those of the baseline.

    title, describe, changes, notes, people : as in the record, which they are passed on to

    Raises
    ------
    BadRequest : an outcome whose rows are not as its record says
    """
    check_outcome(baseline)
    check_outcome(scenario)
    shops = _beside(baseline, scenario)
    both = shops.filter(pl.col("status") == "both")
    changed = changed_awards(*_aligned(baseline, scenario, both["retailer_id"]))
    products = _all_products(baseline, scenario)
    found = alike(*(exposure(side, published(baseline, side)) for side in (baseline, scenario)))
    more = list(notes)
    if changed.parts is not None and baseline.tiers != scenario.tiers:
        facts = {"before": baseline.tiers, "after": scenario.tiers}
        more.append(Note("tiers-differ", facts))
    return Comparison(
        baseline=baseline,
        scenario=scenario,
        title=title or scenario.name,
        describe=describe,
        changes=tuple(changes),
        figures=_figures(baseline, scenario),
        groups=grouped(both, baseline.tiers),
        migration=migration(both),
        changes_by_retailer=_with_reasons(shops, both, changed),
        lines=_lines(changed, both["retailer_id"], products),
        lorenz=_lorenz(baseline, scenario),
        exposure=exposure_table(baseline, scenario, found),
        exposed=exposed_table(baseline, scenario, found),
        quotas=two_sides("quotas", baseline.quotas, scenario.quotas, CELL),
        products=product_table(baseline, scenario),
        notes=tuple(more),
        people=nobody() if people is None else people,
    )


def _figures(baseline: Outcome, scenario: Outcome) -> pl.DataFrame:
    one, other = figures_of(baseline), figures_of(scenario)
    rows = []
    for figure in FIGURES:
        before, after = one[figure.name], other[figure.name]
        change = None if before is None or after is None else float(after - before)
        numbers = [None if side is None else float(side) for side in (before, after)]
        rows.append((figure.name, figure.unit, figure.better or None, *numbers, change))
    names = {"figure": pl.String, "unit": pl.String, "better": pl.String}
    numbers_ = dict.fromkeys(("baseline", "scenario", "change"), pl.Float64)
    return pl.DataFrame(rows, schema={**names, **numbers_}, orient="row")


def _beside(baseline: Outcome, scenario: Outcome) -> pl.DataFrame:
    """One row per retailer present in either, by id, with its groups and cartons."""
    about = ("segment", "region", "market", "format", "decile", "new")
    sides = [
        side.retailers.with_columns(deciles(side))
        .filter("present")
        .select("retailer_id", *about, "tier", cartons="award")
        for side in (baseline, scenario)
    ]
    joined = sides[0].join(sides[1], on="retailer_id", how="full", coalesce=True, suffix="_then")
    entered, left = pl.col("cartons").is_null(), pl.col("cartons_then").is_null()
    status = pl.when(entered).then(pl.lit("entered")).when(left).then(pl.lit("left"))
    own = (
        pl.when(entered).then(pl.col(f"{name}_then")).otherwise(pl.col(name)).alias(name)
        for name in about
    )
    return joined.select(
        "retailer_id",
        status.otherwise(pl.lit("both")).alias("status"),
        *own,
        tier_before="tier",
        tier_after="tier_then",
        before="cartons",
        after="cartons_then",
        change=pl.col("cartons_then").fill_null(0) - pl.col("cartons").fill_null(0),
    ).sort("retailer_id")


def _all_products(baseline: Outcome, scenario: Outcome) -> pl.Series:
    one, other = (side.products["product_id"] for side in (baseline, scenario))
    return one if one.equals(other) else pl.concat([one, other]).unique().sort()


def _aligned(baseline: Outcome, scenario: Outcome, retailers: pl.Series) -> tuple[Outcome, Outcome]:
    """Both outcomes with the same rows: the given retailers, the products of either."""
    products = _all_products(baseline, scenario)
    return _taken(baseline, retailers, products), _taken(scenario, retailers, products)


def _taken(outcome: Outcome, retailers: pl.Series, products: pl.Series) -> Outcome:
    """The outcome of some retailers, and of products of which it may lack some (then 0)."""
    if not outcome.retailers["retailer_id"].equals(retailers):
        at = _places(retailers, outcome.retailers["retailer_id"])
        cut: dict[str, Any] = {name: getattr(outcome, name)[:, at] for name in MATRICES}
        waited = None if outcome.waited is None else outcome.waited[:, at]
        outcome = replace(outcome, retailers=outcome.retailers[at], waited=waited, **cut)
    if not outcome.products["product_id"].equals(products):
        at = _places(outcome.products["product_id"], products)
        wide: dict[str, Any] = {}
        for name in MATRICES:
            matrix = getattr(outcome, name)
            wide[name] = np.zeros((len(products), matrix.shape[1]), matrix.dtype)
            wide[name][at] = matrix
        frame = products.to_frame("product_id").join(
            outcome.products, on="product_id", how="left", maintain_order="left"
        )
        outcome = replace(outcome, products=frame, waited=None, **wide)
    return outcome


def _places(ids: pl.Series, among: pl.Series) -> Indices:
    """Row of each id among others, all of which hold it."""
    rows = among.to_frame("id").with_row_index("at")
    found: Indices = (
        ids.to_frame("id").join(rows, on="id", how="left", maintain_order="left")["at"].to_numpy()
    )
    return found


def _with_reasons(shops: pl.DataFrame, both: pl.DataFrame, changed: Changed) -> pl.DataFrame:
    """The parts of each retailer's change, and the step that moved it most its way."""
    status, change = pl.col("status"), pl.col("change")
    moved = (status == "both") & (change != 0)
    if changed.parts is None:
        nothing = (pl.lit(None, pl.Int64).alias(part) for part in PARTS)
        why = pl.when(status != "both").then(status).alias("reason")
        return shops.with_columns(*nothing, why)
    # Whole numbers below 2^53 stay exact in the doubles that bincount adds.
    sums = [np.bincount(changed.who, part, len(both)).astype(np.int64) for part in changed.parts]
    parts = both.select("retailer_id", *map(pl.Series, PARTS, sums))
    forward = [pl.col(part) * change.sign() for part in PARTS]
    most = pl.concat_list(forward).list.arg_max()
    steps = pl.Series(STEPS)
    reason = pl.when(moved).then(
        most.replace_strict(range(len(STEPS)), steps, return_dtype=pl.String)
    )
    return shops.join(parts, on="retailer_id", how="left", maintain_order="left").with_columns(
        reason=reason.when(status != "both").then(status)
    )


def _lines(changed: Changed, retailers: pl.Series, products: pl.Series) -> pl.DataFrame:
    parts = changed.parts
    return pl.DataFrame(
        {
            "product_id": products.gather(changed.line),
            "retailer_id": retailers.gather(changed.who),
            "before": changed.before,
            "after": changed.after,
            "change": changed.after - changed.before,
            **{
                name: pl.Series([None] * len(changed.line), dtype=pl.Int64)
                if parts is None
                else parts[k]
                for k, name in enumerate(PARTS)
            },
        }
    )


def _lorenz(baseline: Outcome, scenario: Outcome) -> pl.DataFrame:
    curves: dict[str, pl.Series] = {}
    for name, side in (("baseline", baseline), ("scenario", scenario)):
        curve = lorenz(side.retailers.filter("present")["award"].sort().to_numpy())
        nothing = pl.Series([None] * (PERCENTS + 1), dtype=pl.Float64)
        curves[name] = nothing if curve is None else pl.Series(curve)
    return pl.DataFrame({"percent": pl.Series(range(PERCENTS + 1), dtype=pl.Int64), **curves})
