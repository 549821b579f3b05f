"""The lists for customer managers, made from a city and written as one folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from allocator.auditing.findings import Findings
from allocator.auditing.output import write_findings_jsonl
from allocator.customers.case import file_case
from allocator.customers.changes import Changes, find_changes
from allocator.customers.completeness import FIELDS, by_manager, completeness, counted_fields
from allocator.customers.inspection import concerned, inspect_files
from allocator.customers.output import (
    FAMILIES,
    changes_table,
    completeness_table,
    findings_table,
    managers_table,
)
from allocator.customers.registry import FILE_RULES
from allocator.errors import BadRequest
from allocator.grading.scheme import grade
from allocator.policy.models import Policy
from allocator.reports.screened import visit_sentences
from allocator.runs.heads import check_language, package_version, write_head
from allocator.runs.inputs import input_digests
from allocator.runs.placing import whole_folder
from allocator.tables.city import City
from allocator.tables.writing import write_csv


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """What there is to do about the customers of a city.

    on : the day
    fields : columns that count for completeness; absent : those that the export does not have
    findings : about the data themselves
    files : one row per shop that is not closed, as ``completeness`` gives it, with findings,
        changes, visits i64: how often it is on each list
    managers : as ``by_manager`` gives it, with a count for each family of findings, for falls,
        rises and visits
    changes : sudden rises and falls; ``None`` where there are no sales before the day
    visits : months out of the usual, where the policy screens; ``None`` where it does not
    inputs : rows and digests of the tables
    unscreened : months that a shop needs to be screened, where no shop has them; else ``None``
    """

    on: date
    fields: tuple[str, ...]
    absent: tuple[str, ...]
    findings: Findings
    files: pl.DataFrame
    managers: pl.DataFrame
    changes: Changes | None
    visits: pl.DataFrame | None
    inputs: Mapping[str, Mapping[str, Any]]
    unscreened: int | None = None


def review_customers(city: City, on: date, policy: Policy | None = None) -> Review:
    """Look through the customers of a city: files, sudden changes, months out of the usual.

    Parameters
    ----------
    city : retailers; sales for changes; what else there is tells more
    on : the day; files as they stand then, sales of the months before
    policy : where its grading screens months, they are the visits; not needed for the rest

    Raises
    ------
    BadTable, BadRequest : the policy's grading cannot be done on these tables
    """
    findings = inspect_files(city, on)
    case = file_case(city, on)
    files = completeness(case.files, case.columns)
    fields = counted_fields(case.columns)
    changes = None if case.last_month is None else find_changes(city, on)
    visits, unscreened = _visits(city, policy)
    return _joined(
        Review(
            on=on,
            fields=fields,
            absent=tuple(field for field in FIELDS if field not in fields),
            findings=findings,
            files=files,
            managers=pl.DataFrame(),
            changes=changes,
            visits=visits,
            inputs=input_digests(city),
            unscreened=unscreened,
        )
    )


def of_manager(review: Review, manager: str) -> Review:
    """The same for one customer manager: only its shops, and findings that concern one of them.

    Raises
    ------
    BadRequest : no shop has this manager
    """
    files = review.files.filter(pl.col("manager") == manager)
    if files.is_empty():
        known = review.files["manager"].drop_nulls().unique().sort().to_list()
        raise BadRequest("manager-unknown", manager=manager[:80], known=", ".join(known[:8]) or "-")
    own = files["retailer_id"].implode()
    about = concerned(review.findings).filter(pl.col("retailer_id").is_in(own))["n"].unique()
    frame = review.findings.frame.with_row_index("n").filter(pl.col("n").is_in(about.implode()))
    changes, visits = review.changes, review.visits
    return replace(
        review,
        findings=replace(review.findings, frame=frame.drop("n")),
        files=files,
        managers=review.managers.filter(pl.col("manager") == manager),
        changes=None if changes is None else replace(
            changes, frame=changes.frame.filter(pl.col("retailer_id").is_in(own))
        ),
        visits=None if visits is None else visits.filter(pl.col("retailer_id").is_in(own)),
    )  # fmt: skip


def write_review(review: Review, folder: str | Path, language: str = "en") -> Path:
    """Write the lists, whole or not at all; an earlier output at ``folder`` is replaced.

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written
    """
    check_language(language)
    with whole_folder(folder) as beside:
        (beside / "record").mkdir()
        tables = {
            "findings.csv": findings_table(review.findings, review.files, language),
            "completeness.csv": completeness_table(review.files, language),
            "managers.csv": managers_table(review.managers),
        }
        if review.changes is not None:
            tables["changes.csv"] = changes_table(review.changes, language)
        if review.visits is not None:
            tables["visits.csv"] = visits_table(review.visits, language)
        for name, table in tables.items():
            write_csv(table, beside / name, language)
        write_findings_jsonl(review.findings, beside / "findings.jsonl", language)
        head = {"step": "customers", "allocator": package_version(), "language": language}
        inputs = {name: dict(entry) for name, entry in sorted(review.inputs.items())}
        write_head(beside, {**head, "on": review.on.isoformat(), "inputs": inputs})
    return Path(folder)


def visits_table(visits: pl.DataFrame, language: str) -> pl.DataFrame:
    """visits.csv: the months out of the usual, and a sentence for whoever visits."""
    message = pl.Series("message", list(visit_sentences(visits, language)), pl.String)
    return visits.with_columns(message)


def _visits(city: City, policy: Policy | None) -> tuple[pl.DataFrame | None, int | None]:
    """What the grading of the policy's day lists, and the months needed where nobody has them."""
    if policy is None or policy.grading is None or policy.grading.screening is None:
        return None, None
    if city.sales is None:
        return None, None
    grading = grade(city, policy.grading, policy.on)
    nobody = any(code == "grading-screening-nobody" for code, _ in grading.warnings)
    return grading.screened, policy.grading.screening.least_history if nobody else None


def _joined(review: Review) -> Review:
    """How often each shop and each manager's shops are on the lists."""
    about = concerned(review.findings)
    none = pl.Series("retailer_id", [], pl.String)
    changes = none if review.changes is None else review.changes.frame["retailer_id"]
    visits = none if review.visits is None else review.visits["retailer_id"].unique()
    files = review.files
    lists = {"findings": about["retailer_id"], "changes": changes, "visits": visits}
    for name, retailers in lists.items():
        count = retailers.cast(pl.String).alias("retailer_id").value_counts(name=name)
        files = files.join(count, on="retailer_id", how="left", maintain_order="left")
    files = files.with_columns(pl.col(*lists).fill_null(0).cast(pl.Int64))
    family = {rule.code: rule.family for rule in FILE_RULES}
    whose = review.findings.frame.with_row_index("n").select(
        "n", pl.col("code").replace_strict(family, return_dtype=pl.String).alias("family")
    )
    found = about.join(whose, on="n")
    counts = {name: found.filter(pl.col("family") == name)["retailer_id"] for name in FAMILIES}
    for name in ("fall", "rise"):
        frame = None if review.changes is None else review.changes.frame
        counts[f"{name}s"] = (
            none if frame is None else frame.filter(pl.col("direction") == name)["retailer_id"]
        )
    counts["visits"] = visits
    return replace(review, files=files, managers=by_manager(files, counts))
