"""Findings against those of an earlier audit: which are new, which were known, which are gone.

The same finding has the same fingerprint from audit to audit of one cycle, so what was dealt with
or is still open does not stop the next audit again.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from allocator.auditing.findings import GONE, Findings
from allocator.errors import BadTable, Refusal
from allocator.tables import limits
from allocator.tables.assembling import assemble
from allocator.tables.columnar import take_frame
from allocator.tables.delimited import utf8
from allocator.tables.documents import bounded, opened
from allocator.tables.naming import names_of
from allocator.tables.reading import read_table
from allocator.tables.schemas import BASELINE
from allocator.tables.source import printable


def compare_findings(findings: Findings, baseline: Findings | str | Path) -> Findings:
    """Set findings beside those of an earlier audit.

    Parameters
    ----------
    baseline : an earlier audit, or the ``findings.jsonl``, ``findings.csv`` or ``findings.xlsx``
        that it wrote

    Returns
    -------
    Findings : with the column ``baseline`` (``new`` or ``known``), and ``gone``: what was found
        then and is found no more, in the words of then

    Raises
    ------
    BadTable : the file is no list of findings
    """
    earlier = _of_then(baseline)
    known = pl.col("fingerprint").is_in(earlier["fingerprint"].implode())
    word = pl.when(known).then(pl.lit("known")).otherwise(pl.lit("new")).alias("baseline")
    gone = earlier.join(findings.frame.select("fingerprint"), on="fingerprint", how="anti")
    return replace(
        findings,
        frame=findings.frame.with_columns(word),
        gone=gone.sort("code", "subject_id", "fingerprint", nulls_last=True),
    )


def _of_then(baseline: Findings | str | Path) -> pl.DataFrame:
    """Findings of the baseline, columns ``GONE``, each once."""
    if isinstance(baseline, Findings):
        from allocator.auditing.output import tell

        frame = tell(baseline)
    else:
        path = Path(baseline)
        lines = path.suffix.lower() in (".jsonl", ".ndjson")
        frame = _read_lines(path) if lines else read_table("findings", path).frame
    return frame.select(pl.col(name).cast(dtype) for name, dtype in GONE.items()).unique(
        "fingerprint", keep="first", maintain_order=True
    )


def _read_lines(path: Path) -> pl.DataFrame:
    """``findings.jsonl``: one object per line, of which ``GONE`` counts."""
    name = printable(path.name)
    with opened(path) as file:
        text = utf8(bounded(file, name, limits.TEXT_BYTES), name).decode()
    rows: list[dict[str, str | None]] = []
    numbers: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            rows.append(_row(line, name, number))
            numbers.append(number)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(GONE, pl.String))
    source = replace(take_frame(frame, name), row=pl.Series(numbers, dtype=pl.UInt32))
    return assemble(source, BASELINE, names_of("findings", None)).frame


def _row(line: str, name: str, number: int) -> dict[str, str | None]:
    try:
        entry: Any = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict) or not isinstance(entry.get("fingerprint"), str):
        raise BadTable("refused", [Refusal("baseline-not-findings", name, row=number)])
    return {key: value if isinstance(value := entry.get(key), str) else None for key in GONE}
