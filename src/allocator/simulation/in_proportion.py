"""The rule that many contracts prescribe, to compare: every order is met in the same proportion.

    award_i = claim_i x supply / sum of claims

in whole lots: rounded down, and the odd lots one each to the largest parts left over, ties by the
cycle's public draw. A claim is the order, at most the ceiling of the policy. There are no quotas:
whoever asks for more has more. The real-valued rule is ``rules.division``'s ``proportional``.
"""

from __future__ import annotations

import numpy as np

from allocator.allocation.awards import Awarded, award_lines
from allocator.allocation.matching import match
from allocator.allocation.requests import lay_out
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
    requests = lay_out(orders.frame, plan.cycle)
    found = match(requests, plan)
    limit, award = (np.zeros(len(found.line), np.int64) for _ in range(2))
    left = np.zeros(len(plan.product), np.int64)
    for p, lot in enumerate(plan.lot.tolist()):
        here = found.rows[p]
        who = found.member[here]
        claims = np.minimum(found.lots[here], ceilings(plan, p)[who])
        supply = max(int(plan.supply[p] - plan.reserve[p]) // lot, 0)
        given = shared(claims, supply, lists.circle[who].astype(np.int64))
        limit[here], award[here] = claims * lot, given * lot
        left[p] = plan.supply[p] - plan.reserve[p] - int(given.sum()) * lot
    levels = (None,) * len(plan.product)
    given_out = Awarded(found, limit, award, award, None, left, levels, {})
    return Allocation(plan.cycle, award_lines(requests, plan, given_out), left, levels)
