"""Whole columns to work in, kept from one line to the next."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Scratch(threading.local):
    """Columns of one thread, by name: what stood in them is gone when the name is asked for again.

    A fresh column of half a million numbers costs the system as much as filling it does, for every
    line anew, and few columns stay in the caches. Only steps on the way stand here, with few
    exceptions that say so; outcomes are arrays of their own.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, np.dtype[Any]], NDArray[Any]] = {}

    def column(self, name: str, size: int, dtype: DTypeLike) -> NDArray[Any]:
        """The first ``size`` places of the column of that name, not cleared."""
        at = (name, np.dtype(dtype))
        kept = self._kept.get(at)
        if kept is None or len(kept) < size:
            kept = self._kept[at] = np.empty(size, dtype)
        return kept[:size]
