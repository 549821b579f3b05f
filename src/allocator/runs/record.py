"""A whole cycle as one record: what went in, what came out, and the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from allocator.auditing.findings import Findings
from allocator.policy.models import Policy
from allocator.records import Allocation, Grading, QuotaPlan
from allocator.tables.city import City


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One city, one cycle: graded, planned, allocated, audited, certified.

    cycle, seed, on : as in the plan
    allocation : ``None`` where there were no orders; findings likewise
    certificate : the canonical document of the plan (``model.md`` 6), cells only
    inputs : rows and SHA-256 of each table as ``inputs/<table>.csv`` holds it (sales are not
        copied, see ``inputs.input_digests``); the same whatever the order of rows
    seconds : wall time of each phase, for ``timings.json``; no result depends on it
    """

    policy: Policy
    city: City
    cycle: str
    seed: str | None
    on: date
    grading: Grading
    plan: QuotaPlan
    allocation: Allocation | None
    findings: Findings | None
    certificate: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, Any]]
    seconds: Mapping[str, float] = field(default_factory=dict)

    def write(
        self, folder: str | Path, *, cards: str | Sequence[str] = "none", language: str = "en"
    ) -> Path:
        """Write the run directory, whole or not at all; see ``directory.write_run``."""
        from allocator.runs.directory import write_run

        return write_run(self, folder, cards=cards, language=language)
