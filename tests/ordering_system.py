"""Exports as an ordering system writes them: titles, totals, merged cells, units, dates anyhow.

What the files mean stands in ``SHOPS``, ``QUOTAS`` and ``LINES`` in plain words; the functions
dress it up. Expectations in the tests are counted by hand from these three.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

Row = Sequence[object]

SHOPS = (
    # number, name, market, tier, order day, status
    ("530100100001", "东风路便利店", "城网", "30档", "每周一", "正常"),
    ("530100100002", "人民路烟酒店", "城网", "三十档", "每周一", "正常"),
    ("530100100003", "翠湖超市", "城网", "29", "每周二", "正常"),
    ("530100100004", "老街小卖部", "农网", "29档", "单周二", "正常"),
    ("530100100005", "河口商店", "农网", "二十九档", "双周二", "正常"),
    ("530100100006", "站前副食", "城网", "30 ", "每周一", "停供"),
)
QUOTAS = (
    # number, name, cartons for tier 30, 29, 28
    ("53010001", "云烟(大重九)", 10, 5, 2),
    ("53010002", "玉溪(境界)", 4, 4, 0),
)
LINES = (
    # order, shop, product, day and time, cycle, asked, entered, by phone or not, order-taker
    ("D0001", 1, 1, datetime(2026, 11, 16, 9, 5), "2026年第47周", 10, 10, "电访", "0101"),
    ("D0001", 1, 2, datetime(2026, 11, 16, 9, 5), "2026年第47周", 4, 4, "电访", "0101"),
    ("D0002", 2, 1, datetime(2026, 11, 16, 9, 30), "2026年第47周", 10, 5, "电访", "0102"),
    ("D0003", 3, 1, datetime(2026, 11, 17, 10, 0), "2026年第47周", 8, 8, "微信", "0102"),
    ("D0004", 4, 2, datetime(2026, 11, 17, 10, 20), "2026年第47周", 4, 4, "电访", "0101"),
    ("D0005", 6, 1, datetime(2026, 11, 16, 11, 0), "2026年第47周", 2, 2, "电访", "0102"),
    ("D0006", 5, 1, datetime(2026, 11, 24, 9, 10), "2026年第48周", 6, 5, "电访", "0101"),
    ("D0007", 2, 1, datetime(2026, 11, 23, 9, 10), "2026年第48周", 10, 11, "电访", "0102"),
)


def _write(path: Path, sheets: dict[str, list[Row]], merged: Sequence[str] = ()) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet: Worksheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
    book.save(path)
    return path


def _units(count: int, unit: str = "条") -> str:
    return f"{count}{unit}"


def write_retailers(path: Path) -> Path:
    """The list of shops: title over all columns, an empty row, the header in row 3, a total."""
    rows: list[Row] = [
        ["零售客户档案一览表"],
        [],
        ["序号", "客户编码", "客户名称", "市场类型", "客户档位", "访销周期", "客户状态", "备注"],
        *([i, *shop, None] for i, shop in enumerate(SHOPS, start=1)),
        ["合计", f"{len(SHOPS)}户"],
        ["制表人：张三", None, None, None, None, "打印时间：2026-11-25"],
    ]
    return _write(path, {"Sheet1": rows}, ["A1:H1"])


def write_quotas(path: Path) -> Path:
    """The wide quota table, dearest tier first, with a total by product and by tier."""
    rows: list[Row] = [
        ["2026年11月紧俏卷烟投放表"],
        ["单位：条/户"],
        ["品规编码", "品规名称", "30档", "29档", "28档", "合计"],
        *([number, name, a, b, c, a + b + c] for number, name, a, b, c in QUOTAS),
        ["合计", None, 14, 9, 2, 25],
    ]
    return _write(path, {"投放表": rows}, ["A1:F1", "A2:F2"])


def write_orders(path: Path) -> Path:
    """Order lines: an order's own cells merged over its lines, days spelt as each clerk likes."""
    spelt = (
        lambda day: day,
        lambda day: day.strftime("%Y-%m-%d %H:%M:%S"),
        lambda day: day.strftime("%Y/%m/%d %H:%M"),
        lambda day: f"{day.year}年{day.month}月{day.day}日 {day.hour}时{day.minute:02}分",
    )
    rows: list[Row] = [
        ["订单明细查询"],
        ["查询条件：2026-11-16 至 2026-11-29"],
        ["订单号", "客户编码", "商品编码", "商品名称", "订货时间", "周期", "需求量", "订单量",
         "订货方式", "电访员"],
    ]  # fmt: skip
    for place, (order, shop, product, when, cycle, asked, entered, way, clerk) in enumerate(LINES):
        rows.append(
            [order, SHOPS[shop - 1][0], QUOTAS[product - 1][0], QUOTAS[product - 1][1],
             spelt[place % 4](when), cycle, _units(asked), _units(entered), way, clerk]
        )  # fmt: skip
    asked, entered = (sum(line[k] for line in LINES) for k in (5, 6))
    rows.append(["合计", None, None, None, None, None, _units(asked), _units(entered)])
    return _write(path, {"订单明细": rows}, ["A1:J1", "A2:J2", "A4:A5", "B4:B5", "E4:E5"])


def write_all(folder: Path) -> dict[str, Path]:
    """The three exports."""
    return {
        "orders": write_orders(folder / "订单明细查询.xlsx"),
        "retailers": write_retailers(folder / "零售客户档案.xlsx"),
        "quotas": write_quotas(folder / "紧俏投放表.xlsx"),
    }
