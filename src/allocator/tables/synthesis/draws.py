"""Reproducible draws: one stream per purpose, made of nothing but uniform numbers.

Only ``Generator.random`` of PCG64 is used, the one stream least likely to change between numpy
versions; every other distribution is a transform written here. A stream is named, so that a new
column never reshuffles the others.
"""

from __future__ import annotations

from statistics import NormalDist
from zlib import crc32

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from allocator.records import Flags, Indices, Reals

_GRID = np.linspace(-6.0, 6.0, 24_001)
_CUMULATED = np.array([NormalDist().cdf(z) for z in _GRID.tolist()])


def stream(seed: int, purpose: str) -> Generator:
    """The generator of one purpose, independent of all others of the same seed."""
    return Generator(PCG64(SeedSequence((seed, crc32(purpose.encode())))))


def normal(rng: Generator, n: int) -> Reals:
    """Standard normal numbers within six deviations, by the inverse of the distribution, (n,)."""
    return np.interp(rng.random(n), _CUMULATED, _GRID)


def spread_normal(rng: Generator, n: int) -> Reals:
    """Standard normal numbers, one from each of n equal slices, in random order, shape (n,).

    A small city thus has the quartiles and the tail of a large one.
    """
    slices = np.argsort(rng.random(n), kind="stable")
    return np.interp((slices + rng.random(n)) / n, _CUMULATED, _GRID)


def choice(rng: Generator, n: int, shares: tuple[float, ...]) -> Indices:
    """Draw n indices into ``shares``, with those shares (any positive total), (n,) int32."""
    edges = np.cumsum(np.asarray(shares, dtype=np.float64))
    picked = np.searchsorted(edges / edges[-1], rng.random(n), side="right")
    return np.minimum(picked, len(shares) - 1).astype(np.int32)


def even(rng: Generator, n: int, kinds: int) -> Indices:
    """Draw n indices below ``kinds``, each as likely, shape (n,) int32."""
    return (rng.random(n) * kinds).astype(np.int32)


def chance(rng: Generator, n: int, share: float) -> Flags:
    """True with probability ``share``, shape (n,) bool."""
    return rng.random(n) < share
