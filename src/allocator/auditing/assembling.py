"""Findings of one rule as rows: where they stand, their identity, and their facts."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import cite, concerned, trace
from allocator.auditing.findings import SCHEMA, SEVERITIES, packed
from allocator.auditing.rule import Outcome, Rule

if TYPE_CHECKING:
    pass


IDENTITY = (
    "code",
    "retailer_id",
    "order_id",
    "clerk",
    "product_id",
    "segment",
    "together",
    "tier",
    "requested",
    "observed",
    "limit",
    "limit_of",
)
"""What makes two findings the same one, with the cycle: what was seen, not where it stood. With
``observed`` in it, a suppressed finding comes back when the departure grows."""

FINGERPRINT_DIGITS = 32
"""Hexadecimal digits kept of the SHA-256: 128 bits tell any number of findings apart."""

NOT_FACTS = frozenset(
    {
        "i",
        "k",
        "o",
        "c",
        "q",
        "p",
        "g",
        "cell",
        "basket",
        "order_rows",
        "retailer_rows",
        "supply_rows",
        "sale_rows",
        "quota_rows",
    }
)
"""Columns of findings that lead to other tables and mean nothing outside of the audit."""


def assemble(
    rule: Rule, case: Case, outcome: Outcome, found: pl.DataFrame
) -> tuple[pl.DataFrame, int]:
    """Findings of one rule in the columns of ``SCHEMA``, and how many order lines they concern."""
    source = case.plan.source
    path = {"quotas": "allocation" if source == "planned" else "quotas"}.get(
        rule.policy, rule.policy
    )
    touched = found.height
    if outcome.keys:
        lines = concerned(case, outcome, found)
        touched = lines.filter(~pl.col("witness"))["row"].n_unique()
        found = trace(found, lines, outcome.keys)
        if outcome.tell is not None:
            found = outcome.tell(found, lines)
    elif outcome.tell is not None:
        found = outcome.tell(found, pl.DataFrame())
    said = {
        "rule": rule.name,
        "code": rule.code,
        "kind": rule.kind,
        "severity": rule.severity,
        "subject": rule.subject.removesuffix("_id"),
        "unit": rule.unit,
        "policy": path,
        "as_of": case.plan.on,
    }
    found = found.with_columns(pl.col(rule.subject).alias("subject_id"))
    found = found.with_columns(
        pl.lit(value).alias(name) for name, value in said.items() if name not in found.columns
    )
    known = {name: SCHEMA.get(name, pl.Int64) for name in (*SCHEMA, *IDENTITY)}
    found = cite(case, found)
    absent = {name: dtype for name, dtype in known.items() if name not in found.columns}
    found = found.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in absent.items())
    facts = set(found.columns) - set(SCHEMA) - NOT_FACTS
    found = found.with_columns(fingerprints(found, case.plan.cycle), packed(facts))
    return found.select(pl.col(column).cast(dtype) for column, dtype in SCHEMA.items()), touched


def fingerprints(found: pl.DataFrame, cycle: str, identity: Sequence[str] = IDENTITY) -> pl.Series:
    """SHA-256 of the identity of each finding, spelt as one JSON object.

    What a finding does not have is left out: a column that a later rule adds to the identity leaves
    all other fingerprints, and so baselines and suppressions, as they were.
    """
    named = found.select(pl.lit(cycle).alias("cycle"), *identity)
    texts = named.select(packed(named.columns)).to_series()
    prints = [sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS] for text in texts]
    return pl.Series("fingerprint", prints, pl.String)


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """What is proven first, of each kind the most severe, then by rule and subject.

    Nothing is left to chance.
    """
    ranks = [
        pl.col(name).replace_strict(
            {word: rank for rank, word in enumerate(words)}, return_dtype=pl.Int8
        )
        for name, words in (("kind", ("violation", "data", "alert")), ("severity", SEVERITIES))
    ]
    columns = ("code", "subject_id", "product_id", "order_id", "fingerprint")
    return frame.sort(*ranks, *columns, nulls_last=True)
