"""Ledgers of sales as folders: written whole or not at all, refused where a byte was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from allocator.errors import BrokenRun
from allocator.grading.kept import KeptSales
from allocator.grading.regrade import Ledger
from allocator.runs.files import read_document, read_head, read_texts, unescaped
from allocator.runs.heads import file_digest, package_version, write_head
from allocator.runs.placing import MARK, whole_folder
from allocator.tables.writing import write_csv

SUMS, LOTS, PRODUCTS = "kept.csv", "kept-products.csv", "treated.csv"


def write_ledger(ledger: Ledger, folder: str | Path) -> Path:
    """Write a ledger, whole or not at all; an earlier one at ``folder`` is replaced.

    Internal: it holds what each retailer bought. Rows are sorted, so that equal ledgers have
    equal bytes.

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written
    """
    sales = ledger.sales
    with whole_folder(folder) as beside:
        (beside / "record").mkdir()
        write_csv(sales.frame.sort("retailer_id", "unit"), beside / SUMS)
        if sales.lots is not None:
            lots = sales.lots.sort("retailer_id", "unit", "product_id")
            write_csv(lots, beside / LOTS)
        write_csv(ledger.treated.sort("product_id"), beside / PRODUCTS)
        head = {
            "allocator": package_version(),
            "step": "keep",
            "unit": sales.kind,
            "since": sales.since.isoformat(),
            "known": [day.isoformat() for day in sales.known or ()],
            "rules": dict(ledger.rules),
            "warnings": [[code, dict(facts)] for code, facts in ledger.warnings],
        }
        write_head(beside, head)
    return Path(folder)


def read_ledger(folder: str | Path) -> Ledger:
    """The ledger that ``write_ledger`` wrote.

    Raises
    ------
    BrokenRun : a file is missing, or is not what was written; the file is named
    """
    root = Path(folder)
    head = read_head(root)
    if head.get("step") != "keep":
        raise BrokenRun("not-a-ledger", folder=str(folder)[:200])
    digests = read_document(root, "record/files.json")
    try:
        return _ledger(root, head, digests)
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError):
        raise BrokenRun("file-damaged", file=MARK) from None


def _ledger(root: Path, head: Mapping[str, Any], digests: Mapping[str, Any]) -> Ledger:
    ends = [date.fromisoformat(day) for day in head["known"]]
    sales = KeptSales(
        kind=str(head["unit"]),
        since=date.fromisoformat(head["since"]),
        until=None,
        frame=_table(root, SUMS, digests, ("retailer_id",)),
        lots=_table(root, LOTS, digests, ("retailer_id", "product_id"))
        if LOTS in digests
        else None,
        known=(ends[0], ends[1]) if ends else None,
    )
    return Ledger(
        sales=sales,
        rules={str(path): str(value) for path, value in head["rules"].items()},
        treated=_table(root, PRODUCTS, digests, ("product_id",)),
        warnings=tuple((str(code), dict(facts)) for code, facts in head["warnings"]),
    )


def _table(root: Path, name: str, digests: Mapping[str, Any], texts: Sequence[str]) -> pl.DataFrame:
    """A table of the folder, if it is the one that was written: texts, days, whole numbers."""
    plain = read_texts(root, name)
    if file_digest(root / name) != digests[name]:
        raise BrokenRun("file-damaged", file=name)
    return plain.select(
        unescaped(column) if column in texts else _number_or_day(column) for column in plain.columns
    )


def _number_or_day(column: str) -> pl.Expr:
    text = pl.col(column)
    return text.str.to_date("%Y-%m-%d") if column == "unit" else text.cast(pl.Int64)
