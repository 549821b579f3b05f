"""Dates as exports write them: 2021-10-01, 2021/10/1, 2021年10月, 20211001, 44470 (Excel)."""

from __future__ import annotations

from datetime import date

import polars as pl

_WRITTEN = (
    r"^(?<y>\d{4})\s*[-/.年]\s*(?<m>\d{1,2})\s*(?:[-/.月]\s*(?:(?<d>\d{1,2})\s*日?)?)?"
    r"(?:[T\s]+(?:(?<a>上午|下午)\s*)?(?<h>\d{1,2})[:时点](?<i>\d{1,2})(?:[:分](?:(?<s>\d{1,2})(?:\.(?<f>\d{1,9}))?秒?)?)?\s*(?<n>[aApP][mM])?)?\s*$"
)
_COMPACT = (
    r"^(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})?(?:[T\s]?(?<h>\d{2}):?(?<i>\d{2}):?(?<s>\d{2})?)?(?<f>x)?$"
)
_SERIAL = r"^(?:[2-6]\d{4}|7[0-2]\d{3})(?:\.\d+)?$"
"""Excel's days since 1899-12-30: 20000 is in 1954, 72999 in 2099."""
_EPOCH_DAYS = 25_569
"""Serial number of 1970-01-01."""
_DAY_SECONDS = 86_400
_YEARS = (1900, 2199)


def _spelt(texts: pl.Series, default_day: bool) -> pl.Series:
    """Moments of written dates; a missing day is the first only where ``default_day``."""
    name = pl.col("text").str.replace("日", "日 ", literal=True)
    written, compact = name.str.extract_groups(_WRITTEN), name.str.extract_groups(_COMPACT)
    half = pl.coalesce(
        written.struct.field("a"), written.struct.field("n").str.to_uppercase()
    ).replace({"上午": "AM", "下午": "PM"})
    parts = texts.to_frame("text").select(
        *(
            pl.coalesce(written.struct.field(key), compact.struct.field(key)).alias(key)
            for key in "ymdhisf"
        ),
        half.alias("half"),
    )
    day = pl.col("d").fill_null("01") if default_day else pl.col("d")
    year = pl.col("y")
    text = pl.format(
        "{}-{}-{} {}:{}:{}.{}",
        pl.when(year.cast(pl.Int32).is_between(*_YEARS)).then(year),
        pl.col("m").str.zfill(2),
        day.str.zfill(2),
        _hour().str.zfill(2),
        *(pl.col(key).fill_null("00").str.zfill(2) for key in "is"),
        pl.col("f").fill_null("0").str.slice(0, 6).str.pad_end(6, "0"),
    )
    return parts.select(
        text.str.to_datetime("%Y-%m-%d %H:%M:%S%.6f", time_unit="us", strict=False)
    ).to_series()


def _hour() -> pl.Expr:
    """Hour of the day: 下午 3 is 15, 12 AM is 0; 15 PM is 15, as some systems write."""
    hour, half = pl.col("h").cast(pl.Int32), pl.col("half")
    after, midnight = (half == "PM") & (hour < 12), (half == "AM") & (hour == 12)
    told = pl.when(after).then(hour + 12).when(midnight).then(0).otherwise(hour)
    return told.cast(pl.String).fill_null("00")


def _from_serial(texts: pl.Series) -> pl.Series:
    days = texts.cast(pl.Float64, strict=False)
    days = days.set(~texts.str.contains(_SERIAL), None)
    seconds = ((days - _EPOCH_DAYS) * _DAY_SECONDS).round().cast(pl.Int64)
    return (seconds * 1_000_000).cast(pl.Datetime("us"))


def _plain(texts: pl.Series) -> pl.Series:
    """Moments of what is written out in full, as most files have it; else null."""
    shown = r"^(?:19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}"
    whole = texts.set(~texts.str.contains(shown + r" [0-9]{2}:[0-9]{2}:[0-9]{2}$"), None)
    found = whole.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    if found.null_count() == texts.null_count():
        return found
    days = texts.set(~texts.str.contains(shown + "$"), None)
    dates = days.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    return found.zip_with(found.is_not_null(), dates)


def _moments(texts: pl.Series, default_day: bool) -> pl.Series:
    # The many ways to write a day take ten times longer: only where the plain one does not do.
    found = _plain(texts)
    rest = found.is_null() & texts.is_not_null()
    if not rest.any():
        return found
    others = texts.filter(rest)
    spelt = _spelt(others, default_day)
    return found.scatter(rest.arg_true(), spelt.zip_with(spelt.is_not_null(), _from_serial(others)))


def moment_of(texts: pl.Series) -> pl.Series:
    """Datetime of text; null where it names no day."""
    return _moments(texts, default_day=False)


def date_of(texts: pl.Series) -> pl.Series:
    """Date of text, its time dropped; null where it names no day."""
    return moment_of(texts).cast(pl.Date)


def month_of(texts: pl.Series) -> pl.Series:
    """First day of the month that text names."""
    return _moments(texts, default_day=True).cast(pl.Date).dt.month_start()


def day_of(texts: pl.Series) -> pl.Series:
    """Day of the month, Int8, of text that names one; null where it names a month only."""
    return date_of(texts).dt.day()


NO_DAY = date(1970, 1, 1)
"""Day of a time that stands without one, until it gets the day of its row."""
_CLOCK = r"^(?:1899-12-3[01]\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?$"
"""A time alone; Excel gives it the day before its first."""


def clock_of(texts: pl.Series) -> pl.Series:
    """Datetime of text, on ``NO_DAY`` where it is a time alone."""
    moments = moment_of(texts)
    parts = pl.col("text").str.extract_groups(_CLOCK).struct
    text = pl.format(
        "1970-01-01 {}:{}:{}",
        parts.field("1").str.zfill(2),
        parts.field("2"),
        parts.field("3").fill_null("00"),
    )
    clocks = texts.to_frame("text").select(
        text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    )
    return moments.zip_with(moments.is_not_null(), clocks.to_series())
