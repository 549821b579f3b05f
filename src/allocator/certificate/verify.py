#!/usr/bin/env python3
"""Check a quota certificate with plain arithmetic: ``python -I -S verify.py certificate.json``.

核对限量证书：``python -I -S verify.py certificate.json --lang zh-CN``

This file needs the Python standard library and nothing else, so that anyone can run it alone. It
trusts no number of the document: all are read as exact fractions and every statement that follows
from others is computed again.

What is accepted, per released line (a product, or a product in a region):

1. bounds, kappa_c = w_c S / sum N w and the rows follow from cells, supply, reserve, lot and step;
2. the table x keeps every row within 1e-10 (|b| + sum |a x|) + 1e-9 and every bound within tau;
3. the stages fix each cell with retailers once, at levels that do not fall, x_j = kappa_j L;
4. the multipliers alpha, y prove each stage: with rho_j = alpha_j / kappa_j - sum_r y_r a_rj,
   B = sum_r y_r b_r + sum_fixed rho_j x_j + sum_others max(rho_j f_j, rho_j m_j) bounds what any
   table can give, and kappa_j (B - L sum alpha) <= tau alpha_j for every cell the stage fixes: no
   table can give it more without giving less to a cell that is no better off;
5. cells without retailers have the most that the others leave;
6. whole cartons follow by the method named: ``rotate`` and ``lottery`` share all of x out, the odd
   lots by credit (``lottery`` by none) and public hash; no ``equal`` table within a lot of x uses
   more (which of those that use as much was taken is not checked); along ``path`` no lot went to
   a cell while another had less for its weight and wanted more;
7. the digest fits, and equals the one given with ``--digest``.

tau is one millionth of a lot. A number that enters no proof (a ceiling that nobody reaches) can
only be guarded by the digest: compare it with the one in the notice.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import re
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "allocator certificate 1"
MICRO = 1_000_000
SEPARATOR = " | "
TAU = Fraction(1, 10**6)
"""(lots) What a fixed quota may differ from its level, and a bound from its quota."""
ROW_RELATIVE = Fraction(1, 10**10)
ROW_ABSOLUTE = Fraction(1, 10**9)
"""(cartons) Rounding of doubles in a row, beside ``ROW_RELATIVE`` of its terms."""
SHARE_RELATIVE = Fraction(1, 10**12)
"""Rounding of doubles in kappa."""
ALPHA_SUM = Fraction(1, 10**9)
LEAST_ALPHA = Fraction(1, 10**9)
GRAIN = 10**60
"""Terms of a bound are rounded up to this part of 1 before they are added: sums of fractions with
many different denominators would grow without end, and rounding up can only refuse."""
SNAP_DOUBT = Fraction(1, 1000)
"""(millionths of a lot) So near to a half, doubles may snap to either side."""

MOST_BYTES = 64 * 1024 * 1024
MOST_WORK = 20_000_000
"""Cells times stages of all lines: above, checking would take more than some minutes."""
MOST_RAISED = 10_000_000
"""Lots that the roundings of one ``equal`` table may differ by: more than a country's retailers."""
MOST_SHOWN = 20
REAL = re.compile(r"-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,24})?(?:e[+-]?[0-9]{1,3})?")


class Unusable(ValueError):
    """The file is not a certificate that could be checked."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts

    def message(self, language: str = "en") -> str:
        """What is wrong with the file, in ``en`` or ``zh-CN``."""
        return _say(self.code, self.facts, language)


class Refusal(NamedTuple):
    """One false statement of the document, with its numbers."""

    code: str
    facts: dict[str, object]

    def message(self, language: str = "en") -> str:
        """The statement and why it is false, in ``en`` or ``zh-CN``."""
        return _say(self.code, self.facts, language)


class Cell(NamedTuple):
    """Retailers of one tier, segment and rhythm."""

    label: str
    chain: tuple[str, str]
    tier: int
    retailers: int
    weight: int


class Row(NamedTuple):
    """``sum a x <= bound`` over cells."""

    terms: tuple[tuple[int, int], ...]
    bound: int


class Stage(NamedTuple):
    """One step of the proof."""

    level: Fraction
    fixed: tuple[int, ...]
    alpha: dict[int, Fraction]
    y: dict[str, Fraction]


class Line(NamedTuple):
    """One released line; dictionaries are keyed by cell."""

    name: str
    product: str
    region: str
    method: str
    lot: int
    supply: int
    reserve: int
    available: int
    step: int
    tier_order: bool
    visits: dict[int, int]
    cells: tuple[int, ...]
    kappa: dict[int, Fraction]
    floor: dict[int, int]
    ceiling: dict[int, int]
    x: dict[int, Fraction]
    rows: dict[str, Row]
    stages: tuple[Stage, ...]
    base: dict[int, int]
    seats: dict[int, int]
    total: dict[int, int]
    credit: dict[int, int]


class Document(NamedTuple):
    """What is needed of the whole document."""

    cycle: str
    seed: str | None
    source: str
    cells: tuple[Cell, ...]
    lines: tuple[Line, ...]


# --- reading: shapes and types ------------------------------------------------------------------


def load(data: bytes) -> dict[str, Any]:
    """Parse the bytes of a certificate; no number in it can stall Python."""
    if len(data) > MOST_BYTES:
        raise Unusable("too-large", most=MOST_BYTES)
    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_whole_number,
            parse_float=_real_number,
            parse_constant=str,
        )
    except Unusable:
        raise
    except (ValueError, RecursionError) as fault:
        raise Unusable("not-json", fault=str(fault)[:100]) from None
    if not isinstance(document, dict):
        raise Unusable("shape", path="document", wanted="an object / 对象")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unusable("twice", path=", ".join(sorted(found))[:100])
    return found


def _whole_number(text: str) -> int | str:
    """What is too long for any number here stays text, which no place for whole numbers takes."""
    return int(text) if len(text) <= 19 else text[:40]


def _real_number(text: str) -> str:
    """Reals are texts in a certificate; a bare one is hashed as the canonical JSON spells it."""
    return format(float(text), ".17g") if len(text) <= 40 else text[:40]


def _fields(value: Any, path: str, keys: str) -> list[Any]:
    names = keys.split()
    if not isinstance(value, dict) or set(value) != set(names):
        raise Unusable("shape", path=path, wanted="{" + ", ".join(names) + "}")
    return [value[name] for name in names]


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unusable("shape", path=path, wanted="a list / 列表")
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise Unusable("shape", path=path, wanted="a text / 文本")
    return value


def _whole(value: Any, path: str) -> int:
    if type(value) is not int or abs(value) >= 10**18:
        raise Unusable("shape", path=path, wanted="a whole number / 整数")
    return value


def _real(value: Any, path: str) -> Fraction:
    """The exact value of a real number, which is printed as a text of 17 digits."""
    if not isinstance(value, str) or not REAL.fullmatch(value):
        raise Unusable("shape", path=path, wanted='a real number as text, "0.5" / 文本形式的实数')
    exponent = int(value.partition("e")[2] or 0)
    if abs(exponent) > 330:
        raise Unusable("number", path=path, value=value[:40])
    return Fraction(value)


def _pairs(value: Any, path: str, read: Callable[[Any, str], Any]) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict):
        raise Unusable("shape", path=path, wanted="an object / 对象")
    return [(name, read(item, path)) for name, item in value.items()]


def _document(raw: dict[str, Any]) -> Document:
    """Read the whole document, or tell which place of it is not as it should be."""
    keys = "format cycle on seed source policy_digest weight_unit cells lines digest"
    fields = _fields(raw, "document", keys)
    _, cycle, on, seed, source, policy, unit, cells, lines, own = fields
    for name, value in (("on", on), ("policy_digest", policy), ("digest", own)):
        _text(value, name)
    if _whole(unit, "weight_unit") < 1:
        raise Unusable("shape", path="weight_unit", wanted="1, 2, 3, ...")
    if source not in ("planned", "published"):
        raise Unusable("shape", path="source", wanted="planned | published")
    read = tuple(_cell(value, f"cells[{c}]") for c, value in enumerate(_list(cells, "cells")))
    document = Document(
        _text(cycle, "cycle"),
        None if seed is None else _text(seed, "seed"),
        source,
        read,
        tuple(_line(value, f"lines[{p}]", read) for p, value in enumerate(_list(lines, "lines"))),
    )
    if sum(len(line.cells) * len(line.stages) for line in document.lines) > MOST_WORK:
        raise Unusable("too-large", most=MOST_WORK)
    return document


def _cell(raw: Any, path: str) -> Cell:
    label, tier, segment, rhythm, count, weight = _fields(
        raw, path, "label tier segment rhythm count weight"
    )
    if rhythm not in ("weekly", "fortnightly"):
        raise Unusable("shape", path=f"{path}.rhythm", wanted="weekly | fortnightly")
    return Cell(
        _text(label, f"{path}.label"),
        (_text(segment, f"{path}.segment"), _text(rhythm, f"{path}.rhythm")),
        _whole(tier, f"{path}.tier"),
        _whole(count, f"{path}.count"),
        _whole(weight, f"{path}.weight"),
    )


def _line(raw: Any, path: str, of_document: tuple[Cell, ...]) -> Line:
    names = "product region lot supply reserve available method tier_order step double cells"
    fields = _fields(raw, path, names + " kappa floor ceiling x rows stages rounding")
    product, region, lot, supply, reserve, available, method, order, step, double = fields[:10]
    may, kappa, floor, ceiling, x, rows, stages, rounding = fields[10:]
    cells = len(of_document)
    if method not in (*METHODS, "published"):
        wanted = " | ".join([*METHODS, "published"])
        raise Unusable("shape", path=f"{path}.method", wanted=wanted)
    if not isinstance(order, bool):
        raise Unusable("shape", path=f"{path}.tier_order", wanted="true | false")
    if not isinstance(double, bool):
        raise Unusable("shape", path=f"{path}.double", wanted="true | false")
    chosen = tuple(_whole(c, f"{path}.cells") for c in _list(may, f"{path}.cells"))
    if list(chosen) != sorted(set(chosen)) or (chosen and not 0 <= chosen[0] <= chosen[-1] < cells):
        raise Unusable("cells", path=path, cells=cells)

    def each(value: Any, name: str, read: Callable[[Any, str], Any]) -> dict[int, Any]:
        items = _list(value, f"{path}.{name}")
        if len(items) != len(chosen):
            raise Unusable("length", path=f"{path}.{name}", found=len(items), wanted=len(chosen))
        return {c: read(v, f"{path}.{name}") for c, v in zip(chosen, items, strict=True)}

    base, seats, total, credit = _fields(rounding, f"{path}.rounding", "base seats total credit")
    named = [_row(value, f"{path}.rows") for value in _list(rows, f"{path}.rows")]
    by_name = dict(named)
    if len(by_name) < len(named):
        raise Unusable("twice", path=f"{path}.rows")
    title = _text(product, f"{path}.product")
    if _text(region, f"{path}.region"):
        title += f" ({region})"
    return Line(
        title,
        product,
        region,
        method,
        _whole(lot, f"{path}.lot"),
        _whole(supply, f"{path}.supply"),
        _whole(reserve, f"{path}.reserve"),
        _whole(available, f"{path}.available"),
        _whole(step, f"{path}.step"),
        order,
        {c: 1 + (double and of_document[c].chain[1] == "fortnightly") for c in chosen},
        chosen,
        each(kappa, "kappa", _real),
        each(floor, "floor", _whole),
        each(ceiling, "ceiling", _whole),
        each(x, "x", _real),
        by_name,
        tuple(
            _stage(value, f"{path}.stages[{k}]", set(chosen))
            for k, value in enumerate(_list(stages, f"{path}.stages"))
        ),
        each(base, "rounding.base", _whole),
        each(seats, "rounding.seats", _whole),
        each(total, "rounding.total", _whole),
        each(credit, "rounding.credit", _whole),
    )


def _row(raw: Any, path: str) -> tuple[str, Row]:
    name, cells, coefficients, bound = _fields(raw, path, "name cells coefficients bound")
    at = [_whole(c, path) for c in _list(cells, path)]
    factors = [_whole(a, path) for a in _list(coefficients, path)]
    if len(at) != len(factors):
        raise Unusable("length", path=path, found=len(factors), wanted=len(at))
    terms = tuple(zip(at, factors, strict=True))
    return _text(name, path), Row(terms, _whole(bound, path))


def _stage(raw: Any, path: str, cells: set[int]) -> Stage:
    level, fixed, alpha, y = _fields(raw, path, "level fixed alpha y")
    shares = {}
    for name, share in _pairs(alpha, f"{path}.alpha", _real):
        if not re.fullmatch(r"0|[1-9][0-9]{0,8}", name) or int(name) not in cells:
            raise Unusable("cells", path=f"{path}.alpha", cells=len(cells))
        shares[int(name)] = share
    return Stage(
        _real(level, f"{path}.level"),
        tuple(_whole(c, f"{path}.fixed") for c in _list(fixed, f"{path}.fixed")),
        shares,
        dict(_pairs(y, f"{path}.y", _real)),
    )


# --- checking: statements; what fails here is refused -------------------------------------------


def own_digest(document: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of everything but the digest itself."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check(document: dict[str, Any], digest: str | None = None) -> list[Refusal]:
    """Every false statement found, at most ``MOST_SHOWN``; none means accepted.

    Parameters
    ----------
    document : the parsed certificate
    digest : what the notice prints, if it is to be compared

    Raises
    ------
    Unusable : it is no certificate of this format, so there is nothing to check
    """
    if document.get("format") != FORMAT:
        raise Unusable("format", found=str(document.get("format"))[:60], known=FORMAT)
    try:
        own = own_digest(document)
        refused = list(_digests(document.get("digest"), own, digest))
    except (ValueError, TypeError, RecursionError) as fault:
        raise Unusable("not-json", fault=str(fault)[:100]) from None
    try:
        read = _document(document)
    except Unusable as fault:
        return [*refused, Refusal(fault.code, fault.facts)]
    for found in _statements(read):
        refused.append(found)
        if len(refused) >= MOST_SHOWN:
            break
    return refused


def _digests(stated: object, own: str, given: str | None) -> Iterator[Refusal]:
    if stated != own:
        yield Refusal("own-digest", {"stated": str(stated)[:64], "own": own})
    if given is not None and re.sub(r"[\s:-]", "", given).lower() != own:
        yield Refusal("given-digest", {"given": given[:80], "own": own})


def _statements(document: Document) -> Iterator[Refusal]:
    yield from _cells(document.cells)
    for name, times in Counter(line.name for line in document.lines).items():
        if times > 1:
            yield Refusal("line-twice", {"line": name})
    for line in document.lines:
        if (line.method == "published") != (document.source == "published"):
            yield Refusal("source", {"line": line.name, "method": line.method})
        elif line.method == "published":
            yield from _published(line)
        else:
            for part in (_limits, _shares, _rows, _table, _stages, _empty, _whole_lots):
                yield from part(line, document)


def _cells(cells: Sequence[Cell]) -> Iterator[Refusal]:
    """Labels say what the cells are; chains are blocks of rising tiers and weights."""
    ended: set[tuple[str, str]] = set()
    before: Cell | None = None
    for cell in cells:
        label = f"{cell.tier}/{cell.chain[0]}/{cell.chain[1]}"
        if cell.label != label:
            yield Refusal("label", {"label": cell.label, "wanted": label})
        if cell.retailers < 0 or cell.weight <= 0:
            facts: dict[str, object] = {
                "cell": label,
                "count": cell.retailers,
                "weight": cell.weight,
            }
            yield Refusal("count-or-weight", facts)
        if before is not None and before.chain == cell.chain:
            if cell.tier != before.tier + 1:
                yield Refusal("tiers", {"cell": label, "before": before.label})
            if cell.weight < before.weight:
                weights: dict[str, object] = {"weight": cell.weight, "lower": before.weight}
                yield Refusal("weights", {"cell": label, **weights})
        elif cell.tier != 1 or cell.chain in ended:
            yield Refusal("tiers", {"cell": label, "before": before.label if before else "-"})
        ended.add(cell.chain)
        before = cell


def _published(line: Line) -> Iterator[Refusal]:
    """A table given from outside is its own standard: nothing is to prove."""
    for c in line.cells:
        if line.x[c] != line.base[c] or line.base[c] < 0 or line.seats[c]:
            yield Refusal("published", {"line": line.name, "cell": c, "base": line.base[c]})
    if line.stages or line.rows:
        yield Refusal("published-proof", {"line": line.name})


def _limits(line: Line, document: Document) -> Iterator[Refusal]:
    """Supply less reserve in whole lots; 0 <= f <= m in whole lots."""
    head: dict[str, object] = {
        "line": line.name,
        "lot": line.lot,
        "supply": line.supply,
        "reserve": line.reserve,
    }
    if line.lot < 1 or line.step < -1 or not 0 <= line.reserve <= line.supply:
        yield Refusal("supply", head)
        return
    available = (line.supply - line.reserve) // line.lot * line.lot
    if line.available != available or (line.reserve % line.lot and line.reserve != line.supply):
        yield Refusal("available", head | {"available": line.available, "wanted": available})
    homes = {document.cells[c].chain[0].partition(SEPARATOR)[0] for c in line.cells}
    if line.region and homes - {line.region}:
        yield Refusal("region", {"line": line.name, "region": line.region})
    if line.cells and line.available <= 0:
        yield Refusal("nothing-to-release", head)
    for c in line.cells:
        low, high = line.floor[c], line.ceiling[c]
        if not 0 <= low <= high or low % line.lot or high % line.lot:
            facts: dict[str, object] = {"floor": low, "ceiling": high, "lot": line.lot}
            yield Refusal("bounds", {"line": line.name, "cell": document.cells[c].label, **facts})


def _shares(line: Line, document: Document) -> Iterator[Refusal]:
    """kappa_c = v_c w_c S / sum N v w; v_c is 2 where fortnightly shops count twice, else 1."""
    cells = document.cells
    weight = {c: cells[c].weight * line.visits[c] for c in line.cells}
    demand = sum(cells[c].retailers * weight[c] for c in line.cells)
    for c in line.cells:
        share = Fraction(weight[c] * line.available, demand) if demand > 0 else Fraction(0)
        if abs(line.kappa[c] - share) > SHARE_RELATIVE * abs(share):
            facts = {"stated": _show(line.kappa[c]), "wanted": _show(share)}
            yield Refusal("share", {"line": line.name, "cell": cells[c].label, **facts})


def _rows(line: Line, document: Document) -> Iterator[Refusal]:
    """The rows are exactly supply, tier order and step over neighbouring cells of the line."""
    cells = document.cells
    wanted = {}
    if line.cells:
        terms = tuple((c, cells[c].retailers) for c in line.cells if cells[c].retailers)
        wanted["supply"] = Row(terms, line.available)
    for a, b in zip(line.cells, line.cells[1:], strict=False):
        if cells[a].chain == cells[b].chain:
            if line.tier_order:
                wanted[f"order/{cells[a].label}"] = Row(((a, 1), (b, -1)), 0)
            if line.step >= 0:
                wanted[f"step/{cells[a].label}"] = Row(
                    ((b, 1), (a, -1)), line.step * line.visits[a]
                )
    for name in [*wanted, *(name for name in line.rows if name not in wanted)]:
        if line.rows.get(name) != wanted.get(name):
            facts = {
                "stated": _row_text(line.rows.get(name)),
                "wanted": _row_text(wanted.get(name)),
            }
            yield Refusal("row", {"line": line.name, "row": name, **facts})


def _table(line: Line, document: Document) -> Iterator[Refusal]:
    """(i) x keeps every row and every bound."""
    for name, row in line.rows.items():
        terms = [a * line.x.get(c, Fraction(0)) for c, a in row.terms]
        room = ROW_RELATIVE * (abs(row.bound) + sum(map(abs, terms))) + ROW_ABSOLUTE
        if sum(terms) > row.bound + room:
            facts = {"sum": _show(sum(terms, Fraction(0))), "bound": row.bound}
            yield Refusal("row-broken", {"line": line.name, "row": name, **facts})
    for c in line.cells:
        if not line.floor[c] - TAU * line.lot <= line.x[c] <= line.ceiling[c] + TAU * line.lot:
            facts = {"x": _show(line.x[c]), "floor": line.floor[c], "ceiling": line.ceiling[c]}
            label = document.cells[c].label
            yield Refusal("bound-broken", {"line": line.name, "cell": label, **facts})


def _stages(line: Line, document: Document) -> Iterator[Refusal]:
    """(ii) to (iv): the stages cover the counted cells, and each is proven."""
    counted = {c for c in line.cells if document.cells[c].retailers > 0 and line.available > 0}
    is_open, last = set(counted), None
    for k, stage in enumerate(line.stages, 1):
        head: dict[str, object] = {"line": line.name, "stage": k}
        if last is not None and stage.level < last:
            yield Refusal("level-falls", head | {"level": _show(stage.level), "last": _show(last)})
        fixed = set(stage.fixed)
        if not fixed or len(fixed) < len(stage.fixed) or not fixed <= is_open:
            yield Refusal("fixed", head)
            return
        yield from _proof(line, document, stage, is_open, counted - is_open, head)
        is_open -= fixed
        last = stage.level
    if is_open:
        labels = ", ".join(document.cells[c].label for c in sorted(is_open)[:5])
        yield Refusal("not-covered", {"line": line.name, "count": len(is_open), "cells": labels})


def _proof(
    line: Line,
    document: Document,
    stage: Stage,
    is_open: set[int],
    closed: set[int],
    head: dict[str, object],
) -> Iterator[Refusal]:
    """One stage: x_j = kappa_j L on its cells, and the multipliers leave them no more."""
    total = sum(stage.alpha.values(), Fraction(0))
    if min(stage.alpha.values(), default=0) < 0 or min(stage.y.values(), default=0) < 0:
        yield Refusal("negative", head)
    if abs(total - 1) > ALPHA_SUM or not set(stage.alpha) <= is_open:
        yield Refusal("alpha", head | {"sum": _show(total)})
        return
    if any(line.kappa[c] <= 0 for c in is_open) or not set(stage.y) <= set(line.rows):
        yield Refusal("multipliers", head)
        return
    rho = {c: share / line.kappa[c] for c, share in stage.alpha.items()}
    grains = 0
    for name, price in stage.y.items():
        row = line.rows[name]
        grains += math.ceil(price * row.bound * GRAIN)
        for c, a in row.terms:
            rho[c] = rho.get(c, Fraction(0)) - price * a
    for c, worth in rho.items():
        if c in closed:
            grains += math.ceil(worth * line.x[c] * GRAIN)
        elif c in line.floor:
            grains += math.ceil(worth * (line.ceiling if worth > 0 else line.floor)[c] * GRAIN)
    bound = Fraction(grains, GRAIN)
    tau = TAU * line.lot
    excess = bound - stage.level * total
    for c in sorted(stage.fixed):
        label, share = document.cells[c].label, stage.alpha.get(c, Fraction(0))
        at_level = line.kappa[c] * stage.level
        if abs(line.x[c] - at_level) > tau:
            facts = {"x": _show(line.x[c]), "level": _show(at_level)}
            yield Refusal("off-level", head | {"cell": label, **facts})
        if share < LEAST_ALPHA or line.kappa[c] * excess > tau * share:
            facts = {"bound": _show(bound), "level": _show(stage.level), "alpha": _show(share)}
            yield Refusal("not-proven", head | {"cell": label, **facts})


def _empty(line: Line, document: Document) -> Iterator[Refusal]:
    """Cells without retailers have the greatest quotas that keep order, step and ceilings."""
    cells, top = document.cells, dict[int, Fraction]()
    for c in line.cells:
        top[c] = line.x[c] if cells[c].retailers > 0 else Fraction(line.ceiling[c])
    neighbours = [
        (a, b)
        for a, b in zip(line.cells, line.cells[1:], strict=False)
        if cells[a].chain == cells[b].chain
    ]
    if line.tier_order:
        for a, b in reversed(neighbours):
            top[a] = min(top[a], top[b])
    if line.step >= 0:
        for a, b in neighbours:
            top[b] = min(top[b], top[a] + line.step * line.visits[a])
    for c in line.cells:
        if cells[c].retailers == 0 and abs(line.x[c] - top[c]) > TAU * line.lot:
            facts = {"x": _show(line.x[c]), "wanted": _show(top[c])}
            yield Refusal("empty-cell", {"line": line.name, "cell": cells[c].label, **facts})


# --- whole lots ---------------------------------------------------------------------------------


def _snapped(lots: Fraction) -> tuple[int, int]:
    """Whole millionths nearest to ``lots``; two numbers where doubles may go either way."""
    exact = lots * MICRO
    doubt = SNAP_DOUBT + abs(exact) / 10**15
    half = Fraction(1, 2)
    return (exact + half - doubt).__floor__(), (exact + half + doubt).__floor__()


def _whole_lots(line: Line, document: Document) -> Iterator[Refusal]:
    """(v) base, seats and totals of each cell; together no more than is available."""
    if line.lot < 1:
        return
    cells = document.cells
    for c in line.cells:
        base, seats, count = line.base[c], line.seats[c], cells[c].retailers
        if (
            base % line.lot
            or not 0 <= seats <= count
            or (not count and line.credit[c])
            or line.total[c] != count * base + seats * line.lot
            or not line.floor[c] <= base + (line.lot if seats else 0) <= line.ceiling[c]
        ):
            facts: dict[str, object] = {"base": base, "seats": seats, "total": line.total[c]}
            yield Refusal("total", {"line": line.name, "cell": cells[c].label, **facts})
    given = sum(line.total.values())
    if given > line.available:
        yield Refusal("over-supply", {"line": line.name, "sum": given, "supply": line.available})
    yield from METHODS[line.method](line, document)


def _equal(line: Line, document: Document) -> Iterator[Refusal]:
    """One number for each cell, less than a lot from x, and every row kept in whole lots.

    Shops that count twice have twice a number: the same as if they came twice.
    """
    for c in line.cells:
        (low, high), lots = _snapped(line.x[c] / _lot(line, c)), line.base[c] // _lot(line, c)
        near = low - MICRO < lots * MICRO < high + MICRO and line.base[c] % _lot(line, c) == 0
        if line.seats[c] or line.credit[c] or not near:
            facts = {"base": line.base[c], "x": _show(line.x[c])}
            yield Refusal("base", {"line": line.name, "cell": document.cells[c].label, **facts})
    for name, row in line.rows.items():
        used = sum(a * line.base.get(c, 0) for c, a in row.terms)
        if used > row.bound:
            facts = {"sum": used, "bound": row.bound}
            yield Refusal("row-broken", {"line": line.name, "row": name, **facts})
    floors = _floors(line, document)
    if any(len(floor) > 2 for floor in floors.values()):
        return  # cells that stand twice were refused before
    for floor in floors.values():
        for a, b in itertools.combinations(floor, 2):
            given = {line.base[c] // _lot(line, c) for c in (a, b)}
            if _alike(line, document, a, b) and len(given) > 1:
                pair = {"cell": document.cells[a].label, "other": document.cells[b].label}
                yield Refusal("unlike", {"line": line.name, **pair})
    choices = {c: _roundings(line, c) for c in line.cells}
    if not all(choices.values()):
        return
    counts = {c: document.cells[c].retailers * line.visits[c] for c in line.cells}
    least = sum(counts[c] * lots[0] for c, lots in choices.items())
    most = sum(counts[c] * lots[-1] for c, lots in choices.items())
    reach = min(most, line.available // line.lot) - least
    if reach > MOST_RAISED:
        yield Refusal("too-large", {"most": MOST_RAISED})
    elif reach >= 0:
        wanted = (least + _most_raised(line, document, choices, reach)) * line.lot
        total = sum(line.total.values())
        if total < wanted:
            yield Refusal("whole-supply", {"line": line.name, "sum": total, "wanted": wanted})


def _lot(line: Line, c: int) -> int:
    """Cartons that one more in the table of ``equal`` gives a retailer of the cell."""
    return line.lot * line.visits[c]


def _floors(line: Line, document: Document) -> dict[tuple[str, int], list[int]]:
    """The cells of each segment and tier: weekly, fortnightly or both."""
    floors: dict[tuple[str, int], list[int]] = {}
    for c in line.cells:
        cell = document.cells[c]
        floors.setdefault((cell.chain[0], cell.tier), []).append(c)
    return floors


def _alike(line: Line, document: Document, a: int, b: int) -> bool:
    """Weekly and fortnightly shops of one tier with the same entitlement: neighbours."""
    one, two = document.cells[a], document.cells[b]
    if (one.tier, one.chain[0]) != (two.tier, two.chain[0]) or not one.retailers * two.retailers:
        return False
    shares = {*_snapped(line.x[a] / _lot(line, a)), *_snapped(line.x[b] / _lot(line, b))}
    return len(shares) == 1


def _roundings(line: Line, c: int) -> list[int]:
    """Whole lots within one of the entitlement and inside the bounds, rising.

    Where the last bit decides, only what the document chose: that can only make less possible.
    """
    lot = _lot(line, c)
    low, high = _snapped(line.x[c] / lot)
    near = [low // MICRO, -(-low // MICRO)] if low == high else [line.base[c] // lot]
    return [k for k in sorted(set(near)) if line.floor[c] <= k * lot <= line.ceiling[c]]


def _most_raised(line: Line, document: Document, choices: dict[int, list[int]], reach: int) -> int:
    """The most lots up to ``reach`` that any roundings use beyond the least of each cell.

    Tier by tier up each segment; bit r of a number tells whether r lots can be used exactly.
    """
    cells = document.cells
    states: list[tuple[dict[tuple[str, str], int], int]] = [({}, 1)]
    below = ""
    for (segment, _), floor in sorted(_floors(line, document).items()):
        if segment != below:
            states = [({}, _union(bits for _, bits in states))]
        raised = []
        for lots in itertools.product(*(choices[c] for c in floor)):
            if any(
                _alike(line, document, a, b) and x != y
                for (a, x), (b, y) in itertools.combinations(zip(floor, lots, strict=True), 2)
            ):
                continue
            extra = sum(
                cells[c].retailers * line.visits[c] * (k - choices[c][0])
                for c, k in zip(floor, lots, strict=True)
            )
            table = {cells[c].chain: k * line.lot for c, k in zip(floor, lots, strict=True)}
            bits = _union(before for under, before in states if _rises(line, under, table))
            if bits and extra <= reach:
                raised.append((table, (bits << extra) & ((2 << reach) - 1)))
        states, below = raised, segment
    return max(_union(bits for _, bits in states).bit_length() - 1, 0)


def _union(sets: Iterable[int]) -> int:
    union = 0
    for bits in sets:
        union |= bits
    return union


def _rises(
    line: Line, under: dict[tuple[str, str], int], table: dict[tuple[str, str], int]
) -> bool:
    """Whether tier order and step hold from one tier of each chain to the next."""
    rises = [table[chain] - low for chain, low in under.items() if chain in table]
    return not (line.tier_order and min(rises, default=0) < 0) and (
        line.step < 0 or max(rises, default=0) <= line.step
    )


def _rotate(line: Line, document: Document) -> Iterator[Refusal]:
    """Floors for everybody; odd lots by largest credit and fraction, ties by public hash."""
    cells = document.cells
    served, passed = [], []
    floors, exact = [0, 0], Fraction(0)
    for c in line.cells:
        count, label = cells[c].retailers, cells[c].label
        lots, due = line.total[c] // line.lot, count * line.x[c] / line.lot
        (low, high), share = _snapped(due), _snapped(line.x[c] / line.lot)
        fair = {share[0] // MICRO, share[1] // MICRO}
        if count:
            fair |= {lots // count} if lots // count < min(fair) else set()
        if line.base[c] // line.lot not in fair:
            facts: dict[str, object] = {"base": line.base[c], "x": _show(line.x[c])}
            yield Refusal("base", {"line": line.name, "cell": label, **facts})
        if not low // MICRO <= lots <= -(-high // MICRO):
            facts = {"total": line.total[c], "due": _show(due * line.lot)}
            yield Refusal("cell-total", {"line": line.name, "cell": label, **facts})
        floors = [floors[0] + low // MICRO, floors[1] + high // MICRO]
        exact += due
        text = json.dumps(
            [document.seed, document.cycle, line.product, label],
            separators=(",", ":"),
            ensure_ascii=False,
        )
        drawn = hashlib.sha256(text.encode()).hexdigest()
        if lots * MICRO > high:
            served.append((-(line.credit[c] + high - (lots - 1) * MICRO), drawn, low < high, label))
        elif lots * MICRO < low:
            passed.append((-(line.credit[c] + low - lots * MICRO), drawn, low < high, label))
    whole = {max(low, sums // MICRO) for low, sums in zip(floors, _snapped(exact), strict=True)}
    given = sum(line.total.values()) // line.lot
    if given not in whole:
        facts = {"sum": given * line.lot, "wanted": max(whole) * line.lot}
        yield Refusal("whole-supply", {"line": line.name, **facts})
    if served and passed:
        worst, best = max(served), min(passed)
        doubtful = worst[2] or best[2]
        if worst[:1] > best[:1] or (not doubtful and worst[:2] > best[:2]):
            facts = {"cell": worst[3], "other": best[3], "first": -worst[0], "second": -best[0]}
            yield Refusal("odd-lots", {"line": line.name, **facts})


def _lottery(line: Line, document: Document) -> Iterator[Refusal]:
    """As ``rotate``, but nothing is carried from cycle to cycle."""
    for c in line.cells:
        if line.credit[c]:
            facts: dict[str, object] = {"cell": document.cells[c].label, "credit": line.credit[c]}
            yield Refusal("credit", {"line": line.name, **facts})
    yield from _rotate(line, document)


def _path(line: Line, document: Document) -> Iterator[Refusal]:
    """Webster's test: no last lot came later than the next lot of any other cell would.

    The k-th lot of a retailer of weight w comes at (k - 1/2) / w; floors come before all. Who of
    those whose lots come together got one is drawn by name, so only their number is checked.
    """
    cells = document.cells
    if line.step >= 0:
        yield Refusal("path-step", {"line": line.name, "step": line.step})
    for name, row in line.rows.items():
        used = sum(a * line.base.get(c, 0) for c, a in row.terms)
        if used > row.bound:
            facts: dict[str, object] = {"sum": used, "bound": row.bound}
            yield Refusal("row-broken", {"line": line.name, "row": name, **facts})
    weight_of = {c: cells[c].weight * line.visits[c] for c in line.cells}
    if any(weight_of[c] <= 0 for c in line.cells):
        return
    last: list[tuple[Fraction, int]] = []
    after: list[tuple[Fraction, int]] = []
    for c in line.cells:
        count, lots = cells[c].retailers, line.base[c] // line.lot
        if line.credit[c]:
            credit: dict[str, object] = {"cell": cells[c].label, "credit": line.credit[c]}
            yield Refusal("credit", {"line": line.name, **credit})
        most, least = lots + (line.seats[c] > 0), lots + (line.seats[c] == count)
        if count and most * line.lot > line.floor[c]:
            last.append((Fraction(2 * most - 1, 2 * weight_of[c]), c))
        if count and least * line.lot < line.ceiling[c]:
            after.append((Fraction(2 * least + 1, 2 * weight_of[c]), c))
    if last and after and max(last)[0] > min(after)[0]:
        pair = {"cell": cells[max(last)[1]].label, "other": cells[min(after)[1]].label}
        yield Refusal("path-order", {"line": line.name, **pair})
    for c in line.cells:
        lots, weight = line.base[c] // line.lot, 2 * weight_of[c]
        early = (
            after
            and lots * line.lot > line.floor[c]
            and (Fraction(2 * lots - 1, weight) > min(after)[0])
        )
        late = lots * line.lot < line.ceiling[c] and (
            not after or (bool(last) and Fraction(2 * lots + 1, weight) < max(last)[0])
        )
        if not cells[c].retailers and (early or late):
            facts = {"base": line.base[c], "x": _show(line.x[c])}
            yield Refusal("base", {"line": line.name, "cell": cells[c].label, **facts})
    wanted = min(line.available, sum(cells[c].retailers * line.ceiling[c] for c in line.cells))
    given = sum(line.total.values())
    if given != wanted:
        yield Refusal("whole-supply", {"line": line.name, "sum": given, "wanted": wanted})


METHODS = {"rotate": _rotate, "equal": _equal, "lottery": _lottery, "path": _path}
"""How whole cartons can come about, and what checks it."""


# --- sentences ----------------------------------------------------------------------------------


def _show(value: Fraction) -> str:
    try:
        return format(float(value), ".12g")
    except OverflowError:
        return "1e308+"


def _row_text(row: Row | None) -> str:
    if row is None:
        return "-"
    terms = " + ".join(f"{a} x[{c}]" for c, a in row.terms[:4])
    return f"{terms}{' + ...' if len(row.terms) > 4 else ''} <= {row.bound}"


def _say(code: str, facts: dict[str, object], language: str) -> str:
    plain = {name: _printable(value) for name, value in facts.items()}
    return TEXTS[code][language.startswith("zh")].format_map(plain)


def _printable(value: object) -> object:
    """Texts of the document go to a terminal: no control characters, no endless names."""
    if isinstance(value, str | Path):
        return "".join(sign if sign.isprintable() else "?" for sign in str(value)[:1000])
    return value


TEXTS: dict[str, tuple[str, str]] = {
    "accepted": (
        "Accepted: {lines} released lines, {stages} stages proven, {cells} cells. Every statement "
        "of the certificate follows from its numbers.\nSHA-256 {own}",
        "通过：{lines} 个投放品规，{stages} 个证明阶段，{cells} 个单元。证书中的每一项都可由其数字"
        "推出。\nSHA-256 {own}",
    ),
    "accepted-published": (
        "{count} lines come from a table that was published elsewhere: nothing is proven of them.",
        "其中 {count} 个品规采用外部公布的投放表，不含证明。",
    ),
    "compare": (
        "Compare this digest with the one in the notice, or give it: --digest HEX.",
        "请将此摘要与公告中的摘要核对，或用 --digest HEX 给出。",
    ),
    "refused": (
        "Refused: {count} false statements found. The first: {first}\nDo not rely on this "
        "document; ask for the certificate whose digest stands in the notice.",
        "不通过：发现 {count} 处不实。第一处：{first}\n"
        "请勿采信此文件；请索取与公告摘要一致的证书。",
    ),
    "unusable": (
        "Cannot be checked: {first}",
        "无法核对：{first}",
    ),
    "no-file": (
        "{path} cannot be read ({fault}); give the path of certificate.json",
        "无法读取 {path}（{fault}）；请给出 certificate.json 的路径",
    ),
    "bad-digest": (
        "--digest {given} is not a SHA-256 of 64 hex digits; copy it from the notice",
        "--digest {given} 不是 64 位十六进制的 SHA-256；请从公告中复制",
    ),
    "too-large": (
        "it is larger than a certificate can be (limit {most}); ask for the original file",
        "文件超过证书的合理规模（上限 {most}）；请索取原始文件",
    ),
    "not-json": (
        "it is not JSON as a certificate is written ({fault}); ask for the original file",
        "不是证书所用的 JSON（{fault}）；请索取原始文件",
    ),
    "twice": (
        "{path}: a name stands twice; ask for the original file",
        "{path}：名称重复；请索取原始文件",
    ),
    "number": (
        "{path}: the number {value} is not one a certificate can hold; ask for the original file",
        "{path}：数字 {value} 不是证书中可有的数字；请索取原始文件",
    ),
    "shape": (
        "{path}: should be {wanted}; ask for the original file",
        "{path}：应为 {wanted}；请索取原始文件",
    ),
    "format": (
        "its format is {found!r}, this program reads {known!r}; use the verify.py beside it",
        "格式为 {found!r}，本程序只读 {known!r}；请使用与证书同目录的 verify.py",
    ),
    "cells": (
        "{path}: cells must be numbers of the list of {cells} cells, rising, each once; ask for "
        "the original file",
        "{path}：单元必须是 {cells} 个单元的编号，递增且不重复；请索取原始文件",
    ),
    "length": (
        "{path}: has {found} entries where {wanted} cells stand; ask for the original file",
        "{path}：有 {found} 项，应与 {wanted} 个单元对应；请索取原始文件",
    ),
    "own-digest": (
        "the document states the digest {stated}, its content has {own}: it was changed",
        "文件所载摘要为 {stated}，内容的摘要为 {own}：文件被改动过",
    ),
    "given-digest": (
        "the digest given is {given}, the document has {own}: it is not the one of the notice",
        "给出的摘要为 {given}，文件的摘要为 {own}：不是公告所指的证书",
    ),
    "line-twice": ("{line} stands twice", "{line} 重复出现"),
    "source": (
        "{line} has the method {method}, which does not fit the source of the plan",
        "{line} 的取整方法 {method} 与方案来源不符",
    ),
    "label": (
        "the cell {label} should be called {wanted} after its tier, segment and rhythm",
        "单元 {label} 按其档位、分区、周期应名为 {wanted}",
    ),
    "count-or-weight": (
        "the cell {cell} has {count} retailers and weight {weight}; neither may be below zero, "
        "and the weight not zero",
        "单元 {cell} 户数 {count}、权重 {weight}：户数不得为负，权重必须为正",
    ),
    "tiers": (
        "the cell {cell} follows {before}: cells of a segment must rise from tier 1, one by one",
        "单元 {cell} 排在 {before} 之后：同一分区的单元须从 1 档起逐档排列",
    ),
    "weights": (
        "the cell {cell} has weight {weight}, less than {lower} of the tier below",
        "单元 {cell} 的权重 {weight} 小于下一档的 {lower}",
    ),
    "published": (
        "{line}, cell {cell}: a published quota of {base} cartons must be its own entitlement",
        "{line} 单元 {cell}：公布的限量 {base} 条应等于其应得量",
    ),
    "published-proof": (
        "{line}: a published table can carry no proof",
        "{line}：外部公布的投放表不应带有证明",
    ),
    "supply": (
        "{line}: supply {supply}, reserve {reserve}, lot {lot} cannot be",
        "{line}：货源 {supply}、预留 {reserve}、起订量 {lot} 不成立",
    ),
    "available": (
        "{line}: supply {supply} less reserve {reserve} in whole lots of {lot} leaves {wanted}, "
        "the document says {available}",
        "{line}：货源 {supply} 减预留 {reserve}，按起订量 {lot} 取整为 {wanted}，"
        "文件写作 {available}",
    ),
    "nothing-to-release": (
        "{line}: cells are named although supply {supply} less reserve {reserve} leaves nothing",
        "{line}：货源 {supply} 减预留 {reserve} 已无可投放，却列有单元",
    ),
    "region": (
        "{line}: cells outside the region {region} are named",
        "{line}：列有区域 {region} 以外的单元",
    ),
    "bounds": (
        "{line}, cell {cell}: floor {floor} and ceiling {ceiling} must be whole lots of {lot}, "
        "the floor not above the ceiling",
        "{line} 单元 {cell}：保底 {floor} 与上限 {ceiling} 须为起订量 {lot} 的整数倍，"
        "且保底不高于上限",
    ),
    "share": (
        "{line}, cell {cell}: the proportional share is {wanted} cartons, the document says "
        "{stated}",
        "{line} 单元 {cell}：比例份额应为 {wanted} 条，文件写作 {stated}",
    ),
    "row": (
        "{line}, row {row}: should be {wanted}, the document says {stated}",
        "{line} 约束 {row}：应为 {wanted}，文件写作 {stated}",
    ),
    "row-broken": (
        "{line}, row {row}: the quotas make {sum}, the limit is {bound}",
        "{line} 约束 {row}：限量合计 {sum}，上限为 {bound}",
    ),
    "bound-broken": (
        "{line}, cell {cell}: the entitlement {x} is outside floor {floor} and ceiling {ceiling}",
        "{line} 单元 {cell}：应得量 {x} 超出保底 {floor} 与上限 {ceiling} 的范围",
    ),
    "level-falls": (
        "{line}, stage {stage}: the level falls from {last} to {level}",
        "{line} 第 {stage} 阶段：满足水平由 {last} 降至 {level}",
    ),
    "fixed": (
        "{line}, stage {stage}: fixes no cell, or cells that have no retailers or were fixed "
        "before",
        "{line} 第 {stage} 阶段：没有确定任何单元，或所列单元无零售户或此前已确定",
    ),
    "not-covered": (
        "{line}: no stage proves {count} cells ({cells})",
        "{line}：有 {count} 个单元没有任何阶段证明（{cells}）",
    ),
    "negative": (
        "{line}, stage {stage}: a multiplier is below zero",
        "{line} 第 {stage} 阶段：乘子为负",
    ),
    "alpha": (
        "{line}, stage {stage}: the multipliers of open cells make {sum}, not 1, or a cell is "
        "not open",
        "{line} 第 {stage} 阶段：未定单元的乘子合计为 {sum}，应为 1；或含已定单元",
    ),
    "multipliers": (
        "{line}, stage {stage}: multipliers stand at rows or cells that do not exist",
        "{line} 第 {stage} 阶段：乘子所指的约束或单元不存在",
    ),
    "off-level": (
        "{line}, stage {stage}, cell {cell}: the entitlement {x} is not the {level} of its level",
        "{line} 第 {stage} 阶段 单元 {cell}：应得量 {x} 不等于该水平的 {level}",
    ),
    "not-proven": (
        "{line}, stage {stage}, cell {cell}: the multipliers (alpha {alpha}) allow the level "
        "{bound}, the document stops at {level}: more could be given",
        "{line} 第 {stage} 阶段 单元 {cell}：按乘子（alpha {alpha}）水平可达 {bound}，文件止于 "
        "{level}：尚可多给",
    ),
    "empty-cell": (
        "{line}, cell {cell} without retailers: the entitlement should be {wanted}, not {x}",
        "{line} 无零售户的单元 {cell}：应得量应为 {wanted}，不是 {x}",
    ),
    "total": (
        "{line}, cell {cell}: {base} cartons each, {seats} odd lots and {total} in all do not "
        "fit lot, limits and number of retailers",
        "{line} 单元 {cell}：每户 {base} 条、零头 {seats} 份、合计 {total} 条，"
        "与起订量、上下限或户数不符",
    ),
    "over-supply": (
        "{line}: {sum} cartons are promised of {supply}",
        "{line}：承诺 {sum} 条，可投放 {supply} 条",
    ),
    "base": (
        "{line}, cell {cell}: {base} cartons each do not follow from the entitlement {x}",
        "{line} 单元 {cell}：每户 {base} 条与应得量 {x} 不符",
    ),
    "cell-total": (
        "{line}, cell {cell}: {total} cartons are not {due} rounded down or up to a lot",
        "{line} 单元 {cell}：合计 {total} 条不是 {due} 按起订量向下或向上取整",
    ),
    "whole-supply": (
        "{line}: {sum} cartons are given out, {wanted} should be",
        "{line}：共发放 {sum} 条，应为 {wanted} 条",
    ),
    "credit": (
        "{line}, cell {cell}: a credit of {credit} is stated where none counts",
        "{line} 单元 {cell}：所列轮次结转 {credit} 不应计入",
    ),
    "path-step": (
        "{line}: the method path keeps no step, the document states {step}",
        "{line}：path 方法无法保证级差，文件却写有 {step}",
    ),
    "path-order": (
        "{line}: the cell {cell} got a lot before {other}, which had less for its weight",
        "{line}：单元 {cell} 先于 {other} 得到一份，而后者按权重所得更少",
    ),
    "unlike": (
        "{line}: {cell} and {other} have the same entitlement and tier, but not the same number",
        "{line}：单元 {cell} 与 {other} 同档且应得量相同，限量却不同",
    ),
    "odd-lots": (
        "{line}: the cell {cell} ({first} millionths due) got an odd lot before {other} "
        "({second} due)",
        "{line}：单元 {cell}（应得 {first} 微份）先于 {other}（应得 {second} 微份）得到零头",
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the file named; exit status 0 accepted, 1 refused, 2 unusable."""
    parser = argparse.ArgumentParser(
        description="Check a quota certificate with plain arithmetic. 核对限量证书。"
    )
    parser.add_argument("certificate", type=Path, help="certificate.json")
    parser.add_argument("--digest", metavar="HEX", help="SHA-256 as the notice prints it")
    parser.add_argument("--lang", default="en", choices=("en", "zh-CN"))
    chosen = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        document = load(_read(chosen.certificate))
        given = None if chosen.digest is None else re.sub(r"[\s:-]", "", chosen.digest)
        if given is not None and not re.fullmatch(r"[0-9A-Fa-f]{64}", given):
            raise Unusable("bad-digest", given=chosen.digest[:80])
        refused = check(document, given)
    except Unusable as fault:
        print(_say("unusable", {"first": fault.message(chosen.lang)}, chosen.lang), file=sys.stderr)
        return 2
    if refused:
        facts = {"count": len(refused), "first": refused[0].message(chosen.lang)}
        print(_say("refused", facts, chosen.lang))
        return 1
    lines = document["lines"]
    facts = {
        "lines": len(lines),
        "stages": sum(len(line["stages"]) for line in lines),
        "cells": len(document["cells"]),
        "own": document["digest"],
    }
    print(_say("accepted", facts, chosen.lang))
    if published := sum(line["method"] == "published" for line in lines):
        print(_say("accepted-published", {"count": published}, chosen.lang))
    if given is None:
        print(_say("compare", {}, chosen.lang))
    return 0


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unusable("no-file", path=path, fault="not a regular file / 不是普通文件")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise Unusable("no-file", path=path, fault=fault.strerror) from None


if __name__ == "__main__":
    sys.exit(main())
