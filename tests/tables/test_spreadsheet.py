"""Excel: workbooks as people keep them, and workbooks meant to do harm."""

from __future__ import annotations

import sys
from datetime import date, datetime, time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from allocator.errors import BadTable
from allocator.tables.reading import read_city, read_table


def saved(folder: Path, sheets: dict[str, list[list[object]]], name: str = "city.xlsx") -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def codes(path: Path, table: str = "retailers") -> list[str]:
    with pytest.raises(BadTable) as caught:
        read_table(table, path)
    assert str(caught.value)
    return [fault.code for fault in caught.value.refusals]


def test_one_workbook_holds_a_city(tmp_path: Path) -> None:
    """Sheets named in Chinese, a title row, date cells, serial dates, totals, clock times."""
    saved(
        tmp_path,
        {
            "零售户": [
                ["零售户档案"],
                [],
                ["客户编码", "客户名称", "入网日期", "档位", "银行账号"],
                ["00012", "一店", date(2020, 1, 1), "九档", "6222020200012345678"],
                ["00123", "二店", 43831, 30, "6222020200012345679"],
            ],
            "投放量": [["周期", "品规编码", "投放量"], ["W1", "P1", 100], ["合计", None, 100]],
            "日历": [
                ["周期", "订货日", "开始时间", "截止时间"],
                ["W1", date(2021, 1, 5), time(9), "16:30"],
            ],
            "说明": [["随便写的"]],
        },
    )

    city = read_city(tmp_path)

    retailers = city.retailers
    assert (retailers.file, retailers.sheet) == ("city.xlsx", "零售户")
    assert retailers.frame.select("retailer_id", "joined_on", "tier", "account", "row").rows() == [
        ("00012", date(2020, 1, 1), 9, "6222020200012345678", 4),
        ("00123", date(2020, 1, 1), 30, "6222020200012345679", 5),
    ]
    assert city.supply is not None
    assert (city.supply.frame.height, city.supply.skipped) == (1, 1)
    assert city.calendar is not None
    assert city.calendar.frame.select("opens_at", "closes_at").rows() == [
        (datetime(2021, 1, 5, 9), datetime(2021, 1, 5, 16, 30))
    ]
    assert read_city(tmp_path / "city.xlsx").retailers.frame.equals(retailers.frame)


def test_identifiers_stored_as_numbers(tmp_path: Path) -> None:
    """Above 15 digits Excel has lost the end: refused. Shorter: zeros may be lost: warned of."""
    rows = [["客户编码", "银行账号"], [12, "6222020200012345678"], [345, None]]
    told = read_table("retailers", saved(tmp_path, {"零售户": rows}))
    assert [(w.code, w.sheet, w.row) for w in told.warnings] == [("id-lengths-differ", "零售户", 2)]

    path = saved(tmp_path, {"零售户": [*rows, [678, 6222020200012345678]]})
    with pytest.raises(BadTable) as caught:
        read_table("retailers", path)

    [fault] = caught.value.refusals
    assert (fault.code, fault.row, fault.column) == ("id-number-too-long", 4, "银行账号")


def test_which_sheet_is_not_guessed(tmp_path: Path) -> None:
    """The only sheet will do whatever its name; of several one must be named."""
    rows = [["客户编码"], ["R1"]]
    assert (
        read_table("retailers", saved(tmp_path, {"Sheet1": rows, "Sheet2": []})).sheet == "Sheet1"
    )
    assert read_table("retailers", saved(tmp_path, {"a": rows, "客户": rows})).sheet == "客户"
    assert codes(saved(tmp_path, {"a": rows, "b": rows})) == ["which-sheet"]
    assert codes(saved(tmp_path, {"a": []})) == ["workbook-empty"]


def test_damaged_and_foreign_archives_are_refused(tmp_path: Path) -> None:
    """Cut off anywhere, or another kind of archive."""
    path = saved(tmp_path, {"a": [["客户编码"], ["R1"]]})
    data = path.read_bytes()
    for cut in (4, 30, len(data) // 2, len(data) - 10):
        path.write_bytes(data[:cut])
        assert codes(path) == ["workbook-damaged"]
    with ZipFile(path, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    assert codes(path) == ["archive-unknown"]
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    assert codes(path) == ["workbook-damaged"]


def test_bombs_are_refused_before_they_unpack(tmp_path: Path) -> None:
    """Two gigabytes of zeros in two megabytes; one cell at the far corner of a sheet."""
    path = tmp_path / "bomb.xlsx"
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(17):
                part.write(bytes(1 << 26))
    assert codes(path) == ["workbook-bomb"]

    book = Workbook()
    book.worksheets[0]["A1"] = "客户编码"
    book.worksheets[0]["XFD1048576"] = 1
    book.save(path)
    assert codes(path) == ["sheet-too-large"]


@pytest.mark.parametrize(
    "cell", ["<c r='XFD1048576'", '<c\nr = "XFD1048576"', '<x:row r="1048576"/><c r="XFD1"']
)
def test_far_cells_are_found_however_they_are_written(tmp_path: Path, cell: str) -> None:
    """XML allows other quotes and blanks than Excel writes."""
    path = tmp_path / "far.xlsx"
    with ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("anything.xml", f"<sheetData><row>{cell}><v>1</v></c></row></sheetData>")

    assert codes(path) == ["sheet-too-large"]


def test_without_a_reader_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Excel reader is an extra."""
    path = saved(tmp_path, {"a": [["客户编码"], ["R1"]]})
    monkeypatch.setitem(sys.modules, "fastexcel", None)

    with pytest.raises(BadTable) as caught:
        read_table("retailers", path)

    assert "pip install 'fair-allocator[excel]'" in str(caught.value)
