"""Regenerate examples/city: ``python scripts/make_city.py [FOLDER] [RETAILERS] [SEED]``."""

from __future__ import annotations

import sys
from pathlib import Path

from allocator.runs.demonstration import demonstration, write_demonstration
from allocator.tables.synthetic import RETAILERS, SEED

CITY = Path(__file__).resolve().parents[1] / "examples" / "city"


def main(arguments: list[str]) -> None:
    """Write the city into a folder, which is made if it is not there."""
    folder = Path(arguments[0]) if arguments else CITY
    retailers = int(arguments[1]) if len(arguments) > 1 else RETAILERS
    seed = int(arguments[2]) if len(arguments) > 2 else SEED
    folder.mkdir(parents=True, exist_ok=True)
    write_demonstration(folder, demonstration(retailers, seed))


if __name__ == "__main__":
    main(sys.argv[1:])
