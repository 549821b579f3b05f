"""What the comparison of order-takers gives: a row for each of them and each indicator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from allocator.records import MICRO

FRAME = {
    "clerk": pl.String,
    "indicator": pl.String,
    "state": pl.String,
    "of": pl.Int64,
    "count": pl.Int64,
    "share": pl.Int64,
    "low": pl.Int64,
    "high": pl.Int64,
    "expected": pl.Int64,
    "limit": pl.Int64,
    "chance": pl.Int64,
    "outside": pl.Boolean,
    "first_place": pl.Int64,
    "last_place": pl.Int64,
    "shops": pl.Int64,
    "cartons": pl.Int64,
    "top_cartons": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator over the whole city.

    state : ``checked``, ``not-checked`` (``missing`` names the columns) or ``ignored``
    clerks, judged, outside : order-takers with a figure, beside whom others could be set, and
        outside the limits
    of, count : shops (lines for ``few-shops``) that count, and that stand out
    spread : millionths; how many times more than chance the order-takers differ, at least 1
    """

    name: str
    rule: str
    code: str
    state: str
    missing: tuple[str, ...] = ()
    clerks: int = 0
    judged: int = 0
    outside: int = 0
    of: int = 0
    count: int = 0
    spread: int = MICRO


@dataclass(frozen=True, slots=True, eq=False)
class League:
    """All order-takers and indicators of an audit.

    frame : one row per indicator and order-taker, columns ``FRAME``: state is ``judged``,
        ``too-few`` (shops) or ``no-comparison`` (no count could be told from chance); of, count:
        shops (``few-shops``: lines above the standard, and those of them on a shop that already
        had one); share, low, high: count / of and its 95 % interval, millionths; expected: by
        chance, millionths of a shop; limit: the largest count within the limits; chance: of such
        a count or more, trillionths; first_place, last_place: places that the intervals leave
        open, 1 = largest share; shops: that stand out; cartons: concerned; top_cartons: of the
        three shops with most
    level : false alarms among the alarms that are put up with on average, millionths
    least : shops from which on an order-taker is judged
    compared : comparisons that could be told from chance at all
    cutoff : a chance up to it is outside the limits, trillionths, taken down
    shops : the trials, as ``desk.shops_of`` gives them; not kept with a run
    cycles : taken together, a shop being one trial over all of them
    """

    frame: pl.DataFrame
    shops: pl.DataFrame
    indicators: tuple[Indicator, ...]
    cycle: str
    as_of: date
    level: int
    least: int
    compared: int
    cutoff: int
    cycles: int = 1
