"""Months of retailers that are out of the usual: a list for visits, and what counts instead.

A retailer that has figures for enough months is compared twice. With x the logarithm of its
cartons in a month (``usual.py``), and m the median of its own x over the history,

    s = median of x - m among its peers in the month       what the month did to all of them
    e = x - m - s, less the median of its own e            what is left is its own
    against its own history: |e| > threshold * scatter of its own e over the months
    against its peers:       |e| > threshold * scatter of the peers' e in that month

Peers have the same market and format (or what the policy names) and the same size: usual sales
within the same doubling. Where they are too few, all sizes of their kind count, then all
retailers; where these are too few, nobody is compared with peers.

The same month of last year, where the retailer has it, can only excuse: the usual range reaches
as far as that figure. One month is a sample of one, and small samples never accuse.

What is usual is learned from months with a sale alone. A month without one is missing, or zero,
as the policy's ``missing_month`` says: a zero is listed where it is too low and the retailer
seldom has one (``SELDOM``), but it is never changed, because what it counts as is not for
screening to guess. A month in which nobody at all sold anything is missing in the export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
import polars as pl

from allocator.grading import usual
from allocator.grading.exact import Units
from allocator.grading.ledger import Ledger, back, lay_out
from allocator.grading.peers import kinds, peers_of
from allocator.policy.screening_models import ScreeningPolicy
from allocator.policy.words import MissingMonth
from allocator.records import Flags, Indices

SCREENED: Final = {
    "retailer_id": pl.String(),
    "unit": pl.String(),
    "observed": pl.Int64(),
    "counted": pl.Int64(),
    "usual": pl.Int64(),
    "lowest": pl.Int64(),
    "highest": pl.Int64(),
    "last_year": pl.Int64(),
    "side": pl.String(),
    "against": pl.String(),
    "peers": pl.Int64(),
    "away": pl.Int64(),
    "excess": pl.Int64(),
    "action": pl.String(),
}
"""Columns of the list. ``observed``: cartons sold; ``counted``: cartons that count instead, null
where the month is taken out; ``usual``: what was to be expected; ``lowest`` to ``highest``: the
usual range, the wider one where both comparisons fail; ``last_year``: cartons of the same month a
year before, null where unknown; ``side``: high or low; ``against``: own, peers, or both joined by
a blank; ``peers``: retailers of the group, null where not compared; ``away``: cartons
between ``observed`` and ``usual``; ``excess``: how far, in thousandths of the distance that is
still usual; ``action``: what was done, flag where nothing."""

YEAR: Final = {"months": 12, "weeks": 52}
"""Units of a year."""

SELDOM: Final = 4
"""Months without a sale are seldom where they are fewer than one in four: who has more of them,
such as a shop that orders every other month, or one that has given up, has them as a habit."""


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """What screening found.

    table : columns ``SCREENED``; first the retailers with the most cartons away from the usual,
        their months in order
    touched : retailer_id, unit (first day), cartons: months that count as something else, null =
        taken out
    checked : months of retailers that were compared
    short : retailers that sold something but have too few months
    """

    table: pl.DataFrame
    touched: pl.DataFrame
    checked: int
    short: int


def screen(
    sold: pl.DataFrame,
    window: Mapping[date, str],
    members: pl.DataFrame,
    rules: ScreeningPolicy,
    *,
    kind: str,
    missing: MissingMonth,
) -> Screened:
    """The months of the window that are out of the usual.

    Parameters
    ----------
    sold : retailer_id str, unit (first day), quantity; a row where anything was sold or returned;
        from the beginning of the history, better from a year before the window
    window : first day -> name of the months that are screened
    members : retailers to screen, by retailer_id; joined_on and the columns of peers, if known
    kind : months or weeks
    missing : what a month without a sale is
    """
    last = max(window)
    days = sold["unit"].unique().drop_nulls().sort().to_list()
    units = [day for day in days if day <= last]
    since = min(*window, back(last, kind, rules.history * YEAR[kind] // 12 - 1))
    history = np.array([unit >= since for unit in units], bool)
    ledger = lay_out(sold, members, units, zero=missing == "zero")
    enough = (ledger.traded & history).sum(axis=1) >= rules.least_history
    screened = [u for u, unit in enumerate(units) if unit in window]
    place = {unit: u for u, unit in enumerate(units)}
    before = [place.get(back(units[u], kind, YEAR[kind]), -1) for u in screened]
    found = _find(
        ledger.rows(enough),
        history,
        screened,
        before,
        kinds(members, _peer_columns(members, rules))[enough],
        rules,
    )
    names = pl.Series([window[units[u]] for u in screened], dtype=pl.String)
    firsts = pl.Series([units[u] for u in screened], dtype=pl.Date)
    listed = found.table.select(
        members["retailer_id"].gather(np.flatnonzero(enough)[found.who]).alias("retailer_id"),
        names.gather(found.when).alias("unit"),
        firsts.gather(found.when).alias("first"),
        pl.all(),
    ).sort(
        pl.col("away").sum().over("retailer_id"),
        "retailer_id",
        "first",
        descending=[True, False, False],
    )
    return Screened(
        table=listed.select(pl.col(name).cast(dtype) for name, dtype in SCREENED.items()),
        touched=listed.filter(pl.col("action") != "flag").select(
            "retailer_id", pl.col("first").alias("unit"), pl.col("counted").alias("cartons")
        ),
        checked=found.checked,
        short=int((ledger.traded.any(axis=1) & ~enough).sum()),
    )


def _peer_columns(members: pl.DataFrame, rules: ScreeningPolicy) -> Sequence[str]:
    """The columns that the policy names; without any, market and format where the table has them."""
    if rules.peers is not None:
        return rules.peers
    return [name for name in ("market", "format") if name in members.columns]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Months out of the usual.

    who, when : (rows,) places among the retailers and the months of the window
    table : (rows,) the columns of ``SCREENED`` that say what is wrong
    checked : months compared
    """

    who: Units
    when: Units
    table: pl.DataFrame
    checked: int


def _find(
    ledger: Ledger,
    history: Flags,
    screened: Sequence[int],
    before: Sequence[int],
    kind: Indices,
    rules: ScreeningPolicy,
) -> _Found:
    """The months out of the usual, of n retailers that all have enough history.

    history : (U,) months that show the usual; screened : columns of the window
    before : column of the month a year before each of them, -1 = none
    kind : (n,) number of the retailer's kind
    """
    x = usual.logs(ledger.cartons)
    counts = ledger.traded & history
    own = usual.middle_of_rows(x, counts)
    peers = peers_of(kind, own, rules.least_peers)
    moved, size = peers.middle(x - own[:, None], counts)
    expected = own[:, None] + moved[peers.group]
    expected += usual.middle_of_rows(x - expected, counts)[:, None]
    away = np.abs(x - expected)
    floor = usual.least(own, Fraction(rules.least_spread))
    scatter = usual.scatter(usual.middle_of_rows(away, counts))
    among = usual.scatter(peers.middle(away[:, screened], counts[:, screened])[0])[peers.group]
    threshold = Fraction(rules.threshold)
    own_reach = usual.allowed(np.maximum(scatter, floor), threshold)[:, None]
    peer_reach = usual.allowed(np.maximum(among, floor[:, None]), threshold)

    idle = ((ledger.present & ~ledger.traded & history).sum(axis=1) * SELDOM)[:, None]
    asked = ledger.traded | (ledger.present & (idle < (ledger.present & history).sum(axis=1)[:, None]))
    counts, x = asked[:, screened], x[:, screened]
    expected = np.maximum(expected[:, screened], 0)
    last_year, known = _a_year_before(ledger, before)
    then = np.where(known, usual.logs(last_year), expected)
    low, high = np.minimum(expected, then), np.maximum(expected, then)
    far = np.maximum(x - high, low - x)
    compared = size[:, screened][peers.group]
    fails_own = counts & (far > own_reach)
    fails_peers = counts & (far > peer_reach) & (compared > 0)
    wanted = {"both": True, "high": x > high, "low": x < low}[rules.sides]
    who, when = np.nonzero((fails_own | fails_peers) & wanted)

    at = who, when
    reach = np.maximum(
        np.where(fails_own, own_reach, 0)[at], np.where(fails_peers, peer_reach, 0)[at]
    )
    lowest, highest = usual.cartons_between(low[at] - reach, high[at] + reach)
    cartons = ledger.cartons[:, screened][at]
    expected_cartons = usual.cartons_of(expected[at])
    above = x[at] > high[at]
    table = pl.DataFrame(
        {
            "observed": cartons,
            "usual": expected_cartons,
            "lowest": lowest,
            "highest": highest,
            "last_year": pl.Series(last_year[at]).set(pl.Series(~known[at]), None),
            "side": np.where(above, "high", "low"),
            "against": pl.Series(fails_own[at].astype(np.int8) + 2 * fails_peers[at]),
            "peers": pl.Series(compared[at]).set(pl.Series(compared[at] == 0), None),
            "away": np.abs(cartons - expected_cartons),
            "excess": far[at].astype(np.int64) * 1000 // np.maximum(reach, 1),
        }
    ).with_columns(
        pl.col("against").replace_strict({1: "own", 2: "peers", 3: "own peers"}),
        _action(rules).alias("action"),
    )
    return _Found(who, when, table.with_columns(_counted().alias("counted")), int(counts.sum()))


def _a_year_before(ledger: Ledger, before: Sequence[int]) -> tuple[Units, Flags]:
    """Cartons of the same month of last year, and whether the retailer has that month."""
    columns = np.array(before, np.int64)
    known = (columns >= 0) & ledger.traded[:, np.maximum(columns, 0)]
    return ledger.cartons[:, np.maximum(columns, 0)], known


def _action(rules: ScreeningPolicy) -> pl.Expr:
    """What is done with a month: one without sales on balance is only listed."""
    return (
        pl.when(pl.col("observed") > 0).then(pl.lit(rules.action)).otherwise(pl.lit("flag"))
    )


def _counted() -> pl.Expr:
    """Cartons that count: the edge of the usual range, none, or what was observed."""
    edge = pl.when(pl.col("side") == "high").then("highest").otherwise("lowest")
    return (
        pl.when(pl.col("action") == "flag")
        .then("observed")
        .when(pl.col("action") == "winsorise")
        .then(edge)
    )
