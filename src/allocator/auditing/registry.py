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
    UNKNOWN_PRODUCT,
)
