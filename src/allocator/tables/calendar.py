"""Who stands in the books on a day, and whose week it is."""

from __future__ import annotations

from datetime import date

import polars as pl

from allocator.errors import BadTable, Refusal
from allocator.tables import limits
from allocator.tables.city import City
from allocator.tables.shaping import EVEN, FORTNIGHTLY, ODD
from allocator.tables.source import printable


def in_force(frame: pl.DataFrame, on: date) -> pl.DataFrame:
    """One row per retailer: of its dated rows the one in force on a day.

    A row without ``valid_from`` is in force before all dated ones. Retailers whose rows all lie
    in the future are not there yet.

    Parameters
    ----------
    frame : of the retailers table

    Returns
    -------
    the same columns, by ``retailer_id``
    """
    ids = frame["retailer_id"]
    if frame["valid_from"].null_count() == len(frame) and bool((ids.shift(-1) > ids).all()):
        return frame
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= on)
    return (
        frame.filter(begun)
        .sort("retailer_id", "valid_from", nulls_last=False)
        .unique("retailer_id", keep="last", maintain_order=True)
    )


def retailers_on(city: City, on: date) -> pl.DataFrame:
    """The retailers of a city on a day, one row each (``in_force``)."""
    return in_force(city.retailers.frame, on)


def order_days(city: City, cycle: str) -> tuple[date, ...]:
    """Order days of a cycle, from the calendar.

    Raises
    ------
    BadTable : the calendar has no such cycle.
    """
    if city.calendar is None:
        return ()
    frame = city.calendar.frame
    days = tuple(sorted(frame.filter(pl.col("cycle") == cycle)["order_day"].to_list()))
    if not days:
        known = frame["cycle"].unique(maintain_order=True).to_list()
        facts = {"cycle": printable(cycle), "known": ", ".join(known[-6:]) or "-"}
        file, sheet = city.calendar.file, city.calendar.sheet
        fault = Refusal("calendar-lacks-cycle", file, sheet, facts=dict(facts))
        raise BadTable("refused", [fault])
    return days


def _without_parity(city: City, retailers: pl.Series) -> list[Refusal]:
    table = city.retailers
    rows = table.frame.filter(pl.col("retailer_id").is_in(retailers.implode())).sort("row")
    found = [
        Refusal(
            "cycle-without-parity", table.file, table.sheet, row, "order_cycle", printable(word)
        )
        for row, word in rows.select("row", "order_cycle").head(limits.SHOWN).rows()
    ]
    if (more := rows.height - limits.SHOWN) > 0:
        found.append(Refusal("more-cells", table.file, table.sheet, facts={"count": more}))
    return found


def due_retailers(city: City, cycle: str, on: date) -> pl.DataFrame:
    """Whether each retailer may order in a cycle: a fortnightly one every second ISO week.

    Weeks are those of the calendar's order days in the cycle; a fortnightly retailer is due when
    one of them falls into its weeks.

    Parameters
    ----------
    on : day whose retailers count (``retailers_on``)

    Returns
    -------
    retailer_id str, due bool; one row per retailer, by ``retailer_id``

    Raises
    ------
    BadTable : there are fortnightly retailers, but no calendar, no such cycle in it, or not a word
        in which of two weeks they order.
    """
    frame = retailers_on(city, on).select("retailer_id", "rhythm", "week_parity")
    every_second = frame.filter(pl.col("rhythm") == FORTNIGHTLY).height
    if not every_second:
        return frame.select("retailer_id", due=pl.lit(True))
    if city.calendar is None:
        file = city.retailers.file
        fault = Refusal("calendar-missing", file, facts={"count": every_second})
        raise BadTable("refused", [fault])
    unsaid = frame.filter((pl.col("rhythm") == FORTNIGHTLY) & pl.col("week_parity").is_null())
    if len(unsaid):
        raise BadTable("refused", _without_parity(city, unsaid["retailer_id"]))
    parities = {ODD if day.isocalendar().week % 2 else EVEN for day in order_days(city, cycle)}
    due = (pl.col("rhythm") != FORTNIGHTLY) | pl.col("week_parity").is_in(sorted(parities))
    return frame.select("retailer_id", due=due)
