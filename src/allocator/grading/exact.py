"""Whole-number arithmetic that gives the same bits on every machine and never wraps round.

Scores are ranked, and equal scores share a tier: a last bit that differs between two processors
would move shops between tiers. So nothing here is a float.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Units = NDArray[np.int64]

LOG_BITS: Final = 28
"""Binary digits of a logarithm after the point; the last two or three are truncation error."""

_WORD: Final = 63
"""Binary digits of a non-negative int64."""


def _longest(values: Units) -> int:
    """Binary digits of the largest value, 0 for none."""
    return int(values.max(initial=0)).bit_length()


def muldiv(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Units:
    """``floor(a b / c + 1/2)``, exactly, for ``a >= 0``, ``b >= 0``, ``c > 0`` (broadcast).

    Where ``a b`` has more than 63 binary digits the division is done by hand, digit by digit of
    ``a`` in the largest base for which a remainder times the base still fits.

    Raises
    ------
    OverflowError : a result has more than 63 binary digits.
    """
    first, second, divisor = (np.asarray(x, np.int64) for x in (a, b, c))
    width = _longest(divisor)
    if max(_longest(first) + _longest(second), width) + 2 <= _WORD:
        return np.asarray((2 * first * second + divisor) // (2 * divisor), np.int64)
    digits = _WORD - 1 - width
    least = int(divisor.min(initial=1 << _WORD - 1)) if divisor.size else 1
    too_long = _longest(first) + _longest(second // max(least, 1)) + 2 > _WORD
    if digits < 8 or too_long:
        return _by_python(first, second, divisor)
    whole, rest = np.divmod(second, divisor)
    quotient = np.zeros(np.broadcast_shapes(first.shape, rest.shape), np.int64)
    remainder = np.zeros_like(quotient)
    steps = -(-_longest(first) // digits)
    for step in reversed(range(steps)):
        digit = (first >> step * digits) & ((1 << digits) - 1)
        more, remainder = np.divmod((remainder << digits) + digit * rest, divisor)
        quotient = (quotient << digits) + more
    return np.asarray(quotient + first * whole + (2 * remainder >= divisor), np.int64)


def _by_python(first: Units, second: Units, divisor: Units) -> Units:
    """The same with integers of any length: slow, for numbers no city has."""
    a, b, c = np.broadcast_arrays(*(x.astype(object) for x in (first, second, divisor)))
    return np.asarray((2 * a * b + c) // (2 * c)).astype(np.int64)


def dot(a: Units, b: Units) -> int:
    """The sum of the products of two arrays of one length, however large.

    Products are added in portions that fit a word, portions as integers of any length.
    """
    bits = _longest(np.abs(a)) + _longest(np.abs(b))
    if bits >= _WORD:
        return sum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True))
    portion = min(1 << (_WORD - bits), max(len(a), 1))
    product = a * b
    return sum(np.add.reduceat(product, np.arange(0, len(a), portion)).tolist()) if len(a) else 0


def log2(values: Units) -> Units:
    """Binary logarithm of ``1 + max(value, 0)`` times ``2**LOG_BITS``, by repeated squaring.

    The mantissa is cut to 32 binary digits; each squaring gives one digit of the logarithm and
    is cut again. Cutting never changes the order of two numbers, so the result does not fall as
    the value rises. It is within 8 units of the true logarithm. No library function is used,
    because their last digits differ between machines.
    """
    number = np.maximum(values, 0).astype(np.uint64) + np.uint64(1)
    power = np.zeros(number.shape, np.uint64)  # floor(log2(number)), by halving the range
    rest = number.copy()
    for shift in (32, 16, 8, 4, 2, 1):
        large = (rest >> np.uint64(shift)) > 0
        power += large * np.uint64(shift)
        rest = np.where(large, rest >> np.uint64(shift), rest)
    high = np.maximum(power, np.uint64(31)) - np.uint64(31)
    low = np.uint64(31) - np.minimum(power, np.uint64(31))
    mantissa = (number >> high) << low  # 1 <= mantissa / 2**31 < 2
    result = power
    for _ in range(LOG_BITS):
        square = (mantissa * mantissa) >> np.uint64(31)
        digit = square >> np.uint64(32)
        mantissa = square >> digit
        result = (result << np.uint64(1)) | digit
    return result.astype(np.int64)
