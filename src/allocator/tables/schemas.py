"""What each table holds: one specification per column (``formats.md``, "Tables in")."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from allocator.tables.columns import MOST_FEN, MOST_TIERS, MOST_UNITS, Column, Schema


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


def _ids(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "id") for name in names)


_RETAILER = Column("retailer_id", "id", required=True)
_PRODUCT = Column("product_id", "id", required=True)

RETAILERS = Schema(
    "retailers",
    (
        _RETAILER,
        *_texts("name", "region"),
        Column("market", "choice", choices=("urban", "rural")),
        *_texts("format", "trade_area", "credit"),
        Column("joined_on", "date"),
        Column("status", "choice", choices=("active", "suspended", "closed"), default="active"),
        *_texts("order_cycle", "manager"),
        *_ids("manager_phone", "phone", "account"),
        *_texts("licence_holder", "account_holder"),
        Column("manager_score", "points"),
        Column("area", "points"),  # square metres in, millionths out
        Column("tier", "tier", least=1, most=MOST_TIERS),
        Column("valid_from", "date"),
    ),
    key=("retailer_id", "valid_from"),
    order=("retailer_id", "valid_from"),
    derived=(("rhythm", pl.String()), ("week_parity", pl.String())),
)
SALES = Schema(
    "sales",
    (
        _RETAILER,
        Column("month", "month", required=True),
        Column("product_id", "id"),
        Column("quantity", "whole", required=True, least=-MOST_UNITS),
        Column("amount", "money", least=-MOST_FEN, most=MOST_FEN),
        Column(
            "kind",
            "choice",
            choices=(
                "ordinary",
                "selective",
                "second_round",
                "emergency",
                "return",
                "confiscated",
                "damaged",
            ),
            default="ordinary",
        ),
    ),
    derived=(("day", pl.Int8()),),
    compact=True,
)
PRODUCTS = Schema(
    "products",
    (
        _PRODUCT,
        *_texts("name"),
        Column("wholesale_price", "money", most=MOST_FEN),
        Column("retail_price", "money", most=MOST_FEN),
        Column("price_class", "whole", least=1, most=5),
        *_texts("price_band"),
        Column("lot", "whole", least=1, default=1),
        Column("scarce", "flag"),
        Column("substitutes", "ids"),
        Column("expected_on", "date"),
        *_texts("cause", "measures"),
    ),
    key=("product_id",),
    order=("product_id",),
)
SUPPLY = Schema(
    "supply",
    (
        Column("cycle", "id", required=True),
        _PRODUCT,
        Column("quantity", "whole", required=True),
        *_texts("region"),
    ),
    key=("cycle", "product_id", "region"),
    order=("cycle", "product_id", "region"),
)
QUOTA_PARTS = ("segment", "region", "market", "format", "trade_area", "credit", "rhythm")
"""Whom a row of a quota table is for, besides the tier; empty = everybody."""
QUOTAS = Schema(
    "quotas",
    (
        _PRODUCT,
        Column("tier", "tier", required=True, least=1, most=MOST_TIERS),
        Column("quota", "whole", required=True),
        *_ids("cycle"),
        *_texts("segment", "region"),
        Column("market", "choice", choices=("urban", "rural")),
        *_texts("format", "trade_area", "credit"),
        Column("rhythm", "choice", choices=("weekly", "fortnightly")),
        Column("seats", "whole"),  # odd lots that go by turn within the tier
        Column("supply", "whole"),
        Column("offered", "whole"),  # what the table says its quotas add up to
    ),
    key=("product_id", "tier", "cycle", *QUOTA_PARTS),
    order=("cycle", "product_id", *QUOTA_PARTS, "tier"),
)
BANDS = Schema(
    "bands",
    (
        Column("band", "text", required=True),
        _PRODUCT,
        Column("tier", "tier", required=True, least=1, most=MOST_TIERS),
        Column("at_most", "whole", required=True),
        *_ids("cycle"),
        *_texts("segment"),
        Column("rhythm", "choice", choices=("weekly", "fortnightly")),
    ),
    key=("band", "product_id", "tier", "cycle", "segment", "rhythm"),
    order=("cycle", "band", "product_id", "segment", "tier"),
)
ORDERS = Schema(
    "orders",
    (
        Column("order_id", "id", required=True),
        _RETAILER,
        _PRODUCT,
        Column("ordered_at", "moment", required=True),
        *_ids("cycle"),
        Column("requested", "whole", required=True),
        Column("granted", "whole"),
        Column("tier", "tier", least=1, most=MOST_TIERS),  # the tier the order was taken under
        Column("channel", "choice", choices=("phone", "app", "web", "counter"), free=True),
        *_ids("clerk", "device", "account"),
        Column("called_at", "moment"),
        Column("call_result", "choice", choices=("answered", "unanswered"), free=True),
        *_ids("recording_id"),
        Column("changed_at", "moment"),
        *_ids("changed_by"),
        Column("paid_at", "moment"),
        Column("delivered_at", "moment"),
        Column("due_amount", "money", least=-MOST_FEN, most=MOST_FEN),
        Column("status", "choice", choices=("confirmed", "paid", "cancelled"), free=True),
        Column(
            "kind",
            "choice",
            choices=("ordinary", "make_up", "second_round"),
            default="ordinary",
        ),
        *_texts("cause", "approved_by"),
    ),
    order=("ordered_at", "order_id", "product_id", "retailer_id"),
)
CALENDAR = Schema(
    "calendar",
    (
        Column("cycle", "id", required=True),
        Column("order_day", "date", required=True),
        Column("opens_at", "clock"),
        Column("closes_at", "clock"),
    ),
    key=("cycle", "order_day"),
    order=("cycle", "order_day"),
)
TIERS = Schema(
    "tiers",
    (
        _RETAILER,
        Column("graded_on", "date", required=True),
        Column("tier", "tier", least=1, most=MOST_TIERS),
        # The tier before credit levels and sanctions, from which the next grading counts.
        Column("earned_tier", "tier", least=1, most=MOST_TIERS),
    ),
    key=("retailer_id", "graded_on"),
    order=("retailer_id", "graded_on"),
)
SANCTIONS = Schema(
    "sanctions",
    (
        _RETAILER,
        Column(
            "kind",
            "choice",
            required=True,
            choices=("cap", "demote", "suspend", "exempt_month"),
        ),
        *_texts("value"),
        Column("from", "date"),
        Column("until", "date"),
        *_texts("source"),
    ),
    order=("retailer_id", "from", "kind", "value"),
)
CREDITS = Schema(
    "credits",
    (
        _PRODUCT,
        _RETAILER,
        Column("credit", "whole", required=True, least=-MOST_UNITS),
    ),
    key=("product_id", "retailer_id"),
    order=("product_id", "retailer_id"),
)

SUPPRESSIONS = Schema(
    "suppressions",
    (
        *_ids("fingerprint"),
        *_texts("rule", "subject"),
        Column("reason", "text", required=True),
        Column("approver", "text", required=True),
        Column("until", "date", required=True),
    ),
)
BASELINE = Schema(
    "findings",
    (
        Column("fingerprint", "id", required=True),
        *_texts("rule", "code", "kind", "subject", "subject_id", "message"),
    ),
)
LISTENED = Schema(
    "listened",
    (
        Column("recording_id", "id", required=True),
        Column("result", "choice", choices=("departure", "in_order", "unheard")),
        *_texts("remark"),
    ),
    key=("recording_id",),
    order=("recording_id",),
)
COMPLAINTS = Schema(
    "complaints",
    (
        *_ids("number"),
        Column("received_on", "date"),
        _RETAILER,
        Column(
            "kind",
            "choice",
            required=True,
            choices=(
                "less-than-equal",
                "less-than-similar",
                "tier-down",
                "not-got",
                "never-available",
                "new",
                "cancelled",
                "counterfeit",
                "delivery",
                "quality",
                "service",
                "venting",
            ),
        ),
        *_ids("product_id", "about"),
        Column("said", "whole"),  # cartons that the shop says it asked for
        *_texts("text"),
    ),
)

SCHEMAS: Mapping[str, Schema] = {
    schema.name: schema
    for schema in (
        RETAILERS,
        PRODUCTS,
        SALES,
        SUPPLY,
        QUOTAS,
        BANDS,
        ORDERS,
        CALENDAR,
        TIERS,
        SANCTIONS,
        CREDITS,
    )
}
"""Every table by name, in the order in which they are read."""

SHEETS: Mapping[str, Schema] = {
    schema.name: schema for schema in (LISTENED, SUPPRESSIONS, BASELINE, COMPLAINTS)
}
"""Tables that people fill in and give back; they are no part of a city."""

KNOWN: Mapping[str, Schema] = {**SCHEMAS, **SHEETS}
"""Whatever can be read."""
