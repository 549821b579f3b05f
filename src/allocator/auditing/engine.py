"""Where the frames of an audit live: polars in memory, or DuckDB on disk. The rules do not know.

Rules are narwhals expressions over lazy frames. An engine lends them small tables, keeps what many
rules read, and brings results out as polars.
"""

from __future__ import annotations

from typing import Any, Protocol

import narwhals as nw
import polars as pl

Frame = nw.LazyFrame[Any]
"""A lazy frame of either engine."""

CODES = frozenset({"o", "c", "q"})
"""Stand-ins for order, order-taker and product (``Engine.coded``): their type is the engine's."""


class Engine(Protocol):
    """What an audit asks of the place where its frames live."""

    def lend(self, frame: pl.DataFrame) -> Frame:
        """A small table, to be joined with the engine's own."""

    def keep(self, frame: Frame) -> Frame:
        """The same frame, computed once."""

    def coded(self, frame: Frame, columns: dict[str, str]) -> Frame:
        """With a cheap stand-in for each text column (new name -> text): equal where texts are.

        Good for grouping and joining within one audit, for nothing else.
        """

    def collect(self, *frames: Frame) -> list[pl.DataFrame]:
        """Results in memory, in one go; whole numbers are Int64, rows in any order."""

    def release(self) -> None:
        """Give up what was kept; its frames are of no use any more."""


class InMemory:
    """Frames in memory, by polars."""

    def lend(self, frame: pl.DataFrame) -> Frame:
        """As it is."""
        return nw.from_native(frame.lazy())

    def keep(self, frame: Frame) -> Frame:
        """Collected, and lazy again."""
        native: pl.LazyFrame = frame.to_native()
        return nw.from_native(native.collect().lazy())

    def coded(self, frame: Frame, columns: dict[str, str]) -> Frame:
        """Places in the list of different texts, the same for all that is made of the frame."""
        native: pl.DataFrame = frame.to_native().collect()
        codes = (_places(native[text]).alias(code) for code, text in columns.items())
        return nw.from_native(native.with_columns(codes).lazy())

    def collect(self, *frames: Frame) -> list[pl.DataFrame]:
        """All at once, so that what they share is computed once."""
        return [whole(frame) for frame in pl.collect_all([frame.to_native() for frame in frames])]

    def release(self) -> None:
        """Memory goes with its frames."""


def _places(texts: pl.Series) -> pl.Series:
    return texts.cast(pl.Enum(texts.drop_nulls().unique())).to_physical()


def whole(frame: pl.DataFrame) -> pl.DataFrame:
    """Whole numbers as Int64: sums and counts differ in width between engines."""
    wide = (pl.Int128, pl.UInt64, pl.UInt32)
    return frame.with_columns(
        pl.col(name).cast(pl.Int64)
        for name, dtype in frame.schema.items()
        if dtype in wide and name not in CODES
    )
