"""What a rule is: a function over a case, with a name, a code and the columns it cannot do without.

A rule only finds; texts are in ``wording/*/findings.po``, the page of a rule is its docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.findings import Kind, Severity


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one rule found.

    found : one row per finding, any of the columns of ``findings.SCHEMA``, and ``order_rows``,
        ``retailer_rows``, ``supply_rows`` (lists of row numbers) as evidence
    checked, concerned, not_checked : order lines judged, in a finding, impossible to judge
    """

    found: pl.DataFrame
    checked: int
    concerned: int
    not_checked: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """An entry of the registry.

    name, code : stable; policies and suppressions name a rule by either
    subject : column that says whom a finding is about
    needs : columns without which the rule is not checked: ``column`` of the orders or
        ``table.column``
    policy : the table or policy path that sets the limit
    wants : columns without which a finding lacks a detail
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


def count_lines(frame: pl.DataFrame) -> int:
    """Order lines behind the rows of a frame (its column ``lines``)."""
    return int(frame.get_column("lines").sum())
