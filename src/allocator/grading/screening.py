"""Months of retailers that are out of the usual: a list for visits, and what counts instead.

A retailer that has figures for enough months is compared twice (``expected.py``): with its own
months, and with its peers in the same month. Peers have the same market and format (or what the
policy names) and the same size: usual sales within the same doubling. Where they are too few, all
sizes of their kind count, then all retailers; where these are too few, nobody is compared.

The same month of last year, where the retailer has it, can only excuse: the usual range reaches
as far as that figure. One month is a sample of one, and small samples never accuse.

What is usual is learned from months with a sale. A month without one is missing, or zero, as the
policy's ``missing_month`` says: a zero is listed where it is too low and the retailer seldom has
one (``SELDOM``), but it is never changed, because what it counts as is not for screening to
guess. A month in which nobody at all sold anything is missing in the export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from allocator.grading import usual
from allocator.grading.exact import Units
from allocator.grading.expected import Expected, expect
from allocator.grading.kept import KeptSales
from allocator.grading.ledger import Ledger, back, lay_out
from allocator.grading.peers import kinds
from allocator.grading.refusals import Warnings
from allocator.grading.window import Window
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.screening_models import ScreeningPolicy
from allocator.policy.words import MissingMonth
from allocator.records import Flags

SCREENED: Final[dict[str, pl.DataType]] = {
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
    short : retailers that sold something but in too few months; least : how many it takes
    """

    table: pl.DataFrame
    touched: pl.DataFrame
    checked: int
    short: int
    least: int

    @property
    def warnings(self) -> Warnings:
        """Who could not be screened."""
        if not self.checked:
            return [("grading-screening-nobody", {"least": self.least})]
        if not self.short:
            return []
        return [("grading-screening-short", {"retailers": self.short, "least": self.least})]


def counts_from(rules: ScreeningPolicy | None, window: Window) -> date:
    """The first day whose sales a grading needs: of the history, and of a year before the window.

    Without screening that is the first day of the window.
    """
    if rules is None:
        return window.first
    return min(_reach(window.first, window.units[-1].first, window.kind, rules))


def _reach(first: date, last: date, kind: str, rules: ScreeningPolicy) -> tuple[date, date]:
    """First days of the history, and of all that is looked at.

    first, last : first days of the first and of the last unit of the window
    """
    history = min(first, back(last, kind, rules.history * YEAR[kind] // 12 - 1))
    return history, min(history, back(first, kind, YEAR[kind]))


def screen_kept(
    kept: KeptSales,
    window: Window,
    members: pl.DataFrame,
    policy: GradingPolicy,
    exempt: pl.DataFrame,
) -> Screened | None:
    """What screening finds in the window; ``None`` where the policy does not screen.

    kept : sums from ``counts_from`` on; members : as in ``screen``; the closed are left out
    exempt : retailer_id, unit: months of hardship, which are known already and not listed
    """
    if policy.screening is None:
        return None
    found = screen(
        kept.frame,
        {unit.first: unit.name for unit in window.units},
        members.filter(pl.col("status") != "closed"),
        policy.screening,
        kind=window.kind,
        missing=policy.missing_month or "zero",
    )
    names = pl.DataFrame(
        {"unit": [unit.first for unit in window.units], "name": window.names()},
        schema={"unit": pl.Date(), "name": pl.String()},
    )
    known = exempt.join(names, on="unit")
    return replace(
        found,
        table=found.table.join(
            known, left_on=["retailer_id", "unit"], right_on=["retailer_id", "name"],
            how="anti", maintain_order="left",
        ),
        touched=found.touched.join(exempt, on=["retailer_id", "unit"], how="anti"),
    )  # fmt: skip


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
    sold : retailer_id str, unit (first day), quantity, from ``counts_from`` on: a row for each
        retailer and unit with any sale, return, or sale that is left out
    window : first day -> name of the months that are screened
    members : retailers to screen, by retailer_id; joined_on and the columns of peers, if known
    kind : months or weeks
    missing : what a month without a sale is
    """
    last = max(window)
    days = sold["unit"].unique().drop_nulls().sort().to_list()
    since, start = _reach(min(window), last, kind, rules)
    units = [day for day in days if start <= day <= last]
    history = np.array([unit >= since for unit in units], bool)
    ledger = lay_out(sold, members, units, zero=missing == "zero")
    enough = (ledger.traded & history).sum(axis=1) >= rules.least_history
    screened = [u for u, unit in enumerate(units) if unit in window]
    place = {unit: u for u, unit in enumerate(units)}
    before = [place.get(back(units[u], kind, YEAR[kind]), -1) for u in screened]
    able = ledger.rows(enough)
    kind_ = kinds(members, _peer_columns(members, rules))[enough]
    of = expect(able, history, screened, kind_, rules)
    found = _find(able, of, _asked(able, history)[:, screened], screened, before, rules)
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
        short=int((ledger.present.any(axis=1) & ~enough).sum()),
        least=rules.least_history,
    )


def _peer_columns(members: pl.DataFrame, rules: ScreeningPolicy) -> Sequence[str]:
    """The columns that the policy names; else market and format, where the table has them."""
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
    ledger: Ledger, of: Expected, asked: Flags, screened: Sequence[int], before: Sequence[int],
    rules: ScreeningPolicy,
) -> _Found:  # fmt: skip
    """The months out of the usual.

    asked : (n, W) bool, months that are compared; screened : their columns in the ledger
    before : column of the month a year before each of them, -1 = none
    """
    columns = np.array(before, np.int64)
    known = (columns >= 0) & ledger.traded[:, np.maximum(columns, 0)]
    last_year = ledger.cartons[:, np.maximum(columns, 0)]
    then = np.where(known, usual.logs(last_year), of.middle)
    low, high = np.minimum(of.middle, then), np.maximum(of.middle, then)
    far = np.maximum(of.x - high, low - of.x)
    fails_own = asked & (far > of.own_reach)
    fails_peers = asked & (far > of.peer_reach) & (of.peers > 0)
    fails = fails_own | fails_peers
    if rules.sides != "both":
        fails &= of.x > high if rules.sides == "high" else of.x < low
    at = np.nonzero(fails)

    own, peers = fails_own[at], fails_peers[at]
    reach = np.maximum(np.where(own, of.own_reach[at], 0), np.where(peers, of.peer_reach[at], 0))
    lowest, highest = usual.cartons_between(low[at] - reach, high[at] + reach)
    cartons, expected = ledger.cartons[:, screened][at], usual.cartons_of(of.middle[at])
    side = np.where(of.x[at] > high[at], "high", "low")
    edge = np.where(side == "high", highest, lowest)
    action = np.where(cartons > 0, rules.action, "flag")
    compared = of.peers[at]
    table = pl.DataFrame(
        {
            "observed": cartons,
            "counted": pl.Series(np.where(action == "winsorise", edge, cartons)).set(
                pl.Series(action == "exclude"), None
            ),
            "usual": expected,
            "lowest": lowest,
            "highest": highest,
            "last_year": pl.Series(last_year[at]).set(pl.Series(~known[at]), None),
            "side": side,
            "against": np.select([own & peers, own], ["own peers", "own"], "peers"),
            "peers": pl.Series(compared).set(pl.Series(compared == 0), None),
            "away": np.abs(cartons - expected),
            "excess": far[at].astype(np.int64) * 1000 // np.maximum(reach, 1),
            "action": action,
        }
    )
    return _Found(at[0], at[1], table, int(asked.sum()))


def _asked(ledger: Ledger, history: Flags) -> Flags:
    """Which months are compared, (n, U): those with a sale, and zeros of who seldom has one."""
    counted = ledger.present & history
    idle = (counted & ~ledger.traded).sum(axis=1)
    seldom = idle * SELDOM < counted.sum(axis=1)
    asked: Flags = ledger.traded | (ledger.present & seldom[:, None])
    return asked
