"""How shops behave over the cycles: plain functions over columns, and who behaves how.

- *truthful*: orders what it wants;
- *inflating*: asks for ``times`` what it wants of every released product, up to whole cartons;
- *hoarding*: before a grading it buys ordinary goods until it has ``times - 1`` months of its own
  sales in stock beyond what it sells, then pauses and sells the stock: what a shop sells in the
  long run cannot grow by buying early;
- *sleeping*: buys no ordinary goods at all and wakes for released products only.

Who is drawn for a behaviour depends on the seed and the retailer alone, never on the order of
rows: retailers in the order of SHA-256([seed, "behaviour", retailer]), the first ones for the
first behaviour, and so on. A larger share therefore keeps everybody whom a smaller one drew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Final

import numpy as np
import polars as pl

from allocator.canonical import canonical_json
from allocator.errors import BadRequest
from allocator.records import Units

TRUTHFUL: Final = "truthful"
INFLATING: Final = "inflating"
HOARDING: Final = "hoarding"
SLEEPING: Final = "sleeping"
KINDS: Final = (TRUTHFUL, INFLATING, HOARDING, SLEEPING)
"""Every behaviour, in the order in which figures show them."""

MOST_TIMES: Final = 1_000
"""Largest factor: nobody asks for more than a thousand times what it wants."""

MOST_PARTS: Final = 1_000
"""Largest denominator of a factor: three decimals."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Who behaves how.

    kind : one of ``KINDS``
    share : part of all active retailers that no other line names, 0..1; halves round up
    times : (``inflating``) asked for one carton wanted; (``hoarding``) months of sales bought in
        the month before a grading; above 1
    retailers : those named, whatever the share
    """

    kind: str
    share: Fraction = Fraction(0)
    times: Fraction = Fraction(2)
    retailers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            word = str(self.kind)[:80]
            near = get_close_matches(word.lower(), KINDS, n=1, cutoff=0.4)
            known = ", ".join(KINDS)
            raise BadRequest(
                "behaviour-unknown", behaviour=word, nearest=near[0] if near else known, known=known
            )
        share, times = (_number(value) for value in (self.share, self.times))
        if share is None or not 0 <= share <= 1:
            raise BadRequest("behaviour-share", behaviour=self.kind, share=str(self.share)[:40])
        if times is None or not 1 < times <= MOST_TIMES or times.denominator > MOST_PARTS:
            raise BadRequest(
                "behaviour-times", behaviour=self.kind, times=str(self.times)[:40], most=MOST_TIMES
            )
        object.__setattr__(self, "share", share)
        object.__setattr__(self, "times", times)


def _number(value: Any) -> Fraction | None:
    """A number as a fraction; a float is the decimal number it is printed as."""
    try:
        return Fraction(repr(value) if isinstance(value, float) else value)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return None


def assigned(retailers: pl.Series, behaviours: Sequence[Behaviour], seed: str) -> pl.DataFrame:
    """The behaviour of each retailer: retailer_id, behaviour str, times as two whole numbers.

    Parameters
    ----------
    retailers : identifiers of the active retailers
    seed : public text, of the whole simulation

    Returns
    -------
    by retailer_id: retailer_id, behaviour str, top, bottom i64 (``times`` = top / bottom)

    Raises
    ------
    BadRequest : a retailer is unknown or named twice, or the shares are more than everybody
    """
    names = retailers.unique().sort()
    named = [name for each in behaviours for name in each.retailers]
    twice = sorted({name for name in named if named.count(name) > 1}) if named else []
    if twice:
        raise BadRequest("behaviour-named-twice", retailer=twice[0][:80])
    strangers = sorted(set(named) - set(names))
    if strangers:
        raise BadRequest("behaviour-retailer", retailer=strangers[0][:80], count=len(strangers))
    if (together := sum((each.share for each in behaviours), Fraction(0))) > 1:
        raise BadRequest("behaviour-shares", percent=_percent(together))
    free = names.filter(~names.is_in(pl.Series(named, dtype=pl.String).implode()))
    drawn = _in_drawn_order(free.to_list(), seed)
    kind = dict.fromkeys(names, Behaviour(TRUTHFUL))
    end, so_far = 0, Fraction(0)
    for each in behaviours:
        begin, so_far = end, so_far + each.share
        end = int(so_far * len(free) + Fraction(1, 2))
        kind.update(dict.fromkeys((*drawn[begin:end], *each.retailers), each))
    rows = [kind[name] for name in names]
    return pl.DataFrame(
        {
            "retailer_id": names,
            "behaviour": pl.Series([row.kind for row in rows], dtype=pl.String),
            "top": pl.Series([row.times.numerator for row in rows], dtype=pl.Int64),
            "bottom": pl.Series([row.times.denominator for row in rows], dtype=pl.Int64),
        }
    )


def _in_drawn_order(retailers: Sequence[str], seed: str) -> list[str]:
    def drawn(name: str) -> tuple[bytes, str]:
        return hashlib.sha256(canonical_json([seed, "behaviour", name])).digest(), name

    return sorted(retailers, key=drawn)


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.6g}"


def inflated(wanted: Units, top: Units, bottom: Units) -> Units:
    """What inflating shops ask for: ``wanted x top / bottom``, up to whole cartons, (k,) int64."""
    asked: Units = -(-wanted * top // bottom)
    return asked


def bought(sold: Units, stock: Units, aim: Units) -> tuple[Units, Units]:
    """What hoarding shops buy in a month, and their stock after it, (k,) int64 cartons each.

    sold : what the shop sells in the month; stock : what it has before
    aim : stock that it wants to have at the end; 0 = none, it pauses
    """
    order = np.maximum(sold + aim - stock, 0)
    return order, stock + order - sold


def aimed(sold: Units, top: Units, bottom: Units) -> Units:
    """Stock that hoarding shops want before a grading: ``times - 1`` months of sales, (k,)."""
    aim: Units = sold * (top - bottom) // bottom
    return aim
