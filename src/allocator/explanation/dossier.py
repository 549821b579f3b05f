"""What an explanation needs to see: any finished run offers it, ours or somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from allocator.policy.window_models import Window
from allocator.records import Allocation, Grading, QuotaPlan


class Sheet(Protocol):
    """A table that was read (``allocator.tables.city.Table``)."""

    @property
    def frame(self) -> pl.DataFrame:
        """Canonical columns, one row per row of the file."""


class Tables(Protocol):
    """The tables of a city that cards quote (``allocator.tables.city.City``)."""

    @property
    def retailers(self) -> Sheet | None:
        """Names, status, manager."""

    @property
    def products(self) -> Sheet | None:
        """Names, cause, expected_on, substitutes, measures."""

    @property
    def orders(self) -> Sheet | None:
        """Order numbers."""

    @property
    def sanctions(self) -> Sheet | None:
        """Stops of supply."""


class Entry(Protocol):
    """The rule for new retailers."""

    @property
    def months(self) -> int:
        """Months without a score."""

    @property
    def start_tier(self) -> int:
        """The tier until then."""


class ItemRules(Protocol):
    """The rule for one item of the score."""

    @property
    def limit(self) -> Decimal | None:
        """Part of the shops below the full score of ``winsorised``, 0..1."""


class TierRules(Protocol):
    """How scores become tiers."""

    @property
    def ties(self) -> str:
        """``higher`` or ``lower``."""


class GradingRules(Protocol):
    """The part of the grading policy that a card quotes."""

    @property
    def window(self) -> Window | None:
        """Which sales count."""

    @property
    def items(self) -> Mapping[Any, ItemRules]:
        """Items of the score by name."""

    @property
    def tiers(self) -> TierRules:
        """Rank shares and ties."""

    @property
    def newcomers(self) -> Entry | None:
        """``None``: new retailers are graded like all others."""


class Rules(Protocol):
    """A policy, and where its lines stand."""

    @property
    def grading(self) -> GradingRules | None:
        """``None``: tiers come from elsewhere."""

    @property
    def lines(self) -> Mapping[str, int]:
        """Line number of each dotted path."""


class Dossier(Protocol):
    """A finished cycle (``allocator.runs.record.Run``)."""

    @property
    def policy(self) -> Rules:
        """The policy in force."""

    @property
    def city(self) -> Tables:
        """The tables as read."""

    @property
    def cycle(self) -> str:
        """The order round."""

    @property
    def seed(self) -> str | None:
        """The public number of the draw."""

    @property
    def grading(self) -> Grading:
        """Tiers and how they came about."""

    @property
    def plan(self) -> QuotaPlan:
        """Who may order how much."""

    @property
    def allocation(self) -> Allocation | None:
        """What the rules give for the orders; ``None`` before there are any."""

    @property
    def findings(self) -> object:
        """What the audit found."""
