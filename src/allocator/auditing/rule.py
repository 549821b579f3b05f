"""What a rule is: a function over a case, with a name, a code and the columns it cannot do without.

A rule only finds; texts are in ``wording/*/findings.po``, the page of a rule is its docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.findings import Kind, Severity

Tell = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""Further facts once the findings are known: (found, lines concerned) -> found."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one rule found, not yet computed.

    found : one row per finding: ``keys``, ``observed``, ``limit``, ``message``, any other of the
        columns of ``findings.SCHEMA``, and facts for the sentences
    keys : columns of ``found`` that lead to the order lines concerned, from which a finding has
        its row numbers, retailer, product, orders and order-takers
    tally : checked and not_checked (order lines, as ``tally`` gives them); rows are added up
    lines : order lines to search for ``keys``, where they are not columns of ``Case.lines``; true
        in its column ``witness`` for a line that is evidence but has no part in the matter
    tell : adds facts from the few rows found and their lines
    """

    found: Frame
    keys: tuple[str, ...]
    tally: Frame
    lines: Frame | None = None
    tell: Tell | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """An entry of the registry.

    name, code : stable; policies and suppressions name a rule by either
    subject : column that says whom a finding is about
    needs : columns without which the rule is not checked: ``column`` of the orders or
        ``table.column``, several with ``|`` between them where one of them suffices; ``past`` for
        orders of earlier cycles
    policy : the table or policy path that sets the limit
    wants : columns without which a finding lacks a detail
    counted : what checked and passed count
    after : looks at what the others found (``Case.league``); runs after them
    """

    name: str
    code: str
    kind: Kind
    severity: Severity
    subject: str
    unit: str
    policy: str
    find: Callable[[Case], Outcome]
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    counted: Literal["lines", "quotas"] = "lines"
    after: bool = False


NOTHING_ALLOWED: Final = (
    nw.lit(0, nw.Int64).alias("limit"),
    nw.col("observed").alias("excess"),
)
"""Columns of a finding about what should not be there at all: everything observed is too much."""


def count() -> nw.Expr:
    """Rows of a group, i64 in every engine."""
    return nw.len().cast(nw.Int64)


def tally(judged: Frame, known: nw.Expr | None = None, lines: str | None = None) -> Frame:
    """Order lines that a rule could judge and could not: one row, checked and not_checked.

    judged : what the rule is meant for, a row per line, or per group of ``lines`` lines
    known : whether a row could be judged; all without it
    """
    weight = count() if lines is None else nw.col(lines).sum().cast(nw.Int64)
    if known is None:
        return judged.select(weight.alias("checked"), nw.lit(0, nw.Int64).alias("not_checked"))
    zero = nw.lit(0, nw.Int64)
    one = nw.lit(1, nw.Int64) if lines is None else nw.col(lines)
    # with_columns, not select: what is known of all lines alike would be one row, not many.
    told = judged.with_columns(
        nw.when(known).then(one).otherwise(zero).alias("checked"),
        nw.when(known).then(zero).otherwise(one).alias("not_checked"),
    )
    return told.select(nw.col("checked", "not_checked").sum().cast(nw.Int64))
