"""Hostile CSV: whatever the bytes, a table or a refusal, and rows that keep their lines."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.errors import BadTable
from allocator.tables.delimited import quotes_are_plain, read_delimited
from allocator.tables.naming import names_of
from allocator.tables.reading import read_table

GOOD = (
    "订单明细,,\norder_id,retailer_id,product_id,ordered_at,requested,granted,channel,note\n"
    'A1,R1,P1,2021-10-01 09:05,5,5,电话,"a ""q"" b"\nA2,R2,P2,2021/10/1,"1,234",5,app,"x\ny"\n'
    "合计,,,,9,,,\n"
)
PIECES = [
    '"',
    ",",
    "\n",
    "\r",
    "\0",
    "'",
    "=",
    "nan",
    "1e400",
    "合计",
    "，",
    "\u2028",
    "9" * 20,
    "\t",
]


def reads_or_refuses(data: bytes, table: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t"
        path.write_bytes(data)
        refused = None
        try:
            read_table(table, path)
        except BadTable as bad:
            refused = bad
    if refused is not None:
        assert refused.message("en")
        assert refused.message("zh-CN")


@given(st.binary(max_size=200), st.sampled_from(["orders", "quotas"]))
@settings(max_examples=60)
def test_random_bytes_are_refused_not_crashed_on(data: bytes, table: str) -> None:
    """Nothing but BadTable ever comes out."""
    reads_or_refuses(data, table)


@given(st.data())
@settings(max_examples=150)
def test_mutations_of_a_good_file_are_read_or_refused(data: st.DataObject) -> None:
    """Bytes cut, doubled, replaced, or pieces of trouble put in."""
    mutant = bytearray(GOOD.encode(data.draw(st.sampled_from(["utf-8", "gb18030", "utf-16"]))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutant)))
        match data.draw(st.integers(0, 3)):
            case 0:
                mutant[at:at] = data.draw(st.sampled_from(PIECES)).encode()
            case 1:
                del mutant[at : at + data.draw(st.integers(1, 8))]
            case 2:
                mutant[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
            case _:
                mutant[at:at] = mutant[at : at + 20]
    reads_or_refuses(bytes(mutant), data.draw(st.sampled_from(["orders", "orders", "sales"])))


CELLS = st.text(st.sampled_from('ab",\n 1店'), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6))
def test_cells_and_lines_agree_with_the_csv_module(rows: list[tuple[str, str, str]]) -> None:
    """Python's csv is the judge: same cells, and the line on which each record begins."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([("product_id", "name", "lot"), *rows])
    text = out.getvalue()
    judge = csv.reader(StringIO(text, newline=""))
    expected, begins = [], 1
    for record in judge:
        expected.append((begins, [cell or None for cell in record] or [None] * 3))
        begins = judge.line_num + 1

    source = read_delimited(text.encode(), "products", names_of("products", None), None)

    columns = [source.load(position).to_list() for position in range(3)]
    found = [(line, list(cells)) for line, *cells in zip(source.row, *columns, strict=True)]
    assert [(n, [c or None for c in cells]) for n, cells in found] == expected[1:]


def test_marks_inside_plain_cells_do_not_join_rows() -> None:
    """Two lone marks in two rows: a fast parser could read one long cell."""
    text = b'product_id,name\nP1,5" nail\nP2,6" nail\n'

    assert not quotes_are_plain(text, ",")
    source = read_delimited(text, "products", names_of("products", None), None)

    assert source.load(1).to_list() == ['5" nail', '6" nail']


def test_separators_are_told_by_what_they_show() -> None:
    """Tabs and semicolons as well as commas; trailing empty cells do no harm."""
    names = names_of("products", None)
    for separator in "\t;,":
        text = f"品规编码{separator}品名\nP1{separator}a{separator}{separator}\n"
        source = read_delimited(text.encode(), "products", names, None)
        assert (source.header, source.load(0).to_list()) == (("品规编码", "品名"), ["P1"])


def test_every_end_of_line_is_one() -> None:
    """Windows, Unix and old Mac."""
    names = names_of("products", None)
    for end in ("\n", "\r\n", "\r"):
        source = read_delimited(
            f"product_id,lot{end}P1,2{end}P2,3".encode(), "products", names, None
        )
        assert (source.load(1).to_list(), source.row.to_list()) == (["2", "3"], [2, 3])
    assert isinstance(source.row, pl.Series)
