"""What the rules about times share: which lines they are meant for, how moments are told."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import Tell

TAKEN = nw.coalesce("granted", "requested")
"""Cartons of a line: what was entered, else what was asked for."""


def taking(case: Case) -> Frame:
    """Lines that take any cartons."""
    return case.lines.filter(TAKEN > 0)


def ordinary(case: Case) -> Frame:
    """Lines that must come within the hours of the cycle and take any cartons.

    Make-up orders come after it, with a cause; the second round is offered once the first closed.
    """
    return taking(case).filter(nw.col("kind") == "ordinary")


def with_time(moment: nw.Expr) -> nw.Expr:
    """Whether a moment has a time of day: exports of days alone say midnight."""
    parts = (moment.dt.hour(), moment.dt.minute(), moment.dt.second())
    return nw.sum_horizontal(*(part.cast(nw.Int64) for part in parts)).fill_null(0) > 0


def spelt(*columns: str) -> Tell:
    """Moments of findings as ``YYYY-MM-DD HH:MM``, days as ``YYYY-MM-DD``, as the tables say.

    Seconds are told where there are any: they may be all that makes an order late.
    """

    def tell(found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
        return found.with_columns(
            pl.col(name).dt.strftime("%Y-%m-%d")
            if found.schema[name] == pl.Date
            else pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S").str.replace(":00$", "")
            for name in columns
            if name in found.columns
        )

    return tell
