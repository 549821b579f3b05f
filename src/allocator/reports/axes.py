"""Where the values of an axis lie in a drawing, and which of them are written beside it."""

from __future__ import annotations

from dataclasses import dataclass


def round_step(span: int, most: int = 8) -> int:
    """1, 2 or 5 times a power of ten, so that a span has at most so many of them."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size * most >= span:
                return digit * size
        size *= 10


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from ``first`` to ``last`` drawn from ``start`` to ``end`` (either way round).

    ticks : values that are written, rising, both ends among them
    """

    first: int
    last: int
    start: int
    end: int
    ticks: tuple[int, ...]

    def at(self, value: int) -> int:
        """Place of a value, rounded to whole units of the drawing."""
        span = self.last - self.first
        return self.start + (2 * (value - self.first) * (self.end - self.start) + span) // (
            2 * span
        )


def axis(low: int, high: int, start: int, end: int, most: int = 6) -> Axis:
    """An axis over whole values of one unit, from and to round values around them."""
    step = round_step(max(high - low, 1), most)
    first = low // step * step
    last = max(-(-high // step) * step, first + step)
    return Axis(first, last, start, end, tuple(range(first, last + 1, step)))
