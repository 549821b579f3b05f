"""The 投放表 as a workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl

from allocator.records import JointLimit
from allocator.reports.workbook import write_quota_workbook
from allocator.tables.reading import read_table
from reports.plans import plan_of

NAMES = {"P0001": "中华(软)", "P0002": '=HYPERLINK("http://x")'}


def cells(path: Path) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book
    }


def test_one_chain_shows_everything_on_one_sheet(tmp_path: Path) -> None:
    """Top tier first; retailers per tier above the header; offered, supply, reserve, left."""
    plan = plan_of([[1, 2, 3]], [[0, 0, 0]], [10, 5, 2], supply=[30], reserve=2)
    write_quota_workbook(tmp_path / "q.xlsx", plan, NAMES, "规则", "zh-CN")
    sheets = cells(tmp_path / "q.xlsx")

    # 10 x 1 + 5 x 2 + 2 x 3 = 26 of 30, 2 in reserve, 2 left
    assert list(sheets) == ["投放表"]
    assert sheets["投放表"][2:6] == [
        ("零售户数", None, 2, 5, 10, 17, None, None, None),
        ("品规编码", "品名", "3档", "2档", "1档", "投放量", "货源", "预留", "剩余"),
        ("P0001", "中华(软)", 3, 2, 1, 26, 30, 2, 2),
        ("合计", None, 3, 2, 1, 26, 30, 2, 2),
    ]


def test_turns_have_a_sheet_of_their_own(tmp_path: Path) -> None:
    """How many of each tier may order one lot more; the total counts them."""
    plan = plan_of([[0, 1]], [[4, 0]], [10, 5], supply=[9])
    write_quota_workbook(tmp_path / "q.xlsx", plan, {}, "Rules", "en")
    sheets = cells(tmp_path / "q.xlsx")

    assert list(sheets) == ["Quotas", "Odd lots"]
    assert sheets["Quotas"][4][2:5] == (1, 0, 9)
    assert sheets["Odd lots"][4] == ("P0001", "", 0, 4, 4, 1)


def test_segments_and_rhythms_have_a_sheet_each(tmp_path: Path) -> None:
    """Totals of the city stand on the last; names that Excel would refuse are cleaned."""
    chains = (("a/b:[x]*" * 6, "weekly"), ("a/b:[x]*" * 6, "fortnightly"))
    plan = plan_of([[1, 1, 1, 1]], [[0] * 4], [3, 2, 1, 1], chains=chains, supply=[10])
    write_quota_workbook(tmp_path / "q.xlsx", plan, {}, "Rules", "en")
    sheets = cells(tmp_path / "q.xlsx")

    assert list(sheets) == [
        "1 Quotas a b  x  a b  x  a b  x",
        "2 Quotas a b  x  a b  x  a b  x",
        "Totals",
    ]
    assert sheets["Totals"][4] == ("P0001", "", 7, 10, 0, 3)


def test_no_text_becomes_a_formula(tmp_path: Path) -> None:
    """Names and titles come from files."""
    plan = plan_of([[1], [1]], [[0], [0]], [1])
    write_quota_workbook(tmp_path / "q.xlsx", plan, NAMES, "=1+1", "en")
    book = openpyxl.load_workbook(tmp_path / "q.xlsx")

    assert {cell.data_type for row in book["Quotas"] for cell in row} <= {"s", "n"}
    assert book["Quotas"]["B6"].value == NAMES["P0002"]


def test_limits_that_count_together_have_their_sheet(tmp_path: Path) -> None:
    """Name, products and cartons by tier, all of it text; the quotas still read back."""
    plan = plan_of([[1, 1, 2], [0, 0, 4]], [[0] * 3] * 2, [9, 9, 9])
    band = JointLimit("=1+1", np.array([0, 1], np.int32), np.array([2, 2, 3]))
    write_quota_workbook(tmp_path / "quotas.xlsx", replace(plan, bands=(band,)), NAMES, "Rules")
    book = openpyxl.load_workbook(tmp_path / "quotas.xlsx")

    row = [cell.value for cell in book["Together"][5]]
    assert row == [
        "=1+1",
        f"{NAMES['P0001']}, {NAMES['P0002']}",
        "3 cartons (tier 3), 2 cartons (tiers 1 to 2)",
    ]
    assert {cell.data_type for cell in book["Together"][5]} == {"s"}
    assert read_table("quotas", tmp_path / "quotas.xlsx").frame.height == 6


def test_a_product_not_released_to_a_tier_is_blank(tmp_path: Path) -> None:
    """Not zero: nobody there may ever order it."""
    plan = plan_of([[0, 2]], [[0, 0]], [3, 3], closed=((0, 0),))
    write_quota_workbook(tmp_path / "q.xlsx", plan, {}, "Rules", "en")

    assert cells(tmp_path / "q.xlsx")["Quotas"][4][2:4] == (2, None)


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    """The creation date is the run's, not the clock's."""
    plan = plan_of([[1, 2]], [[1, 0]], [3, 4])
    for name in ("a.xlsx", "b.xlsx"):
        write_quota_workbook(tmp_path / name, plan, NAMES, "Rules", "zh-CN")
    created = openpyxl.load_workbook(tmp_path / "a.xlsx").properties.created

    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert created is not None
    assert created.date() == plan.on


def test_the_workbook_reads_back_as_a_quota_table(tmp_path: Path) -> None:
    """What one city publishes, another program audits by."""
    plan = plan_of([[1, 1, 2], [0, 0, 4]], [[0] * 3] * 2, [9, 9, 9])
    found = {}
    for language in ("en", "zh-CN"):
        write_quota_workbook(tmp_path / "quotas.xlsx", plan, NAMES, "Rules", language)
        table = read_table("quotas", tmp_path / "quotas.xlsx").frame
        found[language] = table.select("product_id", "tier", "quota").rows()

    expected = [(f"P000{p}", t, q) for p, row in ((1, (1, 1, 2)), (2, (0, 0, 4))) for t, q in
                enumerate(row, start=1)]  # fmt: skip
    assert found == {"en": expected, "zh-CN": expected}


def test_a_supply_that_nobody_knows_is_a_dash(tmp_path: Path) -> None:
    """A quota table from elsewhere tells no supply."""
    plan = plan_of([[1]], [[0]], [5], supply=[-1])
    write_quota_workbook(tmp_path / "q.xlsx", plan, {}, "Rules", "en")

    assert cells(tmp_path / "q.xlsx")["Quotas"][4][3:] == (5, "–", "–", "–")
