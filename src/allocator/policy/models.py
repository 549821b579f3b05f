"""What a policy file may hold, as frozen models; descriptions are what editors show.

Dated values are resolved before (``dated``), so a model sees only what is in force.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from allocator.errors import Refusal
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.audit_models import AuditPolicy
from allocator.policy.fields import SETTINGS, Address, Identifier, Text
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.ordering_models import OrderingPolicy
from allocator.policy.words import TableName


class Source(BaseModel):
    """Where a rule is published."""

    model_config = SETTINGS
    title: Annotated[Text, Field(description="Name of the notice or decision.")]
    url: Annotated[
        Address | None,
        Field(description="Where it can be read: an address that starts with https://."),
    ] = None


class TableAliases(BaseModel):
    """Headers and values of a table as this city writes them."""

    model_config = SETTINGS
    columns: Annotated[
        dict[Text, Identifier], Field(description="Own header: canonical column.")
    ] = {}
    values: Annotated[
        dict[Identifier, dict[Text, Identifier]],
        Field(description="Canonical column: {own value: canonical value}."),
    ] = {}


class PolicyFile(BaseModel):
    """The policy of a city: how retailers are graded and scarce products allocated."""

    model_config = SETTINGS
    title: Text
    tables: Annotated[
        dict[TableName, TableAliases], Field(description="Own headers and values, by table.")
    ] = {}
    grading: GradingPolicy | None = None
    allocation: AllocationPolicy
    ordering: Annotated[OrderingPolicy, Field(default_factory=OrderingPolicy)]
    audit: Annotated[AuditPolicy, Field(default_factory=AuditPolicy)]


class SourceInForce(BaseModel):
    """Where the value in force at a path comes from."""

    model_config = SETTINGS
    since: date
    title: str | None = None
    url: str | None = None
    last_valid_on: date | None = None


class Policy(BaseModel):
    """A policy as it stands on one day.

    on : the day; dated values are resolved for it
    digest : SHA-256 of the file's bytes, 64 hex digits
    text : the file's text; its UTF-8 bytes are the file, so that a run can keep a copy
    sources : the dated values in force, by path (``grading.tiers.shares``)
    lines : line of each path in the file, counted from 1
    warnings : what is usable but wants a look (values past their last day, ...)
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True
    )
    title: str
    on: date
    digest: str
    text: str
    tables: dict[TableName, TableAliases]
    grading: GradingPolicy | None
    allocation: AllocationPolicy
    ordering: OrderingPolicy
    audit: AuditPolicy
    sources: dict[str, SourceInForce]
    lines: dict[str, int]
    warnings: tuple[Refusal, ...]
