"""What cut-offs would do: shops by tier, distance from the shape, cliffs, and who would move."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import polars as pl

from allocator.allocation.cliffs import SALES
from allocator.allocation.weights import tier_weights
from allocator.designing.cuts import mean_sales
from allocator.errors import AllocatorError
from allocator.grading.exact import Units
from allocator.grading.moves import Migration, counted
from allocator.grading.shapes import apart
from allocator.grading.standing import tiers_at
from allocator.nearness import near_pairs
from allocator.policy.allocation_models import Weights
from allocator.records import Grading


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one set of cut-offs would do to n scored retailers.

    shops : (T,) int64, retailers of tiers 1..T
    apart : part of the retailers that would have to stand in another tier to have just the shape
    mean : (T,) int64, hundredths of a carton, mean sales in the window; -1 = nobody, or not known
    weight : (T,) weight of each tier over the mean of all retailers; empty = not known
    cliff : the most that supply rises between neighbouring tiers as a multiple of what sales rise;
        at : the lower of the two; ``None`` and 0 = not known
    pairs : pairs of retailers whose sales differ by at most 5 per cent (``model.md`` 3); -1 = not
        known; far_pairs : of these, how many stand two tiers apart or more
    widest : most tiers between two of such a pair; gap : most that their supply differs, of what a
        retailer has on average
    moves : from the tiers that the same cut-offs give one period before; ``None`` = not known
    """

    shops: Units
    apart: Fraction
    mean: Units
    weight: tuple[Fraction, ...]
    cliff: Fraction | None
    at: int
    pairs: int
    far_pairs: int
    widest: int
    gap: Fraction | None
    moves: Migration | None


def outcome_of(
    scores: Grading, earlier: Grading | None, least: Units, shape: Units, weights: Weights
) -> Outcome:
    """Compute it, in whole numbers and fractions.

    Parameters
    ----------
    scores, earlier : gradings whose scores are cut
    least : (T,) int64, cut-offs in millionths, 0 for tier 1; shape : (T,) int64 millionths
    weights : how the supply of a tier follows
    """
    tiers = len(least)
    table = scores.table.filter("graded")
    tier = tiers_at(table["score"].to_numpy(), least)
    shops = np.bincount(tier, minlength=tiers + 1)[1:].astype(np.int64)
    told = SALES in table.columns
    sales = table[SALES].to_numpy() if told else np.zeros(len(tier), np.int64)
    # Sums of cartons: whole numbers below 2^53, so float weights lose nothing.
    sold = np.bincount(tier, sales, tiers + 1)[1:].astype(np.int64)
    mean = np.where((shops > 0) & told, mean_sales(sold, np.maximum(shops, 1)), -1)
    weight = _relative(scores, table, tier, shops, weights, tiers)
    cliff, at = _steepest(weight, mean)
    pairs, far, widest, gap = _near(sales, tier, tiers, weight) if told else (-1, 0, 0, None)
    return Outcome(
        shops=shops,
        apart=apart(shops, shape),
        mean=mean,
        weight=weight,
        cliff=cliff,
        at=at,
        pairs=pairs,
        far_pairs=far,
        widest=widest,
        gap=gap,
        moves=None if earlier is None else _moves(table, tier, earlier, least),
    )


def weights_of(weights: Weights, tiers: int) -> tuple[int, ...] | None:
    """Whole weights of tiers 1..T that do not depend on the cut-offs; ``None`` = they do."""
    return None if weights.kind == "sales" else tier_weights(weights, tiers).weight


def _relative(
    scores: Grading,
    table: pl.DataFrame,
    tier: Units,
    shops: Units,
    weights: Weights,
    tiers: int,
) -> tuple[Fraction, ...]:
    """Weight of each tier over the mean weight of all retailers; none where they have none."""
    own = table.with_columns(pl.Series("tier", tier))
    try:
        found = tier_weights(weights, tiers, replace(scores, table=own)).weight
    except AllocatorError:  # a table that does not name these tiers: nothing to compare by
        return ()
    total = sum(w * n for w, n in zip(found, shops.tolist(), strict=True))
    return tuple(Fraction(w * len(tier), total) for w in found)


def _steepest(weight: tuple[Fraction, ...], mean: Units) -> tuple[Fraction | None, int]:
    """Largest quotient of the rise of supply and the rise of sales, and the lower tier of it."""
    found: tuple[Fraction | None, int] = (None, 0)
    for t in range(1, len(weight)):
        low, high = int(mean[t - 1]), int(mean[t])
        if low < 0 or high <= 0:
            continue
        ratio = weight[t] / weight[t - 1] * low / high
        if found[0] is None or ratio > found[0]:
            found = ratio, t
    return found


def _near(
    sales: Units, tier: Units, tiers: int, weight: tuple[Fraction, ...]
) -> tuple[int, int, int, Fraction | None]:
    """Pairs with nearly the same sales: how many, how many two tiers apart, widest, largest gap."""
    near = near_pairs(sales, tier - 1, tiers)
    one, other = np.nonzero(near)
    count, between = near[one, other], np.abs(one - other)
    gaps = [abs(weight[a] - weight[b]) for a, b in zip(one, other, strict=True)] if weight else []
    return (
        int(count.sum()),
        int(count[between >= 2].sum()),
        int(between.max(initial=0)),
        max(gaps, default=Fraction(0)) if weight else None,
    )


def _moves(table: pl.DataFrame, tier: Units, earlier: Grading, least: Units) -> Migration:
    """Who would have moved, among those scored at both times."""
    then = earlier.table.filter("graded")
    before = then.select("retailer_id", before=pl.Series(tiers_at(then["score"].to_numpy(), least)))
    both = table.select("retailer_id", now=pl.Series(tier)).join(
        before, on="retailer_id", how="inner"
    )
    return counted(both["before"], both["now"], len(least))
