"""The only generators of random cases (hypothesis strategies and seeded builders)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.allocation.clauses import SHARE_DIGITS, Clause, Span
from allocator.allocation.demand import Demand
from allocator.allocation.joined import Entitled
from allocator.allocation.leximin import Lines
from allocator.allocation.nested_level import Most
from allocator.allocation.program import Program, Row
from allocator.allocation.quotas import plan_quotas
from allocator.allocation.rounding import Draw
from allocator.allocation.turns import Roster, credit_sums, roster
from allocator.allocation.whole_cells import CellShares
from allocator.allocation.whole_equal import JoinedProblem, LineShare
from allocator.allocation.whole_seats import SeatsWanted
from allocator.allocation.whole_table import WholeProblem
from allocator.certificate.sealing import Sealed
from allocator.customers.series import Series
from allocator.errors import InfeasiblePolicy, NotProvenOptimal
from allocator.grading.scheme import given_tiers, grade
from allocator.holdings import offered
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from
from allocator.records import (
    MICRO,
    Allocation,
    Cells,
    Flags,
    Grading,
    Group,
    Indices,
    JointLimit,
    QuotaPlan,
    Turns,
    Units,
)
from allocator.tables.city import City, Table
from allocator.tables.columns import DTYPES
from allocator.tables.schemas import SCHEMAS
from auditing.plain import Small
from certificate.coupled import Coupled, Portion
from certificate.plans import Release


@st.composite
def programs(draw: st.DrawFn, *, cells: int = 7, largest_count: int = 9) -> Program:
    """Feasible programs of one line: up to 3 chains, empty cells, floors, ceilings, order, step."""
    lengths = draw(st.lists(st.integers(1, cells), min_size=1, max_size=3))
    size = sum(lengths)
    chain = [i for i, length in enumerate(lengths) for _ in range(length)]
    tier = [t for length in lengths for t in range(length)]
    rises = draw(st.lists(st.integers(0, 4), min_size=max(tier) + 1, max_size=max(tier) + 1))
    weight = [1 + sum(rises[:t]) for t in tier]
    count = draw(st.lists(st.integers(0, largest_count), min_size=size, max_size=size))
    tier_order, step = draw(st.booleans()), draw(st.sampled_from([-1, 0, 1, 2, 5]))
    floor = draw(st.lists(st.sampled_from([0, 0, 0, 1, 3]), min_size=size, max_size=size))
    least = list(floor)
    for k in [*range(1, size), *range(size - 1, 0, -1)] * 2:
        if chain[k] == chain[k - 1]:
            if tier_order:
                least[k] = max(least[k], least[k - 1])
            if step >= 0:
                least[k - 1] = max(least[k - 1], least[k] - step)
    room = draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))
    needed = sum(n * q for n, q in zip(count, least, strict=True))
    supply = max(1, needed + draw(st.integers(0, 200)))
    demand = max(1, sum(n * w for n, w in zip(count, weight, strict=True)))
    return single_program(
        count=count,
        kappa=[w * supply / demand for w in weight],
        floor=floor,
        ceiling=[low + more for low, more in zip(least, room, strict=True)],
        supply=supply,
        chain=chain,
        label=[f"0/{t + 1}/{c}/weekly" for t, c in zip(tier, chain, strict=True)],
        tier_order=tier_order,
        step=step,
    )


def single_program(
    *,
    count: Sequence[int],
    kappa: Sequence[float],
    floor: Sequence[int],
    ceiling: Sequence[int],
    supply: int,
    chain: Sequence[int] | None = None,
    label: Sequence[str] | None = None,
    pair: Sequence[int] | None = None,
    tier_order: bool = True,
    step: int = -1,
) -> Program:
    """The program of line 0 over cells of one chain, or of the chains given."""
    size = len(count)
    chains = np.array(chain if chain is not None else [0] * size, np.int64)
    joined = np.append(chains[1:] == chains[:-1], False)
    people = [k for k, n in enumerate(count) if n]
    return Program(
        pair=np.array(pair if pair is not None else range(size), np.int64),
        label=tuple(label or (f"0/{k + 1}//weekly" for k in range(size))),
        chain=chains,
        counted=np.array(count) > 0,
        kappa=np.array(kappa, np.float64),
        floor=np.array(floor, np.float64),
        ceiling=np.array(ceiling, np.float64),
        order=joined & tier_order,
        step=np.where(joined & (step >= 0), step, -1).astype(np.float64),
        limits=(
            Row("supply/0", tuple(people), tuple(float(count[k]) for k in people), float(supply)),
        ),
    )


def table_of(name: str, rows: Sequence[Mapping[str, object]]) -> Table:
    """A table as the reader makes it, from canonical rows; the columns are those of any row."""
    schema = SCHEMAS[name]
    dtypes = {column.name: DTYPES[column.kind] for column in schema.columns}
    frame = pl.DataFrame(list(rows), schema_overrides=dtypes, infer_schema_length=None)
    frame = frame.with_columns(
        pl.lit(None, dtype).alias(column)
        for column, dtype in {**dtypes, **dict(schema.derived)}.items()
        if column not in frame.columns
    ).with_columns(pl.int_range(2, pl.len() + 2, dtype=pl.UInt32).alias("row"))
    defaults = {c.name: c.default for c in schema.columns if c.default is not None}
    frame = frame.with_columns(pl.col(c).fill_null(pl.lit(d)) for c, d in defaults.items())
    if "rhythm" in frame.columns:  # derived by the reader; every week unless told otherwise
        frame = frame.with_columns(pl.col("rhythm").fill_null("weekly"))
    if schema.order:
        frame = frame.sort(schema.order)
    return Table(name, frame, columns=frozenset(column for row in rows for column in row))


PRICES = {"A": 30_000, "B": 17_500, "C": 8_000, "S": 60_000}
CLASSES = {"A": 1, "B": 2, "C": 4, "S": 1}


def trading_city(
    sales: Sequence[Mapping[str, object]], retailers: Sequence[Mapping[str, object]]
) -> City:
    """A city of four products (``S`` is scarce) with the given sales and retailers."""
    products = [
        {"product_id": name, "price_class": CLASSES[name], "scarce": name == "S"} for name in PRICES
    ]
    return City(
        retailers=table_of("retailers", retailers),
        products=table_of("products", products),
        sales=table_of("sales", sales),
    )


@st.composite
def sales_rows(draw: st.DrawFn, *, retailers: int = 9) -> list[dict[str, object]]:
    """Sales of up to ``retailers`` shops in 2021-06..10: kinds, returns, ties, empty months."""
    shops = draw(st.integers(1, retailers))
    rows = [{"retailer_id": "R1", "month": date(2021, 7, 1), "product_id": "C", "quantity": 7}]
    for shop in range(1, shops + 1):
        for _ in range(draw(st.integers(0, 5))):
            rows.append(
                {
                    "retailer_id": f"R{shop}",
                    "month": date(2021, draw(st.integers(6, 10)), 1),
                    "product_id": draw(st.sampled_from("ABCS")),
                    "quantity": draw(st.integers(-3, 12) | st.integers(0, 2_000)),
                    "kind": draw(st.sampled_from(["ordinary", "ordinary", "emergency"])),
                }
            )
    for row in rows:
        row["amount"] = row["quantity"] * PRICES[row["product_id"]]
        row.setdefault("kind", "ordinary")
    return rows


def small_plan(
    quotas: Mapping[str, Mapping[int, int]],
    retailers: Mapping[str, int | None],
    *,
    status: Mapping[str, str] | None = None,
    not_due: Sequence[str] = (),
    lot: Mapping[str, int] | None = None,
    supply: Mapping[str, int] | None = None,
    reserve: Mapping[str, int] | None = None,
    seats: Sequence[tuple[str, str]] = (),
    ceilings: Mapping[str, int] | None = None,
    second_round: bool = False,
    source: str = "published",
    cycle: str = "2026-W47",
    on: date = date(2026, 11, 16),
    tiers: int = 30,
) -> QuotaPlan:
    """A plan written by hand: cartons per retailer of each product and tier.

    quotas : {product: {tier: cartons}}; a tier that is not named is not released
    retailers : {retailer: tier}, ``None`` = has no tier; seats : (product, retailer) of odd lots
    """
    products, ids = sorted(quotas), sorted(retailers)
    P, n = len(products), len(ids)
    table = [[quotas[p].get(t, 0) for t in range(1, tiers + 1)] for p in products]
    base = np.array(table, dtype=np.int64).reshape(P, tiers)
    held = status or {}
    counted = [
        held.get(i, "active") == "active" and retailers[i] is not None and i not in not_due
        for i in ids
    ]
    cell = [
        (tier - 1) if ok and tier is not None else None
        for ok, tier in zip(counted, (retailers[i] for i in ids), strict=True)
    ]
    turns = sorted((products.index(product), ids.index(retailer)) for product, retailer in seats)
    seated = np.zeros((P, tiers), dtype=np.int64)
    for p, i in turns:
        seated[p, (retailers[ids[i]] or 1) - 1] += 1
    units = np.array([(lot or {}).get(p, 1) for p in products], dtype=np.int64)
    allowed = (base > 0) | (seated > 0)
    top = np.array([(ceilings or {}).get(p, 0) for p in products], dtype=np.int64)[:, None]
    return QuotaPlan(
        cycle=cycle,
        on=on,
        seed=None,
        source=source,
        policy_digest="",
        tiers=tiers,
        cells=Cells(
            tier=np.arange(1, tiers + 1, dtype=np.int64),
            segment=("",) * tiers,
            rhythm=("weekly",) * tiers,
            count=np.bincount([c for c in cell if c is not None], minlength=tiers).astype(np.int64),
            weight=np.arange(1, tiers + 1, dtype=np.int64),
            weight_unit=1,
        ),
        members=pl.DataFrame(
            {
                "retailer_id": ids,
                "status": [held.get(i, "active") for i in ids],
                "tier": [retailers[i] for i in ids],
                "segment": [""] * n,
                "rhythm": ["weekly"] * n,
                "due": [i not in not_due for i in ids],
                "cell": cell,
            },
            schema={
                "retailer_id": pl.String,
                "status": pl.String,
                "tier": pl.Int64,
                "segment": pl.String,
                "rhythm": pl.String,
                "due": pl.Boolean,
                "cell": pl.Int32,
            },
        ),
        product=tuple(products),
        region=("",) * P,
        lot=units,
        supply=np.array([(supply or {}).get(p, -1) for p in products], dtype=np.int64),
        reserve=np.array([(reserve or {}).get(p, 0) for p in products], dtype=np.int64),
        method=("published" if source == "published" else "rotate",) * P,
        step=np.full(P, -1, dtype=np.int64),
        tier_order=np.ones(P, dtype=np.bool_),
        allowed=allowed,
        floor=np.zeros((P, tiers), dtype=np.int64),
        ceiling=np.where(allowed, np.maximum(base + (seated > 0) * units[:, None], top), 0),
        entitlement=base.astype(np.float64),
        base=base.astype(np.int64),
        seats=seated,
        turns=Turns(
            line=np.array([p for p, _ in turns], dtype=np.int32),
            retailer=np.array([i for _, i in turns], dtype=np.int32),
            place=np.ones(len(turns), dtype=np.int32),
        ),
        credit_before=np.zeros((P, n), dtype=np.int32),
        credit_after=np.zeros((P, n), dtype=np.int32),
        second_round=second_round,
        proofs=(),
        mass=np.zeros((P, tiers), dtype=np.int64),
        covered=np.zeros((P, tiers), dtype=np.int64),
    )


@st.composite
def quota_lines(draw: st.DrawFn) -> Lines:
    """Feasible lines over one or two chains of up to 6 tiers, empty cells included."""
    tiers, chains, lines = draw(st.integers(1, 6)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    size = tiers * chains
    rises = draw(st.lists(st.integers(0, 4), min_size=tiers, max_size=tiers))
    weight = np.tile(1 + np.cumsum(rises), chains)
    count = np.array(draw(st.lists(st.integers(0, 9), min_size=size, max_size=size)))
    shape = (lines, size)
    floor = np.zeros(shape, dtype=np.int64)
    ceiling = np.zeros(shape, dtype=np.int64)
    allowed = np.zeros(shape, dtype=np.bool_)
    supply, step = np.zeros(lines, dtype=np.int64), np.zeros(lines, dtype=np.int64)
    tier_order = np.zeros(lines, dtype=np.bool_)
    for p in range(lines):
        low = draw(st.integers(1, tiers))
        high = draw(st.integers(low, tiers))
        tier = np.tile(np.arange(1, tiers + 1), chains)
        allowed[p] = (tier >= low) & (tier <= high)
        tier_order[p], step[p] = draw(st.booleans()), draw(st.sampled_from([-1, 0, 1, 2]))
        ceilings = draw(st.lists(st.integers(1, 12), min_size=size, max_size=size))
        least = draw(st.sampled_from([0, 0, 0, 1]))
        floor[p] = np.where(allowed[p], least, 0)
        ceiling[p] = np.where(allowed[p], ceilings, 0)
        supply[p] = int((floor[p] * count).sum()) + draw(st.integers(0, 90))
        if supply[p] == 0:
            allowed[p], floor[p], ceiling[p] = False, 0, 0
    return Lines(tiers, allowed, count, weight, floor, ceiling, supply, tier_order, step)


def cells_of(lines: Lines) -> Cells:
    """The cells of lines made here: one segment for each chain."""
    size = len(lines.count)
    return Cells(
        tier=np.arange(size) % lines.tiers + 1,
        segment=tuple(f"s{c // lines.tiers}" for c in range(size)),
        rhythm=("weekly",) * size,
        count=lines.count,
        weight=lines.weight,
        weight_unit=1,
    )


def masses(*counts: int) -> Units:
    """Masses of groups that take in all retailers of their cells."""
    return np.array(counts, np.int64) * MICRO


@st.composite
def coupled_lines(draw: st.DrawFn) -> Lines:
    """Feasible lines with groups, baskets, promises and take-up: a table is kept in mind first."""
    tiers, chains = draw(st.integers(1, 4)), draw(st.integers(1, 2))
    products, size = draw(st.integers(1, 4)), tiers * chains
    weight = np.tile(
        1 + np.cumsum(draw(st.lists(st.integers(0, 3), min_size=tiers, max_size=tiers))), chains
    )
    count = np.array(draw(st.lists(st.integers(0, 6), min_size=size, max_size=size)))
    shape = (products, size)
    tier = np.tile(np.arange(1, tiers + 1), chains)
    allowed, floor = np.zeros(shape, np.bool_), np.zeros(shape, np.int64)
    mass = np.zeros(shape, np.int64)
    supply, step = np.zeros(products, np.int64), np.zeros(products, np.int64)
    order = np.zeros(products, np.bool_)
    kept = np.zeros(shape, np.int64)
    groups: list[Group] = []
    for p in range(products):
        low = draw(st.integers(1, tiers))
        allowed[p] = (tier >= low) & (tier <= draw(st.integers(low, tiers)))
        order[p], step[p] = draw(st.booleans()), draw(st.sampled_from([-1, -1, 0, 1, 2]))
        kept[p] = np.where(allowed[p], draw(st.integers(0, 2)), 0)
        floor[p] = np.where(allowed[p], draw(st.integers(0, 1)) * kept[p], 0)
        mass[p] = count * draw(st.sampled_from([MICRO, MICRO, MICRO, 650_000]))
        used = int((kept[p] * mass[p]).sum())
        supply[p] = -(-used // MICRO) + draw(st.integers(1, 40))
        for _ in range(draw(st.integers(0, 2))):
            inside = np.flatnonzero(
                allowed[p] & np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
            )
            had = int((kept[p] * mass[p])[inside].sum())
            least = draw(st.sampled_from([-1, had // MICRO]))
            most = draw(st.sampled_from([-1, -(-had // MICRO) + draw(st.integers(0, 8))]))
            if len(inside) and (least > 0 or most >= 0):
                groups.append(
                    Group(0, p, inside.astype(np.int32), mass[p][inside], max(least, -1), most)
                )
    baskets = []
    for b in range(draw(st.integers(0, 2))):
        members = draw(st.lists(st.integers(0, products - 1), min_size=1, unique=True))
        together = sorted(members)
        room = kept[together].sum(axis=0) + np.array(
            draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
        )
        bound = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
        baskets.append(JointLimit(f"b{b}", np.array(together, np.int32), np.where(bound, room, -1)))
    ceiling = np.where(
        allowed, kept + np.array(draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))), 0
    )
    promised = np.where(allowed & (kept > floor), draw(st.integers(0, 1)) * count, 0)
    return Lines(
        tiers,
        allowed,
        count,
        weight,
        floor,
        ceiling,
        supply,
        order,
        step,
        mass=mass,
        promised=promised,
        groups=tuple(groups),
        baskets=tuple(baskets),
    )


HOSTILE = [
    *"{}[]:,&*!|>%@`\"'#-?~<.\n\t 0123456789eE",
    *["\x00", "\x85", "\ufeff", "\u2028", "％", "１", "\ud800", "&a ", "*a", "!!python/object:f "],
    *["<<: ", "---\n", "...\n", "%YAML 1.1\n", ".inf", ".nan", "1e999", "0x1F", "2026-02-30: "],
    *["null", "true", "9" * 40, "[" * 40, "{a: " * 40, "? ", "\n  ", "- "],
]
"""What gets into texts: YAML's own signs, characters that break lines, numbers beyond bounds."""


@st.composite
def mangled(draw: st.DrawFn, text: str) -> str:
    """A text after one to four accidents: lines and words lost, doubled, swapped, dirt put in."""
    for _ in range(draw(st.integers(1, 4))):
        lines = text.splitlines(keepends=True) or [""]
        first = draw(st.integers(0, len(lines) - 1))
        second = draw(st.integers(0, len(lines) - 1))
        place = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 6))
        dirt = draw(st.sampled_from(HOSTILE))
        words = sorted(set(text.split()))
        match draw(st.integers(0, 5)):
            case 0:
                del lines[first]
                text = "".join(lines)
            case 1:
                lines.insert(first, lines[second])
                text = "".join(lines)
            case 2:
                lines[first], lines[second] = lines[second], lines[first]
                text = "".join(lines)
            case 3:
                text = text[:place] + dirt + text[place:]
            case 4:
                text = text[:place] + text[place + length :]
            case _ if words:
                text = text.replace(
                    draw(st.sampled_from(words)), draw(st.sampled_from([*words, dirt])), 1
                )
    return text


def roster_of(sizes: list[int], seed: str, cycle: str) -> tuple[Roster, Draw]:
    """Cells of the given sizes with retailers R0, R1, ... and what their ties are drawn from."""
    cell = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    members = pl.DataFrame({"retailer_id": [f"R{i}" for i in range(len(cell))], "cell": cell})
    labels = tuple(f"{c + 1}//weekly" for c in range(len(sizes)))
    return roster(members, len(sizes), seed, cycle), Draw(seed, cycle, "P1", labels)


Counter = tuple[Units, Flags, Units, Units, int, Roster, Draw]


@st.composite
def counters(draw: st.DrawFn, retailers: int = 12, largest: int = 9) -> Counter:
    """One line at the counter: orders, seats, bases, weights, supply of up to 4 cells."""
    sizes = draw(st.lists(st.integers(0, retailers // 2), min_size=1, max_size=4))
    order, ties = roster_of(sizes, draw(st.sampled_from(["a", "b", "c"])), "2026-W47")
    members = sum(sizes)
    asked = np.array(
        draw(st.lists(st.integers(0, largest), min_size=members, max_size=members)), dtype=np.int32
    )
    seat = np.array(draw(st.lists(st.booleans(), min_size=members, max_size=members)), dtype=bool)
    base = np.array(draw(st.lists(st.integers(0, 3), min_size=len(sizes), max_size=len(sizes))))
    weight = np.array(draw(st.lists(st.integers(1, 7), min_size=len(sizes), max_size=len(sizes))))
    return asked, seat, base, weight, draw(st.integers(0, largest * members)), order, ties


@st.composite
def grouped_counters(
    draw: st.DrawFn, *, nested: bool = True, retailers: int = 12, largest: int = 9
) -> tuple[Counter, list[Most]]:
    """A line at the counter and up to four groups of its cells, each with its most lots.

    Round one keeps every maximum. nested : any two groups are apart, or one lies in the other
    """
    counter = draw(counters(retailers=retailers, largest=largest))
    asked, seat, base, _, _, order, _ = counter
    cells = len(base)
    first = np.minimum(asked, np.repeat(base, np.diff(order.start)) + seat)
    held = credit_sums(first.astype(np.int32), order)
    groups: list[Most] = []
    for _ in range(draw(st.integers(1, 4))):
        inside = np.isin(np.arange(cells), list(draw(st.sets(st.integers(0, cells - 1)))))
        crossing = any(
            (inside & other.cells).any()
            and (inside & ~other.cells).any()
            and (other.cells & ~inside).any()
            for other in groups
        )
        if inside.any() and not (nested and crossing):
            most = int(held[inside].sum()) + draw(st.integers(0, largest * 3))
            groups.append(Most(len(groups), inside, most))
    return counter, groups


@dataclass(frozen=True)
class Week:
    """What explanations see of a run (``allocator.explanation.dossier.Dossier``)."""

    policy: Policy
    city: City
    cycle: str
    seed: str | None
    grading: Grading
    plan: QuotaPlan
    allocation: Allocation | None
    findings: None = None
    under: Sealed | None = None

    def sealed(self) -> Sealed | None:
        """All results under one number, where the test has sealed them."""
        return self.under


def small_week(seed: int, *, retailers: int | None = None, **names: str) -> Week:
    """A city of up to 60 shops and 5 scarce products, its policy, orders and what was entered.

    Everything varies with ``seed``: scales, ties, rounding, rounds, segments, tiers that may have
    a product, newcomers, suspended and closed shops, what was asked (sometimes unknown) and what
    the order-takers entered (sometimes too little, too much, or not yet anything).

    names : product or retailer identifier -> name to print instead of the usual one
    """
    rng = np.random.default_rng(seed)
    n = retailers or int(rng.integers(2, 60))
    pick = rng.choice
    on, cycle = date(2026, 11, 16), "2026-W47" if rng.random() < 0.7 else "2026-11"
    by_region = rng.random() < 0.3
    shops = [
        {
            "retailer_id": f"R{i:03d}",
            "name": names.get(f"R{i:03d}", f"SHOP-{i:03d}"),
            "region": ("east", "west")[i % 2],
            "joined_on": date(2026, 10, 20) if rng.random() < 0.1 else date(2019, 3, 5),
            "status": str(pick(["active", "suspended", "closed"], p=[0.92, 0.05, 0.03]))
            if i > 1
            else "active",
            "rhythm": "fortnightly" if rng.random() < 0.15 else "weekly",
            "week_parity": str(pick(["odd", "even"])),
            "manager": "manager <M> & Co",
            "manager_phone": "0874-000001",
        }
        for i in range(n)
    ]
    sold = [
        {
            "retailer_id": shop["retailer_id"],
            "month": date(2026, month, 1),
            "product_id": product,
            "quantity": (cartons := int(rng.lognormal(3.5, 1))),
            "amount": cartons * PRICES[product],
        }
        for shop in shops
        for month in (8, 9, 10)
        for product in "ABC"
        if rng.random() < 0.8
    ]
    short = [f"P{k}" for k in range(int(rng.integers(1, 6)))]
    goods = [
        {
            "product_id": product,
            "name": names.get(product, f"name of {product}"),
            "scarce": product in short,
            "price_class": 1,
            "lot": int(pick([1, 1, 1, 5])),
            "substitutes": [str(other) for other in pick([*short, "A", "B"], 2, replace=False)],
            "expected_on": pick([None, on, date(2026, 12, 1)]),
            "cause": pick([None, "line under repair"]),
            "measures": pick([None, "more was asked for."]),
        }
        for product in [*short, *"ABC"]
    ]
    supply = [
        {
            "cycle": cycle,
            "product_id": product,
            "quantity": int(rng.integers(15, 15 + 5 * n)),
            "region": region,
        }
        for product in short
        for region in (("east", "west") if by_region else (None,))
        if rng.random() < 0.95 or product == "P0"
    ]
    entries: dict[str, object] = {
        "grading": {
            "window": {"months": 3},
            "items": {
                "quantity": {"weight": 30, "scale": str(pick(["max", "rank", "log"]))},
                "amount": {"weight": 50.5, "scale": str(pick(["max", "rank", "winsorised"]))},
                "mean_price": {"weight": 19.5},
            },
            "tiers": {
                "shares": [[20, 30, 50], [10, 1, 39, 50], [1, 9, 40, 50]][int(rng.integers(3))],
                "ties": str(pick(["higher", "lower"])),
            },
            "newcomers": {"months": 3, "start_tier": 2},
            "missing_month": str(pick(["zero", "exclude"])),
        },
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": int(rng.integers(1, 7))},
            "boundary": "step",
            "whole_units": {
                "at_least_one": str(pick(["equal", "rotate", "lottery", "path"])),
                "below_one": str(pick(["equal", "rotate", "rotate", "lottery", "path"])),
            },
            "reserve": str(pick(["0%", "2%", "10%"])),
            "second_round": bool(rng.random() < 0.6),
            "defaults": {"floor": 0, "ceiling": 20, "tier_order": True},
            "products": {
                **({"P0": {"tiers": [2, 3], "ceiling": 5}} if rng.random() < 0.5 else {}),
                **({"P1": {"who": {"region": "west"}}} if seed % 3 == 0 else {}),
                **({"P2": {"fortnightly": "double"}} if seed % 2 == 0 else {}),
            },
        },
    }
    policy = policy_from({"title": "small city", **entries}, on)
    earlier = [
        {
            "retailer_id": shop["retailer_id"],
            "graded_on": date(2026, 8, 15),
            "tier": int(rng.integers(1, 4)),
        }
        for shop in shops
        if rng.random() < 0.7
    ]
    owed = [
        {"product_id": "P0", "retailer_id": shop["retailer_id"], "credit": int(credit)}
        for shop, credit in zip(shops, rng.integers(-900_000, 900_000, n), strict=True)
        if rng.random() < 0.5
    ]
    said = rng.random() < 0.75
    orders = [
        {
            "order_id": f"D{i:03d}",
            "retailer_id": shop["retailer_id"],
            "product_id": product,
            "ordered_at": datetime(2026, 11, 17, 9, i % 60),
            "cycle": cycle,
            "requested": asked if said else None,
            "granted": None if said else asked,
        }
        for i, shop in enumerate(shops)
        for product in [*short, "A"]
        if rng.random() < 0.7 and (asked := int(rng.integers(1, 25))) > 0
    ]
    tables = {
        "retailers": shops,
        "products": goods,
        "sales": sold,
        "supply": supply,
        "tiers": earlier or [{"retailer_id": "R000", "graded_on": on, "tier": 1}],
        "calendar": [{"cycle": cycle, "order_day": date(2026, 11, 17)}],
        "credits": owed or [{"product_id": "P0", "retailer_id": "R000", "credit": 0}],
        "orders": orders or [{"order_id": "D", "retailer_id": "R000", "product_id": "A"}],
    }
    city = City(**{name: table_of(name, rows) for name, rows in tables.items()})
    assert policy.grading is not None
    grading = grade(city, policy.grading, on)
    plan = plan_quotas(
        city,
        grading,
        policy.allocation,
        cycle=cycle,
        seed=f"draw {seed}",
        on=on,
        policy_digest=policy.digest,
    )
    if rng.random() < 0.1:
        return Week(policy, city, cycle, plan.seed, grading, plan, None)
    allocation = allocate(city.orders, plan)
    if said and rng.random() < 0.9:
        awards = {
            (line["retailer_id"], line["product_id"]): line["award"]
            for line in allocation.lines.iter_rows(named=True)
        }
        for order in orders:
            award = awards.get((order["retailer_id"], order["product_id"])) or 0
            slip = int(pick([0, 0, 0, -1, -2, 1]))
            order["granted"] = max(award + slip, 0)
        city = replace(city, orders=table_of("orders", orders))
        allocation = allocate(city.orders, plan)
    return Week(policy, city, cycle, plan.seed, grading, plan, allocation)


def _joined_limits(rng: np.random.Generator) -> dict[str, object]:
    """Groups, baskets and products of a policy, for ``model_copy``."""
    most = [int(cartons) for cartons in np.sort(rng.integers(2, 9, 3))]
    entries = {
        "weights": {"kind": "linear", "bottom": 1, "top": 3},
        "whole_units": "rotate",
        "defaults": {"ceiling": 20, "step": 2},
        "groups": [
            {"who": {"tier": [2, 3]}, "products": "all", "at_most": f"{rng.integers(40, 90)}%"},
            {"who": {"tier": [1, 1]}, "products": ["P0"], "at_least": f"{rng.integers(1, 4)}%"},
        ],
        "baskets": [
            {
                "name": "all",
                "products": "all",
                "at_most": {tier: most[tier - 1] + 2 for tier in (1, 2, 3)},
            },
            {"name": "one", "products": ["P0"], "at_most": {1: most[0], 2: most[1]}},
        ],
    }
    made = policy_from({"title": "joined", "allocation": entries}, MONDAY).allocation
    return {"groups": made.groups, "baskets": made.baskets, "products": {}}


def joined_week(seed: int) -> Week:
    """The week of ``small_week`` with groups and baskets and with odd lots by turn or by draw."""
    return smooth_week(seed, moved=False, joined=True, boundary="step")


@lru_cache(maxsize=512)
def smooth_week(
    seed: int, *, moved: bool = True, joined: bool = False, boundary: str = "smooth"
) -> Week:
    """The week of ``small_week`` with smooth boundaries, planned and allocated again.

    moved : some graded shops stand in another tier than their score says, as rules may order
    joined : groups with least and largest shares, and baskets within one another
    """
    smooth = boundary == "smooth"  # then so many that six stand on a side of a middle
    week = small_week(seed, retailers=44 + 17 * seed % 44 if smooth else None)
    if not week.grading.table["graded"].any():
        return smooth_week(seed + 1, moved=moved, joined=joined, boundary=boundary)
    rng = np.random.default_rng(seed)
    table = week.grading.table
    if moved:
        other = rng.integers(1, week.grading.tiers + 1, len(table))
        rows = np.flatnonzero((rng.random(len(table)) < 0.15) & table["graded"].to_numpy())
        tier = table["tier"].to_numpy().copy() if not table["tier"].null_count() else None
        if tier is not None:
            tier[rows] = other[rows]
            table = table.with_columns(pl.Series("tier", tier))
    grading = replace(week.grading, table=table)
    old = week.policy.allocation
    method = "lottery" if rng.random() < 0.3 else "rotate"
    allocation = old.model_copy(
        update={
            "boundary": boundary,
            "whole_units": old.whole_units.model_copy(
                update={"at_least_one": method, "below_one": "rotate"}
            ),
            "defaults": old.defaults.model_copy(update={"step": int(rng.integers(1, 6))}),
        }
    )
    if joined:
        allocation = allocation.model_copy(update=_joined_limits(rng))
    policy = week.policy.model_copy(update={"allocation": allocation})
    try:
        plan = plan_quotas(
            week.city, grading, allocation,
            cycle=week.cycle, seed=week.seed, on=policy.on, policy_digest=policy.digest,
        )  # fmt: skip
    except (InfeasiblePolicy, NotProvenOptimal):  # a least share that baskets leave no room for
        return smooth_week(seed + 1, moved=moved, joined=joined, boundary=boundary)
    assert week.city.orders is not None
    served = allocate(week.city.orders, plan)
    return replace(week, policy=policy, grading=grading, plan=plan, allocation=served)


def smooth_bound_week(seed: int) -> Week:
    """Smooth boundaries under groups and baskets, with a band on the orders."""
    week = smooth_week(seed, moved=False, joined=True)
    lines = np.arange(len(week.plan.product), dtype=np.int32)
    most = np.random.default_rng(seed).integers(2, 15, len(week.plan.cells.tier))
    plan = replace(week.plan, bands=(JointLimit("band", lines, np.sort(most)),))
    return replace(week, plan=plan, allocation=allocate(week.city.orders, plan))


def bound_week(seed: int) -> Week:
    """A small week whose products share bands and baskets, whose tiers share groups, or whose
    quotas are above the supply and are shared out; all figures vary with ``seed``.
    """
    week = small_week(seed, retailers=24)
    rng, plan = np.random.default_rng(seed + 1_000), week.plan
    lines, tiers = np.arange(len(plan.product), dtype=np.int32), plan.cells.tier
    limits = plan.base + np.where(plan.seats > 0, plan.lot[:, None], 0)

    def joint(name: str, tight: int) -> JointLimit:
        names = {name for name in sorted(set(plan.product)) if rng.random() < 0.8} or {
            plan.product[0]
        }
        chosen = lines[[name in names for name in plan.product]]
        held = plan.allowed[chosen] * limits[chosen]
        most = held.sum(axis=0) * tight + rng.integers(4 - 4 * tight, 12 - 9 * tight, len(tiers))
        return JointLimit(name, chosen, np.where(rng.random(len(tiers)) < 0.2, -1, most))

    bands = tuple(joint(f"band {k}", 0) for k in range(int(rng.integers(0, 3))))
    baskets = tuple(joint(f"basket {k}", 1) for k in range(int(rng.integers(0, 2))))
    groups = []
    for p in lines.tolist():
        cells = np.flatnonzero(tiers == rng.integers(1, 4)).astype(np.int32)
        group = Group(p, p, cells, plan.mass[p, cells], -1, 0)
        most = int(offered(plan)[p, cells].sum() + rng.integers(0, 4) * plan.lot[p])
        if plan.method[p] != "path" and rng.random() < 0.6:
            groups.append(replace(group, most=most))
    supply, oversell = plan.supply.copy(), ""
    if rng.random() < 0.4:
        oversell = "share"
        # Something is left of every line that was released.
        room = np.maximum(supply - plan.reserve - plan.lot, 0)
        less = np.minimum(room, rng.integers(0, 30, len(supply)))
        supply = supply - less // plan.lot * plan.lot
    plan = replace(
        plan,
        bands=bands,
        baskets=baskets,
        groups=tuple(groups),
        supply=supply,
        oversell=oversell,
        second_round=bool(rng.random() < 0.8),
    )
    allocation = None if week.allocation is None else allocate(week.city.orders, plan)
    return replace(week, plan=plan, allocation=allocation)


@dataclass(frozen=True)
class Market:
    """A random city with given tiers, a supply, a policy of allocation, and a cycle's orders."""

    city: City
    policy: AllocationPolicy
    cycle: str = "2026-W47"
    seed: str = "draw 083412"

    def plan(self, **changes: object) -> QuotaPlan:
        """The quota plan, from tiers given in the retailers table."""
        given: dict[str, object] = {"cycle": self.cycle, "seed": self.seed, **changes}
        on = date(2026, 11, 16)
        return plan_quotas(self.city, given_tiers(self.city, on), self.policy, **given)  # type: ignore[arg-type]

    def order(self, rows: Sequence[Mapping[str, object]]) -> Table:
        """Orders of this market; rows name retailer_id, product_id, requested."""
        return table_of(
            "orders",
            [
                {"order_id": f"O{k}", "ordered_at": datetime(2026, 11, 16), **row}
                for k, row in enumerate(rows)
            ],
        )


WHOLE_UNITS: tuple[str | dict[str, str], ...] = (
    "rotate",
    "equal",
    {"at_least_one": "equal", "below_one": "rotate"},
    "lottery",
    "path",
    {"at_least_one": "path", "below_one": "lottery"},
)
JOINABLE = tuple(units for units in WHOLE_UNITS if "path" not in repr(units))
"""Whole units that groups and baskets leave room for; a path keeps neither."""
STEPS = (None, 2, 4)
WORDS_OF_TURNS = {"rotate", "lottery"}


Rules = st.SearchStrategy[list[dict[str, Any]]]


def group_rules(tiers: int, rural: bool) -> Rules:
    """Up to three shares of the supply, nested, apart or crossing.

    rural : whether any shop is
    """
    market = {"market": "rural" if rural else "urban"}
    top = {"tier": [(tiers + 1) // 2, tiers]}
    most = st.sampled_from(["1%", "10%", "35%", "60%"])
    limits = st.fixed_dictionaries({"at_most": most}) | st.fixed_dictionaries(
        {"at_least": st.sampled_from(["10%", "30%"])}
    )
    choices = st.fixed_dictionaries(
        {
            "who": st.sampled_from([market, top, {**market, **top}]),
            "products": st.sampled_from(["all", ["P1"], ["P2"]]),
        }
    )
    rules = st.builds(lambda choice, limit: {**choice, **limit}, choices, limits)
    return st.lists(
        rules, max_size=3, unique_by=lambda rule: (repr(rule["who"]), "at_most" in rule)
    )


def joint_rules(name: str, tiers: int) -> Rules:
    """One limit over both products, or none: the same for all, or by tier, falling or rising."""
    most = st.integers(1, 8)
    by_tier = st.builds(lambda low, high: {1: low, (tiers + 3) // 2: high}, most, most)
    rule = st.fixed_dictionaries(
        {"name": st.just(name), "products": st.just("all"), "at_most": most | by_tier}
    )
    return st.lists(rule, max_size=1)


def coupling_rules(name: str, tiers: int, *, rural: bool) -> Rules:
    """Rules for one of ``groups``, ``baskets``, ``bands``."""
    return group_rules(tiers, rural) if name == "groups" else joint_rules(name, tiers)


@st.composite
def markets(
    draw: st.DrawFn,
    *,
    tiers: int = 5,
    retailers: int = 14,
    supplied: int = 60,
    whole_units: Sequence[str | dict[str, str]] = WHOLE_UNITS,
    couplings: Sequence[str] = (),
) -> Market:
    """Cities with steps, floors, ceilings, lots, regions, credits, fortnightly shops.

    supplied : most lots of a product where they are ample, beside what floors need
    couplings : of ``groups``, ``baskets``, ``bands``, those that the policy may have; the supply
        may be too little for what groups must have at least
    """
    by_region = draw(st.sampled_from([False, False, True]))
    parts = 1 + by_region
    people = draw(st.integers(1, retailers))
    shops = [
        {
            "retailer_id": f"R{i:02}",
            "tier": draw(st.integers(1, tiers)),
            "region": draw(st.sampled_from(["east", "west"])),
            "market": draw(st.sampled_from(["urban", "urban", "rural"])),
            "format": draw(st.sampled_from(["store", "store", "kiosk"])),
            "status": draw(st.sampled_from(["active"] * 6 + ["suspended"])),
            "rhythm": draw(st.sampled_from(["weekly"] * 4 + ["fortnightly"])),
            "week_parity": "odd",
        }
        for i in range(people)
    ]
    shops[-1] |= {"market": "rural"}
    shops[0] |= {"tier": tiers, "region": "east", "market": "urban", "format": "store"}
    methods = draw(st.sampled_from(whole_units))
    words = {methods} if isinstance(methods, str) else set(methods.values())
    # A path keeps no step; one number for each tier needs steps in whole lots; turns take any.
    steps = (None,) if "path" in words else (1, *STEPS) if words <= WORDS_OF_TURNS else STEPS
    floor = draw(st.sampled_from([0, 0, 0, 1, 2])) if not couplings else 0
    visits = sum(1 + (shop["rhythm"] == "fortnightly") for shop in shops)
    products = [
        {"product_id": name, "lot": draw(st.sampled_from([1, 1, 2]))} for name in ("P1", "P2")
    ]
    supply = [
        {
            "cycle": "2026-W47",
            "product_id": product["product_id"],
            # What floors need, with the largest reserve, and what makes it scarce or ample.
            "quantity": (-(-floor // lot) * lot * visits * 100 + 84) // 85
            + lot * bool(floor)
            + draw(st.integers(0, most)),
            "region": region,
        }
        for product in products
        for lot in [int(str(product["lot"]))]
        for most in [draw(st.sampled_from([people, 2 * people, supplied])) * lot // parts]
        for region in (["east", "west"] if by_region else [None])
    ]
    owed = [
        {
            "product_id": product,
            "retailer_id": shop["retailer_id"],
            "credit": draw(st.integers(-900_000, 900_000)),
        }
        for shop in shops
        for product in ("P1", "P2")
        if draw(st.booleans())
    ]
    # Entries may fall as the tier rises, but along a path.
    entries = draw(st.lists(st.integers(2, 12), min_size=2, max_size=2))
    by_tier = dict(
        zip((1, tiers // 2 + 1), sorted(entries) if "path" in words else entries, strict=True)
    )
    policy = {
        "title": "random",
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": draw(st.integers(1, 6))},
            "whole_units": methods,
            "reserve": draw(st.sampled_from(["0%", "2%", "15%"])),
            "second_round": draw(st.sampled_from([True, True, False])),
            "defaults": {
                "floor": floor,
                "ceiling": draw(st.sampled_from([20, 2, 6, 20])),
                "step": draw(st.sampled_from(steps)),
            },
            "products": {
                "P1": draw(
                    st.sampled_from(
                        [
                            {},
                            {"ceiling": by_tier},
                            {"fortnightly": "double"},
                            {"who": {"market": "urban"}},
                            {"who": {"market": ["urban"], "format": "store"}},
                            {"who": {"region": "east"}, "fortnightly": "double"},
                        ]
                    )
                ),
                "P2": {
                    "tiers": [min(2, tiers), tiers],
                    "tier_order": draw(st.booleans()),
                    "fortnightly": draw(st.sampled_from(["same", "double"])),
                },
            },
        },
    }
    policy["allocation"] |= {
        name: draw(coupling_rules(name, tiers, rural=people > 1)) for name in couplings
    }
    city = City(
        retailers=table_of("retailers", shops),
        products=table_of("products", products),
        supply=table_of("supply", supply),
        calendar=table_of("calendar", [{"cycle": "2026-W47", "order_day": date(2026, 11, 16)}]),
        credits=table_of("credits", owed) if owed else None,
    )
    return Market(city, policy_from(policy, "2026-11-16").allocation)


@st.composite
def ordered_markets(draw: st.DrawFn, *, ordered: int = 14, **sizes: Any) -> tuple[Market, Table]:
    """A market and the orders of its cycle; ``ordered`` cartons at most of each product."""
    market = draw(markets(**sizes))
    rows = [
        {
            "retailer_id": shop,
            "product_id": product,
            "requested": draw(st.integers(0, draw(st.sampled_from([2, ordered, ordered])))),
            "cycle": "2026-W47",
        }
        for shop in market.city.retailers.frame["retailer_id"]
        for product in ("P1", "P2")
        if draw(st.integers(0, 7))
    ]
    if not rows:
        rows = [{"retailer_id": "R00", "product_id": "P1", "requested": 1, "cycle": "2026-W47"}]
    return market, market.order(rows)


def joined_markets(*couplings: str, **sizes: Any) -> st.SearchStrategy[tuple[Market, Table]]:
    """Markets with groups, baskets or bands, and orders; some allow no plan at all."""
    return ordered_markets(whole_units=JOINABLE, couplings=couplings, **sizes)


@st.composite
def contests(draw: st.DrawFn, *, retailers: int = 5, lots: int = 6) -> tuple[Market, Table]:
    """A handful of shops, most of one tier, after one product that is too little for them all.

    All methods, with and without round two, credits, fortnightly shops, a choice of retailers;
    orders are whole lots, up to ``lots`` of them, and some shops want little.
    """
    people = draw(st.integers(2, retailers))
    lot = draw(st.sampled_from([1, 1, 2, 5]))
    urban = draw(st.sampled_from([False, False, True]))
    shops = [
        {
            "retailer_id": f"R{i}",
            "tier": draw(st.sampled_from([1, 1, 1, 2])),
            "market": draw(st.sampled_from(["urban", "urban", "urban", "rural"])),
            "rhythm": draw(st.sampled_from(["weekly"] * 5 + ["fortnightly"])),
            "week_parity": "odd",
        }
        for i in range(people)
    ]
    shops[0] |= {"tier": 2, "market": "urban"}
    owed = draw(st.lists(st.integers(-900_000, 900_000), min_size=people, max_size=people))
    policy = {
        "title": "contest",
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": draw(st.integers(1, 3))},
            "whole_units": draw(st.sampled_from(["rotate", "rotate", "lottery", "equal", "path"])),
            "second_round": draw(st.sampled_from([True, True, True, False])),
            "defaults": {"ceiling": lot * draw(st.sampled_from([20, 20, 4]))},
            "products": {
                "P1": {
                    "fortnightly": draw(st.sampled_from(["same", "double"])),
                    **({"who": {"market": "urban"}} if urban else {}),
                }
            },
        },
    }
    supply = lot * draw(st.integers(1, 2 * people)) + draw(st.integers(0, lot - 1))
    city = City(
        retailers=table_of("retailers", shops),
        products=table_of("products", [{"product_id": "P1", "lot": lot}]),
        supply=table_of("supply", [{"cycle": "2026-W47", "product_id": "P1", "quantity": supply}]),
        calendar=table_of("calendar", [{"cycle": "2026-W47", "order_day": date(2026, 11, 16)}]),
        credits=table_of(
            "credits",
            [
                {"product_id": "P1", "retailer_id": f"R{i}", "credit": credit}
                for i, credit in enumerate(owed)
            ],
        ),
    )
    market = Market(city, policy_from(policy, "2026-11-16").allocation)
    wanted = [draw(st.integers(0, draw(st.sampled_from([1, lots, lots])))) for _ in shops]
    return market, market.order(
        [
            {"retailer_id": f"R{i}", "product_id": "P1", "requested": n * lot, "cycle": "2026-W47"}
            for i, n in enumerate(wanted)
        ]
    )


@dataclass(frozen=True)
class Attendance:
    """One cycle of a history of turns.

    shops : name -> (tier, market, status); who is not named is not in the tables
    supply : cartons of the one product
    """

    shops: Mapping[str, tuple[int, str, str]]
    supply: int


def history(seed: int, *, cycles: int, shops: int, tiers: int, moving: float) -> list[Attendance]:
    """Cycles in which shops come, go, pause, and change tier and market.

    moving : chance that a shop does any of this from one cycle to the next; shops that are alike
        often stay so for long, which is when turns count
    """
    rng = np.random.default_rng(seed)

    def somewhere() -> tuple[int, str, str]:
        status = str(rng.choice(["active", "active", "active", "suspended", "gone"]))
        return int(rng.integers(1, tiers + 1)), str(rng.choice(["urban", "rural"])), status

    held = {f"R{i:02}": somewhere() for i in range(shops)}
    told = []
    for _ in range(cycles):
        held = {name: somewhere() if rng.random() < moving else at for name, at in held.items()}
        known = {name: at for name, at in held.items() if at[2] != "gone"}
        known |= {"S": (tiers, "urban", "active"), "T": (tiers, "rural", "active")}
        told.append(Attendance(known, int(rng.integers(1, 3 * shops))))
    return told


def histories(*, cycles: int = 8, shops: int = 8) -> st.SearchStrategy[list[Attendance]]:
    """Short histories of a few shops."""
    return st.builds(
        history,
        st.integers(0, 2**32 - 1),
        cycles=st.integers(2, cycles),
        shops=st.integers(2, shops),
        tiers=st.integers(1, 3),
        moving=st.sampled_from([0.0, 0.1, 0.3]),
    )


def crowded_market(
    method: str, *, retailers: int, products: int, seed: int, tiers: int = 10
) -> tuple[Market, Table]:
    """A large city in two markets with credits, and orders that round two cannot meet.

    Supplies range from a quarter of a carton to three cartons for each shop; half the shops want
    little, which leaves something for round two.
    """
    rng = np.random.default_rng([seed, retailers])
    names = [f"R{i:06}" for i in range(retailers)]
    goods = [f"P{k}" for k in range(products)]
    shops = [
        {"retailer_id": name, "tier": int(tier), "market": ("urban", "rural")[int(rural)]}
        for name, tier, rural in zip(
            names, rng.integers(1, tiers + 1, retailers), rng.random(retailers) < 0.4, strict=True
        )
    ]
    supply = [
        {
            "cycle": "2026-W47",
            "product_id": product,
            "quantity": int(retailers * rng.uniform(0.25, 3.0)),
        }
        for product in goods
    ]
    owed = [
        {"product_id": product, "retailer_id": name, "credit": int(credit)}
        for product in goods
        for name, credit in zip(names, rng.integers(-900_000, 900_000, retailers), strict=True)
    ]
    policy = {
        "title": "crowded",
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": 6},
            "whole_units": method,
            "second_round": True,
            "defaults": {"ceiling": 30},
            "products": {"P0": {"who": {"market": "urban"}}},
        },
    }
    city = City(
        retailers=table_of("retailers", shops),
        products=table_of("products", [{"product_id": product, "lot": 1} for product in goods]),
        supply=table_of("supply", supply),
        credits=table_of("credits", owed),
    )
    market = Market(city, policy_from(policy, "2026-11-16").allocation)
    modest = rng.random(retailers) < 0.5
    orders = [
        {
            "retailer_id": name,
            "product_id": product,
            "requested": int(rng.integers(0, 2 if little else 20)),
            "cycle": "2026-W47",
        }
        for product in goods
        for name, little in zip(names, modest, strict=True)
    ]
    return market, market.order(orders)


MONDAY = date(2026, 11, 16)


def city_of(shops: dict[int, int], supply: list[dict[str, object]], **shop: object) -> City:
    """``shops[tier]`` retailers of each tier."""
    rows = [
        {"retailer_id": f"R{tier}{k:02}", "tier": tier, **shop}
        for tier, count in shops.items()
        for k in range(count)
    ]
    lots = [{"product_id": "P1", "lot": 1}, {"product_id": "P5", "lot": 5}]
    return City(
        retailers=table_of("retailers", rows),
        products=table_of("products", lots),
        supply=table_of("supply", [{"cycle": "C1", "product_id": "P1", **row} for row in supply]),
    )


def policy_of(**allocation: object) -> Policy:
    """A policy of even weights, odd lots by turns, ceiling 20, and what is given."""
    rules = {
        "weights": {"kind": "linear", "bottom": 1, "top": 1},
        "whole_units": "rotate",
        "defaults": {"ceiling": 20},
    }
    return policy_from({"title": "test", "allocation": {**rules, **allocation}}, MONDAY)


def plan_of(city: City, seed: str | None = "s", **allocation: object) -> QuotaPlan:
    """The plan of cycle C1 under weights 1..3, ceiling 20 and what is given."""
    weights = {"kind": "linear", "bottom": 1, "top": 3}
    policy = policy_of(**{"weights": weights, **allocation})
    return plan_quotas(city, given_tiers(city, MONDAY), policy.allocation, cycle="C1", seed=seed)


@st.composite
def demands(draw: st.DrawFn) -> tuple[Demand, tuple[Clause, ...]]:
    """One or two products in up to four cells and lines that limit them, feasible or not.

    Floors and ceilings by tier; groups, baskets, coverage, take-up and doubled shops included.
    """
    tiers, chains = draw(st.sampled_from([(1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2)]))
    lines, size = draw(st.integers(1, 2)), tiers * chains
    tier = np.tile(np.arange(1, tiers + 1), chains)
    low = draw(st.integers(1, tiers))
    may = (tier >= low) & (tier <= draw(st.integers(low, tiers)))
    count = np.array(draw(st.lists(st.integers(0, 4), min_size=size, max_size=size)), np.int64)
    shape = (lines, size)
    taken = draw(st.sampled_from([MICRO, MICRO, 650_000]))
    mass = np.broadcast_to(np.where(may, count * taken, 0), shape)
    doubled = np.repeat(draw(st.lists(st.integers(1, 2), min_size=chains, max_size=chains)), tiers)
    every = st.lists(st.integers(0, lines - 1), min_size=1, unique=True).map(sorted)
    ranges = st.integers(1, tiers).flatmap(
        lambda first: st.tuples(st.just(first), st.integers(first, tiers))
    )
    shares = st.sampled_from([10, 25, 400, 500, 600, 667, 900, 1000])
    parts = 10 ** (SHARE_DIGITS - 3)
    clauses: list[Clause] = []

    def add(kind: str, value: int, held: tuple[int, int] = (1, tiers), rule: int = -1) -> None:
        spans = tuple(Span(p, *held) for p in draw(every))
        clauses.append(Clause(kind, f"{kind}.{len(clauses)}", value, spans, rule))

    for kind, most in (("floor", 3), ("ceiling", 3), ("basket", 2)):
        for value, held in draw(st.lists(st.tuples(st.integers(0, 6), ranges), max_size=most)):
            add(kind, value, held, 0 if kind == "basket" else -1)
    if draw(st.booleans()):
        add("step", draw(st.integers(0, 4)))
    if draw(st.booleans()):
        add("tier_order", 1)
    if draw(st.integers(0, 3)) == 0:
        add("coverage", draw(shares) * parts)
    members = {}
    for rule in range(draw(st.integers(0, 3))):
        inside = may & np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
        if mass[0, inside].any():
            add(
                draw(st.sampled_from(["group_least", "group_most"])),
                draw(shares) * parts,
                rule=rule,
            )
            cells = np.flatnonzero(inside).tolist()
            members |= {(rule, p): {c: int(mass[p, c]) for c in cells} for p in range(lines)}
    everywhere = tuple(Span(p) for p in range(lines))
    if part := draw(st.sampled_from([0, 0, 2, 30, 333])):
        clauses.append(Clause("reserve", "reserve", part * parts, everywhere))
    supply = draw(st.lists(st.integers(1, 60), min_size=lines, max_size=lines))
    clauses += [
        Clause("supply", "supply", value, (span,))
        for value, span in zip(supply, everywhere, strict=True)
    ]
    demand = Demand(
        tiers,
        np.broadcast_to(may, shape),
        count,
        np.broadcast_to(doubled, shape).astype(np.int64),
        mass,
        np.array(draw(st.lists(st.integers(1, 3), min_size=lines, max_size=lines)), np.int64),
        np.array(supply, np.int64),
        members,
    )
    return demand, tuple(clauses)


@dataclass(frozen=True)
class Draft:
    """A small city of towns and villages, and a policy that may contradict itself or the supply.

    shops : retailers by tier and market; supply : cartons by product; allocation : as in a policy
    """

    shops: Mapping[tuple[int, str], int]
    supply: Mapping[str, int]
    allocation: Mapping[str, Any]

    def city(self) -> City:
        """The city of cycle C1, with lots of 1, 2 and 5 cartons."""
        rows = [
            {"retailer_id": f"{market}{tier}-{k}", "tier": tier, "market": market}
            for (tier, market), count in self.shops.items()
            for k in range(count)
        ]
        lots = {"P1": 1, "P2": 2, "P5": 5}
        return City(
            retailers=table_of("retailers", rows),
            products=table_of("products", [{"product_id": p, "lot": n} for p, n in lots.items()]),
            supply=table_of(
                "supply",
                [
                    {"cycle": "C1", "product_id": p, "quantity": quantity}
                    for p, quantity in self.supply.items()
                ],
            ),
        )


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Policies with every line that a conflict can name; few are free of faults in themselves."""
    tiers = draw(st.integers(1, 3))
    shops = {
        (tier, market): draw(st.integers(tier == 1, 5))
        for tier in range(1, tiers + 1)
        for market in ("urban", "rural")
    }
    supply = draw(
        st.dictionaries(st.sampled_from(["P1", "P2", "P5"]), st.integers(1, 80), min_size=1)
    )
    percent = st.integers(1, 20).map(lambda k: f"{5 * k}%")
    some = st.sampled_from(["all", "all", sorted(supply)[:1], sorted(supply)[-2:]])
    own = st.fixed_dictionaries(
        {},
        optional={
            "floor": st.integers(0, 3),
            "ceiling": st.one_of(st.integers(1, 9), st.fixed_dictionaries({1: st.integers(1, 5)})),
            "step": st.integers(0, 3),
            "tier_order": st.booleans(),
            "coverage": percent,
        },
    )
    who = st.sampled_from(
        [{"market": "rural"}, {"market": "urban"}, {"tier": (1, 1)}, {"tier": (tiers, tiers)}]
    )
    limit = st.one_of(st.integers(1, 9), st.fixed_dictionaries({1: st.integers(1, 6)}))
    allocation = {
        "reserve": draw(st.sampled_from(["0%", "0%", "7%"])),
        "defaults": {"ceiling": draw(st.integers(3, 20)), **draw(own)},
        "products": draw(st.dictionaries(st.sampled_from(sorted(supply)), own, max_size=2)),
        "groups": tuple(
            {
                "who": draw(who),
                "products": draw(some),
                draw(st.sampled_from(["at_least", "at_least", "at_most"])): draw(percent),
            }
            for _ in range(draw(st.integers(0, 3)))
        ),
        "baskets": tuple(
            {"name": f"b{k}", "products": draw(some), "at_most": draw(limit)}
            for k in range(draw(st.integers(0, 2)))
        ),
    }
    return Draft(shops, supply, allocation)


def claim_lists(at_least: int = 1) -> st.SearchStrategy[list[int]]:
    """Claims of up to five, some equal, some nothing."""
    return st.lists(st.integers(0, 12), min_size=at_least, max_size=5)


def seat_rows() -> st.SearchStrategy[list[tuple[int, int, int]]]:
    """(weight, floor, room above the floor) of up to five who share seats."""
    row = st.tuples(st.integers(1, 500), st.integers(0, 4), st.integers(0, 12))
    return st.lists(row, min_size=1, max_size=5)


OrderRow = dict[str, Any]


@st.composite
def coupled_weeks(draw: st.DrawFn, *, baskets: bool = True) -> tuple[QuotaPlan, list[OrderRow]]:
    """A plan whose products share bands (and baskets that its quotas fit), and a week's orders.

    Up to five products in lots of 1 to 3, four tiers, odd lots for some; products stand in several
    bands; some tiers have none. Orders come in any order, a product sometimes twice.
    """
    tiers = 4
    products = [f"P{k}" for k in range(draw(st.integers(2, 5)))]
    lot = {name: draw(st.sampled_from([1, 1, 2, 3])) for name in products}
    quotas = {
        name: {tier: draw(st.integers(0, 4)) * lot[name] for tier in range(1, tiers + 1)}
        for name in products
    }
    # Members stand grouped by cell, so identifiers rise with the tier.
    held = sorted(draw(st.lists(st.integers(1, tiers), min_size=1, max_size=6)))
    shops = {f"R{k}": tier for k, tier in enumerate(held)}
    seats = [(name, shop) for name in products for shop in shops if not draw(st.integers(0, 4))]
    limit = {
        (name, shop): quotas[name][tier] + ((name, shop) in seats) * lot[name]
        for name in products
        for shop, tier in shops.items()
    }
    plan = small_plan(
        quotas,
        dict(shops),
        lot=lot,
        supply={
            name: sum(limit[name, shop] for shop in shops) + draw(st.integers(0, 14))
            for name in products
        },
        seats=seats,
        ceilings={name: draw(st.sampled_from([0, 5, 9, 14])) * lot[name] for name in products},
        second_round=draw(st.sampled_from([True, True, False])),
        source="planned",
        tiers=tiers,
    )
    bands = [
        JointLimit(f"band {k}", _some_lines(draw, len(products)), _most(draw, [0] * tiers, 24))
        for k in range(draw(st.sampled_from([1, 1, 2])))
    ]
    tied = []
    for k in range(draw(st.integers(0, 2)) if baskets else 0):
        lines = _some_lines(draw, len(products))
        least = [
            max(
                [sum(limit[products[p], shop] for p in lines) for shop in shops if shops[shop] == t]
                or [0]
            )
            for t in range(1, tiers + 1)
        ]
        tied.append(JointLimit(f"basket {k}", lines, _most(draw, least, 5)))
    rows = [
        {
            "order_id": f"D{draw(st.integers(0, 99)):02}",
            "retailer_id": shop,
            "product_id": name,
            "ordered_at": datetime(2026, 11, 17, 9, draw(st.integers(0, 3))),
            "cycle": plan.cycle,
            "requested": draw(st.integers(0, 16)),
        }
        for shop in shops
        for name in products
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2])))
    ] or [
        {
            "order_id": "D00",
            "retailer_id": "R0",
            "product_id": "P0",
            "ordered_at": datetime(2026, 11, 17),
            "requested": 1,
        }
    ]
    return replace(plan, bands=tuple(bands), baskets=tuple(tied)), draw(st.permutations(rows))


def _some_lines(draw: st.DrawFn, products: int) -> np.ndarray:
    chosen = draw(st.sets(st.integers(0, products - 1), min_size=2))
    return np.array(sorted(chosen), dtype=np.int32)


def _most(draw: st.DrawFn, least: list[int], room: int) -> Units:
    """Most cartons for each tier, at least so many; -1 = no limit."""
    return np.array(
        [draw(st.sampled_from([-1, *range(low, low + room)])) for low in least], dtype=np.int64
    )


@st.composite
def past_weeks(draw: st.DrawFn) -> City:
    """Orders and quotas of up to four cycles, C1 to C4, of two products, three tiers, two markets.

    Some quotas name a market, some cycles are in one table only, some shops come every second week.
    """
    shops = [
        {
            "retailer_id": f"R{k}",
            "tier": draw(st.integers(1, 3)),
            "market": draw(st.sampled_from(["urban", "rural"])),
            "status": draw(st.sampled_from(["active"] * 5 + ["closed"])),
            "rhythm": draw(st.sampled_from(["weekly", "weekly", "fortnightly"])),
            "week_parity": draw(st.sampled_from(["odd", "even"])),
        }
        for k in range(draw(st.integers(1, 32)))
    ]
    cycles = ["C1", "C2", "C3", "C4"]
    quotas = [
        {
            "cycle": cycle,
            "product_id": product,
            "tier": tier,
            "segment": segment,
            "quota": draw(st.integers(0, 5)),
        }
        for cycle in ["C4", *draw(st.sets(st.sampled_from(cycles[:3])))]
        for product in "PQ"
        for tier in (1, 2, 3)
        for segment in draw(
            st.sampled_from([[None], [None], ["urban", "rural"], ["urban"], [None, "rural"]])
        )
    ]
    orders = [
        {
            "order_id": f"D{number}",
            "retailer_id": shop["retailer_id"],
            "product_id": product,
            "ordered_at": datetime(2026, 11, 2),
            "cycle": cycle,
            "requested": draw(st.integers(0, 7)),
            "status": draw(st.sampled_from(["confirmed"] * 4 + ["cancelled"])),
        }
        for number, (cycle, shop, product) in enumerate(
            (cycle, shop, product)
            for cycle in cycles[draw(st.integers(0, 2)) :]
            for shop in shops
            for product in "PQ"
            if draw(st.integers(0, 3))
        )
    ] or [{"order_id": "D", "retailer_id": "R0", "product_id": "P", "cycle": "C4", "requested": 1}]
    # Weeks 45 to 48: C1 and C3 are odd. C4 is this one, and lies on an odd week for a change.
    days = [date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 30)]
    return City(
        retailers=table_of("retailers", shops),
        quotas=table_of("quotas", quotas),
        orders=table_of("orders", orders),
        calendar=table_of(
            "calendar",
            [{"cycle": cycle, "order_day": day} for cycle, day in zip(cycles, days, strict=True)],
        ),
    )


@st.composite
def oversold_weeks(draw: st.DrawFn) -> tuple[QuotaPlan, list[OrderRow]]:
    """One product whose quotas may be above its supply, to be shared out then, and its orders."""
    held = sorted(draw(st.lists(st.integers(1, 3), min_size=1, max_size=7)))
    lot = draw(st.sampled_from([1, 1, 2]))
    quotas = {tier: draw(st.integers(0, 6)) * lot for tier in (1, 2, 3)}
    shops = {f"R{k}": tier for k, tier in enumerate(held)}
    promised = sum(quotas[tier] for tier in held)
    reserve = draw(st.integers(0, 4))
    plan = small_plan(
        {"P": quotas},
        dict(shops),
        lot={"P": lot},
        supply={"P": reserve + draw(st.integers(0, promised + 2))},
        reserve={"P": reserve},
        seats=[("P", shop) for shop in shops if draw(st.booleans())],
        source="planned",
        tiers=3,
    )
    rows = [
        {
            "order_id": shop,
            "retailer_id": shop,
            "product_id": "P",
            "requested": draw(st.integers(0, 14)),
        }
        for shop in shops
    ]
    return replace(plan, oversell="share"), rows


@st.composite
def tiny_coupled(draw: st.DrawFn) -> Lines:
    """One or two lines over two tiers, so few limits that all tables of a grid can be tried.

    Groups have shares at most; tables of nothing keep every limit.
    """
    products, count = (
        draw(st.sampled_from([2, 2, 1])),
        np.array(draw(st.tuples(*[st.integers(1, 3)] * 2))),
    )
    shape = (products, 2)
    ceiling = np.array(
        draw(st.lists(st.integers(1, 2), min_size=2 * products, max_size=2 * products))
    ).reshape(shape)
    supply = np.array(draw(st.lists(st.integers(1, 5), min_size=products, max_size=products)))
    groups = [
        Group(0, p, np.array([c], np.int32), masses(int(count[c])), -1, draw(st.integers(0, 4)))
        for p in range(products)
        for c in range(2)
        if draw(st.sampled_from([False, False, True]))
    ]
    room = np.array([draw(st.sampled_from([1, 2, 3, 0])), draw(st.sampled_from([-1, -1, 2]))])
    basket = JointLimit("b", np.arange(products, dtype=np.int32), room)
    allowed = np.ones(shape, np.bool_)
    # A second product for one tier only: what the first has there is lost to it.
    allowed[1:, 1] = draw(st.sampled_from([False, True]))
    return Lines(
        tiers=2,
        allowed=allowed,
        count=count,
        weight=np.array([1, draw(st.integers(1, 3))]),
        floor=np.zeros(shape, np.int64),
        ceiling=np.where(allowed, ceiling, 0),
        supply=supply,
        tier_order=np.array(draw(st.lists(st.booleans(), min_size=products, max_size=products))),
        step=np.array(
            draw(st.lists(st.sampled_from([-1, -1, 1]), min_size=products, max_size=products))
        ),
        groups=tuple(groups),
        baskets=(basket,) if draw(st.sampled_from([True, True, False])) else (),
    )


@st.composite
def coupled_cities(draw: st.DrawFn) -> Coupled:
    """Two or three lines over two to four tiers, joined by baskets, with groups of tiers.

    Whole cartons by `equal` only where groups or baskets bear on the line.
    """
    size, number = draw(st.integers(2, 4)), draw(st.integers(2, 3))
    count = draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
    weight = sorted(draw(st.lists(st.integers(1, 6), min_size=size, max_size=size)))
    few = st.lists(st.integers(0, number - 1), min_size=1, max_size=number, unique=True)
    limits = st.lists(st.integers(-1, 7), min_size=size, max_size=size)
    baskets = tuple(
        (tuple(sorted(lines)), tuple(most))
        for lines, most in draw(st.lists(st.tuples(few, limits), min_size=1, max_size=2))
    )
    lots = [draw(st.sampled_from([1, 1, 1, 2])) for _ in range(number)]
    cells = st.lists(st.integers(0, size - 1), min_size=1, max_size=size, unique=True)
    groups = []
    for _ in range(draw(st.integers(0, 2))):
        p = draw(st.integers(0, number - 1))
        least, most = draw(st.tuples(st.integers(-1, 4), st.integers(-1, 8)))
        lot = lots[p]
        share = Portion(
            p, tuple(sorted(draw(cells))), *(k * lot if k > 0 else k for k in (least, most))
        )
        groups.append(share)
    bound = {p for lines, _ in baskets for p in lines} | {share.line for share in groups}
    releases = []
    for p, lot in enumerate(lots):
        ceiling = sorted(draw(st.lists(st.integers(1, 9), min_size=size, max_size=size)))
        method = draw(st.sampled_from(["rotate", "rotate", "equal"])) if p in bound else "rotate"
        releases.append(
            Release(
                f"P{p}",
                draw(st.integers(0, 25)),
                method=method,
                lot=lot,
                ceiling=[lot * high for high in ceiling],
                step=draw(st.sampled_from([-1, -1, 1, 2])) if lot == 1 else -1,
                tier_order=draw(st.booleans()),
                tiers=draw(st.sampled_from([(1, 9), (1, 9), (2, 9)])),
                credit={c: draw(st.integers(-900_000, 900_000)) for c in range(size) if count[c]},
            )
        )
    pairs = st.integers(0, number * size - 1)
    return Coupled(
        tuple(count),
        tuple(weight),
        tuple(releases),
        baskets,
        tuple(groups),
        draw(
            st.dictionaries(
                st.integers(0, number - 1), st.sampled_from([333_333, 800_000]), max_size=1
            )
        ),
        draw(st.dictionaries(pairs, st.integers(1, 3), max_size=1)),
    )


@st.composite
def nested_sets(draw: st.DrawFn, size: int, *, depth: int = 2) -> list[tuple[int, ...]]:
    """Sets of 0..size-1 that are nested or disjoint: blocks of a row, and blocks within them."""

    def split(first: int, end: int, level: int) -> list[tuple[int, ...]]:
        found, at = [], first
        while at < end:
            to = end - draw(st.integers(0, end - at - 1))
            if draw(st.integers(0, 3)):
                found.append(tuple(range(at, to)))
                found += split(at, to, level - 1) if level > 1 else []
            at = to
        return found

    return split(0, size, depth)


def some_sets(rng: np.random.Generator, size: int, sets: str) -> list[tuple[int, ...]]:
    """Sets of 0..size-1: ``disjoint``, ``nested`` (or disjoint), or ``any``."""
    if sets == "any":
        chosen = rng.random((int(rng.integers(1, 4)), size)) < 0.6
        return [tuple(np.flatnonzero(row).tolist()) for row in chosen if row.any()]
    ends = [0, *np.flatnonzero(rng.random(size - 1) < 0.3) + 1, size]
    found = [tuple(range(low, high)) for low, high in pairwise(ends) if rng.random() < 0.9]
    if sets == "nested":
        for block in list(found):
            inner = some_sets(rng, len(block), "nested" if rng.random() < 0.5 else "disjoint")
            found += [tuple(block[k] for k in part) for part in inner if len(part) < len(block)]
    return found


def seat_cell(seed: int, sets: str) -> tuple[SeatsWanted, Indices]:
    """One cell that can be seated as far as sums tell, and the circle of its members.

    sets : of lines that baskets are made of; with ``any`` lots differ too
    """
    rng = np.random.default_rng(seed)
    lines, members = int(rng.integers(1, 5)), int(rng.integers(1, 6))
    inside = some_sets(rng, lines, sets)
    seats = rng.integers(0, members + 1, lines)
    lots = rng.choice([1, 1, 2, 3], lines) if sets == "any" else np.ones(lines, np.int64)
    size = np.zeros((len(inside), lines), dtype=np.int64)
    for b, basket in enumerate(inside):
        size[b, list(basket)] = lots[list(basket)]
    # As tight as the cell's total allows, or a little wider.
    room = -(-(size * seats).sum(axis=1) // members) + (rng.random(len(inside)) < 0.2)
    # Who is owed of one line is often owed of the next: then they compete for room.
    orders = [rng.permutation(members) for _ in range(2)]
    key = np.array([orders[int(rng.random() < 0.3)] for _ in range(lines)])
    circle = rng.permutation(members).astype(np.int32)
    first = rng.permutation(lines).astype(np.int32)
    return SeatsWanted(seats, first, key, size, room), circle


@st.composite
def cell_shares(draw: st.DrawFn, *, laminar: bool = True) -> tuple[CellShares, list[Draw]]:
    """Shares of up to 3 lines and 4 cells that keep groups and baskets, as real tables do.

    laminar : sets are nested or disjoint, lots of one size, take-up one; else anything
    """
    lines, cells, more = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.booleans())
    part = st.sampled_from([0, 100_000, 250_000, 500_000, 500_000, 750_000, 900_000])
    exact = np.array(
        [[draw(st.integers(0, 3)) * MICRO + draw(part) for _ in range(cells)] for _ in range(lines)]
    )
    count = np.array(draw(st.lists(st.integers(1, 4), min_size=cells, max_size=cells)))
    owed = st.sampled_from([-700_000, 0, 0, 300_000, 1_000_000])
    credit = np.array([[draw(owed) for _ in range(cells)] for _ in range(lines)])
    lot = np.array([draw(st.sampled_from([1, 1, 2])) for _ in range(lines)])
    lot = np.full(lines, lot[0]) if laminar else lot
    some = st.sets(st.integers(0, cells - 1), min_size=1).map(lambda s: tuple(sorted(s)))
    groups, baskets = [], []
    for p in range(lines):
        chosen = draw(nested_sets(cells)) if laminar else draw(st.lists(some, max_size=2))
        for members in chosen:
            inside = np.array(members, dtype=np.int32)
            rate = MICRO if laminar else draw(st.sampled_from([MICRO, 600_000, 333_333]))
            lots = int((exact[p, inside] * (rate * lot[p])).sum())
            least, most = lots // MICRO**2, -(-lots // MICRO**2)
            least, most = least // lot[p] * lot[p], -(-most // lot[p]) * lot[p]
            groups.append(
                Group(
                    rule=len(groups),
                    line=p,
                    cells=inside,
                    mass=count[inside] * rate,
                    least=int(least) if draw(st.booleans()) else -1,
                    most=int(most) if draw(st.booleans()) else -1,
                )
            )
    others = st.sets(st.integers(0, lines - 1), min_size=1).map(lambda s: tuple(sorted(s)))
    chosen = draw(nested_sets(lines)) if laminar else draw(st.lists(others, max_size=2))
    for members in chosen:
        inside = np.array(members, dtype=np.int32)
        used = (exact[inside] * lot[inside, None]).sum(axis=0)
        room = -(-used // (count * MICRO))
        room = -(-room // lot[0]) * lot[0] if laminar else room
        free = np.array(draw(st.lists(st.booleans(), min_size=cells, max_size=cells)))
        baskets.append(JointLimit(f"basket {len(baskets)}", inside, np.where(free, -1, room)))
    shares = CellShares(
        line=tuple(range(lines)),
        exact=exact,
        whole=exact.sum(axis=1) // MICRO,
        most=-(-exact.sum(axis=1) // MICRO) if more else exact.sum(axis=1) // MICRO,
        credit=credit,
        lot=lot,
        count=count,
        groups=tuple(groups),
        baskets=tuple(baskets),
    )
    labels = tuple(f"{c + 1}//weekly" for c in range(cells))
    return shares, [Draw("seed", "2026-W47", f"P{p}", labels) for p in range(lines)]


def joined_problem(seed: int, *, plain: bool = False) -> JoinedProblem:
    """An ``equal`` table of up to 8 cells in one or two segments and rhythms.

    Entitlements keep tier order and step themselves. plain : no group, take-up one
    """
    rng = np.random.default_rng(seed)
    step = int(rng.choice([-1, 1, 2]))
    most = 2 * MICRO if step < 0 else step * MICRO
    cells = []
    for segment in range(int(rng.integers(1, 3))):
        tiers = int(rng.integers(1, 3 if segment else 4))
        rises = np.minimum(rng.choice([0, 200_000, 500_000, MICRO, most], tiers), most)
        level = int(rng.choice([0, 250_000, 400_000, 500_000, 1_300_000]))
        for rhythm in range(int(rng.integers(1, 3))):
            shift = int(rng.choice([0, 0, 100_000]))
            for tier in range(tiers):
                share = level + shift + int(rises[:tier].sum())
                cells.append((share, int(rng.integers(0, 6)), segment, rhythm, tier + 1))
    entitlement, count, segments, rhythms, tiers_ = np.array(cells).T
    taken = np.where(rng.random(len(cells)) < 0.5, 1, 1 if plain else 0.6)
    mass = np.rint(count * taken * MICRO).astype(np.int64)
    groups = []
    for _ in range(0 if plain else int(rng.integers(0, 3))):
        inside = np.flatnonzero(rng.random(len(cells)) < 0.6)
        lots = int((mass[inside] * entitlement[inside]).sum())
        least = lots // MICRO**2 if rng.random() < 0.6 else -1
        most_ = -(-lots // MICRO**2) if rng.random() < 0.6 else -1
        groups.append(LineShare(inside, mass[inside], least, most_))
    return JoinedProblem(
        WholeProblem(
            entitlement,
            count,
            segments,
            rhythms,
            tiers_,
            int((mass * entitlement).sum()) // MICRO**2,
            tier_order=bool(rng.random() < 0.6),
            step=step,
            rises=rng.random(len(cells)) < 0.8,
        ),
        mass,
        tuple(groups),
    )


def entitled(seed: int, *, laminar: bool = False) -> tuple[Entitled, Units, Roster, list[Draw]]:
    """Up to 4 lines over two chains of cells, entitlements that keep groups and baskets, credits.

    laminar : turns only, lots of one, sets nested or disjoint; else everything there is

    Returns
    -------
    the task; (P, n) credits; the roster; what ties are drawn from
    """
    rng = np.random.default_rng(seed)
    P, tiers = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    C = 2 * tiers
    count = rng.integers(0, 6, C)
    order, _ = roster_of(count.tolist(), f"seed {seed}", "2026-W47")
    lot = np.ones(P, np.int64) if laminar else rng.choice([1, 1, 1, 2], P)
    share = rng.choice([0, 0.2, 1 / 3, 0.5, 1, 1.4], (P, 2, tiers))
    quota = share.cumsum(axis=2).reshape(P, C) * lot[:, None]
    methods = ["rotate", "lottery"] if laminar else ["rotate", "rotate", "lottery", "equal"]
    mass = np.tile(count * MICRO, (P, 1))
    supply = np.ceil((quota * count).sum(axis=1) / lot - 1e-9).astype(np.int64) * lot
    sets = "nested" if laminar else "any"
    groups, baskets = [], []
    for p in range(P):
        for cells in some_sets(rng, C, sets) if rng.random() < 0.5 else []:
            inside = np.array(sorted(cells), dtype=np.int32)
            lots = float((quota[p] * count)[inside].sum()) / lot[p]
            least = int(np.floor(lots + 1e-9)) * int(lot[p]) if rng.random() < 0.5 else -1
            most = int(np.ceil(lots - 1e-9)) * int(lot[p]) if rng.random() < 0.5 else -1
            groups.append(Group(len(groups), p, inside, mass[p, inside], least, most))
    for lines in some_sets(rng, P, sets):
        inside = np.array(sorted(lines), dtype=np.int32)
        most = np.ceil(quota[inside].sum(axis=0) - 1e-9).astype(np.int64)
        free = rng.random(C) < 0.2
        baskets.append(JointLimit(f"b{len(baskets)}", inside, np.where(free, -1, most)))
    cells = Cells(
        tier=np.tile(np.arange(1, tiers + 1), 2),
        segment=("rural",) * tiers + ("urban",) * tiers,
        rhythm=("weekly",) * C,
        count=count,
        weight=np.tile(np.arange(1, tiers + 1), 2),
        weight_unit=1,
    )
    task = Entitled(
        Lines(
            tiers,
            np.ones((P, C), np.bool_),
            count,
            cells.weight,
            np.zeros((P, C), np.int64),
            np.ceil(quota / lot[:, None] - 1e-9).astype(np.int64) * lot[:, None],
            supply,
            np.ones(P, np.bool_),
            np.full(P, -1),
            mass=mass,
            groups=tuple(groups),
            baskets=tuple(baskets),
        ),
        cells,
        lot,
        tuple(rng.choice(methods, P).tolist()),
        quota,
    )
    credit = rng.choice([-800_000, 0, 0, 400_000], (P, len(order.rank))).astype(np.int32)
    labels = cells.labels()
    return task, credit, order, [Draw("s", "2026-W47", f"P{p}", labels) for p in range(P)]


def smooth_weeks(*, joined: bool = False) -> st.SearchStrategy[Week]:
    """Weeks with smooth boundaries, by seed; few enough that laws share them."""
    return st.integers(0, 499).map(lambda seed: smooth_week(seed, joined=joined))


@st.composite
def bound_markets(
    draw: st.DrawFn, *, joint: bool = True, **sizes: Any
) -> tuple[Market, QuotaPlan, list[OrderRow]]:
    """The plan of a market, its week's orders, and limits on orders that its quotas fit.

    Groups of the tiers of each line, with ``joint`` also bands and baskets; none but bands where
    lots go along a path.
    """
    market, orders = draw(ordered_markets(**sizes))
    plan = market.plan()
    tiers, lines = plan.cells.tier, np.arange(len(plan.product), dtype=np.int32)
    limits = plan.base + np.where(plan.seats > 0, plan.lot[:, None], 0)
    by_path = "path" in plan.method
    groups = []
    for p in [] if by_path else lines.tolist():
        low = draw(st.integers(1, 5))
        for high in draw(st.sampled_from([[], [5], [low, 5]])):
            cells = np.flatnonzero((tiers >= low) & (tiers <= high)).astype(np.int32)
            group = Group(len(groups), p, cells, plan.mass[p, cells], -1, 0)
            most = int(offered(plan)[p, cells].sum() + draw(st.integers(0, 6)) * plan.lot[p])
            if len(cells):
                groups.append(replace(group, most=most))
    bands, baskets = [], []
    if joint:
        least = [int(limits[:, tiers == t].sum(axis=0).max(initial=0)) for t in range(1, 6)]
        bands.append(JointLimit("band", lines, _most(draw, [0] * 5, 20)[tiers - 1]))
        if not by_path:
            baskets.append(JointLimit("basket", lines, _most(draw, least, 8)[tiers - 1]))
    columns = ("retailer_id", "product_id", "requested", "cycle")
    rows = [
        row
        | {"order_id": f"O{k:03}", "ordered_at": datetime(2026, 11, 16, draw(st.integers(0, 3)))}
        for k, row in enumerate(orders.frame.select(columns).to_dicts())
    ]
    bound = replace(plan, bands=tuple(bands), baskets=tuple(baskets), groups=tuple(groups))
    return market, bound, rows


RULED_TIERS: tuple[dict[str, object], ...] = (
    {"shares": [5, 10, 15, 30, 40]},
    {"shares": [20, 20, 20, 20, 20], "ties": "lower"},
    {"cutoffs": {5: 70, 4: 45, 3: 30, 2: 15}},
    {"bands": {"item": "quantity", "from": {5: 150, 4: 90, 3: 60, 2: 30}}},
    {"bands": {"item": "amount", "from": {4: 30_000, 3: 15_000, 2: 6_000}}},
    {
        "bands": {
            "items": [
                {"item": "quantity", "from": [90, 30]},
                {"item": "mean_price", "from": [180]},
            ]
        }
    },
    {"breaks": {"tiers": 4}},
    {"by": {"format": {"store": 4, "kiosk": 2}, "otherwise": 1}},
)
"""One policy of tiers of each kind."""


def ruled_week(seed: int, *, moving: bool = True, touched: bool = False) -> Week:
    """The week of ``small_week`` under another rule of tiers, and with rules after the score.

    Every rule of tiers in turn; movement, credit levels, sanctions with and without dates, grounds
    and values, first scores and earned tiers vary with ``seed``.

    touched : a year of sales before, months screened and of hardship, windows of other kinds
    """
    rng = np.random.default_rng(seed + 50_000)
    week = small_week(seed, retailers=int(rng.integers(12, 45)))
    tiers = RULED_TIERS[seed % len(RULED_TIERS)]
    pick, on = rng.choice, week.policy.on
    names = week.city.retailers.frame["retailer_id"].to_list()
    shops = [
        {
            **row,
            "credit": pick(["A", "B", "C", None]),
            "format": pick(["store", "kiosk", "stall"]),
            "joined_on": date(2026, 7, 1) if rng.random() < 0.15 else row["joined_on"],
        }
        for row in week.city.retailers.frame.drop("row").iter_rows(named=True)
    ]
    earlier = [
        {
            "retailer_id": name,
            "graded_on": date(2026, 8, 15),
            "tier": (tier := int(rng.integers(1, 5))),
            "earned_tier": min(tier + int(rng.integers(0, 2)), 4),
        }
        for name in names
        if rng.random() < 0.8
    ]
    punished = [
        {
            "retailer_id": name,
            "kind": str(pick(["demote", "cap", "suspend"])),
            "value": None,
            "from": pick([None, date(2026, 11, 1), date(2027, 1, 1)]),
            "until": pick([None, date(2026, 11, 16), date(2026, 12, 31)]),
            "source": pick([None, "decision no. 7"]),
        }
        for name in names
        for _ in range(2)
        if rng.random() < 0.15
    ]
    for row in punished:
        row["value"] = str(pick(["1", "2档"])) if row["kind"] != "suspend" else None
        if row["from"] and row["until"] and row["from"] > row["until"]:
            row["until"] = None
    by_attribute, grid = (
        "by" in tiers,
        isinstance(tiers.get("bands"), dict) and "items" in str(tiers["bands"]),
    )
    margins: list[object] = [None, "2%", {"points": 1.5}, "20%"]
    margin = None if by_attribute or grid else margins[int(rng.integers(4))]
    if "bands" in tiers and isinstance(margin, dict):  # what is sold is no points
        margin = "5%"
    step = [None, 1, {"up": 1}, {"up": 2, "down": 1}][int(rng.integers(4))]
    movement = {"hysteresis": margin, "max_step": step}
    movement = {name: value for name, value in movement.items() if value is not None}
    old = week.policy.grading
    assert old is not None
    grading: dict[str, object] = {
        "tiers": tiers,
        "newcomers": {
            "months": 3, "start_tier": 2, **({"at_most": 2} if rng.random() < 0.5 else {})
        },
    }  # fmt: skip
    windows: list[dict[str, object]] = [{"months": 3}]
    if touched:
        windows += [{"months": 3, "recency": [3, 2, 1]}, {"named": ["2026-08", "2026-10"]}]
    if not by_attribute:
        window = windows[int(rng.integers(len(windows)))]
        grading |= {"window": window, "missing_month": old.missing_month}
    if touched and not by_attribute:
        action = ["winsorise", "exclude", "flag"][int(rng.integers(3))]
        grading["screening"] = {"method": "mad", "threshold": 3, "action": action}
        punished += [
            {"retailer_id": name, "kind": "exempt_month", "source": "certificate",
             "value": str(pick(["2026-08", "2026-10"]))}
            for name in names
            if rng.random() < 0.2
        ]  # fmt: skip
    if "bands" not in tiers and not by_attribute:
        grading["items"] = {
            name: {"weight": float(item.weight), "scale": item.scale}
            for name, item in old.items.items()
        }
    if moving or touched:
        grading |= {
            **({"movement": movement} if movement else {}),
            "sanctions": {"demote": {}, "cap": {}, "suspend": {}, "exempt_month": {}},
            **({"credit": {"A": {"promote": 1}, "C": {"cap": 3}}} if rng.random() < 0.5 else {}),
        }
    allocation = {
        "weights": {"kind": "linear", "bottom": 1, "top": 3},
        "whole_units": "rotate",
        "defaults": {"ceiling": 20},
    }
    entries = {"title": "ruled city", "grading": grading, "allocation": allocation}
    policy = policy_from(entries, on)
    city = replace(
        week.city,
        retailers=table_of("retailers", shops),
        tiers=table_of("tiers", earlier),
        sanctions=table_of("sanctions", punished) if punished else None,
    )
    if touched:
        steady = [
            {"retailer_id": name, "month": date(2025 + k // 12, 1 + k % 12, 1), "product_id": "A",
             "quantity": (cartons := int(rng.integers(28, 36))), "amount": cartons * PRICES["A"]}
            for name in names
            for k in range(6, 19)
        ]  # fmt: skip
        assert city.sales is not None
        sold = city.sales.frame.drop("row").to_dicts()
        city = replace(city, sales=table_of("sales", [*sold, *steady]))
    assert policy.grading is not None
    graded = grade(city, policy.grading, on)
    plan = plan_quotas(
        city, graded, policy.allocation,
        cycle=week.cycle, seed=week.seed, on=on, policy_digest=policy.digest,
    )  # fmt: skip
    allocation_ = None if city.orders is None else allocate(city.orders, plan)
    return replace(
        week, policy=policy, city=city, grading=graded, plan=plan, allocation=allocation_
    )


@st.composite
def monthly_volumes(draw: st.DrawFn, *, shops: int = 14) -> tuple[Series, Units]:
    """Months of a few shops with quiet, late, tiny, wild and suddenly changing ones; and peers."""
    n, months = draw(st.integers(1, shops)), draw(st.integers(7, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    level, swing = rng.uniform(1.5, 7, n), rng.choice([0.02, 0.1, 0.4, 1.0], n)
    logs = level + rng.standard_t(4, (months, n)) * swing
    for i in np.flatnonzero(rng.random(n) < 0.5):
        logs[rng.integers(2, months) :, i] += rng.choice([-1.5, -0.7, 0.7, 1.5])
    volume = np.rint(np.exp(np.clip(logs, -3, 12))).astype(np.int64)
    volume[rng.random((months, n)) < 0.04] = 0
    volume[:, rng.random(n) < 0.05] = 0
    for i in np.flatnonzero(rng.random(n) < 0.2):
        volume[: rng.integers(1, months), i] = 0
    volume[rng.random((months, n)) < 0.01] = -3
    lines = np.rint(np.maximum(volume, 0) ** 0.6).astype(np.int64)
    size = np.rint(rng.normal(0, 100_000, (months, n))).astype(np.int64) * lines
    series = Series(
        members=pl.DataFrame(),
        closed=pl.DataFrame(),
        months=tuple(date(2020 + m // 12, m % 12 + 1, 1) for m in range(months)),
        gaps=(),
        volume=volume,
        lines=lines,
        size=size,
        by_product=draw(st.booleans()),
    )
    return series, rng.integers(0, 3, n)


def city_of_months(seed: int, months: int = 9) -> tuple[City, dict[str, Any]]:
    """Up to 40 shops whose sales drift from month to month, and a policy for gradings in a row.

    The sales begin in January 2026. Some shops join late, close, or stop selling; scales vary with
    ``seed``.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 40))
    level = rng.lognormal(3.5, 1, n)
    shops = [
        {
            "retailer_id": f"R{i:03d}",
            "format": "xy"[i % 2],
            "joined_on": date(2026, 3, 10) if rng.random() < 0.1 else date(2019, 3, 5),
            "status": "closed" if rng.random() < 0.05 and i > 1 else "active",
        }
        for i in range(n)
    ]
    sold = []
    for month in range(1, months + 1):
        level *= rng.lognormal(0, 0.3, n)
        sold += [
            {
                "retailer_id": shop["retailer_id"],
                "month": date(2026, month, 1),
                "product_id": product,
                "quantity": (cartons := int(rng.poisson(size))),
                "amount": cartons * PRICES[product],
            }
            for shop, size in zip(shops, level.tolist(), strict=True)
            for product in "AB"
            if rng.random() < 0.9
        ]
    entries: dict[str, Any] = {
        "title": "months",
        "grading": {
            "window": {"months": 3},
            "items": {
                "quantity": {"weight": 40, "scale": str(rng.choice(["max", "rank", "log"]))},
                "amount": {"weight": 60, "scale": str(rng.choice(["max", "winsorised"]))},
            },
            "tiers": {
                "shares": [10, 20, 30, 25, 15],
                "ties": str(rng.choice(["higher", "lower"])),
            },
            "newcomers": {"months": 3, "start_tier": 2},
            "missing_month": "zero",
        },
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": 6},
            "whole_units": "rotate",
            "defaults": {"ceiling": 20},
        },
    }
    goods = [{"product_id": product, "price_class": 1, "scarce": False} for product in "AB"]
    city = City(
        retailers=table_of("retailers", shops),
        products=table_of("products", goods),
        sales=table_of("sales", sold),
    )
    return city, entries


SCARCE = ("101101", "101102", "101103", "101104", "102101", "103101", "105103")
"""Scarce products of the synthetic city; the first goes to the upper tiers only."""


CITY_WINDOWS: tuple[dict[str, Any], ...] = (
    {"months": 3},
    {"months": 3, "recency": [3, 2, 1]},
    {"months": 2, "recency": [Decimal("1.5"), 1]},
    {"named": ["2026-08", "2026-10"]},
    {"from": "2026-08-01", "to": "2026-09-30"},
    {"months": 3, "holidays": [{"name": "假日", "from": "2026-10-01", "to": "2026-10-07"}]},
)


def _city_tiers(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Thirty tiers of the synthetic city, by a rule of a kind."""
    rising = range(2, 31)
    if kind == "cutoffs":
        points = draw(st.sampled_from([2, 3]))
        return {kind: {str(t): points * t for t in rising}}
    if kind == "bands":
        item = draw(st.sampled_from(["quantity", "amount"]))
        part = 25 if item == "quantity" else 4_000
        return {kind: {"item": item, "from": {str(t): part * t for t in rising}}}
    if kind == "grid":
        first = {"item": "quantity", "from": [100 * t for t in range(9, 0, -1)]}
        second = {"item": "mean_price", "from": draw(st.sampled_from([[200, 120], [160, 90]]))}
        return {"bands": {"items": [first, second]}}
    if kind == "breaks":
        return {kind: {"tiers": 30, **draw(st.sampled_from([{}, {"at_least": "1%"}]))}}
    if kind == "by":
        return {kind: {"format": {"超市": 30, "便利店": 20, "食杂店": 5}, "otherwise": 12}}
    share = [Decimal(100) / 32] * 28 + [Decimal(100) / 16] * 2
    return {"shares": share[:: draw(st.sampled_from([1, -1]))], "ties": draw(st.sampled_from(TIES))}


TIES = ("higher", "lower")


@st.composite
def city_gradings(draw: st.DrawFn, items: Mapping[str, Any]) -> dict[str, Any]:
    """Other rules of grading for the synthetic city; a key with ``None`` is to be taken out."""
    kind = draw(st.sampled_from(["", "", "shares", "cutoffs", "bands", "grid", "breaks", "by"]))
    rules: dict[str, Any] = {"tiers": _city_tiers(draw, kind)} if kind else {}
    rules["window"] = draw(st.sampled_from(CITY_WINDOWS))
    rules["missing_month"] = draw(st.sampled_from(["zero", "exclude"]))
    rules["exclude"] = {
        "scarce": draw(st.booleans()),
        "kinds": ["emergency"],
        "products": draw(st.sampled_from([[], ["102104"]])),
        "classes": draw(st.sampled_from([[], [5]])),
    }
    scale = st.sampled_from(["max", "rank", "log", "winsorised"])
    rules["items"] = {name: {**item, "scale": draw(scale)} for name, item in items.items()}
    rules["decimals"] = draw(st.sampled_from([6, 4, 2, 0]))
    if draw(st.booleans()):
        rules["screening"] = {
            "threshold": draw(st.sampled_from([2, 5])),
            "action": draw(st.sampled_from(["flag", "winsorise", "exclude"])),
            "history": 4, "least_history": 4, "least_peers": 5,
        }  # fmt: skip
    if draw(st.booleans()):
        movement = {"max_step": draw(st.sampled_from([1, 2, {"up": 1, "down": 4}]))}
        if kind not in ("grid", "by") and draw(st.booleans()):
            movement["hysteresis"] = draw(st.sampled_from([Decimal("0.02"), "10%"]))
        rules["movement"] = movement
    if draw(st.booleans()):
        rules["credit"] = {"AAA": {"promote": 1}, "B": {"demote": 2}, "C": {"cap": 12}}
    if draw(st.booleans()):
        rules["sanctions"] = {"demote": {"tiers": 2}, "cap": {}, "suspend": {}, "exempt_month": {}}
    if draw(st.booleans()):
        starts = [{"who": {"market": ["urban"]}, "tier": 14}]
        rules["newcomers"] = {"months": 3, "start_tier": 12, "starts": starts, "at_most": 20}
    if kind in ("bands", "grid", "by"):
        rules |= {"items": None, "decimals": None}
    if kind == "by":
        rules |= {"window": None, "missing_month": None, "exclude": None, "screening": None}
    return rules


def with_sanctions(city: City) -> City:
    """The synthetic city with a sanctions table: every kind, one shop under several."""
    shops = city.retailers.frame["retailer_id"].to_list()
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    rows = [
        (7, "demote", None, first, last), (7, "cap", "3", first, None),
        (11, "cap", "9", None, None), (23, "suspend", None, first, last),
        (31, "exempt_month", "2026-09", None, None), (31, "demote", None, None, last),
        (42, "exempt_month", None, date(2026, 7, 20), date(2026, 11, 5)),
        (53, "demote", "2", date(2026, 12, 1), None),
    ]  # fmt: skip
    names = ("retailer_id", "kind", "value", "from", "until")
    told = [
        {**dict(zip(names, (shops[k], *row), strict=True)), "source": f"no. {k}"}
        for k, *row in rows
    ]
    return replace(city, sanctions=table_of("sanctions", told))


@st.composite
def city_policies(draw: st.DrawFn, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The policy of the synthetic city with other rules, as a planner might try them.

    plain : the policy as it is. Some of them are refused, in words. There are always thirty tiers.
    """
    policy: dict[str, Any] = copy.deepcopy(dict(plain))
    if draw(st.booleans()):
        policy["grading"] |= draw(city_gradings(policy["grading"]["items"]))
        policy["grading"] = {k: v for k, v in policy["grading"].items() if v is not None}
    rules = policy["allocation"]
    rules["boundary"] = draw(st.sampled_from(["step", "step", "smooth"]))
    turns = ["rotate", "lottery", {"at_least_one": "rotate", "below_one": "lottery"}]
    numbers = ["equal", {"at_least_one": "equal", "below_one": "rotate"}, "path"]
    rules["whole_units"] = draw(
        st.sampled_from(turns if rules["boundary"] == "smooth" else [*turns, *numbers])
    )
    some = st.lists(st.sampled_from(SCARCE[1:]), min_size=2, max_size=5, unique=True)
    totals = st.sampled_from([4, 9, {25: 8, 10: 4, 1: 2}, {30: 12, 20: 6, 1: 3}])
    if draw(st.booleans()):
        rules["bands"] = [{"name": "band", "products": draw(some), "at_most": draw(totals)}]
    if rules["whole_units"] == "path":
        rules["defaults"] = {"floor": 0, "ceiling": 20, "tier_order": True}
        del rules["products"]["105103"]["step"]
    elif draw(st.booleans()):
        rules["baskets"] = [{"name": "basket", "products": draw(some), "at_most": draw(totals)}]
        who = st.sampled_from([{"market": "rural"}, {"tier": [20, 30]}, {"tier": [1, 10]}])
        share = st.sampled_from([{"at_least": "10%"}, {"at_most": "45%"}, {"at_most": "25%"}])
        group = {"who": draw(who), "products": draw(st.just("all") | some), **draw(share)}
        rules["groups"] = [group] if draw(st.booleans()) else []
    elif rules["boundary"] == "step":
        rules["objective"] = draw(
            st.sampled_from(["leximin", "leximin", "volume", "proportional", "equal"])
        )
    rules["second_round"] = draw(st.booleans())
    rules["reserve"] = draw(st.sampled_from(["0%", "2%", "7%"]))
    return policy


GRADED_ON = date(2021, 10, 1)


@dataclass(frozen=True)
class Moved:
    """A city with a past, credit levels and sanctions, and a policy that looks at them."""

    city: City
    grading: dict[str, Any]

    def policy(self, **changes: object) -> GradingPolicy:
        """The grading part; ``changes`` replace keys."""
        return GradingPolicy.model_validate({**self.grading, **changes})


@st.composite
def moved_cities(draw: st.DrawFn, *, retailers: int = 9, tiers: int = 5) -> Moved:
    """Few shops with near and equal sales; every rule of movement on or off."""
    top = draw(st.integers(1, tiers))
    names = [f"R{k}" for k in range(draw(st.integers(1, retailers)))]
    tier = st.integers(1, top)
    several = st.integers(1, 3)
    sales = [
        {
            "retailer_id": name,
            "month": date(2021, 9, 1),
            "product_id": "C",
            "quantity": draw(st.integers(0, 6) | st.integers(90, 110)),
            "amount": 0,
            "kind": "ordinary",
        }
        for name in names
    ]
    joined = st.sampled_from([date(2000, 1, 1), date(2021, 6, 1), date(2021, 9, 1), None])
    shops = [
        {
            "retailer_id": name,
            "joined_on": draw(joined),
            "credit": draw(st.sampled_from(["A", "D", "E", "F", None])),
            "market": draw(st.sampled_from(["urban", "rural"])),
            "status": draw(st.sampled_from(["active", "active", "active", "suspended", "closed"])),
        }
        for name in names
    ]
    city = trading_city(sales, shops)
    before = [
        {
            "retailer_id": name,
            "graded_on": draw(st.sampled_from([date(2021, 4, 1), date(2021, 7, 1)])),
            "tier": draw(st.integers(1, top + 1)),
            "earned_tier": draw(st.integers(1, top + 1) | st.none()),
        }
        for name in names
        if draw(st.integers(0, 4))
    ]
    if before and draw(st.booleans()):
        for row in before:
            del row["earned_tier"]
    if before:
        city = replace(city, tiers=table_of("tiers", before))
    kinds = ["demote", "cap", "suspend"]
    days = st.sampled_from([None, date(2021, 9, 30), GRADED_ON, date(2021, 10, 2)])
    rows = []
    for _ in range(draw(st.integers(0, 5))):
        kind, first, last = draw(st.sampled_from(kinds)), draw(days), draw(days)
        if first is not None and last is not None and first > last:
            first, last = last, first
        value = str(draw(tier)) if kind != "suspend" else None
        source = f"no. {draw(st.integers(1, 2))}"
        rows.append(
            {
                "retailer_id": draw(st.sampled_from([*names, "gone"])), "kind": kind,
                "value": value, "from": first, "until": last, "source": source,
            }
        )  # fmt: skip
    if rows:
        city = replace(city, sanctions=table_of("sanctions", rows))
    parts = draw(st.lists(st.integers(1, 9), min_size=top, max_size=top))
    shares = [Decimal(100 * part) / sum(parts) for part in parts]
    shares[0] += 100 - sum(shares)
    margins = [Decimal("0.02"), Decimal("0.3"), "5%", {"points": Decimal("1.5")}]
    credit = {
        "A": {"promote": draw(several)},
        "D": {"cap": draw(tier)},
        "E": {"demote": draw(several), "cap": draw(tier)},
    }
    steps = draw(st.fixed_dictionaries({}, optional={"up": st.integers(0, 3), "down": several}))
    movement = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "hysteresis": st.sampled_from(margins),
                "max_step": st.just(steps) if steps else st.integers(0, 2),
            },
        )
    )
    newcomers = {"months": 3, "start_tier": draw(tier)}
    if draw(st.booleans()):
        newcomers["starts"] = ({"who": {"market": ("rural",)}, "tier": draw(tier)},)
    if draw(st.booleans()):
        newcomers["at_most"] = draw(tier)
    return Moved(
        city,
        {
            "window": {"months": 3},
            "items": {"quantity": {"weight": Decimal(100), "scale": draw(st.sampled_from(SCALED))}},
            "tiers": {"shares": tuple(shares), "ties": draw(st.sampled_from(["higher", "lower"]))},
            "missing_month": draw(st.sampled_from(["zero", "exclude"])),
            "newcomers": draw(st.sampled_from([None, newcomers])),
            "movement": movement or None,
            "credit": draw(st.sampled_from([{}, credit])),
            "sanctions": {"demote": {}, "cap": {}, "suspend": {}, "exempt_month": {}},
        },
    )


SCALED = ("max", "rank")


@st.composite
def dated_sales_rows(draw: st.DrawFn, *, retailers: int = 6) -> list[dict[str, object]]:
    """Sales of up to ``retailers`` shops with days, 2025-11-20 to 2026-03-15; returns, kinds."""
    first = date(2025, 11, 20)
    rows = []
    for _ in range(draw(st.integers(1, 30))):
        product = draw(st.sampled_from("ABCS"))
        quantity = draw(st.integers(-3, 12) | st.integers(0, 2_000))
        day = first + timedelta(days=draw(st.integers(0, 115)))
        rows.append(
            {
                "retailer_id": f"R{draw(st.integers(1, retailers))}",
                "month": day.replace(day=1),
                "day": day.day,
                "product_id": product,
                "quantity": quantity,
                "amount": quantity * PRICES[product],
                "kind": draw(st.sampled_from(["ordinary", "ordinary", "emergency", "return"])),
            }
        )
    return rows


GRADING_DAYS = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 8))
"""A last day of a month, a first one (a Sunday), a Monday and another Sunday."""

WINDOWS: tuple[dict[str, Any], ...] = (
    {"months": 3},
    {"months": 2, "recency": [2, 1]},
    {"months": 3, "recency": [3, Decimal("1.5"), Decimal("0.5")]},
    {"months": 2, "holidays": [{"name": "new year", "from": "2026-01-31", "to": "2026-02-01"}]},
    {"named": ["2026-02", "2025-12"], "recency": [3, 2]},
    {"from": "2025-12-01", "to": "2026-01-31"},
    {"from": "2026-01-05", "to": "2026-02-10"},
    {"weeks": 5},
    {"weeks": 4, "recency": [4, 3, 2, 1]},
    {"weeks": 4, "holidays": [{"name": "new year", "from": "2026-02-15", "to": "2026-02-17"}]},
    {"days": 45},
)


@dataclass(frozen=True)
class Judged:
    """A small city, the day of grading and ``grading`` of a policy as a planner writes it."""

    city: City
    rules: dict[str, Any]
    on: date

    def policy(self, **changes: object) -> GradingPolicy:
        """The grading part of the policy; ``changes`` replace keys, ``None`` takes one out."""
        return grading_rules({**self.rules, **changes}, self.on)


def grading_rules(rules: Mapping[str, Any], on: date) -> GradingPolicy:
    """The grading part of a policy file; refused as such a file is."""
    kept = {key: value for key, value in rules.items() if value is not None}
    whole = {
        "title": "a city",
        "grading": kept,
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": 2},
            "boundary": "step",
            "whole_units": "rotate",
            "reserve": "0%",
            "second_round": True,
            "defaults": {"floor": 0, "ceiling": 9},
        },
    }
    found = policy_from(whole, on).grading
    assert found is not None
    return found


def _parts(draw: st.DrawFn, count: int) -> list[Decimal]:
    """Per cent that add up to 100."""
    parts = draw(st.lists(st.integers(1, 9), min_size=count, max_size=count))
    shares = [round(Decimal(100 * part) / sum(parts), 2) for part in parts]
    shares[0] += 100 - sum(shares)
    return shares


def _items(draw: st.DrawFn, names: Sequence[str], decimals: int, scales: Sequence[str]) -> dict:
    items: dict[str, Any] = {}
    for name in names:
        weight = Decimal(draw(st.integers(1, 60 * 10 ** min(decimals, 2)))) / 10 ** min(decimals, 2)
        items[name] = {"weight": weight, "scale": draw(st.sampled_from(scales))}
        if name.startswith("class"):
            items[name]["classes"] = draw(st.sampled_from([[1, 2], [1], [4]]))
        if items[name]["scale"] == "winsorised" and draw(st.booleans()):
            items[name]["limit"] = draw(st.sampled_from(["40%", "90%", "100%"]))
    return items


def _rising(draw: st.DrawFn, count: int, most: int, *, zero: bool = False) -> list[Decimal]:
    """Different limits, from the largest down."""
    limits = st.lists(
        st.integers(0 if zero else 1, 20 * most), min_size=count, max_size=count, unique=True
    )
    return [Decimal(limit) / 20 for limit in sorted(draw(limits), reverse=True)]


BANDED = {"quantity": 60, "amount": 20_000, "mean_price": 400, "product_count": 4}
"""Item -> about the largest value in the unit of limits."""


def _tier_rules(draw: st.DrawFn, kind: str, points: Decimal) -> tuple[dict[str, Any], int]:
    """``grading.tiers`` of a kind, and how many tiers it has."""
    count = draw(st.integers(2, 5))
    if kind == "cutoffs":
        most = max(int(points), 1)
        limits = _rising(draw, count - 1, most)
        return {kind: {str(count - k): limit for k, limit in enumerate(limits)}}, count
    if kind == "bands":
        item = draw(st.sampled_from(list(BANDED)))
        limits = _rising(draw, count - 1, BANDED[item])
        named = {str(count - k): limit for k, limit in enumerate(limits)}
        return {kind: {"item": item, "from": named}}, count
    if kind == "grid":
        pair = draw(st.permutations(list(BANDED)))[:2]
        sizes = [draw(st.integers(1, 2)) for _ in pair]
        items = [
            {"item": item, "from": _rising(draw, size, BANDED[item])}
            for item, size in zip(pair, sizes, strict=True)
        ]
        rules: dict[str, Any] = {"items": items}
        rows, columns = (size + 1 for size in sizes)
        if draw(st.booleans()):
            rules["table"] = [[rows + columns - 1 - r - c for c in range(columns)]
                              for r in range(rows)]  # fmt: skip
            return {"bands": rules}, rows + columns - 1
        return {"bands": rules}, rows * columns
    if kind == "breaks":
        rules = {"tiers": count}
        if draw(st.booleans()):
            rules["at_least"] = "10%"
        return {kind: rules}, count
    if kind == "by":
        tiers = st.integers(1, count)
        rules = {"market": {"urban": draw(tiers), "rural": count}}
        return {kind: rules}, count
    tiers = {"shares": _parts(draw, count), "ties": draw(st.sampled_from(["higher", "lower"]))}
    return tiers, count


TIER_KINDS = ("shares", "shares", "cutoffs", "bands", "grid", "breaks", "by")


@st.composite
def judged_cities(
    draw: st.DrawFn,
    *,
    retailers: int = 7,
    least: int = 1,
    kinds: Sequence[str] = TIER_KINDS,
    scales: Sequence[str] = ("max", "max", "rank", "winsorised", "log"),
    moving: bool = True,
    bought: bool = False,
    window: Mapping[str, Any] | None = None,
) -> Judged:
    """Small cities under any grading but screening: windows, items, tiers, movement, sanctions.

    least : shops at least; where more than one each has a sale of its own that usually counts
    bought : returns make no row negative, so that more of a row never makes a value smaller
    """
    on = draw(st.sampled_from(GRADING_DAYS))
    names = [f"R{k}" for k in range(1, draw(st.integers(least, retailers)) + 1)]
    rows = draw(dated_sales_rows(retailers=len(names)))
    rows += [
        {
            "retailer_id": name, "month": date(2026, 1, 1), "day": 30, "kind": "ordinary",
            "product_id": draw(st.sampled_from("AC")), "quantity": draw(st.integers(1, 60)),
        }
        for name in names
        if least > 1
    ]  # fmt: skip
    for row in rows:
        row["quantity"] = abs(row["quantity"]) if bought else row["quantity"]
        row["amount"] = row["quantity"] * PRICES[row["product_id"]]
    kind = draw(st.sampled_from(kinds))
    decimals = draw(st.sampled_from([6, 6, 4, 2, 0]))
    chosen = draw(st.lists(st.sampled_from(ITEM_NAMES), min_size=1, max_size=4, unique=True))
    items = _items(draw, chosen, decimals, scales)
    tiers, top = _tier_rules(draw, kind, sum(item["weight"] for item in items.values()))
    tier = st.integers(1, top)
    joined = st.sampled_from([date(2020, 1, 31), date(2025, 11, 30), date(2026, 2, 1), None])
    status = st.sampled_from(["active", "active", "active", "suspended", "closed"])
    shops = [
        {
            "retailer_id": name,
            "market": draw(st.sampled_from(["urban", "rural"])),
            "credit": draw(st.sampled_from(["A", "D", "E", None])),
            "joined_on": draw(joined),
            "status": draw(status),
            "manager_score": draw(st.integers(0, 100)) * MICRO,
        }
        for name in names
    ]
    rules: dict[str, Any] = {"tiers": tiers}
    if kind != "by":
        rules["window"] = window or draw(st.sampled_from(WINDOWS))
        rules["missing_month"] = draw(st.sampled_from(["zero", "exclude"]))
        rules["exclude"] = {
            "scarce": draw(st.booleans()),
            "kinds": draw(st.sampled_from([[], ["emergency"], ["return"]])),
            "products": draw(st.sampled_from([[], ["B"]])),
            "classes": draw(st.sampled_from([[], [4]])),
        }
    if kind in ("shares", "cutoffs", "breaks"):
        rules |= {"items": items, "decimals": decimals}
    if draw(st.booleans()):
        new: dict[str, Any] = {"months": draw(st.sampled_from([1, 3])), "start_tier": draw(tier)}
        if draw(st.booleans()):
            new["starts"] = [{"who": {"market": ["rural"]}, "tier": draw(tier)}]
        if draw(st.booleans()):
            new["at_most"] = top
        rules["newcomers"] = new
    city = trading_city(rows, shops)
    if not moving:
        return Judged(city, rules, on)
    return Judged(*_with_a_past(draw, city, rules, names, on, top))


ITEM_NAMES = (
    "quantity", "amount", "mean_price", "class_quantity_share", "class_amount", "product_count",
    "manager_score",
)  # fmt: skip


def _with_a_past(
    draw: st.DrawFn, city: City, rules: dict[str, Any], names: list[str], on: date, top: int
) -> tuple[City, dict[str, Any], date]:
    """Earlier tiers, credit levels and sanctions, and rules that look at them."""
    tier = st.integers(1, top)
    kind = next(iter(rules["tiers"]))
    past = [
        {
            "retailer_id": name,
            "graded_on": day,
            "tier": draw(st.integers(1, top + 1)),
            "earned_tier": draw(st.integers(1, top + 1) | st.none()),
        }
        for day in (date(2026, 1, 1), date(2025, 10, 1), date(2026, 4, 1))
        for name in names
        if draw(st.integers(0, 2))
    ]
    if past and draw(st.booleans()):
        for row in past:
            del row["earned_tier"]
    if past:
        city = replace(city, tiers=table_of("tiers", past))
    days = st.sampled_from([None, date(2026, 1, 10), date(2026, 2, 28), date(2026, 3, 2)])
    told = draw(st.sampled_from([None, 2]))
    sanctions = []
    for number in range(draw(st.integers(0, 4))):
        sort = draw(st.sampled_from(["demote", "cap", "suspend", "exempt_month"]))
        first, last = sorted([draw(days), draw(days)], key=lambda day: day or date.min)
        value = None if sort == "suspend" else str(draw(tier))
        if sort == "demote" and told is not None:
            value = None
        if sort == "exempt_month" and (first is None or draw(st.booleans())):
            first = last = None
            value = draw(st.sampled_from(["2025-12", "2026-01", "2026-02"]))
        elif sort == "exempt_month":
            value = None
        sanctions.append(
            {
                "retailer_id": draw(st.sampled_from(names)), "kind": sort, "value": value,
                "from": first, "until": last, "source": f"no. {number}",
            }
        )  # fmt: skip
    if sanctions:
        city = replace(city, sanctions=table_of("sanctions", sanctions))
        rules["sanctions"] = {
            "demote": {"tiers": told} if told else {}, "cap": {}, "suspend": {}, "exempt_month": {},
        }  # fmt: skip
    if draw(st.booleans()):
        rules["credit"] = {
            "A": {"promote": draw(st.integers(1, 2))},
            "D": {"cap": draw(tier)},
            "E": {"demote": draw(st.integers(1, 2))},
        }
    margins: list[Any] = [Decimal("0.02"), Decimal("0.3"), "5%"]
    if kind in ("shares", "cutoffs", "breaks"):
        margins.append({"points": Decimal("1.5")})
    grid = kind == "by" or "items" in rules["tiers"].get("bands", {})
    movement: dict[str, Any] = {}
    if draw(st.booleans()) and not grid:
        movement["hysteresis"] = draw(st.sampled_from(margins))
    if draw(st.booleans()):
        movement["max_step"] = draw(st.sampled_from([0, 1, 2, {"up": 1}, {"up": 0, "down": 1}]))
    if movement:
        rules["movement"] = movement
    return city, rules, on


ORDER_TIMES = tuple(
    datetime(2026, 11, day, hour, minute)
    for day, hour, minute in (
        (16, 6, 12), (16, 8, 0), (16, 10, 0), (16, 16, 0), (16, 16, 1), (16, 18, 20),
        (17, 9, 0), (17, 20, 0), (18, 12, 0), (18, 16, 30),
    )
)  # fmt: skip


@st.composite
def small_audits(draw: st.DrawFn) -> Small:
    """A few shops, products and order lines with every kind of thing on them.

    Every second city is narrow: one tier, one order-taker and two products, so that equals meet.
    """
    narrow = draw(st.booleans())
    tiers, shops = (1, 2, 3), ("R1", "R2", "R3", "R4", "R5")
    products = ("P1", "P2") if narrow else ("P1", "P2", "P3")
    few = st.integers(0, 9)
    quotas = {
        product: draw(st.dictionaries(st.sampled_from(tiers), few, max_size=3))
        for product in products[: draw(st.integers(1, 3))]
        if not (narrow and product == "P2")
    }
    retailers = {
        shop: 2 if narrow else draw(st.sampled_from((*tiers, 2, 2, None))) for shop in shops
    }
    second_round = draw(st.booleans())
    awarded = draw(st.booleans())
    maybe = st.one_of(few, few, few, st.none()) if draw(st.booleans()) else few
    orders = draw(st.sampled_from((2, 8)))
    line = st.fixed_dictionaries(
        {
            "order_id": st.sampled_from(tuple(f"D{number}" for number in range(1, orders + 1))),
            "retailer_id": st.sampled_from(shops[:3] if narrow else (*shops, "R9")),
            "product_id": st.sampled_from(products if narrow else (*products, "P9")),
            "requested": maybe,
            "granted": maybe,
            "tier": st.sampled_from((None, 1, 2, 2, 3)),
            "cycle": st.sampled_from(("2026-W47", "2026-W47", "2026-W47", None, "2026-W46")),
            "status": st.sampled_from((None, "confirmed", "paid", "cancelled")),
            "kind": st.sampled_from(("ordinary",) * 4 + ("make_up", "make_up", "second_round")),
            "clerk": st.sampled_from(("C1",) if narrow else (None, "C1", "C2")),
            "ordered_at": st.sampled_from(ORDER_TIMES),
            "changed_at": st.sampled_from((None, None, *ORDER_TIMES)),
            "paid_at": st.sampled_from((None, *ORDER_TIMES)),
            "delivered_at": st.sampled_from((None, *ORDER_TIMES)),
            "due_amount": st.sampled_from((None, 0, 500, 500)),
            "cause": st.sampled_from((None, None, "bank")),
            "approved_by": st.sampled_from((None, "A1")),
        }
    )
    lines = draw(st.lists(line, min_size=1, max_size=12))
    counted = [
        (product, shop)
        for product in quotas
        for shop, tier in retailers.items()
        if tier is not None
    ]
    not_due = draw(st.lists(st.sampled_from(shops), max_size=1))
    status = draw(
        st.dictionaries(
            st.sampled_from(shops), st.sampled_from(("closed", "suspended")), max_size=1
        )
    )
    able = [pair for pair in counted if pair[1] not in not_due and pair[1] not in status]
    seats = draw(st.lists(st.sampled_from(able), unique=True, max_size=2)) if able else []
    supply = draw(st.dictionaries(st.sampled_from(sorted(quotas)), st.integers(0, 40)))
    pairs = [(product, shop) for product in quotas for shop in shops]
    several = st.lists(st.sampled_from(sorted(quotas)), min_size=1, unique=True).map(tuple)
    joint = st.lists(
        st.tuples(several, st.dictionaries(st.sampled_from(tiers), st.integers(0, 12))), max_size=2
    )
    days = draw(st.sampled_from(((), (16,), (16, 17), (16, 18))))
    return Small(
        quotas=quotas,
        retailers=retailers,
        orders=lines,
        status=status,
        not_due=not_due,
        lot={product: draw(st.sampled_from((1, 1, 2, 5))) for product in quotas},
        supply=supply,
        reserve={
            product: draw(st.integers(0, cartons // 4)) for product, cartons in supply.items()
        },
        seats=seats,
        ceilings={product: draw(st.integers(0, 12)) for product in quotas},
        second_round=second_round,
        source=draw(st.sampled_from(("published", "planned"))),
        awards={pair: draw(few) for pair in pairs if draw(st.booleans())} if awarded else None,
        bands=draw(joint),
        baskets=draw(joint),
        windows=[(datetime(2026, 11, day, 8), datetime(2026, 11, day, 16)) for day in days],
        order=draw(st.sampled_from((None, time(16)))),
        cancel=draw(st.sampled_from((None, time(17), time(15)))),
        weekdays=draw(st.dictionaries(st.sampled_from(shops), st.integers(1, 4))),
        products=draw(
            st.sampled_from(
                (
                    None,
                    [{"product_id": p, "scarce": p != "P2"} for p in products],
                    [{"product_id": "P1", "scarce": True}],
                )
            )
        ),
    )


@dataclass(frozen=True)
class Audited:
    """Tables of a small city whose orders are to be audited, as rows by table, and the standard."""

    plan: QuotaPlan
    tables: dict[str, list[dict[str, Any]]]


@st.composite
def audited_cities(draw: st.DrawFn) -> Audited:
    """Orders of three cycles in which anything may be wrong, with every table that rules read.

    Whole columns may be absent; names are few, so that phones, accounts and devices are shared.
    """
    on = date(2026, 11, 16)
    shops = [f"R{number}" for number in range(draw(st.integers(1, 9)))]
    products = ["P1", "P2", "P3", "零4"]
    tier = st.integers(15, 18)
    tiers = {name: draw(tier | st.none()) for name in shops}
    status = {
        name: draw(st.sampled_from(["active", "active", "suspended", "closed"])) for name in shops
    }
    quotas = {p: {t: draw(st.integers(0, 4)) for t in range(15, 19)} for p in products[:2]}
    plan = small_plan(
        quotas,
        tiers,
        status=status,
        not_due=[name for name in shops if draw(st.integers(0, 9)) == 0],
        lot={"P2": draw(st.sampled_from([1, 2]))},
        second_round=draw(st.booleans()),
        on=on,
    )

    def some(*values: object) -> st.SearchStrategy[Any]:
        return st.sampled_from(values)

    cycles = {"2026-W45": 14, "2026-W46": 7, plan.cycle: 0, None: 0}
    cell = {
        "requested": st.integers(0, 9) | st.none(),
        "granted": st.integers(0, 9) | st.none(),
        "tier": tier | st.none(),
        "channel": some("phone", "app", "phone", None),
        "clerk": some("C1", "C2", None),
        "device": some("E1", "E2", None),
        "account": some("A1", "A2", None),
        "status": some("paid", "confirmed", "cancelled", None),
        "kind": some("ordinary", "ordinary", "ordinary", "make_up", "second_round"),
        "cause": some("停电", None, None),
        "approved_by": some("M1", None),
        "changed_by": some("C1", "C2", None),
        "recording_id": some("V1", None),
        "call_result": some("answered", "unanswered", None),
    }
    kept = {name for name in cell if draw(st.integers(0, 5))} | {"requested"}
    orders = []
    for _ in range(draw(st.integers(1, 40))):
        cycle = draw(st.sampled_from([*cycles, plan.cycle, plan.cycle]))
        minute = draw(st.integers(0, 60 * 12))
        at = datetime(2026, 11, 16, 8) - timedelta(days=cycles[cycle]) + timedelta(minutes=minute)
        later = {
            name: draw(some(None, at + timedelta(hours=draw(st.integers(0, 40)))))
            for name in ("called_at", "changed_at", "paid_at", "delivered_at")
        }
        row = {name: draw(cell[name]) for name in sorted(kept)}
        if row["requested"] is None and row.get("granted") is None:
            row["requested"] = 1
        orders.append(
            {
                "order_id": f"D{draw(st.integers(0, 12))}",
                "retailer_id": draw(st.sampled_from([*shops, "R99"])),
                "product_id": draw(st.sampled_from([*products, "P1", "P1"])),
                "ordered_at": at, "cycle": cycle, **row, **later,
            }
        )  # fmt: skip
    retailers = []
    for name in shops:
        for since in draw(some([None], [None, date(2026, 11, 1)], [date(2020, 1, 1)])):
            retailers.append(
                {
                    "retailer_id": name, "valid_from": since, "tier": draw(tier | st.none()),
                    "status": status[name], "joined_on": draw(some(None, date(2026, 8, 1))),
                    "phone": draw(some(None, "1", "2")), "account": draw(some(None, "A1", "A2")),
                    "licence_holder": draw(some(None, "H1", "H2")),
                    "account_holder": draw(some(None, "H1", "H2")),
                    "order_cycle": draw(some(None, "周一", "周二")),
                    "market": draw(some(None, "urban", "rural")),
                }
            )  # fmt: skip
    goods = [
        {
            "product_id": name, "wholesale_price": draw(some(None, 10_000, 50_000)),
            "scarce": draw(st.booleans()), "lot": 1,
        }
        for name in products[: draw(st.integers(1, 4))]
    ]  # fmt: skip
    calendar = [
        {
            "cycle": cycle, "order_day": on - timedelta(days=back),
            "opens_at": datetime(2026, 11, 16, 9) - timedelta(days=back),
            "closes_at": datetime(2026, 11, 16, 16) - timedelta(days=back),
        }
        for cycle, back in cycles.items()
        if cycle is not None
    ]  # fmt: skip
    sales = [
        {
            "retailer_id": draw(st.sampled_from(shops)),
            "product_id": draw(st.sampled_from(products)),
            "month": date(2026, draw(st.integers(8, 10)), 1), "quantity": draw(st.integers(0, 60)),
            "amount": draw(st.integers(0, 9)) * 10_000, "kind": "ordinary",
        }
        for _ in range(draw(st.integers(0, 30)))
    ]  # fmt: skip
    supply = [
        {"cycle": plan.cycle, "product_id": p, "quantity": draw(st.integers(0, 30))}
        for p in products[:2]
    ]
    gradings = [
        {"retailer_id": name, "graded_on": date(2026, 10, 1), "tier": draw(tier)} for name in shops
    ]
    tables = {
        "orders": orders, "retailers": retailers, "products": goods, "calendar": calendar,
        "sales": sales, "supply": supply, "tiers": gradings,
    }  # fmt: skip
    absent = draw(st.sets(st.sampled_from(sorted(set(tables) - {"orders"})), max_size=2))
    return Audited(
        plan, {name: rows for name, rows in tables.items() if rows and name not in absent}
    )
