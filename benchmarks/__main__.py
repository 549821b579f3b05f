"""``python -m benchmarks [awards level quotas check]``; exit 1 when a limit is missed."""

from __future__ import annotations

import sys

from benchmarks import awards, check, level, quotas
from benchmarks.clock import header

ALL = {"awards": awards.main, "level": level.main, "quotas": quotas.main, "check": check.main}

if __name__ == "__main__":
    names = sys.argv[1:] or list(ALL)
    if unknown := [name for name in names if name not in ALL]:
        sys.exit(f"no benchmark is called {unknown[0]}; choose from {', '.join(ALL)}")
    header()
    kept = [ALL[name]() for name in names]
    sys.exit(not all(kept))
