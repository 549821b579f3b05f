"""Two outcomes compared: figures, gainers and losers, migration, changes, complaints to expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from allocator.comparison.brief import brief_page
from allocator.comparison.outcome import Outcome
from allocator.wording import Fact


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader must know beside the figures; words in ``wording/*/comparison.po``.

    code : ``note-<...>`` without the prefix; facts : numbers and names of the sentence
    idle : a change that does nothing: said before all figures
    """

    code: str
    facts: Mapping[str, Fact]
    idle: bool = False


PEOPLE = ("retailer_id", "name", "manager", "manager_phone")
"""Columns of ``Comparison.people``."""


def nobody() -> pl.DataFrame:
    """No names and managers known."""
    return pl.DataFrame(schema=dict.fromkeys(PEOPLE, pl.String))


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A scenario against the baseline, over the retailers present in either.

    title, describe : of the scenario, as its author wrote them
    changes : what was changed, (path, value as written), in the author's order
    figures : one row per figure of ``figures.FIGURES``, in that order: figure str; unit str
        (``cartons``, ``share`` 0..1, ``index`` 0..1, ``ratio``, ``retailers``, ``pairs``); better
        str (``more``, ``less``, null = neither); baseline, scenario, change f64 (null: not
        computed, or nobody to compute it from). Each side over all retailers present there
    groups : gainers and losers in whole cartons, by groups of the BASELINE, one row each:
        dimension str (``all``, ``tier``, ``segment``, ``region``, ``market``, ``format``,
        ``decile`` of baseline sales, ``new``); group str (``""`` for all; null: has none, such as
        no tier or no sales); place i64 (order in which to show it); retailers i64 (present in
        both); then null where retailers is 0: before, after i64 (cartons of the group); gainers,
        same, losers i64 (retailers); gained, lost i64 (cartons, both >= 0, after = before + gained
        - lost); mean_before, mean_after f64 (cartons a retailer); share_before, share_after f64
        (of all cartons of those present in both; null where there are none)
    migration : from_tier, to_tier i64 (null: none), retailers i64; pairs that occur, retailers
        present in both
    changes_by_retailer : one row per retailer present in either, by retailer_id: retailer_id str;
        status str (``both``, ``entered``: in the scenario only, ``left``: in the baseline only);
        segment, region, market, format str, decile i64, new bool (of the baseline; of the scenario
        for who entered); tier_before, tier_after i64; before, after i64 (cartons, null where not
        present); change i64 (cartons; of who entered or left all it has or had); by_grade,
        by_quota, by_seat, by_order, by_round i64 (cartons, they add up to ``change``; null where
        the outcome tells no quotas, or not ``both``); reason str (which of them moved the retailer
        most: ``grade``, ``quota``, ``seat``, ``order``, ``round``; ``entered``, ``left``; null:
        no change). See ``attribution`` for the order of the steps
    lines : one row per retailer and product whose award differs, with the same parts: product_id,
        retailer_id str; before, after, change, by_grade, by_quota, by_seat, by_order, by_round i64
    lorenz : percent i64 (0..100, of retailers present, those with least first); baseline,
        scenario f64 (share of all cartons that they have together; null where there are none)
    exposure : one row per kind of ``exposure.KINDS``: kind str; need str (``N1``, ...);
        baseline, scenario, both, fresh, gone i64 (retailers: exposed in each, in both, only in the
        scenario, only in the baseline; null: not computed); missing str (code of why it could not
        be computed, null = was)
    exposed : one row per kind and retailer exposed on either side, by kind and retailer_id: kind,
        retailer_id str; baseline, scenario bool; short_baseline, short_scenario i64 (by how much,
        in ``unit``, null where not exposed); product_id str (the worst one, null where the kind is
        about all products together; of the scenario where exposed there); unit str (``cartons``,
        ``tiers``, ``cycles``)
    quotas : product_id, segment, rhythm str, tier i64; retailers_, entitlement_, base_, seats_ i64,
        each with ``before`` and ``after`` (null where that side has no such cell)
    products : product_id, name str; supply_, requested_, award_, left_, reached_, served_ i64, each
        with ``before`` and ``after`` (null where that side does not release it)
    notes : what did nothing and why, what could not be computed
    people : retailer_id, name, manager, manager_phone str (null: not known): who is to be visited,
        and by whom; may lack retailers
    """

    baseline: Outcome
    scenario: Outcome
    title: str
    describe: str
    changes: tuple[tuple[str, str], ...]
    figures: pl.DataFrame
    groups: pl.DataFrame
    migration: pl.DataFrame
    changes_by_retailer: pl.DataFrame
    lines: pl.DataFrame
    lorenz: pl.DataFrame
    exposure: pl.DataFrame
    exposed: pl.DataFrame
    quotas: pl.DataFrame
    products: pl.DataFrame
    notes: tuple[Note, ...] = ()
    people: pl.DataFrame = field(default_factory=nobody)

    def figure(self, name: str, side: str = "scenario") -> float | None:
        """One figure of a side: ``baseline``, ``scenario`` or ``change``."""
        value = self.figures.filter(pl.col("figure") == name)[side].item()
        return None if value is None else float(value)

    def with_people(self, shops: pl.DataFrame) -> pl.DataFrame:
        """A frame of shops with the name, the customer manager and its phone at the end."""
        return shops.join(self.people, on="retailer_id", how="left", maintain_order="left")

    def _repr_html_(self) -> str:
        """Headline figures for a notebook; every text escaped."""
        return brief_page(self)

    def to_polars(self) -> pl.DataFrame:
        """What happened to each retailer, a row each."""
        return self.changes_by_retailer

    def to_pandas(self) -> Any:
        """The same as a pandas frame; needs pandas and pyarrow."""
        return self.changes_by_retailer.to_pandas()
