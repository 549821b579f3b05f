"""CSV out: safe in a spreadsheet, and back again."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from allocator.tables.reading import read_table
from allocator.tables.writing import csv_bytes, write_csv


def test_formulas_become_text_and_come_back(tmp_path: Path) -> None:
    """A shop called =HYPERLINK(...) must not run when the auditor opens the file."""
    names = ["=1+1", "+86 138", "-x", "@sum", "'=x", "＝1", "plain", "it's", '"q"', "a,b\nc", None]
    frame = pl.DataFrame({"retailer_id": [f"R{n:02}" for n in range(len(names))], "name": names})

    write_csv(frame, tmp_path / "retailers.csv")
    text = (tmp_path / "retailers.csv").read_text()

    cells = [line.partition(",")[2] for line in text.splitlines()]
    assert cells[1:7] == ["'=1+1", "'+86 138", "'-x", "'@sum", "''=x", "'＝1"]
    assert read_table("retailers", tmp_path / "retailers.csv").frame["name"].to_list() == names


@given(st.lists(st.text(st.sampled_from("'=+-@x＝ 1"), min_size=1, max_size=5), min_size=1))
def test_every_text_comes_back(names: list[str]) -> None:
    """Writing, then reading, changes nothing but blanks at the ends."""
    frame = pl.DataFrame({"retailer_id": [f"R{n}" for n in range(len(names))], "name": names})
    again = read_table("retailers", pl.read_csv(csv_bytes(frame), infer_schema=False)).frame

    expected = dict(
        zip(frame["retailer_id"], (name.strip() or None for name in names), strict=True)
    )
    assert dict(again.select("retailer_id", "name").rows()) == expected


def test_bytes_are_plain_and_chinese_gets_a_bom() -> None:
    """Header, commas, LF; Excel tells UTF-8 only by the BOM."""
    frame = pl.DataFrame(
        {
            "名称": ["店"],
            "n": [-5],
            "on": [date(2021, 10, 1)],
            "at": [datetime(2021, 10, 1, 9, 5)],
            "ids": [["a", "b"]],
            "yes": [True],
        }
    )
    expected = "名称,n,on,at,ids,yes\n店,-5,2021-10-01,2021-10-01 09:05:00,a;b,true\n".encode()

    assert csv_bytes(frame) == expected
    assert csv_bytes(frame, "zh-CN") == b"\xef\xbb\xbf" + expected
