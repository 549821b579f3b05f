"""Every rule about data over the files of a city, as one table of findings of the kind ``data``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from allocator.auditing.assembling import fingerprints, ordered
from allocator.auditing.evidence import JOINT, place
from allocator.auditing.findings import EVIDENCE, SCHEMA, Coverage, Findings, packed
from allocator.customers.case import FileCase, file_case
from allocator.customers.registry import FILE_RULES
from allocator.customers.rule import FileRule
from allocator.tables.city import City

FACTS: Final[dict[str, type[pl.DataType]]] = {
    "fields": pl.String,
    "value": pl.String,
    "expected": pl.String,
    "others": pl.String,
    "since": pl.Date,
    "until": pl.Date,
    "from_month": pl.String,
    "to_month": pl.String,
    "quantity": pl.Int64,
    "amount": pl.Int64,
    "price": pl.Int64,
    "rows": pl.Int64,
    "lines": pl.Int64,
    "retailers": pl.Int64,
    "status": pl.String,
    "tier": pl.Int64,
}
"""What sentences about data need besides ``SCHEMA``; null where a rule has no such fact. ``fields``
are names of columns joined by a space, ``others`` the other shops concerned joined by ", "."""

IDENTITY: Final = ("code", "subject_id", "retailer_id", "order_id", "product_id", "fields", "value",
                   "others")  # fmt: skip
"""What makes two findings the same from month to month: who and what, not how long by now."""


def inspect_files(city: City, on: date, *, rules: Sequence[FileRule] = FILE_RULES) -> Findings:
    """Look for what is missing, stale, duplicate, contradictory or impossible in the input itself.

    Parameters
    ----------
    city : retailers; sales, orders and products for the rules that need them: a rule whose columns
        are absent is not checked, and the coverage says so
    on : the day; files as they stand then, sales of the months before

    Returns
    -------
    Findings : ``frame`` has the columns of ``auditing.findings.SCHEMA`` and ``FACTS``; counts of
        the coverage are files, or orders, products and sales rows where the rule is about these

    Examples
    --------
    >>> from datetime import date
    >>> from allocator.tables.synthetic import make_city
    >>> findings = inspect_files(make_city(60), date(2026, 11, 16))
    >>> set(findings.frame["kind"]) <= {"data"}
    True
    """
    case = file_case(city, on)
    frames, coverage = [], []
    for rule in rules:
        found, entry = _apply(rule, case)
        coverage.append(entry)
        if not found.is_empty():
            frames.append(_assemble(rule, case, found))
    empty = pl.DataFrame(schema={**SCHEMA, **FACTS})
    frame = pl.concat(frames) if frames else empty
    return Findings(
        frame=ordered(frame),
        coverage=tuple(coverage),
        cycle="",
        as_of=on,
        lines=case.files.height,
        aside={},
    )


def concerned(findings: Findings) -> pl.DataFrame:
    """Which shops each finding is about: n u32 (row of the frame), retailer_id str."""
    both = pl.concat_list(
        pl.col("retailer_id"), pl.col("others").str.split(JOINT).fill_null([])
    ).alias("retailer_id")
    return (
        findings.frame.with_row_index("n")
        .select("n", both)
        .explode("retailer_id")
        .drop_nulls()
        .unique(maintain_order=True)
    )


def _apply(rule: FileRule, case: FileCase) -> tuple[pl.DataFrame, Coverage]:
    """Run a rule, unless it lacks a column."""
    missing = tuple(column for column in rule.needs if column not in case.columns)
    if missing:
        files = case.files.height
        entry = Coverage(rule.name, rule.code, "data", "not-checked", 0, 0, 0, files, missing)
        return pl.DataFrame(), entry
    outcome = rule.find(case)
    entry = Coverage(
        rule=rule.name,
        code=rule.code,
        kind="data",
        state="checked",
        checked=outcome.checked,
        passed=outcome.checked - outcome.concerned,
        found=outcome.found.height,
        not_checked=outcome.not_checked,
        lacking=tuple(column for column in rule.wants if column not in case.columns),
    )
    return outcome.found, entry


def _assemble(rule: FileRule, case: FileCase, found: pl.DataFrame) -> pl.DataFrame:
    """Findings of one rule in the columns of ``SCHEMA`` and ``FACTS``, with their evidence."""
    columns = {**SCHEMA, **FACTS}
    told = {name: dtype for name, dtype in FACTS.items() if name not in found.columns}
    found = found.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in told.items())
    found = found.with_columns(packed(FACTS))
    rows = case.tables()
    absent = {name: pl.List(pl.UInt32) for name in rows} | columns
    found = found.with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in absent.items()
        if name not in found.columns
    )
    places = (
        place(table, name.removesuffix("_rows") if table is None else table.name, name)
        for name, table in rows.items()
    )
    subject = rule.subject
    if subject == "retailer_id":  # of a rule about shops, what is about a product alone
        by_shop = pl.col("retailer_id").is_not_null()
        kind = pl.when(by_shop).then(pl.lit("retailer")).otherwise(pl.lit("product"))
        who = pl.coalesce("retailer_id", "product_id")
    else:
        kind, who = pl.lit(subject.removesuffix("_id")), pl.col(subject)
    found = found.with_columns(
        pl.concat_list(*places).list.drop_nulls().cast(EVIDENCE).alias("evidence"),
        pl.lit(rule.name).alias("rule"),
        pl.lit(rule.code).alias("code"),
        pl.lit("data").alias("kind"),
        pl.lit(rule.severity).alias("severity"),
        kind.alias("subject"),
        who.alias("subject_id"),
        pl.lit(rule.unit).alias("unit"),
        pl.lit(rule.about).alias("policy"),
        pl.lit(case.on).alias("as_of"),
    )
    return found.with_columns(fingerprints(found, "", IDENTITY)).select(
        pl.col(name).cast(dtype) for name, dtype in columns.items()
    )
