"""Words a policy may use where a choice is fixed, and the kinds of sales and orders."""

from __future__ import annotations

from typing import Literal, get_args

SalesKind = Literal[
    "ordinary", "selective", "second_round", "emergency", "return", "confiscated", "damaged"
]
Scale = Literal["max", "rank", "log", "winsorised"]
ItemName = Literal[
    "quantity",
    "amount",
    "mean_price",
    "class_quantity_share",
    "class_amount",
    "product_count",
    "manager_score",
]
Ties = Literal["higher", "lower"]
MissingMonth = Literal["zero", "exclude"]
ScreeningAction = Literal["flag", "winsorise", "exclude"]
Sides = Literal["both", "high", "low"]
PeerColumn = Literal["region", "market", "format", "trade_area", "credit"]
Boundary = Literal["step", "smooth"]
Objective = Literal["leximin", "volume", "proportional", "equal"]
Oversell = Literal["refuse", "share"]
WholeUnit = Literal["equal", "rotate", "lottery", "path"]
WeightKind = Literal["linear", "table", "sales"]
Fortnightly = Literal["same", "double"]
Market = Literal["urban", "rural"]
TableName = Literal[
    "retailers",
    "sales",
    "products",
    "supply",
    "quotas",
    "bands",
    "orders",
    "calendar",
    "tiers",
    "sanctions",
    "credits",
]

SCALES: tuple[str, ...] = get_args(Scale)
ITEMS: tuple[str, ...] = get_args(ItemName)
TABLES: tuple[str, ...] = get_args(TableName)
WHOLE_UNITS: tuple[str, ...] = get_args(WholeUnit)
CLASS_ITEMS = ("class_quantity_share", "class_amount")
"""Items that count chosen price classes only, so that ``classes`` must be given."""
THRESHOLD_RULES: dict[str, tuple[str, ...]] = {
    "order_over_mean": ("order-above-past",),
    "month_over_last": ("month-above-last",),
    "price_over_mean": ("price-above-past",),
    "product_over_last": ("product-month-up",),
    "day_of_month": ("product-day-peak",),
    "cycles": ("order-above-past", "price-above-past", "changed-contact"),
    "least_cartons": ("order-above-past", "month-above-last", "price-above-past",
                      "product-month-up", "product-day-peak", "changed-contact", "beyond-peers"),
    "large_order": ("split-large-order",),
    "near_limit": ("split-large-order",),
    "changed_days": ("changed-contact",),
    "changed_over": ("changed-contact",),
    "asleep_cycles": ("sleeping-shop",),
    "basket_lines": ("neighbour-pattern", "same-basket"),
    "spread": ("beyond-peers",),
    "least_peers": ("beyond-peers", "changed-contact"),
    "call_seconds": ("entry-burst",),
    "burst_orders": ("entry-burst",),
    "same_basket_shops": ("same-basket",),
    "at_limit": ("always-at-limit",),
    "at_limit_lines": ("always-at-limit",),
    **dict.fromkeys(
        ("clerk_false_alarms", "clerk_shops"),
        ("clerk-below-standard", "clerk-above-standard", "clerk-few-shops",
              "clerk-unequal-treatment", "clerk-late-corrections", "clerk-unanswered-calls",
              "clerk-orders-without-call"),
    ),
}  # fmt: skip
"""The rules that read each threshold, so that one which no rule reads can be warned of."""
