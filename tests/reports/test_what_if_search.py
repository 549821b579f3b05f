"""The page and the workbook of a search: what was found or why nothing, and all that was tried."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from allocator.reports.what_if.search import search_page
from allocator.reports.what_if.search_sheets import write_search_workbook
from allocator.reports.what_if.search_sides import BESIDE, Asked, sides
from reports.test_notice import Page
from reports.what_ifs import ORIGIN

DAY = date(2026, 11, 16)
OVER = ("allocation.weights.top", "allocation.objective")
ASKED = Asked("gini", OVER, 12, keep={"awarded": (Decimal(9000), None)}, title="=A <search>")


def table(*, answered: bool = True) -> pl.DataFrame:
    """Today's rule and three that were tried: one keeps the limit, one does not, one is refused."""
    rows = [
        # place, phase, top, objective, gini, awarded, missed, keeps, best, nearest, status
        (0, None, None, None, 0.5, 9100.0, 0.0, True, False, False, "held"),
        (1, "design", "4", "equal", 0.4, 9050.0, 0.0, True, True, False, "held"),
        (2, "step", "6.5", "leximin", 0.3, 8000.0, 1000.0, False, False, False, "held"),
        (3, "step", "9", "equal", None, None, None, False, False, False, "refused"),
    ]
    made = pl.DataFrame(
        {
            "place": [row[0] for row in rows],
            "phase": [row[1] for row in rows],
            "scenario": ["baseline", "top=4", "<b>", "top=9"],
            OVER[0]: [row[2] for row in rows],
            OVER[1]: [row[3] for row in rows],
            "gini": [row[4] for row in rows],
            "awarded": [row[5] for row in rows],
            **{name: [7.0, 8.0, 9.0, None] for name in BESIDE if name not in ("gini", "awarded")},
            "missed_awarded": [row[6] for row in rows],
            "keeps": [row[7] for row in rows],
            "best": [row[8] for row in rows],
            "nearest": [row[9] for row in rows],
            "status": [row[10] for row in rows],
            "reason": [None, None, None, "floors <promise> more"],
        }
    ).with_columns(volatility=pl.lit(None, pl.Float64))
    if answered:
        return made
    return made.with_columns(
        keeps=pl.col("place") == 0,
        best=pl.lit(value=False),
        nearest=pl.col("place") == 2,
        missed_awarded=pl.Series([0.0, 2000.0, 1000.0, None]),
    )


def test_the_best_is_told_with_all_its_figures_and_limits() -> None:
    """Gini 0.5 to 0.4, cartons 9,100 to 9,050: worse, but not below 9,000."""
    text = search_page(table(), ASKED, "2026-W47", DAY, "Rules", ORIGIN)
    page = Page(text)
    by_name = {side.name: side for side in sides(table(), ASKED, "en")}

    assert not page.open
    assert "0.5 under today's rule, 0.4 with the best" in page.words
    assert "nothing proves that none is better" in page.words
    one, other = by_name["gini"], by_name["awarded"]
    assert (one.before, one.after, one.way, one.kept) == ("0.5", "0.4", "better", None)
    assert (other.before, other.after, other.change, other.way) == (
        "9,100",
        "9,050",
        "−50",
        "worse",
    )
    assert (other.asked, other.kept) == ("at least 9,000", True)
    assert "volatility" not in by_name
    assert "Not known in this city" in page.words
    assert "Change against the last cycle" in page.words
    assert len(by_name) == len(BESIDE) - 1
    assert text.count('<path class="best"') >= 2  # a drawing for each path
    numbers = re.findall(r'<th scope="row">(\d)', text.split('id="every"')[1])
    assert numbers == ["0", "1", "2"]
    assert "<b>" not in text.split("<style>")[1].split("</style>")[1].split("<b>4</b>")[0]
    assert "floors <promise> more" in page.words
    for digest in ORIGIN.digests().values():
        assert digest in page.words


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "No answer: nothing that was tried keeps"), ("zh-CN", "没有答案：试过的方案都守不住")],
)
def test_without_an_answer_the_page_says_so_first(language: str, told: str) -> None:
    text = search_page(table(answered=False), ASKED, "2026-W47", DAY, "Rules", ORIGIN, language)
    page = Page(text)

    assert told in page.words
    assert page.words.index(told) < page.words.index("8,000")
    assert "9,000" in page.words
    assert '<path class="best"' not in text.split('id="trade"')[0]
    assert '<path class="near"' in text
    assert "✗" in page.words


def test_where_nothing_holds_there_are_only_reasons() -> None:
    nothing = table().filter(pl.col("place").is_in([0, 3]))
    page = Page(search_page(nothing, ASKED, "2026-W47", DAY, "Rules", ORIGIN))

    assert "none of the scenarios that were tried can hold" in page.words
    assert "floors <promise> more" in page.words


def test_the_workbook_holds_figures_tried_and_origin(tmp_path: Path) -> None:
    path = tmp_path / "search.xlsx"
    write_search_workbook(path, table(), ASKED, DAY, "=Rules", ORIGIN)
    write_search_workbook(tmp_path / "again.xlsx", table(), ASKED, DAY, "=Rules", ORIGIN)

    book = openpyxl.load_workbook(path)
    figures, tried, notes = book.worksheets
    rows = {row[0]: row for row in figures.iter_rows(min_row=4, values_only=True)}
    assert rows["Cartons given"][1:] == (9100, 9050, -50, "at least 9,000", "yes")
    assert [row[0] for row in tried.iter_rows(min_row=4, values_only=True)] == [0, 1, 2, 3]
    told = dict(notes.iter_rows(min_row=4, max_col=2, values_only=True))
    assert ORIGIN.command in told.values()
    assert set(ORIGIN.digests().values()) <= set(told.values())
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert path.read_bytes() == (tmp_path / "again.xlsx").read_bytes()
