"""How exports call tables, columns and values, and what they are called here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any, Protocol

import polars as pl

from allocator.errors import BadTable, Refusal
from allocator.tables.columns import Schema
from allocator.tables.schemas import KNOWN
from allocator.wording import Fact

QUANTITY = "quantity"
"""The lone quantity of an orders table: it stands for ``granted``."""

_UNIT = re.compile(
    r"(?:/条|/户|\((?:条/户|条|元|元/条|条数|必填|单位:?[条元]|yuan|cartons?|yyyy-mm(-dd)?)\))$"
)
_OTHER_UNIT = re.compile(r"\((?:单位:?)?(?:件|箱|盒|包|支|万支|担)\)$")
_BLANKS = re.compile(r"[\s_\-*:]+")


class Aliases(Protocol):
    """Own headers and values of one table, as a policy gives them."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Own header: canonical column."""

    @property
    def values(self) -> Mapping[str, Mapping[str, str]]:
        """Canonical column: {own value: canonical value}."""


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What headers and values of one table mean.

    columns : folded header -> canonical column
    chosen : folded headers that the policy names; they go before the shipped ones
    values : canonical column -> {folded value: canonical value}
    """

    columns: Mapping[str, str]
    chosen: frozenset[str]
    values: Mapping[str, Mapping[str, str]]


def fold(text: str) -> str:
    """A header or value without what does not matter: case, blanks, width of letters, unit."""
    narrow = unicodedata.normalize("NFKC", text[:200]).lower()
    return _UNIT.sub("", _BLANKS.sub("", narrow))


def folded(texts: pl.Series) -> pl.Series:
    """Values folded as by ``fold``, but for units."""
    return texts.str.normalize("NFKC").str.to_lowercase().str.replace_all(_BLANKS.pattern, "")


@lru_cache
def shipped() -> dict[str, Any]:
    """The document ``aliases.yaml``."""
    from ruamel.yaml import YAML

    text = (files(__package__) / "aliases.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = YAML(typ="safe").load(text)
    return document


@lru_cache
def words(name: str) -> dict[str, str]:
    """Words that hold for all tables: ``flags``, ``empty``, ``unreleased``, folded."""
    entry = shipped()[name]
    if isinstance(entry, list):
        return {fold(word): "" for word in entry}
    return {fold(word): meaning for meaning, own in entry.items() for word in (meaning, *own)}


@lru_cache
def table_names() -> dict[str, str]:
    """Folded names of files and sheets -> table."""
    return {
        fold(own): table for table in KNOWN for own in (table, *shipped()[table].get("names", ()))
    }


def table_called(name: str) -> str | None:
    """The table, or list, that a file or sheet holds: ``订单_202110`` is orders."""
    known = table_names()
    plain = fold(name)
    return known.get(plain) or known.get(re.sub(r"^[\d.年月日()]+|[\d.年月日周w()]+$", "", plain))


def _spread(schema: Schema, entry: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    columns = {fold(column.name): column.name for column in schema.columns}
    if schema.name == "orders":
        columns[QUANTITY] = QUANTITY
    for canonical, own in entry.get("columns", {}).items():
        columns |= {fold(header): canonical for header in own}
    values = {
        column.name: {fold(choice): choice for choice in column.choices}
        for column in schema.columns
        if column.choices
    }
    for column, meanings in entry.get("values", {}).items():
        known = values.setdefault(column, {})
        known |= {fold(word): meaning for meaning, own in meanings.items() for word in own}
    return columns, values


@lru_cache
def _own_names(table: str) -> Names:
    columns, values = _spread(KNOWN[table], shipped()[table])
    return Names(columns, frozenset(), values)


def _parts(aliases: Aliases | Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    if isinstance(aliases, Mapping):
        return aliases.get("columns", {}), aliases.get("values", {})
    return aliases.columns, aliases.values


def _unknown(code: str, table: str, word: str, known: Iterable[str]) -> Refusal:
    known = sorted(known)
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    facts: dict[str, Fact] = {"table": table, "name": word, "known": ", ".join(near or known)}
    return Refusal(code, facts=facts)


def names_of(table: str, aliases: Mapping[str, Aliases | Mapping[str, Any]] | None) -> Names:
    """The names of a table: the shipped ones, and before them those of the policy.

    Raises
    ------
    BadTable : an alias for a column or a closed vocabulary that does not exist.
    """
    own = _own_names(table)
    if not aliases or table not in aliases:
        return own
    more_columns, more_values = _parts(aliases[table])
    schema = KNOWN[table]
    canonical = {column.name for column in schema.columns} | (
        {QUANTITY} if table == "orders" else set()
    )
    wrong = [
        _unknown("alias-unknown-column", table, target, canonical)
        for target in (*more_columns.values(), *more_values)
        if target not in canonical
    ]
    values = {column: dict(meanings) for column, meanings in own.values.items()}
    for column, meanings in more_values.items():
        if column in canonical and column != QUANTITY:
            spec = schema.column(column)
            wrong += [
                _unknown("alias-unknown-value", table, meaning, spec.choices)
                for meaning in meanings.values()
                if spec.choices and not spec.free and meaning not in spec.choices
            ]
        values.setdefault(column, {}).update({fold(k): str(v) for k, v in meanings.items()})
    if wrong:
        raise BadTable("refused", wrong)
    chosen = {fold(header): target for header, target in more_columns.items()}
    return Names({**own.columns, **chosen}, frozenset(chosen), values)


TIER_HEADER = re.compile(
    r"^(?:tier|t|第|档位)?(\d{1,3}|[一二三四五六七八九十]{1,3})(?:档位?|级)?(?:限量|投放量)?$"
)
"""Folded header of a tier in a wide quota table: 30档, 九档, T30, 30."""


_CODE = re.compile(r"^\(?([A-Za-z]{0,3}\d{4,20})(?![A-Za-z0-9])")
"""Header of a product where tiers stand down and products across: 53010001 云烟."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Which column of the input is which.

    places : canonical column -> position
    tiers : (position, tier) of the columns of a wide quota table
    products : (position, product) of the columns of one with tiers down and products across
    aside : positions of headers that were not recognised
    """

    places: Mapping[str, int]
    tiers: tuple[tuple[int, int], ...]
    aside: tuple[int, ...]
    refusals: tuple[Refusal, ...]
    products: tuple[tuple[int, str], ...] = ()


def match(header: Sequence[str], table: str, names: Names) -> Matched:
    """Find the columns of a table in a header; two for one are refused."""
    places: dict[str, int] = {}
    tiers: dict[int, int] = {}
    aside: list[int] = []
    refusals: list[Refusal] = []
    plain = [fold(text) for text in header]
    refusals += _in_other_units(header, plain, table, names)
    taken = {names.columns[text] for text in plain if text in names.chosen}
    for position, text in enumerate(plain):
        target = names.columns.get(text)
        tier = None
        if target is None and table == "quotas" and (found := TIER_HEADER.match(text)):
            tier = tier_number(found.group(1))
        if tier is not None:
            if tier in tiers:
                facts: dict[str, Fact] = {"first": header[tiers[tier]], "target": f"{tier}档"}
                refusals.append(Refusal("two-columns", column=header[position], facts=facts))
            tiers.setdefault(tier, position)
        elif target is None or (target in taken and text not in names.chosen):
            aside.append(position)
        elif target in places:
            facts = {"first": header[places[target]], "target": target}
            refusals.append(Refusal("two-columns", column=header[position], facts=facts))
        else:
            places[target] = position
    wide = tuple((position, tier) for tier, position in tiers.items())
    across: tuple[tuple[int, str], ...] = ()
    if table == "quotas" and "tier" in places and not ({"product_id", "quota"} & places.keys()):
        heads = {place: unicodedata.normalize("NFKC", header[place].strip()) for place in aside}
        codes = {position: _CODE.match(head) for position, head in heads.items()}
        across = tuple((place, code.group(1)) for place, code in codes.items() if code)
        aside = [position for position in aside if not codes[position]]
    return Matched(places, wide, tuple(aside), tuple(refusals), across)


def lacking(schema: Schema, matched: Matched) -> list[str]:
    """Required columns that the header does not have."""
    have = set(matched.places)
    if matched.tiers:
        have |= {"tier", "quota"}
    if matched.products:
        have |= {"product_id", "quota"}
    if have & {QUANTITY, "granted"}:
        have.add("requested")
    return [name for name in schema.required() if name not in have]


def _in_other_units(
    header: Sequence[str], plain: Sequence[str], table: str, names: Names
) -> list[Refusal]:
    """Columns that would be known but for their unit: cartons of a case differ by product."""
    counts = {column.name for column in KNOWN[table].columns if column.kind == "whole"}
    counts |= {QUANTITY}
    return [
        Refusal("other-unit-column", column=header[position])
        for position, text in enumerate(plain)
        if (bare := _OTHER_UNIT.sub("", text)) != text and names.columns.get(bare) in counts
    ]


_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}


def tier_number(word: str) -> int | None:
    """Thirty of ``30`` and of ``三十``; ``None`` for what is no number below 100."""
    if word.isascii() and word.isdigit():
        return int(word)
    return chinese_numbers().get(word)


@lru_cache
def chinese_numbers() -> dict[str, int]:
    """The numbers 1 to 99 as words: 九, 十, 十二, 二十, 三十."""
    ones = list(_DIGITS)
    found = {ones[value]: value for value in range(1, 10)}
    for tens in range(1, 10):
        for one in range(10):
            word = ("" if tens == 1 else ones[tens]) + "十" + (ones[one] if one else "")
            found[word] = 10 * tens + one
            found.setdefault("一" + word if tens == 1 else word, 10 * tens + one)
    return found
