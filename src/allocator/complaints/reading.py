"""A table of complaints, as a register exports it, and what comes out of its examination."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from allocator.complaints.complaint import NEEDS_PRODUCT, Complaint
from allocator.complaints.examination_data import document, table
from allocator.complaints.record import Examination
from allocator.errors import BadTable, Refusal
from allocator.explanation.sentences import known_language
from allocator.runs.heads import package_version
from allocator.runs.placing import MARK, whole_folder
from allocator.runs.record import Run
from allocator.tables.reading import TableAliases, as_table, read_table
from allocator.tables.writing import csv_bytes

COLUMNS = ("retailer_id", "kind", "product_id", "about", "said", "number", "received_on", "text")


def read_complaints(source: Any, aliases: TableAliases | None = None) -> tuple[Complaint, ...]:
    """Complaints of a file or dataframe with Chinese or English headers, the earliest first.

    source : as ``read_table`` takes it
    aliases : own headers and values, as ``policy.tables``

    Raises
    ------
    BadTable : every row that cannot be examined, all at once
    """
    read = as_table("complaints", source) if aliases is None else read_table(
        "complaints", source, aliases
    )  # fmt: skip
    told, refusals = [], []
    frame = read.frame.sort("received_on", "row", nulls_last=True)
    for *values, row in frame.select(*COLUMNS, "row").iter_rows():
        fields = dict(zip(("retailer", "kind", "product", *COLUMNS[3:]), values, strict=True))
        code, column = _fault(fields)
        if code:
            facts = {"kind": str(fields["kind"])}
            refusals.append(Refusal(code, read.file, read.sheet, row, column, facts=dict(facts)))
        else:
            told.append(Complaint(**fields, file=read.file, sheet=read.sheet, row=row))
    if refusals:
        raise BadTable("refused", refusals)
    return tuple(told)


def _fault(fields: dict[str, Any]) -> tuple[str, str]:
    if fields["kind"] in NEEDS_PRODUCT and not fields["product"]:
        return "complaint-without-product", "product_id"
    if fields["about"] is not None and fields["about"] == fields["retailer"]:
        return "complaint-about-itself", "about"
    return "", ""


def write_examinations(
    examined: Sequence[Examination],
    run: Run,
    folder: str | Path,
    *,
    language: str = "en",
    done: Callable[[int, int], None] = lambda count, of: None,
) -> Path:
    """Write ``complaints.csv`` and ``complaints.jsonl``; the folder appears whole or not at all.

    They name shops and people: internal. What may be sent to the shop stands in the column
    ``told`` alone.

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written; no such language
    """
    spoken = known_language(language)
    with whole_folder(folder) as beside:
        (beside / "complaints.csv").write_bytes(csv_bytes(table(examined, spoken), spoken))
        with (beside / "complaints.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            for count, each in enumerate(examined, start=1):
                file.write(json.dumps(document(each, spoken), ensure_ascii=False) + "\n")
                done(count, len(examined))
        verdicts = pl.Series([each.verdict for each in examined], dtype=pl.String)
        counts = {str(word): int((verdicts == word).sum()) for word in verdicts.unique().sort()}
        head = {"allocator": package_version(), "language": spoken, "complaints": counts,
                "certificate": run.certificate["digest"]}  # fmt: skip
        text = json.dumps(head, ensure_ascii=False, indent=2, sort_keys=True)
        (beside / MARK).write_text(text + "\n", encoding="utf-8", newline="\n")
    return Path(folder)
