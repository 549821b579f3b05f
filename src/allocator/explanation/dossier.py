"""What an explanation needs to see: any finished run offers it, ours or somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from allocator.certificate.sealing import Sealed
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Allocation, Grading, QuotaPlan
from allocator.tables.city import City


class Rules(Protocol):
    """A policy, and where its lines stand."""

    @property
    def grading(self) -> GradingPolicy | None:
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
    def city(self) -> City:
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

    def sealed(self) -> Sealed | None:
        """All results under one number; ``None``: the run had no secret."""
