"""What is made from the columns of a table: long quotas, rhythm and parity of order cycles."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from allocator.errors import Refusal
from allocator.records import SEGMENT_SEPARATOR
from allocator.tables import limits
from allocator.tables.columns import Schema
from allocator.tables.dates import NO_DAY
from allocator.tables.naming import fold, folded, names_of
from allocator.tables.source import Source, printable
from allocator.tables.values import translated

WEEKLY, FORTNIGHTLY = "weekly", "fortnightly"
ODD, EVEN = "odd", "even"

_DAY = (
    r"(?:(?:每|单|双)?(?:周|星期|礼拜)[一二三四五六日天1-7]|[1-7]|mon(?:day)?|tue(?:sday)?"
    r"|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_WORD = (
    r"(?:单周|双周|每周|单|双|odd|even|weekly|week|fortnightly|biweekly|一周|两周|隔周|半月|周"
    r"|一访|一次|访)"
)
_CYCLE = rf"^(?:{_DAY}|{_WORD}|[\s,，;；/()（）_-])+$"

_VISITS = re.compile("周?一[访次]")
"""How often a shop is visited, not on which day: 两周一访 is no Monday."""
_WEEKDAY = re.compile(
    "(?:周|星期|礼拜)([一二三四五六日天1-7])|(?<![0-9])([1-7])(?![0-9])"
    "|(mon|tue|wed|thu|fri|sat|sun)"
)
_NUMBERS = {
    word: day
    for day, words in enumerate(
        ("一 1 mon", "二 2 tue", "三 3 wed", "四 4 thu", "五 5 fri", "六 6 sat", "日 天 7 sun"), 1
    )
    for word in words.split()
}


def order_weekdays(order_cycle: str) -> frozenset[int]:
    """Days of the week that an order cycle names (Monday 1 .. Sunday 7): 双周 周三 is {3}."""
    found = _WEEKDAY.findall(_VISITS.sub(" ", order_cycle.lower()))
    return frozenset(_NUMBERS["".join(groups)] for groups in found)


def long_quotas(
    values: Mapping[str, pl.Series],
    across: Mapping[int | str, pl.Series],
    row: pl.Series,
) -> tuple[dict[str, pl.Series], pl.Series]:
    """Columns 30档..1档, or of products, as rows. An empty cell is 0: nothing is released there."""
    base = pl.DataFrame([series.alias(name) for name, series in values.items()])
    parts = [
        base.with_columns(
            pl.lit(head).cast(pl.String if isinstance(head, str) else pl.Int64)
            .alias("product_id" if isinstance(head, str) else "tier"),
            quota=quota.fill_null(0),
            row=row,
        )
        for head, quota in across.items()
    ]  # fmt: skip
    frame = pl.concat(parts)
    return {name: frame[name] for name in frame.columns if name != "row"}, frame["row"]


def complete(
    frame: pl.DataFrame, schema: Schema, source: Source, present: set[str]
) -> tuple[pl.DataFrame, list[Refusal]]:
    """Derived columns, and the faults that only show between columns."""
    if schema.name == "retailers":
        return _rhythm(frame, source)
    if schema.name == "quotas":
        return _for_whom(frame), []
    if schema.name == "sales":
        return _days(frame), []
    if schema.name == "orders":
        lost = frame.filter(pl.col("requested").is_null() & pl.col("granted").is_null())
        return frame, _at_rows(lost, source, "quantity-empty")
    if schema.name == "calendar":
        return frame.with_columns(_on_order_day("opens_at"), _on_order_day("closes_at")), []
    return frame, []


def _for_whom(frame: pl.DataFrame) -> pl.DataFrame:
    """Whom a row is for in the words of the retailers: 城网 is urban; 双周 is no cycle's name."""
    known = names_of("quotas", None).values
    words = folded(pl.Series(frame["cycle"].drop_nulls().unique()))
    if len(words) and words.is_in(list(known["rhythm"])).all():
        meant = translated(frame["cycle"], known["rhythm"])
        nothing = pl.lit(None, pl.String).alias("cycle")
        frame = frame.with_columns(nothing, rhythm=pl.coalesce("rhythm", meant))
    if frame["segment"].null_count() == len(frame):
        return frame
    parts = frame["segment"].unique().drop_nulls()
    market = {
        text: SEGMENT_SEPARATOR.join(
            known["market"].get(fold(part), part) for part in text.split(SEGMENT_SEPARATOR)
        )
        for text in parts.to_list()
    }
    return frame.with_columns(segment=pl.col("segment").replace(market))


def _days(frame: pl.DataFrame) -> pl.DataFrame:
    """Sales that all stand on the first of a month are sales of months: no day is known."""
    known = frame["day"].max() if "day" in frame.columns else None
    if isinstance(known, int) and known > 1:
        return frame
    unknown = pl.lit(None, pl.Int8()).alias("day")
    return frame.select(pl.exclude("day", "row"), unknown, "row")


def _on_order_day(name: str) -> pl.Expr:
    moment = pl.col(name)
    same_day = pl.col("order_day").dt.combine(moment.dt.time())
    return pl.when(moment.dt.date() == NO_DAY).then(same_day).otherwise(moment).alias(name)


def _at_rows(
    wrong: pl.DataFrame, source: Source, code: str, column: str | None = None
) -> list[Refusal]:
    refusals = []
    for found in wrong.head(limits.SHOWN).iter_rows(named=True):
        value = None if column is None else printable(str(found[column]))
        refusals.append(Refusal(code, source.file, source.sheet, found["row"], column, value))
    if (more := wrong.height - limits.SHOWN) > 0:
        refusals.append(Refusal("more-cells", source.file, source.sheet, facts={"count": more}))
    return refusals


def _rhythm(frame: pl.DataFrame, source: Source) -> tuple[pl.DataFrame, list[Refusal]]:
    # By distinct words: there are a dozen for half a million shops.
    words = frame.select("order_cycle").unique()
    cycle = pl.col("order_cycle").str.to_lowercase()
    odd = cycle.str.contains(r"单|odd").fill_null(False)
    even = cycle.str.contains(r"双|even").fill_null(False)
    alternate = cycle.str.contains(r"fortnightly|biweekly|两周|隔周|半月").fill_null(False)
    parity = pl.when(odd & ~even).then(pl.lit(ODD)).when(even & ~odd).then(pl.lit(EVEN))
    fortnightly = odd.xor(even) | alternate
    words = words.with_columns(
        rhythm=pl.when(fortnightly).then(pl.lit(FORTNIGHTLY)).otherwise(pl.lit(WEEKLY)),
        week_parity=parity,
        contrary=odd & even,
        unread=~cycle.str.contains(_CYCLE).fill_null(True),
    )
    frame = frame.join(words, on="order_cycle", how="left", nulls_equal=True, maintain_order="left")
    refusals = _at_rows(frame.filter("contrary"), source, "cycle-without-parity", "order_cycle")
    refusals += _at_rows(frame.filter("unread"), source, "cycle-unknown", "order_cycle")
    return frame.select(pl.exclude("row", "contrary", "unread"), "row"), refusals
