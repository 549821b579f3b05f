"""Numbers of a request as exact fractions, and the refusals of those that are none."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from numbers import Integral, Rational, Real

from allocator.errors import BadRequest

Number = int | float | Decimal | Fraction
"""What a request may be written in; numbers of numpy count as ints and floats."""

LONGEST = 1_024
"""Most decimal digits on either side of a number's point, so that a short text such as
1E+999999999 cannot fill the memory."""


def _convert(value: object) -> Fraction | None:
    """The number as its shortest decimal text says; ``None`` where it is no usable number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        usable = value.is_finite() and abs(value.adjusted()) <= LONGEST
        return Fraction(value) if usable and len(value.as_tuple().digits) <= LONGEST else None
    if isinstance(value, Integral):
        return Fraction(int(value))
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, Real):
        return Fraction(str(value)) if isfinite(value) else None
    return None


def fraction(name: str, value: object, position: int = 1) -> Fraction:
    """One number from 0 up, exactly.

    A float counts as the decimal number it is printed as: ``0.1`` is one tenth.

    Raises
    ------
    BadRequest : no number, not finite, negative, or longer than ``LONGEST`` digits
    """
    number = _convert(value)
    bits = 4 * LONGEST
    if (
        number is None
        or number < 0
        or max(number.numerator.bit_length(), number.denominator.bit_length()) > bits
    ):
        text = "" if isinstance(value, int) and abs(value) >> bits else str(value)[:80]
        raise BadRequest("share-not-a-number", name=name, position=position, value=text)
    return number


def fractions(name: str, values: Iterable[object], count: int | None = None) -> list[Fraction]:
    """A column of numbers from 0 up.

    count : how many there must be; ``None`` for any number
    """
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        raise BadRequest("share-not-a-list", name=name)
    numbers = [fraction(name, value, place) for place, value in enumerate(values, 1)]
    if count is not None and len(numbers) != count:
        raise BadRequest("share-lengths-differ", name=name, given=len(numbers), needed=count)
    return numbers


def positive(name: str, values: Iterable[object], count: int) -> list[Fraction]:
    """A column of numbers above 0."""
    numbers = fractions(name, values, count)
    if 0 in numbers:
        raise BadRequest("share-weight-zero", name=name, position=numbers.index(Fraction(0)) + 1)
    return numbers


def wholes(name: str, values: object, count: int) -> list[int]:
    """A column of whole numbers from 0 up; one number stands for all."""
    if isinstance(values, Iterable):
        numbers, repeat = fractions(name, values, count), 1
    else:
        numbers, repeat = [fraction(name, values)], count
    for position, number in enumerate(numbers, 1):
        if number.denominator != 1:
            raise BadRequest("share-not-whole", name=name, position=position, value=str(number))
    return [number.numerator for number in numbers] * repeat
