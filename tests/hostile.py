"""A city whose tables were written by somebody who wants to do harm with names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import polars as pl

from allocator.policy.reading import read_policy
from allocator.runs.demonstration import DRAW, bundled_city
from allocator.runs.week import run
from allocator.tables.reading import read_city
from allocator.tables.synthetic import CYCLE, first_day

TEXTS: Final = (
    "<script>document.title='run'; alert(1)</script>",
    "\"><img src=x onerror=alert(1)> ' onmouseover=alert(1)",
    "=cmd|' /C calc'!A0",
    "{{7*7}}{% raw %}${7*7}#{7*7}",
    "\u202egnippohs \u2067olleh\u202d!",
    "مرحبا بالعالم 42",
    "👩‍👩‍👧‍👦🚬🇨🇳 名",
    "长" * 300,
    "W" * 300,
    "two\nlines\rand\x1b[31m red\x07",
    "</style></title></textarea>--><svg onload=alert(1)>",
    "@SUM(1+1)*cmd|' /C calc'!A0",
)
"""What names must not do: run, count, fetch, turn round, break out of a page or a line."""

SHORT: Final = tuple(text for text in TEXTS if len(text) <= 64 and text.isprintable())

NAMES: Final = {
    "retailers": ("客户名称", "区域", "业态", "商圈", "诚信等级", "客户经理", "持证人"),
    "products": ("品名", "价位段", "缺货原因", "措施"),
}
NUMBERS: Final = {
    "retailers": ("客户经理电话", "联系电话"),
    "orders": ("电访员", "录音编号", "设备号"),
}
"""Numbers and persons: more than 64 letters or signs that nobody sees are refused there."""

SHOP: Final = "990110000010"
"""Was kept short by an order-taker, so its card says most."""

CODES: Final = {
    "990130000208": '=HYPERLINK("x")<b>&\'',
    "101103": '"><script>alert(2)</script>',
}
"""Retailer and product numbers; the tables name them consistently."""


def write_hostile_city(folder: Path) -> Path:
    """The bundled city, each free text replaced by one of ``TEXTS``, two numbers by ``CODES``."""
    folder.mkdir()
    for file in bundled_city().glob("*.csv"):
        table = pl.read_csv(file, infer_schema=False)
        number = pl.int_range(pl.len())
        table = table.with_columns(
            pl.lit(pl.Series(texts)).gather((number + k) % len(texts)).alias(name)
            for texts, columns in ((TEXTS, NAMES), (SHORT, NUMBERS))
            for k, name in enumerate(columns.get(file.stem, ()))
        )
        codes = [name for name in ("客户编码", "品规编码") if name in table.columns]
        table.with_columns(pl.col(codes).replace(CODES)).write_csv(folder / file.name)
    policy = (bundled_city() / "policy.yaml").read_text(encoding="utf-8")
    title = 'title: "<script>alert(3)</script> \\u202eeltit"'  # the escape is YAML's
    titled = re.sub(r"(?m)^title: .*$", lambda _: title, policy)
    (folder / "policy.yaml").write_text(titled, encoding="utf-8")
    return folder


def run_hostile_city(base: Path, cards: list[str]) -> Path:
    """Run its week in Chinese; the run directory."""
    city = write_hostile_city(base / "city")
    policy = read_policy(city / "policy.yaml", first_day(CYCLE))
    week = run(read_city(city, policy.tables), policy, seed=DRAW)
    return week.write(base / "out", cards=cards, language="zh-CN")
