"""Several scenarios compared with one baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from allocator.comparison.brief import beside_page, brief_page
from allocator.comparison.outcome import Outcome
from allocator.comparison.record import Comparison
from allocator.errors import AllocatorError
from allocator.simulation.scenario import Scenario


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """A suite: what each scenario would change.

    refused : scenarios that cannot hold (limits that contradict each other, values that the policy
        refuses), each with the reason
    """

    baseline: Outcome
    comparisons: tuple[Comparison, ...]
    refused: tuple[tuple[Scenario, AllocatorError], ...] = ()

    def to_polars(self) -> pl.DataFrame:
        """Figures of all scenarios: title str, then the columns of ``Comparison.figures``."""
        return self.table("figures")

    def table(self, name: str) -> pl.DataFrame:
        """One frame of all comparisons: title str, then the columns of that frame."""
        parts = [
            getattr(one, name).select(pl.lit(one.title).alias("title"), pl.all())
            for one in self.comparisons
        ]
        return pl.concat(parts) if parts else pl.DataFrame(schema={"title": pl.String})

    def _repr_html_(self) -> str:
        """Headline figures for a notebook, of several side by side; every text escaped."""
        if len(self.comparisons) == 1:
            return brief_page(self.comparisons[0])
        return beside_page(self.comparisons)

    def to_pandas(self) -> Any:
        """The same as a pandas frame; needs pandas and pyarrow."""
        return self.to_polars().to_pandas()
