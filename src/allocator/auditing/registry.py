"""The rules, in the order in which they run and are listed. A tuple, not a side effect."""

from __future__ import annotations

from allocator.auditing.rule import Rule
from allocator.auditing.rules.a01_order_above_past import ORDER_ABOVE_PAST
from allocator.auditing.rules.a02_month_above_last import MONTH_ABOVE_LAST
from allocator.auditing.rules.a03_price_above_past import PRICE_ABOVE_PAST
from allocator.auditing.rules.a04_product_month_up import PRODUCT_MONTH_UP
from allocator.auditing.rules.a05_product_day_peak import PRODUCT_DAY_PEAK
from allocator.auditing.rules.a06_split_order import SPLIT_ORDER
from allocator.auditing.rules.a07_phone_across_shops import PHONE_ACROSS_SHOPS
from allocator.auditing.rules.a08_account_across_shops import ACCOUNT_ACROSS_SHOPS
from allocator.auditing.rules.a09_device_across_shops import DEVICE_ACROSS_SHOPS
from allocator.auditing.rules.a10_payer_not_licensee import PAYER_NOT_LICENSEE
from allocator.auditing.rules.a11_changed_contact import CHANGED_CONTACT
from allocator.auditing.rules.a12_sleeping_shop import SLEEPING_SHOP
from allocator.auditing.rules.a13_neighbour_pattern import NEIGHBOUR_PATTERN
from allocator.auditing.rules.a14_beyond_peers import BEYOND_PEERS
from allocator.auditing.rules.a15_entry_burst import ENTRY_BURST
from allocator.auditing.rules.a16_same_basket import SAME_BASKET
from allocator.auditing.rules.a17_always_at_limit import ALWAYS_AT_LIMIT
from allocator.auditing.rules.a18_split_large_order import SPLIT_LARGE_ORDER
from allocator.auditing.rules.a30_clerk_below_standard import CLERK_BELOW_STANDARD
from allocator.auditing.rules.a31_clerk_above_standard import CLERK_ABOVE_STANDARD
from allocator.auditing.rules.a32_clerk_few_shops import CLERK_FEW_SHOPS
from allocator.auditing.rules.a33_clerk_unequal_treatment import CLERK_UNEQUAL_TREATMENT
from allocator.auditing.rules.a34_clerk_late_corrections import CLERK_LATE_CORRECTIONS
from allocator.auditing.rules.a35_clerk_unanswered_calls import CLERK_UNANSWERED_CALLS
from allocator.auditing.rules.a36_clerk_orders_without_call import CLERK_ORDERS_WITHOUT_CALL
from allocator.auditing.rules.a40_supply_left import SUPPLY_LEFT
from allocator.auditing.rules.a41_cliff import CLIFF
from allocator.auditing.rules.a42_worst_off_share import WORST_OFF_SHARE
from allocator.auditing.rules.a43_released_to_nobody import RELEASED_TO_NOBODY
from allocator.auditing.rules.a44_quota_without_shops import QUOTA_WITHOUT_SHOPS
from allocator.auditing.rules.d01_unknown_product import UNKNOWN_PRODUCT
from allocator.auditing.rules.v01_over_quota import OVER_QUOTA
from allocator.auditing.rules.v02_below_standard import BELOW_STANDARD
from allocator.auditing.rules.v03_unequal_treatment import UNEQUAL_TREATMENT
from allocator.auditing.rules.v04_not_released import NOT_RELEASED
from allocator.auditing.rules.v05_unknown_retailer import UNKNOWN_RETAILER
from allocator.auditing.rules.v06_inactive_retailer import INACTIVE_RETAILER
from allocator.auditing.rules.v07_wrong_lot import WRONG_LOT
from allocator.auditing.rules.v08_duplicate_line import DUPLICATE_LINE
from allocator.auditing.rules.v09_above_supply import ABOVE_SUPPLY
from allocator.auditing.rules.v10_wrong_tier import WRONG_TIER
from allocator.auditing.rules.v11_above_request import ABOVE_REQUEST
from allocator.auditing.rules.v12_band_exceeded import BAND_EXCEEDED
from allocator.auditing.rules.v13_basket_exceeded import BASKET_EXCEEDED
from allocator.auditing.rules.v14_outside_window import OUTSIDE_WINDOW
from allocator.auditing.rules.v15_wrong_order_day import WRONG_ORDER_DAY
from allocator.auditing.rules.v16_not_due import NOT_DUE
from allocator.auditing.rules.v17_after_cutoff import AFTER_CUTOFF
from allocator.auditing.rules.v18_unapproved_make_up import UNAPPROVED_MAKE_UP
from allocator.auditing.rules.v19_unpaid_delivered import UNPAID_DELIVERED
from allocator.auditing.rules.v20_unpaid_not_cancelled import UNPAID_NOT_CANCELLED
from allocator.auditing.rules.v21_tied_sale import TIED_SALE
from allocator.auditing.rules.v22_reserve_without_cause import RESERVE_WITHOUT_CAUSE
from allocator.auditing.rules.v23_edited_after_cutoff import EDITED_AFTER_CUTOFF
from allocator.auditing.rules.v24_cancelled_though_paid import CANCELLED_THOUGH_PAID
from allocator.auditing.rules.v30_tier_order import TIER_ORDER
from allocator.auditing.rules.v31_quotas_above_supply import QUOTAS_ABOVE_SUPPLY
from allocator.auditing.rules.v32_group_share import GROUP_SHARE
from allocator.auditing.rules.v33_quota_off_limits import QUOTA_OFF_LIMITS
from allocator.auditing.rules.v34_beyond_policy import BEYOND_POLICY
from allocator.auditing.rules.v35_too_many_odd_lots import TOO_MANY_ODD_LOTS
from allocator.auditing.rules.v36_unlike_equals import UNLIKE_EQUALS

RULES: tuple[Rule, ...] = (
    OVER_QUOTA,
    BELOW_STANDARD,
    UNEQUAL_TREATMENT,
    NOT_RELEASED,
    UNKNOWN_RETAILER,
    INACTIVE_RETAILER,
    WRONG_LOT,
    DUPLICATE_LINE,
    ABOVE_SUPPLY,
    WRONG_TIER,
    ABOVE_REQUEST,
    BAND_EXCEEDED,
    BASKET_EXCEEDED,
    OUTSIDE_WINDOW,
    WRONG_ORDER_DAY,
    NOT_DUE,
    AFTER_CUTOFF,
    UNAPPROVED_MAKE_UP,
    UNPAID_DELIVERED,
    UNPAID_NOT_CANCELLED,
    TIED_SALE,
    RESERVE_WITHOUT_CAUSE,
    EDITED_AFTER_CUTOFF,
    CANCELLED_THOUGH_PAID,
    ORDER_ABOVE_PAST,
    MONTH_ABOVE_LAST,
    PRICE_ABOVE_PAST,
    PRODUCT_MONTH_UP,
    PRODUCT_DAY_PEAK,
    SPLIT_ORDER,
    PHONE_ACROSS_SHOPS,
    ACCOUNT_ACROSS_SHOPS,
    DEVICE_ACROSS_SHOPS,
    PAYER_NOT_LICENSEE,
    CHANGED_CONTACT,
    SLEEPING_SHOP,
    NEIGHBOUR_PATTERN,
    BEYOND_PEERS,
    ENTRY_BURST,
    SAME_BASKET,
    ALWAYS_AT_LIMIT,
    SPLIT_LARGE_ORDER,
    UNKNOWN_PRODUCT,
    CLERK_BELOW_STANDARD,
    CLERK_ABOVE_STANDARD,
    CLERK_FEW_SHOPS,
    CLERK_UNEQUAL_TREATMENT,
    CLERK_LATE_CORRECTIONS,
    CLERK_UNANSWERED_CALLS,
    CLERK_ORDERS_WITHOUT_CALL,
)
"""About order lines."""

TABLE_RULES: tuple[Rule, ...] = (
    TIER_ORDER,
    QUOTAS_ABOVE_SUPPLY,
    GROUP_SHARE,
    QUOTA_OFF_LIMITS,
    BEYOND_POLICY,
    TOO_MANY_ODD_LOTS,
    UNLIKE_EQUALS,
    SUPPLY_LEFT,
    CLIFF,
    WORST_OFF_SHARE,
    RELEASED_TO_NOBODY,
    QUOTA_WITHOUT_SHOPS,
)
"""About a quota table that was made elsewhere: a plan of ours carries its certificate instead."""

ALL_RULES = RULES + TABLE_RULES
