"""Rows that are no data: blank ones, totals (合计, 小计) and notes (制表人) below a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_, or_

import polars as pl

from allocator.tables.coding import Coded, coded
from allocator.tables.source import Source

TOTAL = (
    r"^\s*(?:"
    r"[合总小共]\s*计\s*(?:[:：(（\d].*)?"
    r"|(?:累计|本页合计|本页小计|总计数)\s*(?:[:：(（\d].*)?"
    r"|.{1,30}\s(?:合计|小计)\s*[:：]?"
    r"|(?i:(?:grand[ -]?)?total|sub[ -]?total)\s*:?"
    r")\s*$"
)
"""First cell, or a key, of a row of totals. English words only when they stand alone: shops are
called Total Wine."""
NOTE = r"^\s*(?:制表|制单|审核|复核|打印|导出|填报|备注|说明|注[:：]|第\s*\d+\s*页)"
"""First cell of a note; it counts as one only in a row without anything else in its keys."""
HEADCOUNT = r"^\s*(?:零售户数|客户数|户数|零售户|客户|(?i:retailers|total|left|剩余))\s*[:：]?\s*$"
"""First cell of the lines below a quota table that say how many retailers stand in each tier."""


Cells = Coded | pl.Series
"""A column before it is read: coded where it is text, else typed."""


def load(source: Source, position: int) -> Cells:
    """A column of a source, coded where it is text."""
    cells = source.load(position)
    if cells.dtype in (pl.Categorical, pl.Enum):
        cells = cells.cast(pl.String)
    return coded(cells) if cells.dtype == pl.String else cells


def _blank(cells: Cells) -> pl.Series | None:
    """Rows whose cell is empty; ``None`` if none is."""
    if isinstance(cells, Coded):
        empty = (cells.distinct.str.strip_chars() == "").fill_null(True)
        if not empty.any() and (cells.codes is None or not cells.codes.null_count()):
            return None
        return cells.spread(empty).fill_null(True)
    return cells.is_null() if cells.null_count() else None


def _says(cells: Cells, pattern: str) -> pl.Series | None:
    """Rows whose cell matches; ``None`` if none does."""
    if not isinstance(cells, Coded):
        return None
    found = cells.distinct.str.contains(pattern)
    return cells.flags(found) if found.any() else None


def _either(*flags: pl.Series | None) -> pl.Series | None:
    given = [flag for flag in flags if flag is not None]
    return reduce(or_, given) if given else None


def _both(*flags: pl.Series | None) -> pl.Series | None:
    """All of them, where ``None`` is false everywhere."""
    given = [flag for flag in flags if flag is not None]
    return reduce(and_, given) if given and len(given) == len(flags) else None


def kept(
    source: Source, keys: Mapping[int, Cells], others: Iterable[int], wide: bool
) -> tuple[pl.Series | None, int]:
    """Rows to keep (``None`` = all), and the number of totals and notes left out.

    Parameters
    ----------
    keys : required columns by position
    others : positions of the other recognised columns
    wide : whether this is a wide quota table, which has lines of head counts
    """
    first = keys[0] if 0 in keys else load(source, 0)
    totals = [_says(cells, TOTAL) for cells in (first, *keys.values())]
    if wide:
        totals += [_says(cells, HEADCOUNT) for cells in keys.values()]
    others_blank = [_blank(cells) for position, cells in keys.items() if position != 0]
    note = _both(_says(first, NOTE), *others_blank)
    left = _either(*totals, note)
    blank = _both(*(_blank(cells) for cells in keys.values()))
    for position in others:
        # A key that is blank beside a figure is a fault, told later; a blank row is none.
        if blank is None or not blank.any():
            break
        blank = _both(blank, _blank(load(source, position)))
    out = _either(left, blank)
    if out is None or not out.any():
        return None, 0
    return ~out, 0 if left is None else int(left.sum())
