#!/usr/bin/env python3
"""Check that a card is among the published results: ``python -I -S inclusion.py CARD --root HEX``.

核对卡片是否在公示结果之内：``python -I -S inclusion.py 卡片 --notice notice.html --lang zh-CN``

This file needs the Python standard library and nothing else, so that anyone can run it alone. CARD
is the page (HTML) or the JSON that one shop was given; HEX is the check number of the results as
the notice prints it. What is computed again, all hashes SHA-256 (RFC 6962, RFC 9162 section 2.1):

1. leaf    = H(0x00, text), text the compact JSON of index, products, retailer, salt and tier, in
             this order; a product is its id and the cartons allowed, asked for, given by the rules
             and entered, null where one is not known;
2. root    = the leaf joined with the hashes of ``path``, from the bottom up: H(0x01, left, right);
3. number  = H(statement), the compact JSON of the digests of certificate and policy, cycle, day,
             number of leaves, root and stage (``quotas``: no orders yet; ``orders``: all of them);
4. the number is the one of the notice;
5. what the card says elsewhere (shop, tier, cycle, cartons of each product, sums) is what the leaf
   holds: allowed is the limit, or what the rules gave where that is more; ordered is what was
   entered, else what the rules gave.

A page can be drawn so that it looks otherwise than it reads: compare the figures printed here with
the ones you were shown.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "allocator results 1"
STATED = ("certificate", "cycle", "format", "leaves", "on", "policy", "root", "stage")
STAGES = ("quotas", "orders")
UNKNOWN = "–"
"""How a page shows a figure that is not known, or no tier."""
MOST_BYTES = 16 * 1024 * 1024
MOST_LEAVES = 2**53 - 1
MOST_CARTONS = 2**53 - 1
HASH = re.compile(r"[0-9a-f]{64}")
SALT = re.compile(r"[0-9a-f]{32}")
WHOLE = re.compile(r"0|[1-9][0-9]{0,15}")
NUMBER = re.compile(r"[0-9][0-9,.]*[0-9]|[0-9]")

Figures = tuple[str, int, int | None, int | None, int | None]
"""A product: its id, cartons allowed, asked for, given by the rules, entered."""


class Unusable(ValueError):
    """The file holds no proof that could be checked."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts

    def message(self, language: str = "en") -> str:
        """What is wrong with the file, in ``en`` or ``zh-CN``."""
        return _say(self.code, self.facts, language)


class Refusal(NamedTuple):
    """One thing that does not fit."""

    code: str
    facts: Mapping[str, object]

    def message(self, language: str = "en") -> str:
        """What does not fit, in ``en`` or ``zh-CN``."""
        return _say(self.code, self.facts, language)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What was recorded for one shop; index counts the shops from 0, salt is 32 hex digits."""

    index: int
    products: tuple[Figures, ...]
    retailer: str
    salt: str
    tier: int | None

    def text(self) -> bytes:
        """The bytes that are hashed."""
        return compact(self.document())

    def document(self) -> dict[str, Any]:
        """Its fields in the order in which they are hashed."""
        return {
            "index": self.index,
            "products": [list(row) for row in self.products],
            "retailer": self.retailer,
            "salt": self.salt,
            "tier": self.tier,
        }


class Proof(NamedTuple):
    """A leaf, the hashes beside its way up, the statement around the root, and its number."""

    statement: Mapping[str, Any]
    number: str
    leaf: Leaf
    path: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """As the JSON of a card carries it."""
        return {
            "statement": dict(self.statement),
            "number": self.number,
            "leaf": self.leaf.document(),
            "path": list(self.path),
        }


class Shown(NamedTuple):
    """What a card says outside its proof; sums and products as cartons allowed and ordered."""

    retailer: str
    tier: int | None
    cycle: str
    total: tuple[int, ...]
    products: Mapping[str, tuple[int, ...]]


def compact(value: Any) -> bytes:
    """JSON without spaces, UTF-8, signs as they are; keys in the order given."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def number_of(statement: Mapping[str, Any]) -> str:
    """The check number: SHA-256 of the statement, its keys sorted."""
    return hashlib.sha256(compact(dict(sorted(statement.items())))).hexdigest()


def leaf_hash(text: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + text).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_over(leaf: bytes, index: int, leaves: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's hash and its path lead to; ``None``: the path has another length.

    RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < leaves:
        return None
    at, last, found = index, leaves - 1, leaf
    for beside in path:
        if not last:
            return None
        if at & 1 or at == last:
            found = node_hash(beside, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        at, last = at >> 1, last >> 1
    return None if last else found


def check(proof: Proof, shown: Shown, root: str | None = None) -> list[Refusal]:
    """What does not fit; nothing = the card is among the results of that number."""
    stated, leaf = proof.statement, proof.leaf
    path = [bytes.fromhex(beside) for beside in proof.path]
    found = root_over(leaf_hash(leaf.text()), leaf.index, stated["leaves"], path)
    told = []
    if found is None or found.hex() != stated["root"]:
        told.append(Refusal("not-recorded", {"retailer": leaf.retailer}))
    own = number_of(stated)
    if own != proof.number:
        told.append(Refusal("not-its-number", {"own": grouped(own), "found": proof.number}))
    if root is not None and own != root:
        told.append(Refusal("not-published", {"own": grouped(own), "given": grouped(root)}))
    return told + _unlike(recorded(proof), shown)


def recorded(proof: Proof) -> Shown:
    """What the card has to say."""
    leaf, ordered = proof.leaf, proof.statement["stage"] == "orders"
    products = {
        product: (max(limit, award or 0), *([_got(award, granted)] if ordered else []))
        for product, limit, _, award, granted in leaf.products
    }
    total = tuple(sum(column) for column in zip(*products.values(), strict=True))
    none = (0, 0) if ordered else (0,)
    cycle = str(proof.statement["cycle"])
    return Shown(leaf.retailer, leaf.tier, cycle, total or none, products)


def _got(award: int | None, granted: int | None) -> int:
    return granted if granted is not None else award or 0


def _unlike(recorded: Shown, shown: Shown) -> list[Refusal]:
    """Where the card says something else than was recorded."""
    told = []
    for name in ("retailer", "tier", "cycle", "total"):
        right, found = getattr(recorded, name), getattr(shown, name)
        if right != found:
            facts = {"place": name, "right": _spelt(right), "found": _spelt(found)}
            told.append(Refusal("shown", facts))
    for product in dict.fromkeys([*recorded.products, *shown.products]):
        cartons, found = recorded.products.get(product), shown.products.get(product)
        if cartons != found:
            facts = {"place": product, "right": _spelt(cartons), "found": _spelt(found)}
            told.append(Refusal("shown", facts))
    return told


def _spelt(value: object) -> str:
    if isinstance(value, tuple):
        return " / ".join(map(str, value))
    return UNKNOWN if value is None else str(value)


def read_card(data: bytes) -> tuple[Proof, Shown]:
    """The proof of a card and what else it says, from its page or its JSON.

    Raises
    ------
    Unusable : the file is something else, or holds no proof
    """
    text = _decoded(data)
    return _from_json(text) if text.lstrip("\ufeff \t\r\n").startswith("{") else _from_page(text)


def read_number(data: bytes) -> str:
    """The check number in a notice (page), in ``root.json``, or alone in a text file."""
    text = _decoded(data).strip("\ufeff \t\r\n")
    if text.startswith("{"):
        document = _object(text)
        statement = _statement(document.get("statement"))
        if number_of(statement) != document.get("number"):
            raise Unusable("no-number")
        return number_of(statement)
    if "<" not in text:
        return plain_number(text)
    page = _Page(text)
    found = set(page.told("number"))
    if len(found) != 1 or page.told("salt"):  # a card is no notice, its own least of all
        raise Unusable("no-number")
    return plain_number(found.pop())


def plain_number(text: str) -> str:
    """A check number as printed, in groups or not, as 64 hex digits."""
    digits = re.sub(r"[\s:-]", "", text).lower()
    if not HASH.fullmatch(digits):
        raise Unusable("bad-number", given=text[:100])
    return digits


def grouped(number: str) -> str:
    """In groups of four digits, to be compared by eye."""
    return " ".join(number[k : k + 4] for k in range(0, len(number), 4))


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise Unusable("too-large", most=MOST_BYTES)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable("not-a-card") from None


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(
            text, parse_int=_whole_text, parse_constant=str, object_pairs_hook=_once
        )
        compact(document)  # halves of signs and numbers without end have no bytes
    except (ValueError, RecursionError):
        raise Unusable("not-a-card") from None
    if not isinstance(document, dict):
        raise Unusable("not-a-card")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once: of two, one reader takes the first, another the last."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _whole_text(text: str) -> int | str:
    """What is too long for any number here stays text, which no place for numbers takes."""
    return int(text) if len(text) <= 17 else text[:20]


def _from_json(text: str) -> tuple[Proof, Shown]:
    card = _object(text)
    proof = card.get("proof")
    if not isinstance(proof, dict) or not isinstance(proof.get("leaf"), dict):
        raise Unusable("no-proof")
    leaf, told = proof["leaf"], card.get("claims")
    products = leaf.get("products")
    if not isinstance(products, list) or not isinstance(told, list) or not told:
        raise Unusable("shape", place="products, claims")
    rows = [
        list(row) if isinstance(row, list) and len(row) == 5 else [None] * 5 for row in products
    ]
    found = _proof(
        proof.get("statement"), proof.get("number"), proof.get("path"),
        leaf.get("index"), rows, leaf.get("retailer"), leaf.get("salt"), leaf.get("tier"),
    )  # fmt: skip
    spoken = [_facts(claim) for claim in told]
    lines = [
        (str(facts.get("product")), _pair(facts)) for claim, facts in zip(told, spoken, strict=True)
        if claim.get("code") in ("product-line", "product-limit")
    ]  # fmt: skip
    cartons = dict(lines)
    if len(cartons) < len(lines):
        raise Unusable("shape", place="claims")
    shown = Shown(
        str(card.get("retailer")), card.get("tier"), str(card.get("cycle")), _pair(spoken[0]),
        cartons,
    )  # fmt: skip
    return found, shown


def _facts(claim: Any) -> dict[str, Any]:
    facts = claim.get("parameters") if isinstance(claim, dict) else None
    if not isinstance(facts, dict):
        raise Unusable("shape", place="claims")
    return facts


def _pair(facts: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(facts[name] for name in ("limit", "ordered") if isinstance(facts.get(name), int))


def _from_page(text: str) -> tuple[Proof, Shown]:
    page = _Page(text)
    if not page.texts:
        raise Unusable("no-proof")
    stated = page.only("statement")
    statement = _object(stated)
    if compact(statement).decode() != stated:
        raise Unusable("shape", place="statement")
    names, cells = page.told("product"), [_cell(cell) for cell in page.told("figure")]
    width = 4 if statement.get("stage") == "orders" else 1
    if len(cells) != width * len(names):
        raise Unusable("shape", place="figures")
    rows = [
        [name, *cells[width * k : width * (k + 1)], *[None] * (4 - width)]
        for k, name in enumerate(names)
    ]
    proof = _proof(
        statement, re.sub(r"\s", "", page.only("number")), page.only("path").split(),
        _cell(page.only("index")), rows, page.only("retailer"), page.only("salt"),
        _cell(page.only("tier")),
    )  # fmt: skip
    tier = page.told("tier", "shown")
    shown = Shown(
        page.only("retailer", "shown"), _cell(tier[0]) if tier else None,
        page.only("cycle", "shown"), _numbers(page.only("total", "shown")), page.cartons(),
    )  # fmt: skip
    return proof, shown


def _cell(text: str) -> int | None:
    if text == UNKNOWN:
        return None
    if not WHOLE.fullmatch(text):
        raise Unusable("shape", place=text[:40])
    return int(text)


def _proof(
    statement: Any, number: Any, path: Any, index: Any, rows: list[list[Any]], retailer: Any,
    salt: Any, tier: Any,
) -> Proof:  # fmt: skip
    """All fields as what they should be."""
    stated = _statement(statement)
    for name, value, pattern in (("number", number, HASH), ("salt", salt, SALT)):
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Unusable("shape", place=name)
    if not isinstance(path, list) or len(path) > 64 or not all(
        isinstance(beside, str) and HASH.fullmatch(beside) for beside in path
    ):  # fmt: skip
        raise Unusable("shape", place="path")
    if not _whole(index, MOST_LEAVES) or not (tier is None or _whole(tier, 999)):
        raise Unusable("shape", place="index, tier")
    if not isinstance(retailer, str):
        raise Unusable("shape", place="retailer")
    for name, limit, *others in rows:
        known = [limit, *(value for value in others if value is not None)]
        if not isinstance(name, str) or not all(_whole(value, MOST_CARTONS) for value in known):
            raise Unusable("shape", place="products")
    if len({row[0] for row in rows}) < len(rows):
        raise Unusable("shape", place="products")
    products = tuple((row[0], row[1], row[2], row[3], row[4]) for row in rows)
    return Proof(stated, number, Leaf(index, products, retailer, salt, tier), tuple(path))


def _statement(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or tuple(sorted(value)) != STATED:
        raise Unusable("shape", place="statement")
    texts = [value[name] for name in STATED if name != "leaves"]
    if not all(isinstance(text, str) for text in texts) or not HASH.fullmatch(value["root"]):
        raise Unusable("shape", place="statement")
    if value["format"] != FORMAT or value["stage"] not in STAGES:
        raise Unusable("format", found=str(value["format"])[:40], known=FORMAT)
    if not _whole(value["leaves"], MOST_LEAVES):
        raise Unusable("shape", place="leaves")
    return value


def _whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


class _Page(HTMLParser):
    """Texts of the elements marked ``data-proof``, ``data-shown`` or ``data-product``.

    texts : (mark, its value) -> text of each such element, in order
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: dict[tuple[str, str], list[str]] = {}
        self._open: list[_Marked] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Another element of the same kind within a marked one has an end of its own."""
        for mark in self._open:
            mark.depth += tag == mark.tag
        for name, value in attrs:
            if name in ("data-proof", "data-shown", "data-product"):
                self._open.append(_Marked((name[5:], value or ""), tag))

    def handle_endtag(self, tag: str) -> None:
        """The text of a marked element is complete."""
        for mark in list(self._open):
            mark.depth -= tag == mark.tag
            if not mark.depth:
                self._open.remove(mark)
                self.texts.setdefault(mark.key, []).append("".join(mark.pieces).strip())

    def handle_data(self, data: str) -> None:
        """Part of the text of all elements around it."""
        for mark in self._open:
            mark.pieces.append(data)

    def told(self, name: str, mark: str = "proof") -> list[str]:
        """All texts of one field."""
        return self.texts.get((mark, name), [])

    def only(self, name: str, mark: str = "proof") -> str:
        """The one text of a field."""
        found = self.told(name, mark)
        if len(found) != 1:
            raise Unusable("shape", place=name)
        return found[0]

    def cartons(self) -> dict[str, tuple[int, ...]]:
        """The numbers said of each product."""
        names = [name for mark, name in self.texts if mark == "product"]
        return {name: _numbers(self.only(name, "product")) for name in names}


class _Marked:
    """An element that is being read: its mark and value, its tag, how deep, its text so far."""

    def __init__(self, key: tuple[str, str], tag: str) -> None:
        self.key, self.tag, self.depth = key, tag, 1
        self.pieces: list[str] = []


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of a sentence as people write them: ``1,234``."""
    found = [re.sub(r"[^0-9]", "", number) for number in NUMBER.findall(text)]
    # A number in other signs would be read by people and by no program.
    foreign = any(sign.isnumeric() and not sign.isascii() for sign in text)
    if foreign or any(len(number) > 16 for number in found):
        raise Unusable("shape", place=text[:40])
    return tuple(map(int, found))


def _say(code: str, facts: Mapping[str, object], language: str) -> str:
    plain = {name: _printable(value) for name, value in facts.items()}
    return TEXTS[code][language.startswith("zh")].format_map(plain)


def _printable(value: object) -> object:
    """Texts of the file go to a terminal: no control characters, no endless names."""
    if isinstance(value, str | Path):
        return "".join(sign if sign.isprintable() else "?" for sign in str(value)[:200])
    return value


TEXTS: dict[str, tuple[str, str]] = {
    "not-a-card": (
        "this is neither a card (HTML or JSON) nor a notice; take the file as it was given out",
        "这不是卡片（HTML 或 JSON），也不是公示；请用原来的文件",
    ),
    "no-proof": (
        "this card carries no proof: the run that made it had no secret (--secret), or it is "
        "another form of the card; take its page (HTML) or JSON",
        "这张卡不带核对数据：计算时没有给密钥（--secret），或不是网页、JSON 卡；请用这两种",
    ),
    "no-number": (
        "the notice holds no check number of the results, or several; give it with --root",
        "公示里没有结果核对码，或不止一个；请用 --root 给出",
    ),
    "bad-number": (
        "{given} is no check number: it has 64 digits 0-9 a-f",
        "{given} 不是核对码：应为 64 位 0-9 a-f",
    ),
    "format": (
        "the proof has the form {found}, this program reads {known}; take the program of that run",
        "核对数据的格式是 {found}，本程序只读 {known}；请用当时的程序",
    ),
    "shape": (
        "the proof of this card is damaged at {place}; ask for the card again",
        "卡上的核对数据在 {place} 处已损坏；请重新索取卡片",
    ),
    "too-large": (
        "the file has more than {most} bytes; no card is that large, so take the one given out",
        "文件超过 {most} 字节；卡片没有这么大，请用原来的文件",
    ),
    "no-file": ("{path} cannot be read: {fault}", "无法读取 {path}：{fault}"),
    "not-recorded": (
        "the figures of shop {retailer} on this card are not the ones recorded under its root: "
        "a figure, the salt or the path was changed",
        "卡上客户 {retailer} 的数与所记的不符：有数、随机码或路径被改过",
    ),
    "not-its-number": (
        "the card prints the number {found}, but its statement gives {own}",
        "卡上印的核对码是 {found}，按其声明应为 {own}",
    ),
    "not-published": (
        "the card belongs to the number {own}, not to the published {given}",
        "这张卡属于核对码 {own}，不是公示的 {given}",
    ),
    "shown": (
        "{place}: the card says {found}, recorded was {right}",
        "{place}：卡上写 {found}，记下的是 {right}",
    ),
    "refused": ("REFUSED: {count} things do not fit", "不通过：{count} 处不符"),
    "accepted": (
        "ACCEPTED: the card is among the results of {cycle} ({leaves} shops, as of {on}).",
        "通过：这张卡在 {cycle} 的结果之内（共 {leaves} 户，{on}）。",
    ),
    "compared": ("Number, as published: {own}", "核对码，与公示一致：{own}"),
    "compare": (
        "Number: {own}\nCompare every digit with the number in the notice, or give it with --root "
        "or --notice: without that nothing is proven.",
        "核对码：{own}\n请与公示上的核对码逐位比较，或用 --root、--notice 给出；"
        "不比较就什么也没证明。",
    ),
    "figures": (
        "Recorded for shop {retailer}, tier {tier}; compare with what you were shown:",
        "为客户 {retailer}（档位 {tier}）记下的数，请与您看到的比较：",
    ),
    "quotas-only": (
        "  {product}: may order {limit}",
        "  {product}：可订 {limit}",
    ),
    "row": (
        "  {product}: may order {limit}, asked {requested}, by the rules {award}, "
        "entered {granted}",
        "  {product}：可订 {limit}，报 {requested}，按规则得 {award}，录入 {granted}",
    ),
}


def report(proof: Proof, language: str, *, compared: bool) -> list[str]:
    """The lines that tell people what was accepted."""
    stated, leaf = proof.statement, proof.leaf
    own = {"own": grouped(number_of(stated))}
    lines = [
        _say("accepted", stated, language),
        _say("compared" if compared else "compare", own, language),
        _say("figures", {"retailer": leaf.retailer, "tier": _spelt(leaf.tier)}, language),
    ]
    code = "row" if stated["stage"] == "orders" else "quotas-only"
    columns = ("product", "limit", "requested", "award", "granted")
    return lines + [
        _say(code, dict(zip(columns, map(_spelt, row), strict=True)), language)
        for row in leaf.products
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the card named; exit status 0 accepted, 1 refused, 2 unusable."""
    parser = argparse.ArgumentParser(
        description="Check that a card is among the published results. 核对卡片。"
    )
    parser.add_argument("card", type=Path, help="the card, HTML or JSON")
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--root", metavar="HEX", help="check number as the notice prints it")
    given.add_argument("--notice", metavar="FILE", type=Path, help="notice.html or root.json")
    parser.add_argument("--lang", default="en", choices=("en", "zh-CN"))
    chosen = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        root = published(chosen.root, chosen.notice)
        proof, shown = read_card(read_bytes(chosen.card))
    except Unusable as fault:
        print(fault.message(chosen.lang), file=sys.stderr)
        return 2
    refused = check(proof, shown, root)
    if refused:
        print(_say("refused", {"count": len(refused)}, chosen.lang))
        print("\n".join("  " + refusal.message(chosen.lang) for refusal in refused[:20]))
        return 1
    print("\n".join(report(proof, chosen.lang, compared=root is not None)))
    return 0


def published(root: str | None, notice: Path | None) -> str | None:
    """The number to compare with, as digits or from the file that prints it."""
    if root is not None:
        return plain_number(root)
    return None if notice is None else read_number(read_bytes(notice))


def read_bytes(path: Path) -> bytes:
    """A regular file, no more than the largest card."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unusable("no-file", path=path, fault="not a regular file / 不是普通文件")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise Unusable("no-file", path=path, fault=fault.strerror) from None


if __name__ == "__main__":
    sys.exit(main())
