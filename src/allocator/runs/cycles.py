"""Which cycles an audit of foreign exports is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

import polars as pl

from allocator.errors import BadRequest, Refusal
from allocator.runs.week import MOST_NAMED, cycle_of
from allocator.tables.city import City, Table
from allocator.tables.source import printable

LONGEST_CYCLE: Final = 11
"""(days) A third of a month. Longer ones are named with ``--cycle``."""


def cycles_to_audit(
    city: City, cycle: str | None, open_lines: int | None = None
) -> tuple[str, ...]:
    """The cycle that was named, else every one of the orders for which there are quotas.

    ``("",)`` where no table names any: then all orders are of one cycle. open_lines : lines that
    name none, where the orders of the city are only an outline

    Raises
    ------
    BadRequest : no cycle of the orders has quotas, or some lines of several cycles name none
    """
    if cycle is not None:
        return (cycle,)
    listed = _named(city.quotas) or _named(city.supply)
    taken = _named(city.orders)
    if listed and not taken:
        _refuse_weeks_as_one(city, listed)
    if len(listed) == 1 or not taken:
        known = replace(city, supply=None) if _named(city.quotas) else city
        try:
            return (cycle_of(known, None),)
        except BadRequest as error:
            if error.code != "cycle-unknown":
                raise
            return ("",)
    found = tuple(name for name in taken if name in listed) if listed else taken
    if not found:
        raise BadRequest("cycles-apart", orders=_shown(taken), quotas=_shown(listed))
    if len(found) > 1 and city.orders is not None:
        if open_lines is None:
            open_lines = city.orders.frame["cycle"].null_count()
        if open_lines:
            raise BadRequest("lines-without-cycle", count=open_lines, cycles=_shown(found))
    return found


def _refuse_weeks_as_one(city: City, listed: tuple[str, ...]) -> None:
    """Orders of a month under the quotas of one cycle: summed, everybody would be over the limit.

    Raises
    ------
    BadRequest : no order line names a cycle, and they are of more days than a cycle has
    """
    ordered = None if city.orders is None else city.orders.frame["ordered_at"]
    first, last = (None, None) if ordered is None else (ordered.min(), ordered.max())
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return
    days = (last.date() - first.date()).days + 1
    if days > LONGEST_CYCLE:
        raise BadRequest("orders-beyond-cycle", days=days, cycles=_shown(listed))


def with_weeks(city: City) -> City:
    """The city with each ISO week as a cycle, where orders of several weeks name none at all.

    One quota for a cycle and orders of a month: summed, every shop would be over its limit. The
    orders table carries a warning that says what was done.
    """
    orders, tables = city.orders, (city.orders, city.quotas, city.supply)
    if orders is None or city.calendar is not None or any(_named(table) for table in tables):
        return city
    day = pl.col("ordered_at").dt
    week = pl.format(
        "{}-W{}", day.iso_year().cast(pl.String), day.week().cast(pl.String).str.zfill(2)
    )
    frame = orders.frame.with_columns(cycle=week)
    weeks = frame["cycle"].drop_nulls().unique().sort()
    if len(weeks) < 2:
        return city
    told = Refusal(
        "weeks-as-cycles",
        orders.file,
        orders.sheet,
        facts={"count": len(weeks), "first": str(weeks[0]), "last": str(weeks[-1])},
    )
    table = replace(orders, frame=frame, warnings=(*orders.warnings, told))
    return replace(city, orders=table)


def with_notes(city: City) -> City:
    """The city with a warning on its orders where these tell no second round from the first."""
    orders = city.orders
    if orders is None or "kind" in orders.columns:
        return city
    told = Refusal("kind-absent", orders.file, orders.sheet)
    return replace(city, orders=replace(orders, warnings=(*orders.warnings, told)))


def _named(table: Table | None) -> tuple[str, ...]:
    if table is None:
        return ()
    return tuple(table.frame["cycle"].drop_nulls().cast(pl.String).unique().sort().to_list())


def _shown(names: tuple[str, ...]) -> str:
    more = ", ..." if len(names) > MOST_NAMED else ""
    return ", ".join(printable(name) for name in names[:MOST_NAMED]) + more
