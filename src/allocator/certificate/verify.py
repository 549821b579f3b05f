#!/usr/bin/env python3
"""Check a quota certificate with plain arithmetic: ``python -I -S verify.py certificate.json``.

核对限量证书：``python -I -S verify.py certificate.json --lang zh-CN``

This file needs the Python standard library and nothing else, so that anyone can run it alone. It
trusts no number of the document: every statement that follows from others is computed again, in
whole numbers and exact fractions. A real number is a text of 17 digits and stands for the double
it names, which is a whole number over a power of two.

A *line* p is a product, or a product in a region; a *cell* c is all retailers of one tier, segment
and rhythm; the quota x of line p for each retailer of cell c has the number j = p C + c (C cells in
all). What the quotas must keep are *rows*. They are not in the document, for they follow from it:

supply/p      all cells of line p together take at most what is available; ``mass`` says in
              millionths of a carton what one carton for each retailer of a cell takes
order/p/c     the next tier up of cell c (named by its label) has no less than c
step/p/c      it has at most ``step`` cartons more (twice as many for doubled fortnightly shops)
most/g        the cells of group g take at most ``most`` cartons of their line
least/g       they take at least ``least`` cartons (written as: minus that is at most minus this)
basket/b/c    the quotas of basket b's lines for one retailer of cell c make at most ``most``

What is accepted:

1. kappa_j = v w S / sum mass v w (v = 2 for doubled fortnightly shops, else 1; w the weight of the
   cell, 1 throughout where the objective is ``equal``; mass as if each cell had one retailer where
   a line reaches none) is the proportional share, for each line;
2. the table x keeps every row within 1e-10 (|b| + sum |a x|) + 1e-9 and every bound within tau;
   the least of a pair is its floor, or what the shops that must be covered need on average;
3. lines joined by a basket stand in one program; its stages fix each pair of a cell with retailers
   once, at levels L that do not fall, x_j = kappa_j L; where baskets join quotas of cells without
   retailers, further stages fix these in the same way, after all others;
4. the multipliers alpha, y prove each stage: with rho_j = alpha_j / kappa_j - sum_r y_r a_rj,
   B = sum_r y_r b_r + sum_fixed rho_j x_j + sum_others max(rho_j f_j, rho_j m_j) bounds what any
   table can give, and kappa_j (B - L sum alpha) <= tau alpha_j for every pair the stage fixes: no
   table can give it more without giving less to a pair that is no better off;
   With the objective ``volume`` the first stage bounds what any table hands out and the others
   hold among the tables that hand out as much (row ``volume``); with ``proportional`` each line
   has the least quotas above max(f, min(L kappa, M)), M the greatest that ceilings and steps
   allow, and the rows named keep its level L from rising;
5. other cells without retailers have the most that order, step and ceilings leave;
6. whole cartons follow by the method named: ``rotate`` and ``lottery`` share all of x out in whole
   lots (``rotate`` also its odd part, when a cell is owed it and there is supply), the odd ones by
   credit (``lottery`` by none) and public hash; no ``equal`` table within a lot of x uses
   more (which of those that use as much was taken is not checked); along ``path`` no lot went to
   a cell while another had less for its weight and wanted more. Where groups or baskets bind, each
   cell has x rounded down or up, the rows hold in whole cartons and nothing is withheld but as many
   lots as ``shortfalls`` names (a cell may also have less where lots of several cartons crowd a
   basket; ``rotate`` may give a last broken lot as a whole one, in turn, where the supply leaves
   room); to whom of equals the odd lots went is not checked there. Baskets hold for the base of
   each shop and on average with the odd lots;
7. the digest fits, and equals the one given with ``--digest``.

tau is one millionth of a lot. With ``boundary: smooth`` what a shop may order lies between the
quotas of neighbouring tiers and only the sums are checked in whole cartons. A number that enters no
proof (a ceiling that nobody reaches) can only be guarded by the digest: compare it with the one in
the notice.
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
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "allocator certificate 2"
MICRO = 1_000_000
"""Parts of a lot, in which tau, masses, credits and snapped shares are counted."""
SEPARATOR = " | "
ROW_RELATIVE, ROW_ABSOLUTE = 10**10, 10**9
"""One part in so many of the terms of a row, or of a carton, may be rounding of doubles."""
SHARE_RELATIVE = 10**12
"""One part in so many of kappa may be."""
ALPHA_SUM, LEAST_ALPHA = 10**9, 10**9
"""The alphas of a stage make 1 but for one part in so many; less than that proves nothing."""
LEAST_BITS = 128
"""Binary places to which the few quotients of a proof are rounded, always to its disadvantage."""
FINE = 10**15
"""Parts of a number that a double tells apart."""

VOLUME_PARTS = 10**8
"""One part in so many of a volume, or of a carton, is what a solver's rounding may cost."""
PROBE = 10**7
"""A level is looked at one part in so many higher; a row that lacks less is used up."""

MOST_BYTES = 64 * 1024 * 1024
MOST_WORK = 20_000_000
"""Terms of all stages or of all baskets: above, checking would take more than some minutes."""
MOST_RAISED = 10_000_000
"""Lots that the roundings of one ``equal`` table may differ by: more than a country's retailers."""
MOST_SHOWN = 20
REAL = re.compile(r"-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,24})?(?:e([+-]?[0-9]{1,3}))?")
PAIR = re.compile(r"0|[1-9][0-9]{0,11}")


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


def _refusal(code: str, **facts: object) -> Refusal:
    return Refusal(code, facts)


class Cell(NamedTuple):
    """Retailers of one tier, segment and rhythm."""

    label: str
    chain: tuple[str, str]
    tier: int
    retailers: int
    weight: int


class Group(NamedTuple):
    """A share of a line's supply; ``mass`` by pair."""

    number: int
    mass: dict[int, int]
    least: int
    most: int


class Basket(NamedTuple):
    """Most cartons of some lines together, for a retailer of each cell; -1 = no limit."""

    name: str
    lines: tuple[int, ...]
    most: list[int]


class Row(NamedTuple):
    """``sum a x <= bound`` over pairs; a in millionths, the bound in cartons."""

    of: str
    terms: tuple[tuple[int, int], ...]
    bound: int | Fraction


class Stage(NamedTuple):
    """One step of a proof; reals are doubles and only ever read as the whole numbers they are."""

    level: float
    fixed: Sequence[int]
    alpha: dict[int, float]
    y: dict[str, float]


class Line(NamedTuple):
    """One released line; dictionaries are keyed by pair, in the order of the cells."""

    number: int
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
    cell: dict[int, Cell]
    visits: dict[int, int]
    mass: dict[int, int]
    covered: dict[int, int]
    kappa: dict[int, Fraction]
    floor: dict[int, int]
    ceiling: dict[int, int]
    x: dict[int, Fraction]
    groups: tuple[Group, ...]
    base: dict[int, int]
    seats: dict[int, int]
    total: dict[int, int]
    credit: dict[int, int]

    def label(self, j: int) -> str:
        """Name of a pair's cell."""
        return self.cell[j].label

    def neighbours(self) -> list[tuple[int, int]]:
        """Pairs of a tier and the next one up."""
        cell = self.cell
        return [(a, b) for a, b in itertools.pairwise(cell) if cell[a].chain == cell[b].chain]

    def taken_whole(self) -> bool:
        """Whether every retailer is expected to take all it may have."""
        return all(m == MICRO * self.cell[j].retailers for j, m in self.mass.items())

    def doubt(self, pairs: Iterable[int]) -> Fraction:
        """Cartons that a sum of masses may be off: expectations are rounded to a millionth."""
        return Fraction(0 if self.taken_whole() else sum(self.total[j] for j in pairs), MICRO)


class Document(NamedTuple):
    """What is needed of the whole document; ``missing`` are lots that a row may be short of."""

    cycle: str
    seed: str | None
    source: str
    objective: str
    smooth: bool
    cells: tuple[Cell, ...]
    baskets: tuple[Basket, ...]
    lines: tuple[Line, ...]
    programs: tuple[tuple[tuple[int, ...], tuple[Stage, ...]], ...]
    shortfalls: tuple[tuple[int, str, int], ...]
    missing: dict[str, int]


class Program(NamedTuple):
    """Lines that baskets join, their rows, and their numbers over pairs as multiples of 2^-bits.

    joined : pairs in a basket
    least : rounded down
    """

    lines: tuple[Line, ...]
    rows: dict[str, Row]
    joined: frozenset[int]
    stages: tuple[Stage, ...]
    bits: int
    x: dict[int, int]
    kappa: dict[int, int]
    least: dict[int, int]
    most: dict[int, int]
    line: dict[int, Line]


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


class Part:
    """An object of the document with just the fields named; each is read as what it should be."""

    def __init__(self, raw: Any, path: str, names: str) -> None:
        if not isinstance(raw, dict) or set(raw) != set(names.split()):
            raise Unusable("shape", path=path, wanted="{" + ", ".join(names.split()) + "}")
        self.raw: dict[str, Any] = raw
        self.path = path

    def _refuse(self, name: str, wanted: str) -> Unusable:
        return Unusable("shape", path=f"{self.path}.{name}", wanted=wanted)

    def text(self, name: str, choices: Iterable[str] = ()) -> str:
        """A text; one of ``choices``, if there are any."""
        value = self.raw[name]
        if not isinstance(value, str) or (choices and value not in choices):
            raise self._refuse(name, " | ".join(choices) or "a text / 文本")
        return value

    def switch(self, name: str) -> bool:
        """True or false."""
        value = self.raw[name]
        if not isinstance(value, bool):
            raise self._refuse(name, "true | false")
        return value

    def whole(self, name: str, least: int = -(10**18)) -> int:
        """A whole number from ``least`` up."""
        return self._whole(name, self.raw[name], least)

    def _whole(self, name: str, value: Any, least: int = -(10**18)) -> int:
        if type(value) is not int or not least <= value < 10**18:
            wanted = "a whole number / 整数" if least < 0 else f"{least}, {least + 1}, ..."
            raise self._refuse(name, wanted)
        return value

    def real(self, name: str) -> float:
        """The double that a text of 17 digits names."""
        return self._real(name, self.raw[name])

    def _real(self, name: str, value: Any) -> float:
        shape = REAL.fullmatch(value) if isinstance(value, str) else None
        if shape is None:
            raise self._refuse(name, 'a real number as text, "0.5" / 文本形式的实数')
        double = float(value)
        if not math.isfinite(double) or (shape[1] is not None and abs(int(shape[1])) > 330):
            raise Unusable("number", path=f"{self.path}.{name}", value=value[:40])
        return double

    def entries(self, name: str, length: int | None = None) -> list[Any]:
        """A list, of just so many entries."""
        value = self.raw[name]
        if not isinstance(value, list):
            raise self._refuse(name, "a list / 列表")
        if length is not None and len(value) != length:
            path = f"{self.path}.{name}"
            raise Unusable("length", path=path, found=len(value), wanted=length)
        return value

    def wholes(self, name: str, length: int | None = None) -> list[int]:
        """Whole numbers."""
        return [self._whole(name, value) for value in self.entries(name, length)]

    def rising(self, name: str, most: int) -> tuple[int, ...]:
        """Numbers of cells or lines, rising, each once, below ``most``."""
        found = self.wholes(name)
        if found != sorted(set(found)) or (found and not 0 <= found[0] <= found[-1] < most):
            raise Unusable("rising", path=f"{self.path}.{name}", most=most)
        return tuple(found)

    def exact(self, name: str, length: int) -> list[Fraction]:
        """Real numbers as the fractions they are."""
        return [Fraction(self._real(name, value)) for value in self.entries(name, length)]

    def reals(self, name: str) -> dict[str, float]:
        """Real numbers by name."""
        value = self.raw[name]
        if not isinstance(value, dict):
            raise self._refuse(name, "an object / 对象")
        return {key: self._real(name, item) for key, item in value.items()}

    def parts(self, name: str, names: str) -> Iterator[Part]:
        """Objects in a list."""
        for k, value in enumerate(self.entries(name)):
            yield Part(value, f"{self.path}.{name}[{k}]", names)


def _document(raw: dict[str, Any]) -> Document:
    """Read the whole document, or tell which place of it is not as it should be."""
    names = "format cycle on seed source objective boundary policy_digest weight_unit cells baskets"
    part = Part(raw, "document", names + " lines programs shortfalls digest")
    for name in ("on", "policy_digest", "digest"):
        part.text(name)
    part.whole("weight_unit", 1)
    cells = tuple(map(_cell, part.parts("cells", "label tier segment rhythm count weight")))
    lines = part.parts("lines", LINE)
    many = len(part.entries("lines"))
    baskets = tuple(
        Basket(one.text("name"), one.rising("lines", many), one.wholes("most", len(cells)))
        for one in part.parts("baskets", "name lines most")
    )
    if sum(len(basket.lines) for basket in baskets) * len(cells) > MOST_WORK:
        raise Unusable("too-large", most=MOST_WORK)
    shortfalls = tuple(
        (one.whole("line", 0), one.text("row"), one.whole("lots"))
        for one in part.parts("shortfalls", "line row lots")
    )
    return Document(
        part.text("cycle"),
        None if raw["seed"] is None else part.text("seed"),
        part.text("source", ("planned", "published")),
        part.text("objective", PROOFS),
        part.text("boundary", ("step", "smooth")) == "smooth",
        cells,
        baskets,
        tuple(_line(one, p, cells) for p, one in enumerate(lines)),
        tuple(
            (one.rising("lines", many), tuple(map(_stage, one.parts("stages", STAGE))))
            for one in part.parts("programs", "lines stages")
        ),
        shortfalls,
        {row: lots for _, row, lots in shortfalls},
    )


def _cell(part: Part) -> Cell:
    return Cell(
        part.text("label"),
        (part.text("segment"), part.text("rhythm", ("weekly", "fortnightly"))),
        part.whole("tier"),
        part.whole("count"),
        part.whole("weight"),
    )


LINE = (
    "product region lot supply reserve available method tier_order step double cells mass covered "
    "kappa floor ceiling x groups rounding"
)


def _line(part: Part, p: int, cells: tuple[Cell, ...]) -> Line:
    start = p * len(cells)
    cell = {start + c: cells[c] for c in part.rising("cells", len(cells))}
    rounding = Part(part.raw["rounding"], f"{part.path}.rounding", "base seats total credit")
    twice, size = part.switch("double"), len(cell)
    product, region = part.text("product"), part.text("region")
    each: dict[str, Any] = {
        name: dict(zip(cell, of.wholes(name, size), strict=True))
        for of, names in (
            (part, "mass covered floor ceiling"),
            (rounding, "base seats total credit"),
        )
        for name in names.split()
    }
    for name in ("kappa", "x"):
        each[name] = dict(zip(cell, part.exact(name, size), strict=True))
    for name in ("lot", "supply", "reserve", "available", "step"):
        each[name] = part.whole(name)
    return Line(
        number=p,
        name=f"{product} ({region})" if region else product,
        product=product,
        region=region,
        method=part.text("method", (*METHODS, "published")),
        tier_order=part.switch("tier_order"),
        cell=cell,
        visits={j: 1 + (twice and one.chain[1] == "fortnightly") for j, one in cell.items()},
        groups=tuple(_group(one, start, cell) for one in part.parts("groups", GROUP)),
        **each,
    )


GROUP = "group rule cells mass least most"


def _group(part: Part, start: int, own: Mapping[int, Cell]) -> Group:
    part.whole("rule", 0)
    pairs = [start + c for c in part.rising("cells", 10**9)]
    if not own.keys() >= set(pairs):
        raise Unusable(
            "shape", path=f"{part.path}.cells", wanted="cells of the line / 该品规的单元"
        )
    mass: dict[int, int] = dict(zip(pairs, part.wholes("mass", len(pairs)), strict=True))
    return Group(part.whole("group"), mass, part.whole("least"), part.whole("most"))


STAGE = "level fixed alpha y"


def _stage(part: Part) -> Stage:
    alpha = part.reals("alpha")
    if not all(map(PAIR.fullmatch, alpha)):
        raise Unusable("shape", path=f"{part.path}.alpha", wanted='{"0": "0.5", ...}')
    return Stage(
        part.real("level"),
        part.wholes("fixed"),
        {int(j): share for j, share in alpha.items()},
        part.reals("y"),
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
        for found in _statements(read):
            refused.append(found)
            if len(refused) >= MOST_SHOWN:
                break
    except Unusable as fault:
        refused.append(Refusal(fault.code, fault.facts))
    return refused


def _digests(stated: object, own: str, given: str | None) -> Iterator[Refusal]:
    if stated != own:
        yield _refusal("own-digest", stated=str(stated)[:64], own=own)
    if given is not None and re.sub(r"[\s:-]", "", given).lower() != own:
        yield _refusal("given-digest", given=given[:80], own=own)


def _statements(document: Document) -> Iterator[Refusal]:
    """The proofs rest on the statements before them, so the first kind that fails ends it."""
    for part in (_cells, _lines, _joins):
        found = list(part(document))
        yield from found
        if found:
            return
    for program in _programs(document):
        yield from _table(program)
        yield from PROOFS[document.objective](program)
        for line in program.lines:
            yield from _whole_lots(line, document, _bound(line, document))
        yield from _together(program, document)
        yield from _shortfalls(program, document)


def _cells(document: Document) -> Iterator[Refusal]:
    """Labels say what the cells are; chains are blocks of rising tiers and weights."""
    ended: set[tuple[str, str]] = set()
    before: Cell | None = None
    for cell in document.cells:
        label = f"{cell.tier}/{cell.chain[0]}/{cell.chain[1]}"
        if cell.label != label:
            yield _refusal("label", label=cell.label, wanted=label)
        if cell.retailers < 0 or cell.weight <= 0:
            yield _refusal("count-or-weight", cell=label, count=cell.retailers, weight=cell.weight)
        if before is not None and before.chain == cell.chain:
            if cell.tier != before.tier + 1:
                yield _refusal("tiers", cell=label, before=before.label)
            if cell.weight < before.weight:
                yield _refusal("weights", cell=label, weight=cell.weight, lower=before.weight)
        elif cell.tier != 1 or cell.chain in ended:
            yield _refusal("tiers", cell=label, before=before.label if before else "-")
        ended.add(cell.chain)
        before = cell


def _lines(document: Document) -> Iterator[Refusal]:
    for name, times in Counter(line.name for line in document.lines).items():
        if times > 1:
            yield _refusal("line-twice", line=name)
    numbers = [group.number for line in document.lines for group in line.groups]
    if sorted(numbers) != list(range(len(numbers))):
        yield _refusal("groups", count=len(numbers))
    for line in document.lines:
        if (line.method == "published") != (document.source == "published"):
            yield _refusal("source", line=line.name, method=line.method)
        elif line.method == "published":
            yield from _published(line)
        else:
            found = list(_limits(line, document))
            yield from found or _shares(line, document)


def _published(line: Line) -> Iterator[Refusal]:
    """A table given from outside is its own standard: nothing is to prove."""
    for j, base in line.base.items():
        if line.x[j] != base or base < 0 or line.seats[j]:
            yield _refusal("published", line=line.name, cell=line.label(j), base=base)


def _limits(line: Line, document: Document) -> Iterator[Refusal]:
    """Supply less reserve in whole lots; 0 <= f <= m in whole lots; who counts, and how much."""
    lot = line.lot
    head = {"line": line.name, "lot": lot, "supply": line.supply, "reserve": line.reserve}
    if lot < 1 or line.step < -1 or not 0 <= line.reserve <= line.supply:
        yield Refusal("supply", {**head})
        return
    available = (line.supply - line.reserve) // lot * lot
    if line.available != available or (line.reserve % lot and line.reserve != line.supply):
        yield _refusal("available", **head, available=line.available, wanted=available)
    homes = {cell.chain[0].partition(SEPARATOR)[0] for cell in line.cell.values()}
    if line.region and homes - {line.region}:
        yield _refusal("region", line=line.name, region=line.region)
    if line.cell and line.available <= 0:
        yield Refusal("nothing-to-release", {**head})
    for j, cell in line.cell.items():
        low, high, must, count = line.floor[j], line.ceiling[j], line.covered[j], cell.retailers
        if not 0 <= low <= high or low % lot or high % lot:
            facts = {"cell": cell.label, "floor": low, "ceiling": high, "lot": lot}
            yield _refusal("bounds", line=line.name, **facts)
        if not 0 <= must <= count or (must and high < lot):
            facts = {"cell": cell.label, "covered": must, "count": count, "ceiling": high}
            yield _refusal("covered", line=line.name, **facts)
    yield from _masses(line, document)


def _masses(line: Line, document: Document) -> Iterator[Refusal]:
    """A retailer takes at most what it may have; groups are of whole cells.

    With smooth boundaries a retailer counts in part for the tiers above or below its own.
    """
    most = {j: MICRO * cell.retailers for j, cell in line.cell.items()}
    if document.smooth:
        of_chain = Counter[tuple[str, str]]()
        for cell in document.cells:
            of_chain[cell.chain] += MICRO * cell.retailers
        for j, cell in line.cell.items():
            of_chain[cell.chain] -= line.mass[j]
            most[j] = line.mass[j] + min(of_chain[cell.chain], 0)
    for j, mass in line.mass.items():
        if not 0 <= mass <= most[j] or (most[j] > 0 and not mass and not document.smooth):
            yield _refusal("mass", line=line.name, cell=line.label(j), mass=mass, most=most[j])
    for group in line.groups:
        place = {"line": line.name, "group": group.number}
        limits = group.least, group.most
        unmet = group.least > 0 and not line.cell
        if unmet or min(limits) < -1 or any(limit > 0 and limit % line.lot for limit in limits):
            facts = {"least": group.least, "most": group.most, "lot": line.lot}
            yield Refusal("group-limits", {**place, **facts})
        for j, mass in group.mass.items():
            if not 0 <= mass <= line.mass[j] or (mass < line.mass[j] and not document.smooth):
                held: dict[str, object] = {"mass": mass, "most": line.mass[j]}
                yield Refusal("group-mass", {**place, "cell": line.label(j), **held})


def _shares(line: Line, document: Document) -> Iterator[Refusal]:
    """kappa_j = v w S / sum mass v w, with w = 1 where retailers are to have equal shares."""
    each = document.objective == "equal"
    weight = {j: line.visits[j] * (1 if each else cell.weight) for j, cell in line.cell.items()}
    counted = any(line.mass.values())
    demand = sum((line.mass[j] if counted else MICRO) * w for j, w in weight.items())
    for j, w in weight.items():
        above, (n, d) = w * line.available * MICRO, line.kappa[j].as_integer_ratio()
        if abs(n * demand - above * d) * SHARE_RELATIVE > above * d:
            facts = {"stated": _show(line.kappa[j]), "wanted": _show(Fraction(above, demand))}
            yield _refusal("share", line=line.name, cell=line.label(j), **facts)


def _joins(document: Document) -> Iterator[Refusal]:
    """Each line with cells is in one program, and lines that a basket joins in the same."""
    times = Counter(p for lines, _ in document.programs for p in lines)
    for line in document.lines:
        if times[line.number] != (document.source == "planned" and bool(line.cell)):
            yield _refusal("programs", line=line.name, count=times[line.number])
    of = {p: k for k, (lines, _) in enumerate(document.programs) for p in lines}
    for p, row, lots in document.shortfalls:
        if p not in of:
            name = document.lines[p].name if p < len(document.lines) else p
            yield _refusal("shortfall", line=name, row=row, lots=lots)
    for basket in document.baskets:
        for c, most in enumerate(basket.most):
            if len({of.get(p) for p in _joined(basket, c, most, document)}) > 1:
                yield _refusal("apart", basket=basket.name, cell=document.cells[c].label)
                break


def _joined(basket: Basket, c: int, most: int, document: Document) -> list[int]:
    """The basket's lines that cell c may have, if it limits them."""
    size = len(document.cells)
    return [p for p in basket.lines if most >= 0 and p * size + c in document.lines[p].cell]


def _programs(document: Document) -> Iterator[Program]:
    """The programs with their rows."""
    size, work = len(document.cells), 0
    of = {p: k for k, (members, _) in enumerate(document.programs) for p in members}
    rows: list[dict[str, Row]] = [{} for _ in document.programs]
    joined: list[set[int]] = [set() for _ in rows]
    for b, basket in enumerate(document.baskets if of else ()):
        for c, most in enumerate(basket.most):
            pairs = [p * size + c for p in _joined(basket, c, most, document)]
            if pairs:
                k, terms = of[pairs[0] // size], tuple((j, MICRO) for j in pairs)
                rows[k][f"basket/{b}/{document.cells[c].label}"] = Row(basket.name, terms, most)
                joined[k].update(pairs)
    for (members, stages), its_rows, pairs_joined in zip(
        document.programs, rows, joined, strict=True
    ):
        for p in members:
            its_rows.update(_rows(document.lines[p]))
        width = sum(len(document.lines[p].cell) for p in members)
        for stage in stages:
            work += len(stage.alpha) + sum(len(its_rows[r].terms) for r in stage.y if r in its_rows)
            work += 0 if stage.alpha and "volume" not in stage.y else width
        if work > MOST_WORK:
            raise Unusable("too-large", most=MOST_WORK)
        lines = tuple(document.lines[p] for p in members)
        yield _scaled(lines, its_rows, frozenset(pairs_joined), stages)


def _scaled(
    lines: tuple[Line, ...],
    rows: dict[str, Row],
    joined: frozenset[int],
    stages: tuple[Stage, ...],
) -> Program:
    """The program with all its doubles as whole numbers over one power of two."""
    bits = LEAST_BITS
    for stage in stages:
        reals = [stage.level, *stage.alpha.values(), *stage.y.values()]
        bits = max(bits, 53 - math.frexp(min(abs(v) for v in reals if v))[1] if any(reals) else 0)
    pairs = {j: line for line in lines for j in line.cell}
    for j, line in pairs.items():
        bits = max(bits, line.x[j].denominator.bit_length(), line.kappa[j].denominator.bit_length())
    return Program(
        lines,
        rows,
        joined,
        stages,
        bits,
        {j: _at(line.x[j], bits) for j, line in pairs.items()},
        {j: _at(line.kappa[j], bits) for j, line in pairs.items()},
        {j: math.floor(_least(line, j) * (1 << bits)) for j, line in pairs.items()},
        {j: line.ceiling[j] << bits for j, line in pairs.items()},
        pairs,
    )


def _at(value: float | Fraction, bits: int) -> int:
    """``value`` over 2^-bits, exactly: its denominator is a power of two below that."""
    over, under = value.as_integer_ratio()
    return over << (bits + 1 - under.bit_length())


def _rows(line: Line) -> dict[str, Row]:
    """The rows of one line: supply, tier order, step and groups."""
    p, rows = line.number, {}
    if line.cell:
        terms = tuple((j, m) for j, m in line.mass.items() if m)
        rows[f"supply/{p}"] = Row(line.name, terms, line.available)
    for a, b in line.neighbours():
        label = line.label(a)
        if line.tier_order:
            rows[f"order/{p}/{label}"] = Row(line.name, ((a, MICRO), (b, -MICRO)), 0)
        if line.step >= 0:
            bound = line.step * line.visits[a]
            rows[f"step/{p}/{label}"] = Row(line.name, ((b, MICRO), (a, -MICRO)), bound)
    for group in line.groups:
        terms = tuple((j, m) for j, m in group.mass.items() if m)
        if group.most >= 0:
            rows[f"most/{group.number}"] = Row(line.name, terms, group.most)
        if group.least >= 0:
            less = tuple((j, -m) for j, m in terms)
            rows[f"least/{group.number}"] = Row(line.name, less, -group.least)
    return rows


def _least(line: Line, j: int) -> Fraction:
    """Floor of a quota: so that the shops to be covered can have a lot, on average."""
    must = line.covered[j] * line.lot
    return max(Fraction(line.floor[j]), Fraction(must, line.cell[j].retailers or 1))


# --- proofs -------------------------------------------------------------------------------------


def _table(program: Program) -> Iterator[Refusal]:
    """(i) x keeps every row and every bound."""
    bits, x, unit = program.bits, program.x, MICRO << program.bits
    for name, row in program.rows.items():
        terms = [a * x[j] for j, a in row.terms]
        bound, size = row.bound * unit, sum(map(abs, terms))
        room = unit * (ROW_RELATIVE // ROW_ABSOLUTE) + max(bound, -bound) + size
        if (sum(terms) - bound) * ROW_RELATIVE > room:
            facts = {"sum": _show(Fraction(sum(terms), unit)), "bound": row.bound}
            yield _refusal("row-broken", line=row.of, row=name, **facts)
    for line in program.lines:
        tau = line.lot << bits
        for j in line.cell:
            if not program.least[j] * MICRO - tau <= x[j] * MICRO <= program.most[j] * MICRO + tau:
                low, high = _show(_least(line, j)), line.ceiling[j]
                facts = {"x": _show(line.x[j]), "floor": low, "ceiling": high}
                yield _refusal("bound-broken", line=line.name, cell=line.label(j), **facts)


def _leximin(program: Program) -> Iterator[Refusal]:
    """(ii) to (iv): stages for all counted pairs, then for empty ones that baskets join."""
    counted = {j for line in program.lines for j, mass in line.mass.items() if mass}
    staged = program.joined.union(*(stage.fixed for stage in program.stages))
    last: set[int] = set()
    for line in program.lines:
        empty = [j for j in line.cell if j not in counted]
        if not staged.isdisjoint(empty):
            last.update(empty)
    yield from _empty(program, counted | last)
    title = program.lines[0].name if program.lines else ""
    title += f" (+{len(program.lines) - 1})" if len(program.lines) > 1 else ""
    is_open, closed, level = counted, set[int](), None
    for k, stage in enumerate(program.stages, 1):
        if not is_open:
            closed = set(program.line) - last
            is_open, last, level = last, set(), None
        head = {"line": title, "stage": k}
        if level is not None and stage.level < level:
            yield _refusal("level-falls", **head, level=_show(stage.level), last=_show(level))
        fixed = set(stage.fixed)
        if not fixed or len(fixed) < len(stage.fixed) or not fixed <= is_open:
            yield Refusal("fixed", {**head})
            return
        yield from _proof(program, stage, is_open, closed, head)
        is_open, closed, level = is_open - fixed, closed | fixed, stage.level
    if is_open := is_open | last:
        labels = ", ".join(program.line[j].label(j) for j in sorted(is_open)[:5])
        yield _refusal("not-covered", line=title, count=len(is_open), cells=labels)


def _proof(
    program: Program, stage: Stage, is_open: set[int], closed: set[int], head: dict[str, Any]
) -> Iterator[Refusal]:
    """One stage: x_j = kappa_j L on its pairs, and the multipliers leave them no more.

    All in whole numbers: reals are multiples of 2^-bits, sums of products over 2^-2bits / 10^6.
    """
    bits, kappa = program.bits, program.kappa
    one = 1 << bits
    if min(stage.alpha.values(), default=0) < 0 or min(stage.y.values(), default=0) < 0:
        yield Refusal("negative", {**head})
    alpha = {j: _at(share, bits) for j, share in stage.alpha.items()}
    total = sum(alpha.values())
    if abs(total - one) * ALPHA_SUM > one or not alpha.keys() <= is_open:
        yield _refusal("alpha", **head, sum=_show(Fraction(total, one)))
        return
    if not stage.y.keys() <= program.rows.keys():
        yield Refusal("multipliers", {**head})
        return
    costs: dict[int, int] = defaultdict(int)
    bound: int | Fraction = 0
    for name, price in stage.y.items():
        row, y = program.rows[name], _at(price, bits)
        bound += y * row.bound
        for j, a in row.terms:
            costs[j] += y * a
    bound *= MICRO << bits
    for j, share in alpha.items():
        worth = (share * MICRO << bits) - costs.pop(j, 0) * kappa[j]
        edge = program.most[j] if worth > 0 else program.least[j]
        bound -= -worth * edge // kappa[j]
    for j, cost in costs.items():
        if j in closed:
            bound -= cost * program.x[j]
        else:
            bound -= cost * (program.least[j] if cost > 0 else program.most[j])
    level = _at(stage.level, bits)
    excess = bound - level * total * MICRO
    for j in sorted(stage.fixed):
        line, share = program.line[j], alpha.get(j, 0)
        place = {"line": line.name, "stage": head["stage"], "cell": line.label(j)}
        if abs((program.x[j] << bits) - kappa[j] * level) * MICRO > line.lot << 2 * bits:
            at_level = _show(Fraction(kappa[j] * level, 1 << 2 * bits))
            yield _refusal("off-level", **place, x=_show(line.x[j]), level=at_level)
        if share * LEAST_ALPHA < one or kappa[j] * excess > share * line.lot << 2 * bits:
            most = _show(Fraction(bound, MICRO << 2 * bits))
            facts = {
                "bound": most,
                "level": _show(stage.level),
                "alpha": _show(Fraction(share, one)),
            }
            yield _refusal("not-proven", **place, **facts)


def _empty(program: Program, elsewhere: set[int]) -> Iterator[Refusal]:
    """Other cells without retailers have the most that order, step and ceilings leave."""
    for line in program.lines:
        if elsewhere.issuperset(line.cell):
            continue
        top = _under(
            line,
            {j: line.x[j] if j in elsewhere else Fraction(h) for j, h in line.ceiling.items()},
        )
        for j, most in top.items():
            if j not in elsewhere and abs(line.x[j] - most) * MICRO > line.lot:
                facts = {"x": _show(line.x[j]), "wanted": _show(most)}
                yield _refusal("empty-cell", line=line.name, cell=line.label(j), **facts)


def _under(line: Line, top: dict[int, Fraction]) -> dict[int, Fraction]:
    """The greatest quotas below ``top`` that keep tier order and step."""
    if line.tier_order:
        for a, b in reversed(line.neighbours()):
            top[a] = min(top[a], top[b])
    if line.step >= 0:
        for a, b in line.neighbours():
            top[b] = min(top[b], top[a] + line.step * line.visits[a])
    return top


def _volume(program: Program) -> Iterator[Refusal]:
    """The first stage bounds what any table hands out; of those that reach it x is the fairest.

    With n the mass of a pair and rho = n - sum_r y_r a_r, every table that keeps the rows has
    sum n x <= sum_r y_r b_r + sum max(rho f, rho m).
    """
    if not program.stages:
        yield from _leximin(program)
        return
    first, *rest = program.stages
    title, bits = program.lines[0].name, program.bits
    known = first.y.keys() <= program.rows.keys() and min(first.y.values(), default=0) >= 0
    if first.fixed or first.alpha or not known:
        yield _refusal("volume-stage", line=title)
        return
    rho = {j: mass << bits for line in program.lines for j, mass in line.mass.items()}
    sold = sum((mass >> bits) * program.x[j] for j, mass in rho.items()) << bits
    bound: int | Fraction = 0
    for name, price in first.y.items():
        row, y = program.rows[name], _at(price, bits)
        bound += y * row.bound * (MICRO << bits)
        for j, a in row.terms:
            rho[j] = rho.get(j, 0) - y * a
    bound += sum(max(r * program.least[j], r * program.most[j]) for j, r in rho.items())
    unit = MICRO << 2 * bits
    if (bound - sold) * VOLUME_PARTS > unit + max(bound, -bound):
        facts = {"sum": _show(Fraction(sold, unit)), "bound": _show(Fraction(bound, unit))}
        yield _refusal("volume", line=title, **facts)
    terms = tuple((j, -m) for line in program.lines for j, m in line.mass.items() if m)
    rows = {**program.rows, "volume": Row(title, terms, -Fraction(sold, unit))}
    yield from _leximin(program._replace(stages=tuple(rest), rows=rows))


def _proportional(program: Program) -> Iterator[Refusal]:
    """Each line has the quotas of one level, and no line's level can rise.

    A row that keeps a level from rising is used up, and no line in it has more for standing
    higher: so no level can rise but at the cost of one that is no higher.
    """
    stages: dict[int, Stage] = {}
    for stage in program.stages:
        lines = {program.line[j].number for j in stage.fixed if j in program.line}
        if len(lines) != 1 or stage.alpha or not stages.keys().isdisjoint(lines):
            yield _refusal("level-stage", line=program.lines[0].name)
            return
        stages[lines.pop()] = stage
    for line in program.lines:
        counted = {j for j, mass in line.mass.items() if mass}
        stage = stages.get(line.number, Stage(0.0, (), {}, {}))
        if set(stage.fixed) != counted or len(stage.fixed) != len(counted):
            labels = ", ".join(
                line.label(j) for j in sorted(counted.symmetric_difference(stage.fixed))[:5]
            )
            yield _refusal("not-covered", line=line.name, count=len(counted), cells=labels)
            return
        told = _at_level(line, Fraction(stage.level))
        for j in sorted(counted):
            if abs(line.x[j] - told[j]) * MICRO > line.lot:
                facts = {"x": _show(line.x[j]), "level": _show(told[j])}
                yield _refusal("off-level", line=line.name, stage=1, cell=line.label(j), **facts)
        if counted and not _held(program, line, stage, stages):
            yield _refusal("level-rises", line=line.name, level=_show(stage.level))


def _at_level(line: Line, level: Fraction) -> dict[int, Fraction]:
    """The least quotas above max(f, min(level kappa, M)), M the greatest of ceilings and steps."""
    top = _under(line, {j: Fraction(high) for j, high in line.ceiling.items()})
    table = {j: _least(line, j) for j in line.cell}
    for j, mass in line.mass.items():
        if mass:
            table[j] = max(table[j], min(level * line.kappa[j], top[j]))
    if line.tier_order:
        for a, b in line.neighbours():
            table[b] = max(table[a], table[b])
    if line.step >= 0:
        for a, b in reversed(line.neighbours()):
            table[a] = max(table[a], table[b] - line.step * line.visits[a])
    return table


def _held(program: Program, line: Line, stage: Stage, stages: dict[int, Stage]) -> bool:
    """Whether a row named by the stage, or ceilings alone, keep the line's level from rising."""
    level = Fraction(stage.level)
    now = _at_level(line, level)
    more = _at_level(line, level + (1 + level) / PROBE)
    if not stage.y:
        top = _under(line, {j: Fraction(high) for j, high in line.ceiling.items()})
        return all((top[j] - now[j]) * MICRO <= line.lot for j in stage.fixed)
    lower = {
        other.number: _at_level(other, level)
        for other in program.lines
        if other.number in stages and stages[other.number].level > stage.level
    }
    for name in stage.y:
        row = program.rows.get(name)
        if row is None or not any(a > 0 and more.get(j, 0) > now.get(j, 0) for j, a in row.terms):
            continue
        used = sum((a * program.line[j].x[j] for j, a in row.terms), Fraction(0)) / MICRO
        if (row.bound - used) * PROBE > 1 + max(row.bound, -row.bound):
            continue
        held = [(program.line[j], j) for j, _ in row.terms if program.line[j].number in lower]
        if all(abs(lower[p.number][j] - p.x[j]) * MICRO <= p.lot for p, j in held):
            return True
    return False


PROOFS = {
    "leximin": _leximin,
    "equal": _leximin,
    "volume": _volume,
    "proportional": _proportional,
}
"""What a planner may aim at, and what proves that no table comes nearer to it."""


# --- whole lots ---------------------------------------------------------------------------------


def _snapped(lots: Fraction) -> tuple[int, int]:
    """Whole millionths nearest to ``lots``; two numbers where doubles may go either way.

    That is within 1/1000 of a half, and 1e-15 of the whole, for the rounding of the double.
    """
    over, under = lots.numerator * MICRO, lots.denominator * FINE
    middle, doubt = over * FINE + under // 2, under // 1000 + abs(over)
    return (middle - doubt) // under, (middle + doubt) // under


def _bound(line: Line, document: Document) -> bool:
    """Whether groups or baskets bear on a line, beside its own limits."""
    return bool(line.groups) or any(line.number in basket.lines for basket in document.baskets)


def _packed(line: Line, document: Document) -> bool:
    """Whether lots of several cartons must fit into a basket beside others."""
    together = [basket.lines for basket in document.baskets if line.number in basket.lines]
    return any(document.lines[p].lot > 1 for lines in together for p in lines)


def _whole_lots(line: Line, document: Document, bound: bool) -> Iterator[Refusal]:
    """(v) base, seats and totals of each cell; together no more than is available."""
    for j, cell in line.cell.items():
        base, seats, count = line.base[j], line.seats[j], cell.retailers
        facts = {"base": base, "seats": seats, "total": line.total[j]}
        if (
            base % line.lot
            or not 0 <= seats <= count
            or (not count and line.credit[j])
            or (line.total[j] != count * base + seats * line.lot and not document.smooth)
            or line.total[j] % line.lot
            or line.floor[j] > base + (line.lot if seats else 0)
            # With smooth boundaries odd lots come to shops between two tiers' ceilings.
            or base + (line.lot if seats and not document.smooth else 0) > line.ceiling[j]
        ):
            yield _refusal("total", line=line.name, cell=cell.label, **facts)
        missing = document.missing.get(f"supply/{line.number}", 0)
        if base < line.lot and seats + missing < line.covered[j]:
            facts = {"found": seats, "wanted": line.covered[j]}
            yield _refusal("not-covering", line=line.name, cell=cell.label, **facts)
    given = sum(line.total.values())
    if given > line.available and (document.smooth or line.taken_whole()):
        yield _refusal("over-supply", line=line.name, sum=given, supply=line.available)
    if document.smooth:
        yield from _between(line, document)
    else:
        yield from METHODS[line.method](line, document, bound)


def _between(line: Line, document: Document) -> Iterator[Refusal]:
    """Smooth boundaries: each shop has between its neighbouring tiers' quotas, in whole lots."""
    x, reach = line.x, {j: [line.x[j]] for j in line.cell}
    for a, b in line.neighbours():
        reach[a].append(x[b])
        reach[b].append(x[a])
    if line.method == "equal":
        yield _refusal("smooth-equal", line=line.name)
    for j, cell in line.cell.items():
        low, high = (_snapped(edge(reach[j]) / line.lot) for edge in (min, max))
        lots = line.total[j] // line.lot
        many = cell.retailers
        if lots > many * -(-high[1] // MICRO) or (
            len(reach[j]) == 3 and lots < many * (low[0] // MICRO)
        ):
            facts = {"total": line.total[j], "due": _show(x[j] * many)}
            yield _refusal("cell-total", line=line.name, cell=cell.label, **facts)
    all_count = sum(line.mass.values()) == MICRO * sum(one.retailers for one in line.cell.values())
    if all_count and line.method in ("rotate", "lottery"):
        exact = sum((mass * x[j] for j, mass in line.mass.items()), Fraction(0)) / MICRO
        whole = {lots // MICRO for lots in _snapped(exact / line.lot)}
        given = sum(line.total.values()) // line.lot
        missing = document.missing.get(f"supply/{line.number}", 0)
        more = {-(-lots // MICRO) for lots in _snapped(exact / line.lot)}
        called = line.method == "rotate" and not missing and given * line.lot <= line.available
        if given + missing not in whole and not (called and given in more):
            facts = {"sum": given * line.lot, "wanted": max(whole) * line.lot}
            yield _refusal("whole-supply", line=line.name, **facts)


def _keeps(line: Line) -> Iterator[Refusal]:
    """Supply, order and step hold for the base that every shop has."""
    for name, row in _rows(line).items():
        used = Fraction(sum(a * line.base[j] for j, a in row.terms), MICRO)
        doubt = line.doubt(j for j, _ in row.terms) if name.startswith(("supply", "most")) else 0
        if used > row.bound + doubt and not name.startswith("least"):
            yield _refusal("row-broken", line=line.name, row=name, sum=_show(used), bound=row.bound)


def _equal(line: Line, document: Document, bound: bool) -> Iterator[Refusal]:
    """One number for each cell, less than a lot from x, and every row kept in whole lots.

    Shops that count twice have twice a number: the same as if they came twice.
    """
    for j, cell in line.cell.items():
        lot = _lot(line, j)
        (low, high), lots = _snapped(line.x[j] / lot), line.base[j] // lot
        near = low - MICRO < lots * MICRO < high + MICRO and line.base[j] % lot == 0
        if line.seats[j] or line.credit[j] or not near:
            facts = {"base": line.base[j], "x": _show(line.x[j])}
            yield _refusal("base", line=line.name, cell=cell.label, **facts)
    yield from _keeps(line)
    for floor in _floors(line).values():
        for a, b in itertools.combinations(floor, 2):
            if _alike(line, a, b) and line.base[a] // _lot(line, a) != line.base[b] // _lot(
                line, b
            ):
                pair = {"cell": line.label(a), "other": line.label(b)}
                yield _refusal("unlike", line=line.name, **pair)
    choices = {j: _roundings(line, j) for j in line.cell}
    if bound or not line.taken_whole() or not all(choices.values()):
        return
    counts = {j: cell.retailers * line.visits[j] for j, cell in line.cell.items()}
    least = sum(counts[j] * lots[0] for j, lots in choices.items())
    most = sum(counts[j] * lots[-1] for j, lots in choices.items())
    reach = min(most, line.available // line.lot) - least
    if reach > MOST_RAISED:
        yield _refusal("too-large", most=MOST_RAISED)
    elif reach >= 0:
        wanted = (least + _most_raised(line, choices, reach)) * line.lot
        total = sum(line.total.values())
        if total < wanted:
            yield _refusal("whole-supply", line=line.name, sum=total, wanted=wanted)


def _lot(line: Line, j: int) -> int:
    """Cartons that one more in the table of ``equal`` gives a retailer of the cell."""
    return line.lot * line.visits[j]


def _floors(line: Line) -> dict[tuple[str, int], list[int]]:
    """The pairs of each segment and tier: weekly, fortnightly or both."""
    floors: dict[tuple[str, int], list[int]] = {}
    for j, cell in line.cell.items():
        floors.setdefault((cell.chain[0], cell.tier), []).append(j)
    return floors


def _alike(line: Line, a: int, b: int) -> bool:
    """Weekly and fortnightly shops of one tier with the same entitlement."""
    if not line.cell[a].retailers * line.cell[b].retailers:
        return False
    shares = {*_snapped(line.x[a] / _lot(line, a)), *_snapped(line.x[b] / _lot(line, b))}
    return len(shares) == 1


def _roundings(line: Line, j: int) -> list[int]:
    """Whole lots within one of the entitlement and inside the bounds, rising.

    Where the last bit decides, only what the document chose: that can only make less possible.
    """
    lot = _lot(line, j)
    low, high = _snapped(line.x[j] / lot)
    near = [low // MICRO, -(-low // MICRO)] if low == high else [line.base[j] // lot]
    least = lot if line.covered[j] else line.floor[j]
    return [k for k in sorted(set(near)) if least <= k * lot <= line.ceiling[j]]


def _most_raised(line: Line, choices: dict[int, list[int]], reach: int) -> int:
    """The most lots up to ``reach`` that any roundings use beyond the least of each cell.

    Tier by tier up each segment; bit r of a number tells whether r lots can be used exactly.
    """
    states: list[tuple[dict[tuple[str, str], int], int]] = [({}, 1)]
    below = ""
    for (segment, _), floor in sorted(_floors(line).items()):
        if segment != below:
            states = [({}, _union(bits for _, bits in states))]
        raised = []
        for lots in itertools.product(*(choices[j] for j in floor)):
            if any(
                _alike(line, a, b) and k != m
                for (a, k), (b, m) in itertools.combinations(zip(floor, lots, strict=True), 2)
            ):
                continue
            extra = sum(
                line.cell[j].retailers * line.visits[j] * (k - choices[j][0])
                for j, k in zip(floor, lots, strict=True)
            )
            table = {line.cell[j].chain: k * line.lot for j, k in zip(floor, lots, strict=True)}
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


def _rotate(line: Line, document: Document, bound: bool) -> Iterator[Refusal]:
    """Floors for everybody; odd lots by largest credit and fraction, ties by public hash.

    Where limits hold a line back and the supply does not, ``sum N x`` need not be whole: then there
    is one lot more if the next claim is above 0, as far as there is supply.
    """
    served: list[tuple[int, bool, int]] = []
    passed: list[tuple[int, bool, int]] = []
    floors, exact = [0, 0], Fraction(0)
    missing = short = document.missing.get(f"supply/{line.number}", 0)
    packed = _packed(line, document)
    for j, cell in line.cell.items():
        count, share = cell.retailers, line.x[j] / line.lot
        lots, due = line.total[j] // line.lot, count * share
        (low, high), one = _snapped(due), _snapped(share)
        fair = {one[0] // MICRO, one[1] // MICRO}
        if count:
            fair |= {lots // count} if lots // count < min(fair) else set()
        if line.base[j] // line.lot not in fair:
            facts = {"base": line.base[j], "x": _show(line.x[j])}
            yield _refusal("base", line=line.name, cell=cell.label, **facts)
        less = max(low // MICRO - lots, 0)
        if (less > missing and not packed) or lots > -(-high // MICRO):
            facts = {"total": line.total[j], "due": _show(due * line.lot)}
            yield _refusal("cell-total", line=line.name, cell=cell.label, **facts)
        missing -= less
        floors = [floors[0] + low // MICRO, floors[1] + high // MICRO]
        exact += due
        if lots * MICRO > high:
            served.append((line.credit[j] + high - (lots - 1) * MICRO, low < high, j))
        elif lots * MICRO < low:
            passed.append((line.credit[j] + low - lots * MICRO, low < high, j))
    sums = _snapped(exact)
    whole = {max(low, micro // MICRO) for low, micro in zip(floors, sums, strict=True)}
    given = sum(line.total.values()) // line.lot
    most = {-(-micro // MICRO) for micro in sums} if line.method == "rotate" else whole
    most = {lots for lots in most if lots * line.lot <= line.available} | whole
    more = not short and given > max(whole) and given in most
    if not more and given + short not in whole:
        facts = {"sum": given * line.lot, "wanted": max(whole) * line.lot}
        yield _refusal("whole-supply", line=line.name, **facts)
    if not bound:  # where the supply leaves room, the odd part of a line comes in some cycles
        last, following = min(served, default=None), max(passed, default=None)
        called = following and following[0] > 0 and not following[1] and min(most) > max(whole)
        if more and last and last[0] <= 0 and not last[1]:
            facts = {"cell": line.label(last[2]), "first": last[0]}
            yield _refusal("not-called", line=line.name, **facts)
        elif not more and following and called and given in whole:
            facts = {"cell": line.label(following[2]), "first": following[0]}
            yield _refusal("called", line=line.name, **facts)
    if not bound and served and passed:
        worst, best = min(served)[0], max(passed)[0]
        tied = [[claim for claim in claims if claim[0] == worst] for claims in (served, passed)]
        if worst == best and not any(doubt for claims in tied for _, doubt, _ in claims):
            drawn = [[_drawn(line, document, j) for _, _, j in claims] for claims in tied]
            worst -= max(drawn[0]) > min(drawn[1])
        if worst < best:
            facts = {"first": min(served)[0], "second": best}
            pair = {"cell": line.label(min(served)[2]), "other": line.label(max(passed)[2])}
            yield _refusal("odd-lots", line=line.name, **pair, **facts)


def _drawn(line: Line, document: Document, j: int) -> str:
    """The public hash that decides between cells with equal claims; the smaller is served."""
    claim = [document.seed, document.cycle, line.product, line.label(j)]
    text = json.dumps(claim, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _lottery(line: Line, document: Document, bound: bool) -> Iterator[Refusal]:
    """As ``rotate``, but nothing is carried from cycle to cycle."""
    for j, credit in line.credit.items():
        if credit:
            yield _refusal("credit", line=line.name, cell=line.label(j), credit=credit)
    yield from _rotate(line, document, bound)


def _path(line: Line, document: Document, bound: bool) -> Iterator[Refusal]:
    """Webster's test: no last lot came later than the next lot of any other cell would.

    The k-th lot of a retailer of weight w comes at (k - 1/2) / w; floors come before all. Who of
    those whose lots come together got one is drawn by name, so only their number is checked.
    """
    if line.step >= 0 or bound:
        yield _refusal("path-step", line=line.name, step=line.step)
    yield from _keeps(line)
    weight = {j: 2 * cell.weight * line.visits[j] for j, cell in line.cell.items()}
    last: list[tuple[Fraction, int]] = []
    after: list[tuple[Fraction, int]] = []
    for j, cell in line.cell.items():
        count, lots = cell.retailers, line.base[j] // line.lot
        if line.credit[j]:
            yield _refusal("credit", line=line.name, cell=cell.label, credit=line.credit[j])
        most, least = lots + (line.seats[j] > 0), lots + (line.seats[j] == count)
        if count and most * line.lot > line.floor[j]:
            last.append((Fraction(2 * most - 1, weight[j]), j))
        if count and least * line.lot < line.ceiling[j]:
            after.append((Fraction(2 * least + 1, weight[j]), j))
    if last and after and max(last)[0] > min(after)[0]:
        pair = {"cell": line.label(max(last)[1]), "other": line.label(min(after)[1])}
        yield _refusal("path-order", line=line.name, **pair)
    for j, cell in line.cell.items():
        least, most = -(-line.floor[j] // line.lot), line.ceiling[j] // line.lot
        reached = most if not after else least
        if last and after:
            # Lots before the last one that came, and with it where nobody's came too late.
            end = (max(last)[0] * weight[j] + 1) / 2
            reached = math.ceil(end) - 1 if max(last)[0] == min(after)[0] else math.floor(end)
        if not cell.retailers and line.base[j] != min(max(reached, least), most) * line.lot:
            facts = {"base": line.base[j], "x": _show(line.x[j])}
            yield _refusal("base", line=line.name, cell=cell.label, **facts)
    top = sum(cell.retailers * line.ceiling[j] for j, cell in line.cell.items())
    given, wanted = sum(line.total.values()), min(line.available, top)
    if given != wanted and line.taken_whole():
        yield _refusal("whole-supply", line=line.name, sum=given, wanted=wanted)


METHODS = {"rotate": _rotate, "equal": _equal, "lottery": _lottery, "path": _path}
"""How whole cartons can come about, and what checks it."""


def _together(program: Program, document: Document) -> Iterator[Refusal]:
    """Groups and baskets in whole cartons; a smooth cell's total says nothing of either."""
    if document.smooth:
        return
    for line in program.lines:
        for group in line.groups:
            taken = [
                Fraction(m * line.total[j], line.cell[j].retailers or 1)
                for j, m in group.mass.items()
            ]
            used, doubt = sum(taken, Fraction(0)) / MICRO, line.doubt(group.mass)
            missing = document.missing.get(f"least/{group.number}", 0)
            short = [max(-((used + d - group.least) // line.lot), 0) for d in (doubt, 0)]
            if group.most >= 0 and used > group.most + doubt:
                facts = {"sum": _show(used), "most": group.most}
                yield _refusal("group-most", line=line.name, group=group.number, **facts)
            if not short[0] <= missing <= short[1] * (group.least >= 0):
                facts = {"sum": _show(used), "least": group.least, "lots": missing}
                yield _refusal("group-least", line=line.name, group=group.number, **facts)
    for name, row in program.rows.items():
        if not name.startswith("basket/"):
            continue
        pairs = [(program.line[j], j) for j, _ in row.terms]
        cell = pairs[0][0].cell[pairs[0][1]]
        total, base = sum(of.total[j] for of, j in pairs), sum(of.base[j] for of, j in pairs)
        if base > row.bound or total > row.bound * cell.retailers:
            facts = {"base": base, "total": total, "bound": row.bound, "count": cell.retailers}
            yield _refusal("basket-total", basket=row.of, cell=cell.label, **facts)


def _shortfalls(program: Program, document: Document) -> Iterator[Refusal]:
    """What may be missing in whole cartons is named once, for a row there is, and for a reason.

    Where groups are nested or disjoint, baskets too, lots are single cartons and odd ones go to
    whom they fit, all can be kept at once (the rows form two laminar families): nothing may miss.
    """
    own = {line.number: line for line in program.lines}
    named = [entry for entry in document.shortfalls if entry[0] in own]
    if not named:
        return
    rows = {f"supply/{p}" for p, line in own.items() if line.method in ("rotate", "lottery")}
    rows |= {f"least/{g.number}" for line in own.values() for g in line.groups if g.least >= 0}
    baskets = [
        set(basket.lines) for basket in document.baskets if not own.keys().isdisjoint(basket.lines)
    ]
    families = [baskets, *([set(g.mass) for g in line.groups] for line in own.values())]
    simple = not document.smooth and all(
        line.lot == 1 and line.method in ("rotate", "lottery") and line.taken_whole()
        for line in own.values()
    )
    laminar = simple and all(
        a <= b or b <= a or a.isdisjoint(b)
        for family in families
        for a, b in itertools.combinations(family, 2)
    )
    for p, row, lots in named:
        kind, _, number = row.partition("/")
        of = own[p]
        here = (
            number == str(p) if kind == "supply" else number in {str(g.number) for g in of.groups}
        )
        once = sum(other == row for _, other, _ in document.shortfalls) == 1
        if (
            row not in rows
            or not here
            or not once
            or lots < 1
            or laminar
            or not _bound(of, document)
        ):
            yield _refusal("shortfall", line=of.name, row=row, lots=lots)


# --- sentences ----------------------------------------------------------------------------------


def _show(value: Fraction | float) -> str:
    try:
        return format(float(value), ".12g")
    except OverflowError:
        return "1e308+"


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
    "rising": (
        "{path}: must be numbers below {most}, rising, each once; ask for the original file",
        "{path}：必须是小于 {most} 的编号，递增且不重复；请索取原始文件",
    ),
    "mass": (
        "{line}, cell {cell}: {mass} millionths of a carton are said to be taken for each carton "
        "of quota; it must be above 0 and at most {most}",
        "{line} 单元 {cell}：每一条限量占用货源 {mass}（百万分之一条），应大于 0 且不超过 {most}",
    ),
    "covered": (
        "{line}, cell {cell}: {covered} shops are to be covered, of {count} with a ceiling of "
        "{ceiling} cartons: this cannot be",
        "{line} 单元 {cell}：应覆盖 {covered} 户，而该单元有 {count} 户、上限 {ceiling} 条，不成立",
    ),
    "groups": (
        "the {count} groups must be numbered 0, 1, 2, ..., each once",
        "{count} 个分组须按 0、1、2……编号，不得重复",
    ),
    "group-limits": (
        "{line}, group {group}: least {least} and most {most} must be whole lots of {lot}, or -1, "
        "and nothing can be due to a group of no cells",
        "{line} 分组 {group}：至少 {least}、至多 {most} 须为起订量 {lot} 的整数倍，或为 -1；"
        "没有单元的分组不得规定至少数",
    ),
    "group-mass": (
        "{line}, group {group}, cell {cell}: takes {mass} of the {most} millionths of its cell; a "
        "group is made of whole cells",
        "{line} 分组 {group} 单元 {cell}：占用 {mass}，而该单元共 {most}（百万分之一条）；"
        "分组须由完整单元组成",
    ),
    "programs": (
        "{line} is solved in {count} programs; a line with cells must be in one, another in none",
        "{line} 出现在 {count} 个方案组中；有单元的品规须恰好在一组，其他不得列入",
    ),
    "apart": (
        "the basket {basket} joins quotas of cell {cell} that are solved apart; they must be in "
        "one program",
        "合计限量 {basket} 约束单元 {cell} 的多个品规，却分开求解；它们须在同一方案组",
    ),
    "fixed": (
        "{line}, stage {stage}: fixes no quota, or quotas of cells that have no retailers, were "
        "fixed before or have to wait",
        "{line} 第 {stage} 阶段：没有确定任何限量，或所列单元无零售户、此前已确定或尚未轮到",
    ),
    "not-covered": (
        "{line}: no stage proves {count} quotas (cells {cells})",
        "{line}：有 {count} 个限量没有任何阶段证明（单元 {cells}）",
    ),
    "multipliers": (
        "{line}, stage {stage}: multipliers stand at rows that do not exist",
        "{line} 第 {stage} 阶段：乘子所指的约束不存在",
    ),
    "empty-cell": (
        "{line}, cell {cell} without retailers: the entitlement should be {wanted}, not {x}",
        "{line} 无零售户的单元 {cell}：应得量应为 {wanted}，不是 {x}",
    ),
    "volume-stage": (
        "{line}: the first stage is no proof of the greatest volume",
        "{line}：第一阶段不是最大投放量的证明",
    ),
    "volume": (
        "{line}: {sum} cartons go out, but the multipliers allow {bound}: more could go out",
        "{line}：投放 {sum} 条，而乘子允许 {bound} 条：可以投放更多",
    ),
    "level-stage": (
        "{line}: a stage is not that of one line and its level",
        "{line}：有阶段不是某一品规及其水平的阶段",
    ),
    "level-rises": (
        "{line}: no row or ceiling named keeps the level {level} from rising",
        "{line}：所列约束和上限均不能说明水平 {level} 不可再提高",
    ),
    "not-covering": (
        "{line}, cell {cell}: {found} shops can have a lot, {wanted} should",
        "{line} 单元 {cell}：{found} 户可得一份，应有 {wanted} 户",
    ),
    "path-step": (
        "{line}: the method path keeps no step, group or basket; the document states step {step} "
        "or others",
        "{line}：path 方法无法保证级差、分组或合计限量，文件却载有级差 {step} 或其他此类限制",
    ),
    "smooth-equal": (
        "{line}: one number per cell cannot be where quotas between tiers are interpolated",
        "{line}：档位之间的限量按插值计算时，不能每单元只用一个整数",
    ),
    "group-most": (
        "{line}, group {group}: takes {sum} cartons, at most {most} may be",
        "{line} 分组 {group}：占用 {sum} 条，至多 {most} 条",
    ),
    "group-least": (
        "{line}, group {group}: takes {sum} cartons of at least {least}; the document says that "
        "{lots} lots are missing",
        "{line} 分组 {group}：得到 {sum} 条，至少应为 {least} 条；文件称缺 {lots} 份",
    ),
    "basket-total": (
        "basket {basket}, cell {cell}: {base} cartons for each shop and {total} for all {count} "
        "are above {bound} for each",
        "合计限量 {basket} 单元 {cell}：每户 {base} 条、{count} 户共 {total} 条，"
        "超过每户 {bound} 条",
    ),
    "shortfall": (
        "{line}: {lots} lots are said to be missing of {row}, but nothing stands in the way of it",
        "{line}：文件称 {row} 缺 {lots} 份，但并无限制妨碍其足额",
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
    "negative": (
        "{line}, stage {stage}: a multiplier is below zero",
        "{line} 第 {stage} 阶段：乘子为负",
    ),
    "alpha": (
        "{line}, stage {stage}: the multipliers of open cells make {sum}, not 1, or a cell is "
        "not open",
        "{line} 第 {stage} 阶段：未定单元的乘子合计为 {sum}，应为 1；或含已定单元",
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
    "path-order": (
        "{line}: the cell {cell} got a lot before {other}, which had less for its weight",
        "{line}：单元 {cell} 先于 {other} 得到一份，而后者按权重所得更少",
    ),
    "unlike": (
        "{line}: {cell} and {other} have the same entitlement and tier, but not the same number",
        "{line}：单元 {cell} 与 {other} 同档且应得量相同，限量却不同",
    ),
    "not-called": (
        "{line}: one lot more than the entitlements come to went out, but the cell {cell} has no "
        "claim to it ({first} millionths due)",
        "{line}：比应得合计多投放一份，而单元 {cell} 并无此份（应得 {first} 微份）",
    ),
    "called": (
        "{line}: the odd part of the line was kept back, but the cell {cell} is owed it ({first} "
        "millionths due)",
        "{line}：零头未投放，而单元 {cell} 应得（{first} 微份）",
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
        "stages": sum(len(program["stages"]) for program in document["programs"]),
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
