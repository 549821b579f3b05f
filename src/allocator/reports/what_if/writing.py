"""Writes the report of a what-if: pages, workbooks, and a document for programs.

One scenario: ``what-if.html``, ``what-if.xlsx``, ``what-if.json``. Several: the same document,
``what-if.html`` with all of them side by side, and a page and a workbook of each,
``scenario-001.html`` and ``scenario-001.xlsx``. All of it is internal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from allocator.comparison.record import Comparison
from allocator.reports.what_if.document import what_if_document
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.page import what_if_page
from allocator.reports.what_if.suite import suite_page
from allocator.reports.what_if.workbook import write_what_if_workbook

NAME = "what-if"
INDEX = f"{NAME}.html"


def write_what_if(
    comparisons: Sequence[Comparison],
    folder: Path,
    title: str,
    origin: Origin,
    language: str = "en",
    *,
    refused: Sequence[tuple[str, str]] = (),
    name: str = "",
) -> None:
    """Write into a folder that exists; the same comparisons give the same bytes.

    Parameters
    ----------
    comparisons : one or several, all against the same baseline
    title : of the baseline's policy; name : of the suite, may be empty
    refused : names of scenarios that cannot hold, and why, in words
    """
    document = what_if_document(comparisons, title, origin, language, refused=refused)
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    _write(folder / f"{NAME}.json", text + "\n")
    if len(comparisons) == 1 and not refused:
        (only,) = comparisons
        _write(folder / INDEX, what_if_page(only, title, origin, language))
        write_what_if_workbook(folder / f"{NAME}.xlsx", only, title, origin, language)
        return
    names = file_names(comparisons)
    pages = {
        comparison.scenario.name: f"{file}.html"
        for comparison, file in zip(comparisons, names, strict=True)
    }
    index = suite_page(comparisons, pages, title, origin, language, refused=refused, name=name)
    _write(folder / INDEX, index)
    for comparison, file in zip(comparisons, names, strict=True):
        page = what_if_page(comparison, title, origin, language, index=INDEX)
        _write(folder / f"{file}.html", page)
        write_what_if_workbook(folder / f"{file}.xlsx", comparison, title, origin, language)


def file_names(comparisons: Sequence[Comparison]) -> list[str]:
    """A file name for each scenario, by its place: no path comes from what an author wrote."""
    return [f"scenario-{number:03}" for number in range(1, len(comparisons) + 1)]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
