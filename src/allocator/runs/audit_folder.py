"""The output of an audit as a folder: for people, for the office, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from allocator.auditing.allocated import write_allocation_csv
from allocator.auditing.clerks.output import clerks_table
from allocator.auditing.findings import Findings
from allocator.auditing.output import write_findings_csv, write_findings_jsonl
from allocator.auditing.sampling.drawing import Sample
from allocator.auditing.sarif import write_findings_sarif
from allocator.reports.findings_page import findings_page
from allocator.reports.findings_workbook import write_findings_workbook
from allocator.runs.heads import check_language, package_version, write_head
from allocator.runs.placing import whole_folder
from allocator.tables.city import City, Table
from allocator.tables.writing import write_csv


def write_findings(
    findings: Findings,
    folder: str | Path,
    language: str = "en",
    *,
    city: City | None = None,
    title: str = "",
    sample: Sample | None = None,
) -> Path:
    """Write findings.csv, .jsonl, .xlsx, .html and .sarif, whole or not at all.

    An earlier output of ours at ``folder`` is replaced. ``clerks.csv`` sets the order-takers
    beside each other, where they are on record; ``allocation.csv`` has figures of the allocation
    itself, where a quota table was judged. With a baseline, ``gone.csv`` lists what is found
    no more.

    Parameters
    ----------
    city : what was audited: the workbook then shows the order lines concerned, not only their place
    title : of the policy; without it the name of the orders' file
    sample : recordings to listen to

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written
    """
    check_language(language)
    tables = {} if city is None else {table.name: table for table in city.tables()}
    title = title or _named(tables)
    with whole_folder(folder) as beside:
        (beside / "record").mkdir()
        write_findings_csv(findings, beside / "findings.csv", language)
        write_findings_jsonl(findings, beside / "findings.jsonl", language)
        write_findings_sarif(
            findings, beside / "findings.sarif", language, version=package_version()
        )
        page = findings_page(findings, title, language)
        (beside / "findings.html").write_text(page, encoding="utf-8", newline="\n")
        write_findings_workbook(
            beside / "findings.xlsx", findings, title, language, tables=tables, sample=sample
        )
        if findings.allocation is not None:
            write_allocation_csv(findings.allocation, beside / "allocation.csv", language)
        if findings.clerks is not None:
            write_csv(clerks_table(findings.clerks, language), beside / "clerks.csv", language)
        if findings.gone is not None:
            write_csv(findings.gone, beside / "gone.csv", language)
        head = {"step": "audit", "allocator": package_version(), "language": language}
        write_head(beside, {**head, "on": findings.as_of.isoformat()})
    return Path(folder)


def _named(tables: Mapping[str, Table]) -> str:
    orders = tables.get("orders")
    return "" if orders is None or orders.file is None else orders.file
