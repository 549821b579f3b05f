"""Fair allocation of scarce supply to retailers, audited and explained.

Names load when first used (PEP 562), so that ``import allocator`` stays light.
"""

from __future__ import annotations
