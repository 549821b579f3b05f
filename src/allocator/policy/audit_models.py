"""What the audit looks for: rules, the limits of alerts, and what is set aside before them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from allocator.policy.fields import (
    PERCENT,
    SETTINGS,
    Cartons,
    Identifier,
    Positive,
    part,
    percentage,
)
from allocator.policy.window_models import Holiday

DECIMALS = 2
"""(of a percentage) so that limits are computed in whole numbers."""

MOST = 10_000
"""(per cent) highest multiple."""


def _fine(share: Decimal) -> Decimal:
    if (share * 100).normalize() % Decimal(1).scaleb(-DECIMALS):
        raise PydanticCustomError("needs-fewer-decimals", "fewer", {"number": DECIMALS})
    return share


def _multiple(value: Any) -> Decimal:
    times = percentage(value)
    if times < 1:
        raise PydanticCustomError("needs-percentage-at-least", "100 % or more", {"number": 100})
    if times * 100 > MOST:
        raise PydanticCustomError("needs-percentage-at-most", "not so much", {"number": MOST})
    return _fine(times)


Multiple = Annotated[Decimal, BeforeValidator(_multiple), WithJsonSchema(PERCENT)]
FinePart = Annotated[
    Decimal, BeforeValidator(lambda value: _fine(part(value))), WithJsonSchema(PERCENT)
]


class AuditRules(BaseModel):
    """Which audit rules run."""

    model_config = SETTINGS
    select: Annotated[tuple[Identifier, ...], Field(description="Rule names, or all.")] = ("all",)
    ignore: Annotated[tuple[Identifier, ...], Field(description="Rule names left out.")] = ()


class Thresholds(BaseModel):
    """Limits of alerts; what goes beyond one is worth a look. The first five are national."""

    model_config = SETTINGS
    order_over_mean: Annotated[
        Multiple, Field(description="An order against the mean of the shop's orders before.")
    ] = Decimal(2)
    month_over_last: Annotated[
        Multiple, Field(description="A shop's month against its month before.")
    ] = Decimal(2)
    price_over_mean: Annotated[
        Multiple, Field(description="Mean carton price of an order against the orders before.")
    ] = Decimal(2)
    product_over_last: Annotated[
        Multiple, Field(description="A product's month in the whole city against the one before.")
    ] = Decimal("1.5")
    day_of_month: Annotated[
        FinePart, Field(description="One day's part of a product's month (30 days).")
    ] = Decimal("0.15")
    cycles: Annotated[int, Field(ge=1, le=26, description="Orders before that make the mean.")] = 3
    least_cartons: Annotated[
        Cartons, Field(description="Orders and months below so many cartons are let be.")
    ] = 10
    large_order: Annotated[
        Cartons | None,
        Field(ge=1, description="Cartons of one order from which a second look is the rule."),
    ] = None
    near_limit: Annotated[
        FinePart, Field(description="From this part of a limit on an order is just under it.")
    ] = Decimal("0.8")
    changed_days: Annotated[
        int, Field(ge=1, le=366, description="Days for which a new phone or account counts as new.")
    ] = 30
    changed_over: Annotated[
        Multiple, Field(description="An order after such a change, against the usual one.")
    ] = Decimal("1.5")
    asleep_cycles: Annotated[
        int, Field(ge=1, le=26, description="Cycles without an order after which a shop sleeps.")
    ] = 3
    basket_lines: Annotated[
        int, Field(ge=1, le=100, description="Lines from which an equal basket is remarkable.")
    ] = 3
    spread: Annotated[
        Positive,
        Field(ge=1, le=20, description="Scatters from the median of equals (robust sigmas)."),
    ] = Decimal(3)
    least_peers: Annotated[
        int, Field(ge=5, le=10_000, description="Shops that a group of equals needs.")
    ] = 20
    call_seconds: Annotated[
        int, Field(ge=1, le=600, description="Seconds that the shortest phone order takes.")
    ] = 10
    burst_orders: Annotated[
        int, Field(ge=2, le=10_000, description="Orders of one day that came faster than that.")
    ] = 5
    same_basket_shops: Annotated[
        int, Field(ge=2, le=10_000, description="Shops with one basket from one order-taker.")
    ] = 5
    at_limit: Annotated[
        FinePart, Field(description="Part of an order-taker's lines that ask exactly the limit.")
    ] = Decimal("0.9")
    at_limit_lines: Annotated[
        int, Field(ge=5, le=100_000, description="Lines of an order-taker before that is judged.")
    ] = 30
    clerk_false_alarms: Annotated[
        FinePart,
        Field(description="Part of the order-takers outside the limits that chance may put there."),
    ] = Decimal("0.05")
    clerk_shops: Annotated[
        int, Field(ge=5, le=100_000, description="Shops of an order-taker before it is judged.")
    ] = 10


class SetAside(BaseModel):
    """What is left out before orders and months are compared, as the national answer asks."""

    model_config = SETTINGS
    arrivals: Annotated[
        Multiple,
        Field(
            description="A product that the other shops took more of than this part of its mean "
            "arrived unevenly and is left out; new products always are."
        ),
    ] = Decimal(2)
    holidays: Annotated[
        tuple[Holiday, ...],
        Field(max_length=100, description="Cycles and months that one touches are not compared."),
    ] = ()


class AuditPolicy(BaseModel):
    """What the audit looks for."""

    model_config = SETTINGS
    rules: Annotated[AuditRules, Field(default_factory=AuditRules)]
    thresholds: Annotated[Thresholds, Field(default_factory=Thresholds)]
    set_aside: Annotated[SetAside, Field(default_factory=SetAside)]
