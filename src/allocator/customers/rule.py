"""What a rule about the files is: a function over a case, as in ``allocator.auditing.rule``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from allocator.auditing.findings import Severity
from allocator.customers.case import FileCase

Family = Literal["missing", "stale", "duplicate", "contradictory", "impossible"]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one rule found.

    found : one row per finding, any of the columns of ``findings.SCHEMA`` and facts for the
        sentences, and lists of row numbers as evidence
    checked, concerned, not_checked : files (orders, products) judged, in a finding, impossible to
        judge
    """

    found: pl.DataFrame
    checked: int
    concerned: int
    not_checked: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FileRule:
    """An entry of the registry.

    name, code : stable; suppressions name a rule by either
    family : what is wrong with the data
    subject : column that says whom a finding is about
    about : the column of the tables that is wrong, ``table.column``
    needs : columns without which the rule is not checked; wants : columns without which it looks
        at less
    """

    name: str
    code: str
    family: Family
    severity: Severity
    subject: str
    unit: str
    about: str
    find: Callable[[FileCase], Outcome]
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
