"""(e) How the time grows from a thousand retailers to five million, as tables in Markdown.

First the level of one product over its orders against the same program with one variable for each
retailer; then awards of 100 products. Every run is a process of its own; a peer that needs more
than a minute for one size, or misses the level, is not asked for a larger one.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.awards import measured_alone
from benchmarks.clock import seconds, verdict
from benchmarks.level import AGREE, counted
from benchmarks.peers import PEERS, case

SIZES = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)
PATIENCE = 60
"""(seconds) What a peer may take, starting Python and building the model included."""
LARGEST, SECONDS, GIGABYTES = 5_500_000, 10, 6
"""Retailers of the whole country, with 100 products: limits of time and memory."""


def main() -> bool:
    """Print both tables and tell whether the largest case keeps its limits."""
    _levels()
    return _awards()


def _levels() -> None:
    asked = {name: _missing(name) for name in PEERS}
    versions = {package for peer in PEERS.values() for package in peer.packages}
    print("(e) growth: the level of one product, 30 tiers")
    print("    " + ", ".join(sorted(_version(package) for package in versions)))
    print("| retailers | cohorts | " + " | ".join(PEERS) + " |")
    print("| ---: | ---: |" + " ---: |" * len(PEERS))
    for size in SIZES:
        order, cell, weight, supply = case(size)
        level = counted(order, cell, weight, supply)
        ours = seconds(lambda: counted(order, cell, weight, supply), 9)  # noqa: B023
        row = [f"{size:,}", _time(ours)]
        for name, why in asked.items():
            if not why:
                took = _peer(name, size, level)
                asked[name] = "" if isinstance(took, float) else took
                why = "" if isinstance(took, str) else f"{_time(took)} ({took / ours:,.0f} x)"
            row.append(why or asked[name])
        print("| " + " | ".join(row) + " |", flush=True)


def _missing(name: str) -> str:
    """Why a peer cannot be asked, empty if it can."""
    without = [p for p in PEERS[name].packages if importlib.util.find_spec(p) is None]
    return f"no {without[0]} here" if without else ""


def _version(package: str) -> str:
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{package} not installed"


def _peer(name: str, size: int, level: float) -> float | str:
    """Seconds that a peer took, or why there is no figure."""
    command = [sys.executable, "-m", "benchmarks.peers", name, str(size)]
    root = Path(__file__).parents[1]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=root, timeout=PATIENCE, check=True
        )
    except subprocess.TimeoutExpired:
        return "over a minute"
    except subprocess.CalledProcessError as failed:
        return f"failed ({failed.returncode})"
    found, took = json.loads(done.stdout.splitlines()[-1])
    if abs(found - level) > AGREE * level:
        return f"wrong by {abs(found / level - 1):.1%}"
    return float(took)


def _time(took: float) -> str:
    return f"{took:,.1f} s" if took >= 1 else f"{took * 1e3:,.2f} ms"


def _awards() -> bool:
    products, kept = 100, True
    print(f"(e) growth: awards, {products} products, 30 tiers, 2 threads")
    print("| retailers | the list | awards | ns an order | copies | peak memory | order matrices |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for size in (*SIZES[:-1], LARGEST):
        runs = [measured_alone(size, products) for _ in range(1 if size == LARGEST else 3)]
        serve, draw, copy, grown, matrices = (
            statistics.median(getattr(run, name) for run in runs)
            for name in ("serve", "draw", "copy", "grown", "matrices")
        )
        print(
            f"| {size:,} | {_time(draw)} | {_time(serve)} | {serve / size / products * 1e9:.1f} "
            f"| {serve / copy:,.0f} | {grown / 2**20:,.0f} MB | {matrices:.1f} |",
            flush=True,
        )
    kept &= verdict(f"seconds for {LARGEST:,} retailers, list included", serve + draw, SECONDS)
    return verdict("GB of peak memory", grown / 1e9, GIGABYTES) and kept
