"""``python -m benchmarks [NAME ...]``: awards, level, quotas, coupled, check; and auditing, cards,
growth, grading, fraud, whatif.

Exit 1 on a miss.

Without names only the first five; the others take some minutes.
"""

from __future__ import annotations

import sys

from benchmarks import (
    auditing,
    awards,
    cards,
    check,
    coupled,
    fraud,
    grading,
    growth,
    level,
    quotas,
    whatif,
)
from benchmarks.clock import header

USUAL = {
    "awards": awards.main,
    "level": level.main,
    "quotas": quotas.main,
    "coupled": coupled.main,
    "check": check.main,
}
ALL = {
    **USUAL,
    "auditing": auditing.main,
    "cards": cards.main,
    "growth": growth.main,
    "grading": grading.main,
    "fraud": fraud.main,
    "whatif": whatif.main,
}

if __name__ == "__main__":
    names = sys.argv[1:] or list(USUAL)
    if unknown := [name for name in names if name not in ALL]:
        sys.exit(f"no benchmark is called {unknown[0]}; choose from {', '.join(ALL)}")
    header()
    kept = [ALL[name]() for name in names]
    sys.exit(not all(kept))
