"""The rules about data, in the order in which they run and are listed."""

from __future__ import annotations

from allocator.customers.rule import FileRule
from allocator.customers.rules.contradictory import CONTRADICTORY
from allocator.customers.rules.duplicate import DUPLICATE
from allocator.customers.rules.impossible import IMPOSSIBLE
from allocator.customers.rules.missing import MISSING
from allocator.customers.rules.stale import STALE

FILE_RULES: tuple[FileRule, ...] = (
    *MISSING,
    *STALE,
    *DUPLICATE,
    *CONTRADICTORY,
    *IMPOSSIBLE,
)
