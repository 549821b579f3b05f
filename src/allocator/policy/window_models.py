"""Which sales count for a grading: ``window`` and ``exclude`` of a policy file."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from allocator.policy.document import day_of
from allocator.policy.fields import SETTINGS, Identifier, Positive, PriceClass, Text
from allocator.policy.words import SalesKind

MOST_DAYS = 1_830
"""Longest window in days: five years."""

MOST_HOLIDAY = 62
"""Longest holiday in days."""

FINEST = Decimal("0.001")
"""Weights of units are whole thousandths, so that weighted sums stay whole numbers."""


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        day = day_of(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None:
        raise PydanticCustomError("needs-day", "a day")
    return day


def _month(value: Any) -> date:
    if isinstance(value, date) and value.day == 1:
        return value
    try:
        day = day_of(f"{value}-01") if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None:
        raise PydanticCustomError("needs-month", "a month")
    return day


def _recent(value: Any) -> Any:
    if isinstance(value, Decimal) and value % FINEST:
        raise PydanticCustomError("weight-too-fine", "whole thousandths", {"finest": str(FINEST)})
    return value


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Month = Annotated[
    date,
    BeforeValidator(_month),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}),
]
Recency = Annotated[Positive, Field(le=1_000), BeforeValidator(_recent)]


class Holiday(BaseModel):
    """Days on which shops sell far from normal."""

    model_config = SETTINGS
    name: Annotated[Text, Field(description="What people call it.")]
    first: Annotated[Day, Field(alias="from", description="First day.")]
    last: Annotated[Day, Field(alias="to", description="Last day.")]

    @model_validator(mode="after")
    def _in_order(self) -> Holiday:
        _refuse_span(self.first, self.last, MOST_HOLIDAY)
        return self


class Window(BaseModel):
    """The sales that count: complete months, weeks or days. Give exactly one kind.

    ``unit`` and ``count`` read the kind; the units themselves are found by ``grading.window``.
    """

    model_config = SETTINGS
    months: Annotated[
        int | None, Field(ge=1, le=60, description="Complete months before the grading date.")
    ] = None
    weeks: Annotated[
        int | None,
        Field(
            ge=1, le=260, description="Complete weeks (Monday to Sunday) before the grading date."
        ),
    ] = None
    days: Annotated[
        int | None, Field(ge=1, le=MOST_DAYS, description="Days before the grading date.")
    ] = None
    named: Annotated[
        tuple[Month, ...] | None,
        Field(min_length=1, max_length=60, description="These months, YYYY-MM."),
    ] = None
    first: Annotated[
        Day | None, Field(alias="from", description="First day that counts; with `to`.")
    ] = None
    last: Annotated[
        Day | None, Field(alias="to", description="Last day that counts; with `from`.")
    ] = None
    recency: Annotated[
        tuple[Recency, ...] | None,
        Field(
            min_length=1,
            max_length=MOST_DAYS,
            description="Weight of each month, week or day, the latest first.",
        ),
    ] = None
    holidays: Annotated[
        tuple[Holiday, ...],
        Field(
            max_length=100,
            description="A month, week or day that a holiday touches does not count; a window "
            "of the last months, weeks or days reaches back so many further.",
        ),
    ] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Window:
        given = [name for name in ("months", "weeks", "days", "named") if getattr(self, name)]
        given += ["from"] * (self.first is not None) + ["to"] * (self.last is not None)
        if given != ["from", "to"] and (len(given) != 1 or given[0] in ("from", "to")):
            facts = {"given": ", ".join(given) or "-"}
            raise PydanticCustomError("window-needs-one", "one kind of window", facts)
        if self.first is not None and self.last is not None:
            _refuse_span(self.first, self.last, MOST_DAYS)
        if self.named is not None and len(set(self.named)) < len(self.named):
            raise PydanticCustomError("named-twice", "a month named twice")
        if self.recency is not None and len(self.recency) != self.count:
            counts = {"weights": len(self.recency), "units": self.count}
            raise PydanticCustomError("recency-length", "a weight for each unit", counts)
        return self

    @property
    def unit(self) -> str:
        """``months``, ``weeks`` or ``days``; days that make whole months are months."""
        if self.weeks is not None:
            return "weeks"
        if self.days is not None or not (self.months or self.named or self._whole_months()):
            return "days"
        return "months"

    @property
    def count(self) -> int:
        """How many units the window has, before holidays take some of a fixed one."""
        rolling = self.months or self.weeks or self.days or len(self.named or ())
        if rolling or self.first is None or self.last is None:
            return rolling
        if self._whole_months():
            months = 12 * (self.last.year - self.first.year) + self.last.month - self.first.month
            return months + 1
        return (self.last - self.first).days + 1

    def _whole_months(self) -> bool:
        if self.first is None or self.last is None:
            return False
        return self.first.day == 1 and (self.last + timedelta(days=1)).day == 1


class Exclusions(BaseModel):
    """Sales that do not count."""

    model_config = SETTINGS
    scarce: Annotated[bool, Field(description="Leave scarce products out of the score.")] = False
    kinds: Annotated[
        tuple[SalesKind, ...], Field(description="Kinds of sales left out of the score.")
    ] = ()
    products: Annotated[
        tuple[Identifier, ...],
        Field(max_length=10_000, description="Products left out of the score, such as cigars."),
    ] = ()
    classes: Annotated[
        tuple[PriceClass, ...], Field(description="Price classes left out of the score.")
    ] = ()


def _refuse_span(first: date, last: date, most: int) -> None:
    if last < first:
        facts = {"first": first.isoformat(), "last": last.isoformat()}
        raise PydanticCustomError("span-backwards", "the last day before the first", facts)
    if (days := (last - first).days + 1) > most:
        raise PydanticCustomError("span-too-long", "too many days", {"days": days, "most": most})
