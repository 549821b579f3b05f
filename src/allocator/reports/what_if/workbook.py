"""The workbook of a scenario for the office: every shop and figure, to be filtered and sorted."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from allocator.comparison.record import Comparison
from allocator.reports.sheets import write_sheets
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.sheets import sheets
from allocator.reports.what_if.telling import scenario_title

WIDE: Final = {"formula": 70, "meaning": 70, "text": 90, "remark": 50}
WIDTHS: Final = {
    "what": 34, "value": 30, "figure": 30, "kind": 30, "retailer_id": 18, "product_id": 14,
    "name": 28, "segment": 18, "dimension": 14, "group": 14, "reason": 24, "unit": 12,
    "shop": 24, "manager": 14, "manager_phone": 16,
}  # fmt: skip


def write_what_if_workbook(
    path: Path, comparison: Comparison, title: str, origin: Origin, language: str = "en"
) -> None:
    """Write the workbook; the same comparison gives the same bytes.

    title : of the baseline's policy
    """
    heading = "  ".join(
        part for part in (title, scenario_title(comparison), comparison.baseline.cycle) if part
    )
    content = sheets(comparison, origin, language)
    on = comparison.scenario.on
    write_sheets(path, heading, on, content, wide=WIDE, widths=WIDTHS)
