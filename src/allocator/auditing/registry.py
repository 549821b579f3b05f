"""The rules, in the order in which they run and are listed. A tuple, not a side effect."""

from __future__ import annotations

from allocator.auditing.rule import Rule
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
    UNKNOWN_PRODUCT,
)
