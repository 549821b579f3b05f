"""A quota table that stands on several sheets: one for each segment or rhythm, odd lots beside it.

``投放表 城网`` and ``投放表 农网``, or ``每周`` and ``双周``: the name of a sheet says whom it
is for, unless its columns do. Of all tables only this one is split so by those who publish it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import polars as pl

from allocator.errors import BadTable, Refusal
from allocator.tables.assembling import assemble
from allocator.tables.city import Table
from allocator.tables.naming import Names, fold, table_names
from allocator.tables.schemas import QUOTA_PARTS, QUOTAS
from allocator.tables.source import refuse
from allocator.tables.spreadsheet import Workbook, read_sheet

KEY = ("product_id", "tier", "cycle", *QUOTA_PARTS)
ODD_LOTS = ("轮到", "轮转", "轮候", "零头", "odd lots", "odd cartons")
"""Words in the name of a sheet that holds odd lots by tier, not quotas."""
_PLAIN = re.compile(r"^(?:sheet|工作表|表)?\d*$")
_SPLIT = re.compile(r"[\s,，、/／_－-]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One sheet of the table. segment, rhythm : as its name says, ``None`` = it does not."""

    sheet: str
    odd_lots: bool
    segment: str | None
    rhythm: str | None


def quota_parts(book: Workbook, names: Names) -> tuple[Part, ...]:
    """The sheets of a quota table; none where it stands on one sheet, as any table does."""
    sheets = book.with_table("quotas", names)
    parts = tuple(_part(sheet, names) for sheet in sheets)
    told = [part for part in parts if part is not None]
    return tuple(told) if len(told) == len(sheets) > 1 else ()


def _part(sheet: str, names: Names) -> Part | None:
    """What the name of a sheet says; ``None`` for Sheet2, of which it says nothing."""
    left = re.sub(r"^\s*\d+\s*", "", sheet).strip()
    low = left.lower()
    words = [word for word, table in table_names().items() if table == "quotas"]
    odd = next((word for word in ODD_LOTS if word in low), None)
    own = odd or next(
        (word for word in sorted([*words, "quotas"], key=len, reverse=True) if word in low), None
    )
    start = 0 if own is None else low.index(own)
    rest = f"{left[:start]} {left[start + len(own or '') :]}".strip()
    if own is None and _PLAIN.match(fold(rest)):
        return None
    rhythm, segment = None, []
    if (whole := names.values["rhythm"].get(fold(rest))) is not None:
        return Part(sheet, odd is not None, None, whole)
    for word in _SPLIT.split(rest):
        meant = names.values["rhythm"].get(fold(word))
        if meant is not None:
            rhythm = meant
        elif word:
            segment.append(word)
    return Part(sheet, odd is not None, " ".join(segment) or None, rhythm)


def read_parts(book: Workbook, parts: tuple[Part, ...], names: Names) -> Table:
    """All sheets as one table.

    Raises
    ------
    BadTable : every fault of every sheet, or two sheets that say the same
    """
    tables: list[tuple[Part, Table]] = []
    faults: list[Refusal] = []
    for part in parts:
        try:
            source = read_sheet(book, part.sheet, "quotas", names)
            tables.append((part, _of(part, assemble(source, QUOTAS, names))))
        except BadTable as bad:
            faults += bad.refusals
    if faults:
        raise BadTable("refused", faults)
    quotas = pl.concat([table.frame for part, table in tables if not part.odd_lots])
    odd = [table.frame for part, table in tables if part.odd_lots]
    twice = quotas.filter(quotas.select(KEY).is_duplicated())
    if len(twice):
        shown = ", ".join(part.sheet for part in parts)
        raise refuse("sheets-overlap", book.name, sheets=shown, product=twice["product_id"][0])
    if odd:
        lots = pl.concat(odd).select(*KEY, pl.col("quota").alias("seats_beside"))
        quotas = quotas.join(lots, on=KEY, how="left", nulls_equal=True)
        quotas = quotas.with_columns(pl.coalesce("seats_beside", "seats").alias("seats"))
        quotas = quotas.drop("seats_beside")
    first = tables[0][1]
    columns = frozenset().union(*(table.columns for _, table in tables))
    columns |= {name for name in (*QUOTA_PARTS, "seats") if quotas[name].is_not_null().any()}
    return replace(
        first,
        frame=quotas.sort(*QUOTAS.order, "row"),
        sheet=None,
        columns=columns,
        skipped=sum(table.skipped for _, table in tables),
        aside=tuple(dict.fromkeys(name for _, table in tables for name in table.aside)),
        warnings=tuple(told for _, table in tables for told in table.warnings),
    )


def _of(part: Part, table: Table) -> Table:
    """The rows of a sheet, with what its name says where no column does."""
    frame = table.frame
    if part.rhythm is not None and frame["rhythm"].is_null().all():
        frame = frame.with_columns(pl.lit(part.rhythm).alias("rhythm"))
    own = frame.select(pl.col(QUOTA_PARTS[:-1]).is_not_null().any()).row(0)
    if part.segment is not None and not any(own):
        market = {"城网": "urban", "农网": "rural"}.get(part.segment, part.segment)
        frame = frame.with_columns(pl.lit(market).alias("segment"))
    return replace(table, frame=frame)
