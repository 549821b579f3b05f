"""A city lent to other processes: its tables as files that all of them map, not copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from allocator.tables.city import City, Table


@dataclass(frozen=True, slots=True)
class Lent:
    """A city whose frames lie in files.

    tables : each with an empty frame; files : where the frames are
    """

    tables: tuple[Table, ...]
    files: tuple[str, ...]
    unread: tuple[str, ...]


def lend(city: City, folder: Path) -> Lent:
    """Write the frames of a city into a folder, as they lie in memory."""
    tables, files = [], []
    for table in city.tables():
        path = folder / f"{table.name}.arrow"
        table.frame.write_ipc(path, compression="uncompressed")
        tables.append(replace(table, frame=table.frame.clear()))
        files.append(str(path))
    return Lent(tuple(tables), tuple(files), city.unread)


def borrow(lent: Lent) -> City:
    """The city that was lent: its files are mapped, so that many processes share one copy."""
    tables = {
        table.name: replace(table, frame=pl.read_ipc(path))
        for table, path in zip(lent.tables, lent.files, strict=True)
    }
    return City(**tables, unread=lent.unread)
