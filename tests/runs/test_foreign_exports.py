"""Exports as ordering systems write them: one command, no policy, the same findings in any dress.

What must be found is counted by hand from ``ordering_system.LINES``: D0002 asked 10 and got 5 of a
limit of 10; D0003 holds 8 of 5; D0005 is of a suspended shop; D0007 holds 11 of 10 and of 10 asked.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner

from allocator.cli.entrance import app
from allocator.errors import BadRequest, BadTable
from allocator.runs.sources import audit_sources
from ordering_system import QUOTAS, write_all

Rows = list[list[object]]
FOUND = {
    ("over-quota", "530100100003", "53010001", 8, 5),
    ("over-quota", "530100100002", "53010001", 11, 10),
    ("below-standard", "530100100002", "53010001", 5, 10),
    ("unequal-treatment", None, "53010001", 5, 0),
    ("inactive-retailer", "530100100006", "53010001", 2, 0),
    ("above-request", "530100100002", "53010001", 11, 10),
}
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
Change = Callable[[Path], dict[str, Path]]


def found_in(files: dict[str, Path]) -> set[tuple[object, ...]]:
    """The violations; alerts of small samples are no matter here."""
    return {
        (one.rule, one.retailer_id, one.product_id, one.observed, one.limit)
        for one in audit_sources(None, files)
        if one.kind == "violation"
    }


def rows_of(path: Path) -> Rows:
    """A sheet as shown: what merged cells show stands in each of them."""
    sheet = load_workbook(path).worksheets[0]
    for cells in list(sheet.merged_cells.ranges):
        shown = sheet.cell(cells.min_row, cells.min_col).value
        sheet.unmerge_cells(str(cells))
        for row in range(cells.min_row, cells.max_row + 1):
            if cells.min_row > 3:
                sheet.cell(row, cells.min_col).value = shown
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def saved(path: Path, **sheets: Rows) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def in_column(rows: Rows, head: str, change: Callable[[str], object]) -> Rows:
    place = rows[2].index(head)
    return [
        [change(str(cell)) if k == place and n > 2 and cell is not None else cell
         for k, cell in enumerate(row)]
        for n, row in enumerate(rows)
    ]  # fmt: skip


def renamed(rows: Rows, **heads: str) -> Rows:
    return [*rows[:2], [heads.get(str(head), head) for head in rows[2]], *rows[3:]]


def test_three_exports_and_one_command_give_findings_and_say_what_lacks(tmp_path: Path) -> None:
    files = write_all(tmp_path)
    words = [word for name, path in files.items() for word in (f"--{name}", str(path))]

    done = CliRunner().invoke(
        app, ["audit", *words, "--lang", "zh-CN", "--out", str(tmp_path / "out")]
    )

    assert done.exit_code == 1
    assert found_in(files) == FOUND
    told = done.output
    assert "略过合计行、备注行共 2 行" in told  # the total and the signature of the list of shops
    assert told.count("略过合计行、备注行共 1 行") == 2
    assert "supply.quantity" in told
    assert "products.product_id" in told
    assert {"findings.csv", "findings.xlsx", "allocation.csv"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }


VARIANTS: dict[str, Callable[[Path, Rows, Rows, Rows], dict[str, Path]]] = {
    "numbers-with-a-point": lambda p, s, q, o: {
        "retailers": saved(
            p / "a.xlsx", S=in_column(s, "客户编码", lambda x: f"{x}.0" if x.isdigit() else x)
        )
    },
    "full-width": lambda p, s, q, o: {
        "retailers": saved(
            p / "a.xlsx", S=in_column(s, "客户编码", lambda x: x.translate(WIDE) + "  ")
        )
    },
    "quoted": lambda p, s, q, o: {
        "retailers": saved(
            p / "a.xlsx", S=in_column(s, "客户编码", lambda x: f"'{x}" if x.isdigit() else x)
        )
    },
    "a-sheet-of-notes": lambda p, s, q, o: {
        "orders": saved(p / "a.xlsx", 汇总=[["电访员", "订单数"], ["0101", 3]], 明细=o)
    },
    "empty-columns": lambda p, s, q, o: {
        "orders": saved(p / "a.xlsx", S=[[None, *row[:3], None, *row[3:]] for row in o])
    },
    "headers-with-units": lambda p, s, q, o: {
        "orders": saved(p / "a.xlsx", S=renamed(o, 需求量="需求量（条）", 订单量="订单量/条"))
    },
    "other-headers": lambda p, s, q, o: {
        "orders": saved(
            p / "a.xlsx",
            S=renamed(o, 需求量="客户需求数量", 订单量="核定数量", 订货时间="制单时间"),
        )
    },
    "tiers-in-words": lambda p, s, q, o: {
        "quotas": saved(
            p / "a.xlsx", S=renamed(q, **{"30档": "三十档", "29档": "第29档", "28档": "T28"})
        )
    },
    "tiers-down": lambda p, s, q, o: {
        "quotas": saved(
            p / "a.xlsx",
            S=[
                ["档位", "户数", "53010001 云烟", "53010002（玉溪）"],
                ["30档", 3, 10, 4],
                ["29档", 3, 5, 4],
                ["28档", 0, 2, "-"],
                ["合计", 6, 17, 8],
            ],
        )
    },
    "a-sheet-each-market": lambda p, s, q, o: {"quotas": saved(p / "a.xlsx", 城网=q, 农网=q)},
    "a-sheet-each-rhythm": lambda p, s, q, o: {"quotas": saved(p / "a.xlsx", 每周=q, 双周=q)},
    "no-cycle": lambda p, s, q, o: {
        "orders": saved(p / "a.xlsx", S=[row[:5] + row[6:] for row in o])
    },
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_facts_in_another_dress_give_the_same_findings(name: str, tmp_path: Path) -> None:
    files = write_all(tmp_path)
    shops, quotas, orders = (rows_of(files[key]) for key in ("retailers", "quotas", "orders"))

    assert found_in(files | VARIANTS[name](tmp_path, shops, quotas, orders)) == FOUND


def test_csv_in_gb18030_gives_the_same_findings(tmp_path: Path) -> None:
    files = write_all(tmp_path)
    for name, path in files.items():
        files[name] = tmp_path / f"{name}.csv"
        with files[name].open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows(rows_of(path))

    assert found_in(files) == FOUND


def test_weekly_and_fortnightly_numbers_hold_for_their_own_shops(tmp_path: Path) -> None:
    """Shop 5 orders every second week and holds 5; by the table such a shop may have 3."""
    files = write_all(tmp_path)
    head = ["品规编码", "访销周期", "30档", "29档", "28档"]
    rows: Rows = [head, *([number, "每周", *tiers] for number, _, *tiers in QUOTAS)]
    rows += [[number, "双周", 10, 3, 2] for number, _, *_ in QUOTAS]
    files["quotas"] = saved(tmp_path / "q.xlsx", S=rows)

    assert found_in(files) - FOUND == {
        ("over-quota", "530100100005", "53010001", 5, 3),
        ("over-quota", "530100100004", "53010002", 4, 3),
    }


@pytest.mark.parametrize(
    ("table", "head", "change", "code"),
    [
        ("orders", "需求量", lambda cell: "2件", "other-unit"),
        ("orders", "商品编码", lambda cell: f"00{cell}", "products-apart"),
        ("orders", "客户编码", lambda cell: f"0{cell}", "retailers-apart"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    table: str, head: str, change: Callable[[str], object], code: str, tmp_path: Path
) -> None:
    """Cases are no cartons, and codes without their zeros would accuse everybody or nobody."""
    files = write_all(tmp_path)
    rows = in_column(rows_of(files[table]), head, change)
    files[table] = saved(tmp_path / "a.xlsx", S=rows)

    with pytest.raises((BadRequest, BadTable)) as caught:
        audit_sources(None, files)

    bad = caught.value
    codes = [fault.code for fault in bad.refusals] if isinstance(bad, BadTable) else [bad.code]
    assert code in codes


def test_orders_of_a_month_are_not_summed_under_the_quotas_of_one_cycle(tmp_path: Path) -> None:
    """The quota table names a cycle, the orders none: four orders of 10 are not 40 of one week."""
    texts = {
        "retailers": "客户编码,档位\nR1,30\n",
        "quotas": "周期,品规编码,档位,限量\n2026-W46,P1,30,10\n",
        "orders": "订单号,客户编码,品规编码,订货时间,需求量,订单量\n"
        + "".join(f"D{day},R1,P1,2026-11-{day:02} 09:00,10,10\n" for day in (2, 9, 16, 23)),
    }
    files = {name: tmp_path / f"{name}.csv" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text, encoding="utf-8")

    with pytest.raises(BadRequest) as caught:
        audit_sources(None, files)

    assert caught.value.code == "orders-beyond-cycle"
    assert caught.value.facts["days"] == 22
