"""Bounds of what is read: every file is hostile until it fits. Each says why it is what it is."""

from __future__ import annotations

TEXT_BYTES = 1 << 30
"""CSV: 1 GiB holds 20 million sales rows; text takes about four times its size in memory.
Larger tables belong into Parquet."""
PARQUET_BYTES = 8 << 30
"""Parquet is read column by column, so that a province's year fits."""
WORKBOOK_BYTES = 128 << 20
"""A full sheet (1,048,576 rows) of ten columns is about 60 MB."""
WORKBOOK_UNPACKED_BYTES = 1 << 30
"""What a workbook may unpack to; beyond it is a zip bomb, not a table.
A full sheet of ten columns is 600 MB."""
WORKBOOK_PARTS = 10_000
"""Files inside a workbook; each takes time to open."""
WORKBOOK_CELLS = 50_000_000
"""Cells of one sheet in memory; a lone cell in XFD1048576 claims 17 thousand million."""
ROWS = 200_000_000
"""Rows of a table: row numbers and codes are 32-bit, with room."""
COLUMNS = 1_000
"""Columns of a table; exports have tens, a wide quota table a hundred."""
CELL_CHARS = 32_767
"""Characters of a cell: what Excel itself can hold."""
ID_CHARS = 64
"""Characters of an identifier; longer is a text in the wrong column."""
NUMBER_DIGITS = 15
"""Digits that a number in Excel (a 64-bit float) keeps exactly."""
TITLE_ROWS = 20
"""Records searched for the header: titles, dates and units stand above it, data do not."""
LENIENT_BYTES = 64 << 20
"""CSV with quotation marks inside plain cells is read record by record in Python, 10 times
slower; up to this size that is seconds."""
SHOWN = 10
"""Refusals shown per column and kind of fault; the rest is counted."""
SCANNED_LINES = 2_000
"""Lines looked at to tell mixed encodings from one encoding."""
