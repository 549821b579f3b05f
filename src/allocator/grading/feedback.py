"""How far tiers feed themselves: scarce products are bought by quota, and quotas go by tier.

What scarce products give to a score is found by leaving them out, shop by shop: with v an item's
value, v' its value without scarce products and p the points of the item on its scale *as it was
fitted* (the same full-score line, the others as they are),

    scarce points of the item = p(v) - p(v')

which is below 0 where scarce products lower a value (a cheap product lowers the mean price). Who
would change tier is found by grading again: once without scarce products, once with a part of
them taken away from everybody (``sales_cut``). That answers "what if all quotas are cut". Whether
a cut of *its own* quota alone would cost a shop its tier is asked of the distances that the
grading keeps: it falls where the points it loses, on the scales as they were fitted, are more
than its score may lose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
import polars as pl

from allocator.errors import BadRequest, BadTable, Refusal
from allocator.grading.changes import sales_cut, with_sales
from allocator.grading.exact import Units
from allocator.grading.scales import fit
from allocator.grading.scheme import WINSORISED_AT, grade
from allocator.policy.grading_models import GradingPolicy
from allocator.records import MICRO, Grading, Item
from allocator.tables.city import City

CUT: Final = Fraction(1, 10)
"""A quota cut that happens: one carton of ten less."""

LOOP_WARNED_AT: Final = Fraction(1, 10)
"""Part of all points from scarce products above which a planner is warned. At a tenth the scarce
products weigh as much as the smaller items of published schemes (Qujing: mean price 10 of 100)."""


@dataclass(frozen=True, slots=True, eq=False)
class Feedback:
    """What scarce products do to scores and tiers.

    on : grading date; cut : part of the scarce purchases that was taken away for ``*_cut``
    items : item str; points, scarce_points i64 (millionths, sums over the graded retailers)
    tiers : by tier from the top, graded retailers only: tier, retailers i64; points,
        scarce_points i64; rise, fall i64 (retailers whose tier would be higher, lower, if scarce
        products were left out for all); rise_cut, fall_cut (if a part were taken away from all);
        fall_alone (whose score would fall below their tier if it were taken away from them alone)
    retailers : retailer_id str; tier, score, scarce_points i64; tier_without, tier_cut i64 (null:
        not graded then); cut_points i64 (points lost if the part were taken away from it alone)
    """

    on: date
    cut: Fraction
    items: pl.DataFrame
    tiers: pl.DataFrame
    retailers: pl.DataFrame

    @property
    def share(self) -> Fraction:
        """Part of all points that comes from scarce products; may be below 0."""
        return share_of(self.items)

    @property
    def movers(self) -> int:
        """Retailers whose tier would be another one if scarce products were left out."""
        return int(self.tiers["rise"].sum()) + int(self.tiers["fall"].sum())


def share_of(sums: pl.DataFrame) -> Fraction:
    """Scarce points over points, both summed over the rows; 0 where nobody has points."""
    points = int(sums["points"].sum())
    return Fraction(int(sums["scarce_points"].sum()), points) if points else Fraction(0)


def feedback(
    city: City,
    policy: GradingPolicy,
    on: date | None = None,
    *,
    cut: Fraction = CUT,
    grading: Grading | None = None,
) -> Feedback:
    """Measure how much of scores and tiers comes from scarce products.

    Parameters
    ----------
    city : sales with product_id, products with ``scarce``
    policy : the grading part of a policy; where it leaves scarce products out, nothing comes
        from them
    on : grading date, default the day of the policy
    cut : part of the scarce purchases that a smaller quota would take away, above 0, at most 1
    grading : ``grade(city, policy, on)``, if it is there already

    Raises
    ------
    BadTable : the tables do not tell which sales were of scarce products
    BadRequest : ``cut`` is outside its bounds; and as ``grade``
    """
    if not 0 < cut <= 1:
        raise BadRequest("feedback-cut-outside", cut=str(cut))
    if city.sales is None:
        raise BadRequest("grading-needs-sales")
    refusals = list(_unanswerable(city))
    if refusals or city.products is None:
        raise BadTable("grading-tables-incomplete", refusals)
    real = grade(city, policy, on) if grading is None else grading
    if policy.exclude.scarce:  # neither leaving them out nor taking some away changes anything
        without = reduced = real
    else:
        left_out = policy.exclude.model_copy(update={"scarce": True})
        without = grade(city, policy.model_copy(update={"exclude": left_out}), real.on)
        less = with_sales(city, sales_cut(city.sales, city.products, Fraction(cut)))
        reduced = grade(less, policy, real.on)

    table = real.table.filter(pl.col("graded"))
    gone = [_points_lost(item, policy, real, without) for item in real.items]
    lost = [_points_lost(item, policy, real, reduced) for item in real.items]
    retailers = (
        table.select("retailer_id", "tier", "score", "to_lower_score")
        .with_columns(
            scarce_points=pl.Series(_summed(gone, table.height)),
            cut_points=pl.Series(_summed(lost, table.height)),
        )
        .join(_tier_of(without, "tier_without"), on="retailer_id", how="left")
        .join(_tier_of(reduced, "tier_cut"), on="retailer_id", how="left")
        .sort("retailer_id")
    )
    items = pl.DataFrame(
        {
            "item": pl.Series([item.name for item in real.items], dtype=pl.String),
            "points": pl.Series(
                [int(table[f"{item.name}_points"].sum()) for item in real.items], dtype=pl.Int64
            ),
            "scarce_points": pl.Series([int(row.sum()) for row in gone], dtype=pl.Int64),
        }
    )
    return Feedback(real.on, Fraction(cut), items, _by_tier(retailers), retailers.select(_SHOWN))


_SHOWN: Final = (
    "retailer_id", "tier", "score", "scarce_points", "tier_without", "tier_cut", "cut_points",
)  # fmt: skip


def _unanswerable(city: City) -> list[Refusal]:
    """What is missing to tell sales of scarce products from others."""
    return [
        Refusal(
            "feedback-needs-column",
            file=None if table is None else table.file,
            sheet=None if table is None else table.sheet,
            column=column,
            facts={"table": name, "column": column},
        )
        for table, name, column in (
            (city.sales, "sales", "product_id"),
            (city.products, "products", "scarce"),
        )
        if table is None or column not in table.columns
    ]


def _points_lost(item: Item, policy: GradingPolicy, real: Grading, then: Grading) -> Units:
    """Points of an item that each graded retailer loses with its value in another grading.

    The scale stays as it was fitted; only a value above the full-score line takes it along. With
    ``rank`` the shop is moved among the others as they are.
    """
    table = real.table.filter(pl.col("graded"))
    changed = then.table.select("retailer_id", item.name, f"{item.name}_points")
    other = table.select("retailer_id").join(
        changed, on="retailer_id", how="left", maintain_order="left"
    )
    old, new = table[item.name].to_numpy(), other[item.name].to_numpy()
    rule = next(rule for name, rule in policy.measured.items() if name == item.name)
    points: Units = table[f"{item.name}_points"].to_numpy()
    if item.scale == "value":  # bands: what is sold a month is the score itself
        after: Units = other[f"{item.name}_points"].fill_null(0).to_numpy()
        return points - after
    percentile = WINSORISED_AT if rule.limit is None else Fraction(rule.limit)
    scale = fit(item.scale, old, int(item.weight * MICRO), percentile, real.decimals)
    # Nobody's loss lowers the full-score line: it counts as if it had never been above.
    before = old if item.scale == "rank" else np.minimum(old, new)
    return points - scale.own(before, new)


def _summed(parts: list[Units], n: int) -> Units:
    return np.sum(parts, axis=0, dtype=np.int64) if parts else np.zeros(n, np.int64)


def _tier_of(grading: Grading, name: str) -> pl.DataFrame:
    kept = pl.when(pl.col("graded")).then(pl.col("tier")).alias(name)
    return grading.table.select("retailer_id", kept)


def _by_tier(retailers: pl.DataFrame) -> pl.DataFrame:
    """Counts and sums of each tier, the top tier first."""
    tier = pl.col("tier")
    counts = {
        "rise": pl.col("tier_without") > tier,
        "fall": pl.col("tier_without") < tier,
        "rise_cut": pl.col("tier_cut") > tier,
        "fall_cut": pl.col("tier_cut") < tier,
        "fall_alone": pl.col("cut_points") > pl.col("to_lower_score"),
    }
    return (
        retailers.group_by("tier")
        .agg(
            pl.len().cast(pl.Int64).alias("retailers"),
            pl.col("score").sum().alias("points"),
            pl.col("scarce_points").sum(),
            *(rule.fill_null(value=False).cast(pl.Int64).sum().alias(name)
              for name, rule in counts.items()),
        )
        .sort("tier", descending=True)
    )  # fmt: skip
