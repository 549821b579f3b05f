"""The rule that many contracts prescribe, to compare: every order is met in the same proportion.

    award_i = claim_i x supply / sum of claims

in whole lots: rounded down, and the odd lots one each to the largest parts left over, ties by the
cycle's public draw. A claim is the order, at most the ceiling of the policy. There are no quotas:
whoever asks for more has more. The real-valued rule is ``rules.division``'s ``proportional``.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.allocation.order_lines import order_lines
from allocator.allocation.turns import Roster, roster
from allocator.holdings import ceilings
from allocator.records import Allocation, QuotaPlan, Units
from allocator.tables.city import Table


def shared(claims: Units, supply: int, place: Units) -> Units:
    """Whole awards in proportion to the claims, (k,) int64 lots.

    claims : (k,) int64 from 0 up, below 2^31; supply : lots below 2^31; place : (k,) int64, all
        different, who comes first where two have the same part left over
    """
    total = int(claims.sum())
    if total <= supply:
        return claims.copy()
    award, rest = np.divmod(claims * supply, total)
    odd = supply - int(award.sum())
    award[np.lexsort((place, -rest))[:odd]] += 1
    return np.asarray(award, np.int64)


def drawn(plan: QuotaPlan) -> Roster:
    """The lists of a cycle: the same for every set of orders."""
    return roster(plan.members, len(plan.cells.tier), plan.seed, plan.cycle)


def allocate_in_proportion(
    orders: Table, plan: QuotaPlan, lists: Roster | None = None
) -> Allocation:
    """What each order of a cycle would get in proportion to the orders.

    Parameters
    ----------
    plan : says what is released, who may have it, and the ceilings; its quotas do not count
    lists : ``drawn(plan)``, if it is there already

    Returns
    -------
    ``limit`` is what the ceiling leaves of the order, ``round_two`` is 0
    """
    lists = drawn(plan) if lists is None else lists
    wanted = order_lines(orders.frame, plan)
    line = wanted["line"].fill_null(-1).to_numpy()
    member = wanted["member"].fill_null(-1).to_numpy()
    lots = wanted["lots"].fill_null(0).to_numpy()
    limit, award = (np.zeros(len(wanted), np.int64) for _ in range(2))
    left = np.zeros(len(plan.product), np.int64)
    starts = np.searchsorted(line, np.arange(len(plan.product) + 1))
    for p, lot in enumerate(plan.lot.tolist()):
        here = np.arange(int(starts[p]), int(starts[p + 1]))
        here = here[(member[here] >= 0) & (member[here] < len(lists.rank))]
        who = member[here]
        claims = np.minimum(lots[here], ceilings(plan, p)[who])
        supply = max(int(plan.supply[p] - plan.reserve[p]) // lot, 0)
        given = shared(claims, supply, lists.circle[who].astype(np.int64))
        limit[here], award[here] = claims * lot, given * lot
        left[p] = plan.supply[p] - plan.reserve[p] - int(given.sum()) * lot
    figures = {"limit": limit, "round_one": award, "award": award}
    lines = (
        wanted.with_columns(pl.Series(name, values) for name, values in figures.items())
        .with_columns(
            pl.when(pl.col("governed")).then(pl.col(name)).alias(name) for name in figures
        )
        .with_columns(round_two=pl.col("award") - pl.col("round_one"))
        .select(
            "line", "product_id", "retailer_id", "tier", "requested", "limit", "round_one",
            "round_two", "award", "granted", "order",
        )
        .sort("product_id", "retailer_id")
    )  # fmt: skip
    return Allocation(plan.cycle, lines, left, (None,) * len(plan.product))
