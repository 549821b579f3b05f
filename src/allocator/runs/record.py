"""A whole cycle as one record: what went in, what came out, and the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from allocator.auditing.findings import Findings
from allocator.certificate.sealing import Sealed, seal
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
    salts : retailer_id, salt: what keeps the results under the check number from being guessed;
        ``None`` where there was no secret, then there is no number
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
    salts: pl.DataFrame | None = None
    _sealed: list[Sealed] = field(default_factory=list, init=False, repr=False)

    def sealed(self) -> Sealed | None:
        """All results under one number, made when first asked for; ``None`` without salts."""
        if self.salts is not None and not self._sealed:
            sealed = seal(
                self.plan, self.allocation, self.salts,
                policy_digest=self.policy.digest,
                certificate_digest=str(self.certificate["digest"]),
            )  # fmt: skip
            self._sealed.append(sealed)
        return self._sealed[0] if self._sealed else None

    def write(
        self, folder: str | Path, *, cards: str | Sequence[str] = "none", language: str = "en"
    ) -> Path:
        """Write the run directory, whole or not at all; see ``directory.write_run``."""
        from allocator.runs.directory import write_run

        return write_run(self, folder, cards=cards, language=language)
