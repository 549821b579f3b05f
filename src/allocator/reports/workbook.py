"""The 投放表 as a workbook: products down, tiers across, top tier first.

The sheet reads back as a quota table (``formats.md``, quotas, wide): title rows stand above the
header, the last row is a total. Every text is written as text, so that none becomes a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from allocator.holdings import offered, promised
from allocator.records import QuotaPlan, Units
from allocator.reports.chains import Chain, chains
from allocator.reports.together import most_by_tier, products_of
from allocator.wording import say

WHOM = ["head-segment", "head-rhythm"]
HEADER_ROW = 3
"""Above it stand the title, a note, and the number of retailers of each tier."""


class _Sheet(Protocol):
    """What this file uses of an xlsxwriter worksheet."""

    def write_string(self, row: int, column: int, text: str, style: Any = None) -> Any: ...
    def write_number(self, row: int, column: int, number: int, style: Any = None) -> Any: ...
    def write_blank(self, row: int, column: int, blank: None, style: Any = None) -> Any: ...


def write_quota_workbook(
    path: Path, plan: QuotaPlan, names: Mapping[str, str], title: str, language: str = "en"
) -> None:
    """Write the workbook; the same plan gives the same bytes.

    One sheet for each segment and rhythm, and one with the totals of the city where there are
    several. Where odd lots rotate, a second sheet beside it says how many retailers of each tier
    have their turn.

    Parameters
    ----------
    names : product names by product_id; a product without one shows its id alone
    title : title of the policy
    """
    import xlsxwriter  # 40 ms: only who writes a workbook pays for it

    with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False}) as book:
        when = datetime(plan.on.year, plan.on.month, plan.on.day)
        book.set_properties({"title": f"{title} {plan.cycle}".strip(), "created": when})
        styles = _styles(book)
        found = chains(plan)
        for number, chain in enumerate(found, start=1):
            label = chain.title(language) if len(found) > 1 else ""
            heading = "  ".join(
                part for part in (title, plan.cycle, label, plan.on.isoformat()) if part
            )
            prefix = f"{number} " if len(found) > 1 else ""
            values = plan.base[:, chain.cell]
            _write_chain(
                book.add_worksheet(_sheet_name(prefix, label, "sheet-quotas", language)),
                plan, chain, names, heading, values, styles, language, whole=len(found) == 1,
            )  # fmt: skip
            if plan.seats[:, chain.cell].any():
                turns = book.add_worksheet(_sheet_name(prefix, label, "sheet-turns", language))
                _write_turns(
                    turns, plan, chain, names, heading, styles, language, whole=len(found) == 1
                )
        if plan.bands or plan.baskets:
            together = book.add_worksheet(say("reports", "sheet-together", {}, language))
            _write_together(together, plan, names, title, styles, language)
        if len(found) > 1:
            heading = "  ".join(part for part in (title, plan.cycle, plan.on.isoformat()) if part)
            sheet = book.add_worksheet(say("reports", "sheet-totals", {}, language))
            _write_totals(sheet, plan, names, heading, styles, language)


def _styles(book: Any) -> dict[str, Any]:
    line = {"border": 1, "border_color": "#C9CFD6", "font_size": 10, "valign": "vcenter"}
    number = {**line, "align": "center", "num_format": "#,##0"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "note": book.add_format({"font_color": "#5B6570", "font_size": 9, "text_wrap": False}),
        "head": book.add_format(
            {**line, "bold": True, "align": "center", "bg_color": "#1F4E5F", "font_color": "white"}
        ),
        "count": book.add_format({**number, "font_color": "#5B6570", "bg_color": "#EEF3F5"}),
        "label": book.add_format({**line, "font_color": "#5B6570", "bg_color": "#EEF3F5"}),
        "text": book.add_format(line),
        "number": book.add_format(number),
        "zero": book.add_format({**number, "font_color": "#A9B1B9"}),
        "closed": book.add_format({**line, "bg_color": "#E4E7EA"}),
        "total": book.add_format({**number, "bold": True, "bg_color": "#F6F1E1"}),
        "total_text": book.add_format({**line, "bold": True, "bg_color": "#F6F1E1"}),
    }


def _sheet_name(prefix: str, label: str, code: str, language: str) -> str:
    r"""A name that Excel accepts: at most 31 characters, none of ``[]:*?/\\`` or a quote."""
    kept = "".join(" " if letter in "[]:*?/\\'" else letter for letter in label)
    return f"{prefix}{say('reports', code, {}, language)} {kept}"[:31].strip()


def _product_label(plan: QuotaPlan, p: int, names: Mapping[str, str]) -> str:
    name = names.get(plan.product[p], "")
    return f"{name} ({plan.region[p]})" if plan.region[p] else name


def _write_head(
    sheet: Any, chain: Chain, heading: str, note: str, figures: list[str],
    styles: dict[str, Any], language: str,
) -> None:  # fmt: skip
    """Title, note, retailers per tier, header; panes frozen under the header; printed landscape."""
    text = partial(say, "reports", facts={}, language=language)
    tiers = len(chain.tier)
    sheet.write_string(0, 0, heading, styles["title"])
    sheet.write_string(1, 0, say("reports", note, {}, language), styles["note"])
    sheet.write_string(2, 0, text("retailers-per-tier"), styles["label"])
    sheet.write_blank(2, 1, None, styles["label"])
    heads = [text("head-product"), text("head-name")]
    heads += [say("reports", "head-tier", {"tier": int(tier)}, language) for tier in chain.tier]
    for column, label in enumerate([*heads, *figures]):
        sheet.write_string(HEADER_ROW, column, label, styles["head"])
    for column, count in enumerate(chain.count.tolist(), start=2):
        sheet.write_number(2, column, count, styles["count"])
    sheet.write_number(2, 2 + tiers, int(chain.count.sum()), styles["count"])
    sheet.freeze_panes(HEADER_ROW + 1, 2)
    sheet.set_column(0, 0, 15)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, 1 + tiers, 6)
    sheet.set_column(2 + tiers, 1 + tiers + len(figures), 11)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW - 1, HEADER_ROW)
    sheet.hide_gridlines(2)


def _write_chain(
    sheet: Any, plan: QuotaPlan, chain: Chain, names: Mapping[str, str], heading: str,
    values: Units, styles: dict[str, Any], language: str, *, whole: bool,
) -> None:  # fmt: skip
    """The quota of each product and tier; supply, reserve and left where the sheet is the city.

    Where it is not, two columns say whom the sheet is for, so that the workbook reads back.
    """
    codes = ["head-planned"]
    codes += ["head-supply", "head-reserve", "head-left"] if whole else WHOM
    figures = [say("reports", code, {}, language) for code in codes]
    note = "note-turns" if plan.seats[:, chain.cell].any() else "note-equal"
    note = "note-smooth" if plan.boundary == "smooth" else note
    _write_head(sheet, chain, heading, note, figures, styles, language)
    columns = _figures(plan) if whole else [offered(plan)[:, chain.cell].sum(axis=1)]
    row = HEADER_ROW + 1
    for p in chain.lines.tolist():
        sheet.write_string(row, 0, plan.product[p], styles["text"])
        sheet.write_string(row, 1, _product_label(plan, p, names), styles["text"])
        _write_tiers(sheet, row, values[p], plan.allowed[p, chain.cell], styles)
        figures_here = [int(figure[p]) for figure in columns]
        _write_figures(sheet, row, 2 + len(chain.tier), figures_here, styles)
        if not whole:
            _write_whom(sheet, row, 3 + len(chain.tier), chain, styles, language)
        row += 1
    sheet.write_string(row, 0, say("reports", "row-total", {}, language), styles["total_text"])
    sheet.write_blank(row, 1, None, styles["total_text"])
    allowed = np.where(plan.allowed[:, chain.cell], values, 0)[chain.lines].sum(axis=0)
    figures_sum = [int(column[chain.lines].clip(min=0).sum()) for column in columns]
    for column, figure in enumerate([*allowed.tolist(), *figures_sum], start=2):
        sheet.write_number(row, column, figure, styles["total"])


def _write_turns(
    sheet: Any, plan: QuotaPlan, chain: Chain, names: Mapping[str, str], heading: str,
    styles: dict[str, Any], language: str, *, whole: bool,
) -> None:  # fmt: skip
    """How many retailers of each tier may order one lot more this cycle, by turn."""
    codes = ["head-turns", "head-lot", *([] if whole else WHOM)]
    figures = [say("reports", code, {}, language) for code in codes]
    _write_head(sheet, chain, heading, "note-seats", figures, styles, language)
    seats = plan.seats[:, chain.cell]
    lines = [p for p in chain.lines.tolist() if seats[p].any()]
    for row, p in enumerate(lines, start=HEADER_ROW + 1):
        sheet.write_string(row, 0, plan.product[p], styles["text"])
        sheet.write_string(row, 1, _product_label(plan, p, names), styles["text"])
        _write_tiers(sheet, row, seats[p], plan.allowed[p, chain.cell], styles)
        sheet.write_number(row, 2 + len(chain.tier), int(seats[p].sum()), styles["number"])
        sheet.write_number(row, 3 + len(chain.tier), int(plan.lot[p]), styles["number"])
        if not whole:
            _write_whom(sheet, row, 4 + len(chain.tier), chain, styles, language)


def _write_whom(
    sheet: Any, row: int, column: int, chain: Chain, styles: dict[str, Any], language: str
) -> None:
    """Segment and rhythm of a sheet, in each row as a reader wants them."""
    rhythm = say("reports", f"rhythm-{chain.rhythm}", {}, language) if chain.named else ""
    for place, text in enumerate((chain.segment, rhythm), start=column):
        sheet.write_string(row, place, text, styles["text"])


def _write_together(
    sheet: Any, plan: QuotaPlan, names: Mapping[str, str], title: str, styles: dict[str, Any],
    language: str,
) -> None:  # fmt: skip
    """Bands and baskets: of which products together how many cartons, by tier."""
    sheet.write_string(0, 0, f"{title}  {plan.cycle}", styles["title"])
    for column, code in enumerate(("head-limit", "head-products", "head-together")):
        label = say("reports", code, {}, language)
        sheet.write_string(HEADER_ROW, column, label, styles["head"])
    for row, limit in enumerate((*plan.bands, *plan.baskets), start=HEADER_ROW + 1):
        products = products_of(plan, limit, names, language)
        for column, text in enumerate((limit.name, products, most_by_tier(plan, limit, language))):
            sheet.write_string(row, column, text, styles["text"])
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 2, 60)
    sheet.hide_gridlines(2)


def _write_totals(
    sheet: Any, plan: QuotaPlan, names: Mapping[str, str], heading: str, styles: dict[str, Any],
    language: str,
) -> None:  # fmt: skip
    """Offered, supply, reserve and left of each released line, all sheets together."""
    codes = ("product", "name", "planned", "supply", "reserve", "left")
    sheet.write_string(0, 0, heading, styles["title"])
    for column, code in enumerate(codes):
        label = say("reports", f"head-{code}", {}, language)
        sheet.write_string(HEADER_ROW, column, label, styles["head"])
    for p, figures in enumerate(zip(*_figures(plan), strict=True)):
        row = HEADER_ROW + 1 + p
        sheet.write_string(row, 0, plan.product[p], styles["text"])
        sheet.write_string(row, 1, _product_label(plan, p, names), styles["text"])
        _write_figures(sheet, row, 2, [int(figure) for figure in figures], styles)
    sheet.freeze_panes(HEADER_ROW + 1, 2)
    sheet.set_column(0, 0, 15)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, 5, 11)
    sheet.hide_gridlines(2)


def _figures(plan: QuotaPlan) -> list[Units]:
    """Offered, supply, reserve, left of each line; -1 where no supply is known."""
    known = plan.supply >= 0
    total = promised(plan)
    return [
        total,
        plan.supply,
        np.where(known, plan.reserve, -1),
        np.where(known, plan.supply - plan.reserve - total, -1),
    ]


def _write_figures(
    sheet: Any, row: int, first: int, figures: list[int], styles: dict[str, Any]
) -> None:
    for column, figure in enumerate(figures, start=first):
        if figure < 0:
            sheet.write_string(row, column, "–", styles["text"])
        else:
            sheet.write_number(row, column, figure, styles["number"])


def _write_tiers(
    sheet: _Sheet, row: int, values: Units, allowed: Any, styles: dict[str, Any]
) -> None:
    """One number for each tier; grey where the product is not released to the tier."""
    for column, (value, may) in enumerate(
        zip(values.tolist(), allowed.tolist(), strict=True), start=2
    ):
        if may:
            sheet.write_number(row, column, value, styles["number" if value else "zero"])
        else:
            sheet.write_blank(row, column, None, styles["closed"])
