"""The findings as a workbook for the office: summary, findings, evidence, order-takers, answers.

It reads back: the sheet of findings as a baseline, the sheet of answers as a list of suppressions.
Every text is written as text, so that none becomes a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from allocator.auditing.findings import Findings
from allocator.auditing.sampling.drawing import Sample
from allocator.reports.findings_sheets import sheets
from allocator.reports.sheets import write_sheets
from allocator.tables.city import Table

WIDE: Final = {"message": 70, "remedy": 55, "note": 45, "rules": 60, "details": 60, "reason": 30}
MIDDLE: Final = {
    "rule": 18, "subject_id": 18, "order_id": 20, "retailer_id": 18, "ordered_at": 17,
    "fingerprint": 36, "file": 24, "column": 34, "recording_id": 20, "clerk": 14, "product_id": 14,
    "subject": 14, "indicator": 34,
}  # fmt: skip


def write_findings_workbook(
    path: Path,
    findings: Findings,
    title: str,
    language: str = "en",
    *,
    tables: Mapping[str, Table] | None = None,
    sample: Sample | None = None,
) -> None:
    """Write findings.xlsx; the same findings give the same bytes.

    Parameters
    ----------
    title : of the policy, or what was audited
    tables : of the input, by name; with the orders the evidence shows each line, not only its place
    sample : recordings to listen to, as the sampling plan gives them
    """
    heading = "  ".join(
        part for part in (title, findings.cycle, findings.as_of.isoformat()) if part
    )
    content = sheets(findings, language, tables=tables or {}, sample=sample)
    write_sheets(path, heading, findings.as_of, content, wide=WIDE, widths=MIDDLE)
