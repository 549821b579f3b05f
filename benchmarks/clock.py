"""How the benchmarks measure and print: medians, ratios to a peer in the same run."""

from __future__ import annotations

import importlib.metadata
import platform
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

SEED = 20261116
PACKAGES = ("fair-allocator", "numpy", "polars", "pulp", "highspy")


def header() -> None:
    """Versions and seed of this run."""
    found = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    print(f"Python {platform.python_version()}, {found}; seed {SEED}", flush=True)


def seconds(work: Callable[[], object], runs: int) -> float:
    """Median wall seconds of ``runs`` calls after one that does not count."""
    work()
    return statistics.median(once(work) for _ in range(runs))


def once(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = perf_counter()
    work()
    return perf_counter() - start


def peak_memory() -> tuple[int, int]:
    """Bytes this process holds now, and the most it has held (Linux)."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    now, most = (int(status[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def phase(name: str, took: float, peer: float | None = None, unit: str = "") -> None:
    """One line: milliseconds, and the ratio to the peer."""
    ratio = f"   {took / peer:9.2f} x {unit}" if peer else ""
    print(f"  {name:<58}{took * 1e3:12.3f} ms{ratio}", flush=True)


def verdict(name: str, figure: float, limit: float, at_least: bool = False) -> bool:
    """Whether a figure keeps its limit, printed."""
    kept = figure >= limit if at_least else figure <= limit
    sign = ">=" if at_least else "<="
    print(f"  {'kept' if kept else 'MISSED'}: {name} {figure:.1f} ({sign} {limit:g})", flush=True)
    sys.stdout.flush()
    return kept
