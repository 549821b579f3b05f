"""From a source to a table: columns found, rows of totals left out, cells read, faults placed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from allocator.errors import BadTable, Refusal
from allocator.tables import limits
from allocator.tables.checking import repeated
from allocator.tables.city import Table
from allocator.tables.cleaning import Cells, kept, load
from allocator.tables.coding import Coded
from allocator.tables.columns import DTYPES, Column, Schema
from allocator.tables.naming import QUANTITY, Matched, Names, lacking, match, shipped, words
from allocator.tables.shaping import complete, long_quotas
from allocator.tables.source import Source, printable
from allocator.tables.typed import read_typed
from allocator.tables.values import Fault, Read, read_coded

COUNTED = ("whole", "money", "points")
"""Kinds that are summed: what merged cells show counts once, so it cannot stand in each row."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The rows that count.

    keep : Boolean over the source's rows; ``None`` = all
    loaded : columns that were needed to tell
    """

    source: Source
    keep: pl.Series | None
    loaded: Mapping[int, Cells]

    def cells(self, position: int) -> Cells:
        cells = self.loaded.get(position)
        if cells is None:
            cells = load(self.source, position)
        if self.keep is None:
            return cells
        return cells.kept(self.keep) if isinstance(cells, Coded) else cells.filter(self.keep)

    def filtered(self, values: pl.Series) -> pl.Series:
        return values if self.keep is None else values.filter(self.keep)


def _header_faults(source: Source, schema: Schema, matched: Matched) -> list[Refusal]:
    def at(refusal: Refusal) -> Refusal:
        column = printable(refusal.column) if refusal.column else None
        return replace(refusal, file=source.file, sheet=source.sheet, column=column)

    refusals = [at(refusal) for refusal in matched.refusals]
    places = matched.places
    lone = {QUANTITY, "granted"} <= places.keys() and "requested" not in places
    if schema.name == "orders" and lone:
        facts = {name: printable(source.header[places[name]]) for name in (QUANTITY, "granted")}
        refusals.append(at(Refusal("quantity-ambiguous", facts=dict(facts))))
    found = ", ".join(
        printable(source.header[place]) for place in matched.aside[:12] if source.header[place]
    )
    for name in lacking(schema, matched):
        usual = shipped()[schema.name].get("columns", {}).get(name, [name])[0]
        called = shipped()[schema.name].get("names", [schema.name])[0]
        facts = {
            "table": schema.name, "called": called,
            "name": name, "usual": usual, "found": found or "-",
        }  # fmt: skip
        refusals.append(at(Refusal("column-missing", facts=dict(facts))))
    return refusals


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """Reads the columns of one source."""

    schema: Schema
    names: Names
    rows: _Rows
    row: pl.Series

    def column(self, spec: Column, position: int) -> tuple[Read, list[Refusal], list[Refusal]]:
        """One column as read, its refusals and its warnings."""
        meanings = self.names.values.get(spec.name, {})
        cells = self.rows.cells(position)
        if isinstance(cells, Coded):
            compact = self.schema.compact and spec.kind in ("id", "choice")
            read = read_coded(cells, spec, meanings, compact)
        else:
            read = read_typed(cells, spec, meanings)
        faults = list(read.faults)
        warnings = list(read.warnings)
        if spec.required and not (self.schema.name == "orders" and spec.name == "requested"):
            empty = read.values.is_null()
            for fault in read.faults:
                empty &= ~fault.where
            if empty.any():
                faults.append(Fault("cell-empty", empty))
        if spec.kind in COUNTED and position in self.rows.source.merged:
            hidden = self.rows.filtered(self.rows.source.hidden(position))
            faults.append(Fault("figure-merged", hidden))
        if spec.kind == "id":
            more, told = self._numbers(cells, read, position)
            faults += more
            warnings += told
        return read, self._placed(faults, position), self._placed(warnings, position)

    def _numbers(self, cells: Cells, read: Read, position: int) -> tuple[list[Fault], list[Fault]]:
        """Identifiers that stand as numbers: digits beyond 15 are lost, zeros in front too."""
        stored = self.rows.source.stored_as_number
        if stored is not None:
            numbers = self.rows.filtered(stored(position))
        elif not isinstance(cells, Coded) and cells.dtype.is_numeric():
            numbers = cells.is_not_null()
        else:
            return [], []
        if not numbers.any():
            return [], []
        lengths = read.values.cast(pl.String).str.len_chars().set(~numbers, None)
        long = (lengths > limits.NUMBER_DIGITS).fill_null(False)
        faults = [Fault("id-number-too-long", long)] if stored and long.any() else []
        shortest, longest = lengths.min(), lengths.max()
        if not isinstance(shortest, int) or not isinstance(longest, int) or shortest == longest:
            return faults, []
        facts = {"shortest": shortest, "longest": longest}
        return faults, [Fault("id-lengths-differ", (lengths == shortest).fill_null(False), facts)]

    def _placed(self, faults: Iterable[Fault], position: int) -> list[Refusal]:
        source = self.rows.source
        column = printable(source.header[position])
        found: list[Refusal] = []
        texts: pl.Series | None = None
        for fault in faults:
            places = fault.where.arg_true()
            if not len(places):
                continue
            if texts is None:
                texts = self.rows.filtered(source.load(position))
            for index in places.head(limits.SHOWN).to_list():
                cell = texts[index]
                found.append(
                    Refusal(
                        fault.code,
                        source.file,
                        source.sheet,
                        int(self.row[index]),
                        column,
                        None if cell is None or cell == "" else printable(str(cell)),
                        dict(fault.facts),
                    )
                )
            if (more := len(places) - limits.SHOWN) > 0:
                facts = {"count": more}
                found.append(
                    Refusal(
                        "more-cells", source.file, source.sheet, column=column, facts=dict(facts)
                    )
                )
        return found


def _columns(
    reader: _Reader, wanted: Sequence[tuple[Column, int]]
) -> tuple[dict[str, pl.Series], list[Refusal], list[Refusal]]:
    values: dict[str, pl.Series] = {}
    refusals: list[Refusal] = []
    warnings: list[Refusal] = []
    for spec, position in wanted:
        read, wrong, told = reader.column(spec, position)
        values[spec.name] = read.values
        if read.days is not None:
            values["day"] = read.days
        refusals += wrong
        warnings += told
    return values, refusals, warnings


def assemble(source: Source, schema: Schema, names: Names) -> Table:
    """A table from its source.

    Raises
    ------
    BadTable : every fault of the table at once.
    """
    matched = match(source.header, schema.name, names)
    if refusals := _header_faults(source, schema, matched):
        raise BadTable("refused", refusals)
    places = dict(matched.places)
    if QUANTITY in places and schema.name == "orders":
        places["granted"] = places.pop(QUANTITY)
    named = {places[spec.name]: spec for spec in schema.columns if spec.name in places}
    summed = {place for place, spec in named.items() if spec.kind in COUNTED}
    across: dict[int, int | str] = dict(matched.tiers) | dict(matched.products)
    summed |= set(across)
    if source.merged or source.beside:
        # What counts is left as it stands; words and names are read as they are shown.
        shown = source
        source = replace(
            shown,
            load=lambda place: (
                shown.spread if place in across else shown.load if place in summed else shown.filled
            )(place),
        )
    keys = [places[name] for name in schema.required() if name in places]
    loaded = {position: load(source, position) for position in keys}
    others = [position for position in places.values() if position not in loaded]
    others += list(across)
    keep, skipped = kept(source, loaded, others, bool(across))
    rows = _Rows(source, keep, loaded)
    row = rows.filtered(source.row)
    reader = _Reader(schema, names, rows, row)
    wanted = [
        (spec, places[spec.name])
        for spec in schema.columns
        if spec.name in places and not (matched.tiers and spec.name in ("tier", "quota"))
    ]
    values, refusals, warnings = _columns(reader, wanted)
    present = {spec.name for spec, _ in wanted}
    if across:
        quota = replace(schema.column("quota"), required=False, default=0)
        cells = [(replace(quota, name=f"{head}"), place) for place, head in across.items()]
        reader = replace(reader, names=replace(names, values={**names.values, **nothing(across)}))
        found, wrong, told = _columns(reader, cells)
        refusals, warnings = refusals + wrong, warnings + told
        values, row = long_quotas(values, {head: found[f"{head}"] for head in across.values()}, row)
        present |= {"product_id", "tier", "quota"}
    frame = _frame(values, schema, row)
    frame, wrong = complete(frame, schema, source, present)
    refusals += wrong
    if not refusals:
        refusals += repeated(frame, schema, source.file, source.sheet)
    if refusals:
        raise BadTable("refused", refusals)
    if schema.order:
        frame = _ordered(frame, schema)
    return Table(
        schema.name,
        frame,
        source.file,
        source.sheet,
        frozenset(present),
        skipped,
        tuple(printable(source.header[place]) for place in matched.aside if source.header[place]),
        tuple(warnings),
    )


def nothing(across: Mapping[int, int | str]) -> dict[str, Mapping[str, str]]:
    """Words in a cell of a wide quota table that say that nothing is released there."""
    return {f"{head}": dict.fromkeys(words("unreleased"), "0") for head in across.values()}


def _ordered(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Rows in an order that does not depend on where they stood, but for equal rows."""
    frame = frame.sort(*schema.order, "row")
    if schema.key:
        return frame
    before = (pl.col(name).eq_missing(pl.col(name).shift(1)) for name in schema.order)
    if not frame.select(pl.all_horizontal(before).slice(1).any()).item():
        return frame
    # Only ties pay for the comparison of all columns.
    others = [spec.name for spec in schema.columns if spec.name not in schema.order]
    return frame.sort(*schema.order, *others, "row")


def _frame(values: Mapping[str, pl.Series], schema: Schema, row: pl.Series) -> pl.DataFrame:
    """All columns of the schema; null, or the default, where the input has none."""
    columns = []
    for spec in schema.columns:
        series = values.get(spec.name)
        if series is None:
            dtype = pl.Enum(spec.choices) if schema.compact and spec.choices else DTYPES[spec.kind]
            if schema.compact and spec.kind == "id":
                dtype = pl.Enum([])
            series = pl.repeat(None, len(row), dtype=dtype, eager=True)
        if schema.compact and spec.choices:
            series = series.cast(pl.Enum(spec.choices))
        if spec.default is not None:
            series = series.fill_null(pl.lit(spec.default))
        columns.append(series.alias(spec.name))
    columns += [values[name].alias(name) for name, _ in schema.derived if name in values]
    return pl.DataFrame([*columns, row.alias("row")])
