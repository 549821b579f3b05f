"""When orders could be placed: windows and cut-offs, as expressions over order lines.

Moments are compared as the tables give them; nothing is moved between time zones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_

import narwhals as nw
import polars as pl

from allocator.policy.ordering_models import OrderingPolicy
from allocator.tables.city import Table

MOMENT = nw.Datetime("us")

TIMES = frozenset({"calendar.opens_at", "calendar.closes_at"})
"""Columns that count only where they tell something of the cycle."""

MOST_WINDOWS = 62
"""Order days that one cycle may have: two months. More is no cycle, and no window is known then."""

Window = tuple[datetime | None, datetime | None]
"""From when until when orders are taken, both ends inside; ``None`` = no such end is known."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The windows of one cycle, and the clock times of the policy.

    windows : of the calendar; none where it tells none for the cycle
    closings : the ends of all windows, rising; empty where one has no end
    order, cancel : times of the order day from the policy, used where the calendar has no end
    """

    windows: tuple[Window, ...] = ()
    closings: tuple[datetime, ...] = ()
    order: time | None = None
    cancel: time | None = None

    @property
    def close(self) -> bool:
        """Whether it is known when orders close."""
        return bool(self.closings) or self.order is not None

    @property
    def path(self) -> str:
        """Where the closing time stands."""
        return "calendar.closes_at" if self.closings else "ordering.cutoffs.order"

    @property
    def known(self) -> frozenset[str]:
        """What rules may need of the hours, as columns; the policy's own closing time is one."""
        told = {
            "calendar.opens_at": bool(self.windows),
            "calendar.closes_at": self.close,
            "policy.ordering.cutoffs.cancel": self.cancel is not None,
        }
        return frozenset(name for name, there in told.items() if there)

    def inside(self, moment: nw.Expr) -> nw.Expr:
        """Whether a moment lies in a window; true where none is known."""
        if not self.windows:
            return ~moment.is_null()
        return reduce(or_, (_within(moment, *window) for window in self.windows))

    def early(self, moment: nw.Expr) -> nw.Expr:
        """Whether a moment comes before the first window opens."""
        opens = [first for first, _ in self.windows]
        first = min((moment for moment in opens if moment is not None), default=datetime.min)
        return moment < nw.lit(datetime.min if None in opens else first, MOMENT)

    def closing(self, moment: nw.Expr) -> nw.Expr:
        """The cut-off that binds an order placed at a moment.

        The end of its window, or of the next one where it lies in none; of the last where it comes
        after all; without a calendar the closing time of its day.
        """
        if self.closings:
            *earlier, last = self.closings
            told = nw.lit(last, MOMENT)
            for end in reversed(earlier):
                limit = nw.lit(end, MOMENT)
                told = nw.when(moment <= limit).then(limit).otherwise(told)
            return told
        return at(moment, self.order or time.max)

    def cancelling(self, moment: nw.Expr) -> nw.Expr:
        """When an order placed at a moment falls if it is not paid: on the day of its cut-off."""
        day = self.closing(moment) if self.closings else moment
        falls = at(day, self.cancel or time.max)
        if not self.closings:
            return falls
        return nw.when(falls < day).then(day).otherwise(falls)

    def days(self) -> frozenset[int]:
        """Days of the week (Monday 1 .. Sunday 7) on which a window is open; all if none is known.

        A window without one end is a day.
        """
        found: set[int] = set()
        for opens, closes in self.windows:
            first, last = opens or closes, closes or opens
            if first is not None and last is not None:
                length = min((last.date() - first.date()).days, 6)
                found |= {(first + timedelta(days=k)).isoweekday() for k in range(length + 1)}
        return frozenset(found or range(1, 8))


def at(moment: nw.Expr, clock: time) -> nw.Expr:
    """A time of day on the day of a moment."""
    past = (clock.hour * 60 + clock.minute) * 60 + clock.second
    return moment.dt.truncate("1d").dt.offset_by(f"{past}s")


def _within(moment: nw.Expr, opens: datetime | None, closes: datetime | None) -> nw.Expr:
    after = ~moment.is_null() if opens is None else moment >= nw.lit(opens, MOMENT)
    return after if closes is None else after & (moment <= nw.lit(closes, MOMENT))


def hours_of(calendar: Table | None, cycle: str, ordering: OrderingPolicy | None) -> Hours:
    """Windows of a cycle from the calendar, clock times from the policy.

    A row without opens_at and closes_at says on which day a cycle is due, not when orders are
    taken; beside rows that do, it stands for its whole day. Without a cycle a calendar of several
    tells nothing.
    """
    cutoffs = None if ordering is None else ordering.cutoffs
    order, cancel = (None, None) if cutoffs is None else (cutoffs.order, cutoffs.cancel)
    windows = _windows(calendar, cycle)
    ends = sorted({closes for _, closes in windows if closes is not None})
    closed = windows and all(closes is not None for _, closes in windows)
    return Hours(windows, tuple(ends) if closed else (), order, cancel)


def _windows(calendar: Table | None, cycle: str) -> tuple[Window, ...]:
    if calendar is None:
        return ()
    frame = calendar.frame
    if cycle:
        frame = frame.filter(pl.col("cycle") == cycle)
    elif frame.get_column("cycle").n_unique() > 1:
        return ()
    timed = frame.filter(pl.col("opens_at").is_not_null() | pl.col("closes_at").is_not_null())
    if timed.is_empty() or frame.height > MOST_WINDOWS:
        return ()
    rows: Sequence[tuple[datetime | None, datetime | None, datetime]] = frame.select(
        "opens_at", "closes_at", pl.col("order_day").cast(pl.Datetime("us"))
    ).rows()
    last = timedelta(days=1) - timedelta(microseconds=1)
    return tuple(
        (day, day + last) if opens is None and closes is None else (opens, closes)
        for opens, closes, day in rows
    )
