"""The results under the check number, from the tables again: each shop once, the totals, the root.

The leaves are made of the quotas, turns and awards that the other checks have computed again; the
notice, ``root.json`` and ``run.json`` must name the number that these leaves give.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from allocator.certificate.inclusion import Unusable, plain_number, read_number
from allocator.certificate.sealing import Sealed
from allocator.errors import BrokenRun
from allocator.runs.discrepancies import Discrepancy, differs, discrepancy, first_difference
from allocator.runs.files import read_document, read_head
from allocator.runs.outputs import summary_table
from allocator.runs.placing import MARK
from allocator.runs.reading import SALTS
from allocator.runs.record import Run

ROOT = "root.json"
NOTICE = "notice.html"


def check_leaves(root: Path, run: Run, checked: dict[str, int]) -> Iterator[Discrepancy]:
    """Number, statement and leaves; nothing where the run never had a secret."""
    sealed, stated = run.sealed(), read_head(root).get("results")
    if sealed is None:
        if stated is not None or (root / ROOT).is_file() or _printed(root) is not None:
            yield discrepancy("file-gone", SALTS)
        return
    checked["leaves"] = len(sealed.retailers)
    yield from _once(sealed)
    yield from _totals(run, sealed)
    if stated != sealed.number:
        yield differs(MARK, "results", sealed.number, stated)
    if _printed(root) != sealed.number:
        yield differs(NOTICE, "number", sealed.number, _printed(root))
    try:
        found = read_document(root, ROOT)
    except BrokenRun as error:
        yield Discrepancy("broken", ROOT, {}, error.message)
        return
    right = {"number": sealed.number, "statement": dict(sealed.statement)}
    difference = first_difference(right, found, "")
    if difference:
        yield differs(ROOT, *difference)


def check_number(run: Run, number: str) -> Iterator[Discrepancy]:
    """The number that somebody read in the notice is the one of these results.

    number : as it was typed, with or without spaces
    """
    sealed = run.sealed()
    try:
        given = plain_number(number)
    except Unusable as fault:
        yield Discrepancy("broken", "--root", {}, fault.message)
        return
    if sealed is None:
        yield discrepancy("no-results", ROOT)
    elif given != sealed.number:
        yield differs(ROOT, "number", given, sealed.number)


def _once(sealed: Sealed) -> Iterator[Discrepancy]:
    """Each shop has one leaf, and no two have the same salt."""
    for name, values in (("retailer_id", sealed.retailers), ("salt", sealed.salts)):
        twice = pl.Series(name, values, dtype=pl.String)
        twice = twice.filter(twice.is_duplicated())
        if len(twice):
            yield discrepancy("leaf-twice", SALTS, column=name, value=str(twice[0])[:80])


def _totals(run: Run, sealed: Sealed) -> Iterator[Discrepancy]:
    """All limits make what was planned, all awards what was awarded, as ``summary.csv`` says."""
    released = pl.Series(run.plan.product, dtype=pl.String).unique()
    sums = sealed.results.frame().group_by("product_id").agg(pl.col("limit", "award").sum())
    told = summary_table(run.plan, run.allocation).filter(pl.col("product_id").is_in(released))
    both = told.join(sums, on="product_id", how="left").sort("product_id")
    pairs = [("limit", "planned")] + ([("award", "awarded")] if run.allocation else [])
    for leaf, summary in pairs:
        for row in both.filter(pl.col(leaf).fill_null(0) != pl.col(summary)).iter_rows(named=True):
            yield discrepancy(
                "leaf-total", "summary.csv", column=summary, product=row["product_id"],
                expected=int(row[summary]), found=int(row[leaf] or 0),
            )  # fmt: skip


def _printed(root: Path) -> str | None:
    """The number in the notice, if there is one."""
    try:
        return read_number((root / NOTICE).read_bytes())
    except (OSError, Unusable):
        return None
