"""Limits looked up at order entry are the limits of the batch."""

from __future__ import annotations

import itertools
import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns

import numpy as np
import polars as pl
import pytest
from hypothesis import given

from allocator.allocation.awards import allocate
from allocator.allocation.quotas import plan_quotas
from allocator.errors import BrokenRun
from allocator.grading.scheme import grade
from allocator.holdings import promised
from allocator.ordering.check import Order, check_order
from allocator.ordering.limits import SERVED, Limits, limits_of
from allocator.ordering.reading import read_limits
from allocator.policy.reading import read_policy
from allocator.records import JointLimit, QuotaPlan
from allocator.runs.record import Run
from allocator.runs.week import run
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day, make_city
from strategies import OrderRow, coupled_weeks, table_of

DRAW = "public draw 083412"


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(300, seed=11)


@pytest.fixture(scope="module")
def plan(city: City) -> QuotaPlan:
    policy = read_policy(POLICY, first_day(CYCLE))
    assert policy.grading is not None
    grading = grade(city, policy.grading, first_day(CYCLE))
    return plan_quotas(city, grading, policy.allocation, cycle=CYCLE, seed=DRAW)


@pytest.fixture(scope="module")
def written(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "run"
    policy = read_policy(POLICY, first_day(CYCLE))
    return run(city, policy, cycle=CYCLE, seed=DRAW).write(folder, language="zh-CN")


@pytest.fixture
def broken(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "run"))


def random_orders(plan: QuotaPlan, lines: int, seed: int) -> pl.DataFrame:
    """Different pairs of a retailer and a product, with any quantity."""
    rng = np.random.default_rng(seed)
    retailers = [*plan.members["retailer_id"], "nobody"]
    pairs = rng.choice(len(retailers) * len(plan.product), size=lines, replace=False)
    who, what = np.divmod(pairs, len(plan.product))
    return pl.DataFrame(
        {
            "order_id": [f"L{k}" for k in range(lines)],
            "retailer_id": [retailers[i] for i in who],
            "product_id": [plan.product[p] for p in what],
            "ordered_at": ["2026-11-16 09:00:00"] * lines,
            "cycle": [plan.cycle] * lines,
            "requested": rng.integers(1, 25, lines),
        }
    )


def test_checks_equal_round_one_of_the_batch(plan: QuotaPlan) -> None:
    """Ten thousand lines, one by one and all at once: the same cartons."""
    limits, checked = limits_of(plan), 0
    for seed in range(4):
        orders = random_orders(plan, 2_500, seed)
        batch = allocate(orders, plan).lines
        for retailer, product, requested, first in batch.select(
            "retailer_id", "product_id", "requested", "round_one"
        ).iter_rows():
            assert check_order(limits, Order(retailer, product, requested)).at_most == first
            checked += 1

    assert checked == 10_000


def test_lines_entered_one_after_the_other_equal_the_batch_of_their_sum(plan: QuotaPlan) -> None:
    """What is entered already counts: two whole lots give what one line of both gives."""
    limits = limits_of(plan)
    lot = dict(zip(plan.product, plan.lot.tolist(), strict=True))
    orders = random_orders(plan, 2_000, 9)
    batch = allocate(orders.with_columns(pl.col("requested") * 10), plan).lines
    for retailer, product, requested, first in batch.select(
        "retailer_id", "product_id", "requested", "round_one"
    ).iter_rows():
        part = requested // 2 // lot[product] * lot[product]
        one = check_order(limits, Order(retailer, product, part)).at_most if part else 0
        two = check_order(limits, Order(retailer, product, requested - part), one).at_most
        assert one + two == first


def test_limits_read_back_are_those_of_the_plan(plan: QuotaPlan, written: Path) -> None:
    """The files of a run say the same as the plan in memory, for every retailer and product."""
    ours, read = limits_of(plan), read_limits(written)

    assert read.cycle == ours.cycle
    assert set(read.retailers) == set(ours.retailers)
    assert read.products == ours.products
    for retailer in [*ours.retailers, "nobody"]:
        for product in [*ours.products, "nothing"]:
            order = Order(retailer, product, 1_000)
            assert check_order(read, order) == check_order(ours, order)


@given(coupled_weeks(baskets=False))
def test_lines_entered_as_they_come_equal_round_one_under_bands(
    case: tuple[QuotaPlan, list[OrderRow]],
) -> None:
    """Each product ordered once, line by line with what was entered before: the batch's cartons."""
    plan, rows = case
    once = {(row["retailer_id"], row["product_id"]): row for row in rows}
    lines = [row | {"order_id": f"{k:03}"} for k, row in enumerate(once.values())]
    limits = limits_of(plan)
    entered: dict[str, dict[str, int]] = defaultdict(dict)
    for row in sorted(lines, key=lambda r: (r["ordered_at"], r["order_id"])):
        if row["requested"]:
            decision = check_order(limits, row, entered[row["retailer_id"]])
            entered[row["retailer_id"]][row["product_id"]] = decision.at_most

    batch = allocate(table_of("orders", lines), plan).lines.filter(pl.col("requested") > 0)
    found = {
        (retailer, product): cartons
        for retailer, products in entered.items()
        for product, cartons in products.items()
    }
    first = batch.select("retailer_id", "product_id", "round_one").rows()
    assert {(retailer, product): cartons for retailer, product, cartons in first} == found


def bound(run: Run) -> Run:
    """The run as if its policy had two bands, and more quotas than supply for one product."""
    plan = run.plan
    tiers = plan.cells.tier
    bands = (
        JointLimit("=top band", np.array([0, 1, 2], np.int32), np.where(tiers > 20, 10, -1)),
        JointLimit("all", np.arange(len(plan.product), dtype=np.int32), tiers * 0 + 24),
    )
    supply = plan.supply.copy()
    supply[3] = plan.reserve[3] + promised(plan)[3] - 1
    plan = replace(plan, bands=bands, supply=supply, oversell="share")
    assert run.city.orders is not None
    return replace(run, plan=plan, allocation=allocate(run.city.orders, plan), findings=None)


def test_bands_and_ceilings_are_read_back(city: City, tmp_path: Path) -> None:
    """bands.csv and quotas.csv hold what checks need of bands and of quotas that are no promise."""
    policy = read_policy(POLICY, first_day(CYCLE))
    made = bound(run(city, policy, cycle=CYCLE, seed=DRAW))
    folder = made.write(tmp_path / "run")
    ours, read = limits_of(made.plan), read_limits(folder)
    first = made.plan.product[0]

    codes = set()
    for before in (dict.fromkeys(ours.products, 2), {first: 9}):
        for retailer, product in itertools.product(ours.retailers, ours.products):
            order = Order(retailer, product, 9)
            found = check_order(read, order, before)
            assert found == check_order(ours, order, before)
            codes.add(found.claims[0].code)
    assert {"band-full", "over-band", "shared-after-closing"} <= codes

    (folder / "bands.csv").unlink()
    with pytest.raises(BrokenRun, match=r"bands\.csv"):
        read_limits(folder)


def test_products_released_by_region_are_one_product(plan: QuotaPlan) -> None:
    """The line of the retailer's own region counts."""
    half = len(plan.cells.tier) // 2
    first = np.arange(len(plan.cells.tier)) < half
    double = replace(
        plan,
        product=(plan.product[0], *plan.product),
        region=("east", "west", *plan.region[1:]),
        **{
            name: np.concatenate([getattr(plan, name)[:1], getattr(plan, name)])
            for name in ("lot", "base", "seats", "allowed")
        },
    )
    double.allowed[0] = first
    double.allowed[1] = ~first
    double.base[0] = 4
    double.base[1] = 7
    turns = replace(plan.turns, line=plan.turns.line + 1)
    limits = limits_of(replace(double, turns=turns))

    p = limits.products[plan.product[0]]
    assert len(limits.base) == len(plan.product)
    assert limits.base[p] == (4,) * half + (7,) * half


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda run: (run / "run.json").unlink(), "limits-file-missing"),
        (lambda run: (run / "quotas.csv").unlink(), "limits-file-missing"),
        (lambda run: (run / "seats.csv").unlink(), "limits-file-missing"),
        (lambda run: (run / "record/members.csv").unlink(), "limits-file-missing"),
        (lambda run: (run / "run.json").write_text("[" * 100_000), "limits-file-broken"),
        (lambda run: (run / "run.json").write_text("{}"), "limits-file-broken"),
        (lambda run: (run / "quotas.csv").write_text(""), "limits-file-broken"),
        (lambda run: (run / "quotas.csv").write_text("a,b\n1,2\n"), "limits-file-broken"),
        (lambda run: (run / "quotas.csv").write_bytes(b"\xff\x00\xfe"), "limits-file-broken"),
        (
            lambda run: (run / "seats.csv").write_text("product_id,retailer_id\nP,R\n"),
            "limits-files-differ",
        ),
    ],
)
def test_a_broken_run_is_refused(broken: Path, spoil: Callable[[Path], object], code: str) -> None:
    """A missing, damaged or foreign file is named, in both languages."""
    spoil(broken)
    with pytest.raises(BrokenRun) as refused:
        read_limits(broken)

    assert refused.value.code == code
    assert refused.value.message("zh-CN") != refused.value.message("en")


def test_one_check_takes_far_less_than_a_millisecond() -> None:
    """50,000 retailers x 200 products: the 99th percentile of 20,000 checks."""
    rng = np.random.default_rng(1)
    n, products, cells = 50_000, 200, 60
    limits = Limits(
        cycle=CYCLE,
        retailers={f"9901{i:08d}": i for i in range(n)},
        products={f"{p:06d}": p for p in range(products)},
        standing=bytes([SERVED]) * n,
        cell=rng.integers(0, cells, n).astype(np.int32),
        cells=tuple((c % 30 + 1, "", "weekly") for c in range(cells)),
        lot=(1,) * products,
        base=tuple(map(tuple, rng.integers(-1, 20, (products, cells)).tolist())),
        seats=tuple(map(tuple, rng.integers(0, 9, (products, cells)).tolist())),
        turn=tuple(rng.bytes(n // 8) for _ in range(products)),
    )
    orders = [
        Order(f"9901{i:08d}", f"{p:06d}", q)
        for i, p, q in zip(
            rng.integers(0, n, 20_000).tolist(),
            rng.integers(0, products, 20_000).tolist(),
            rng.integers(1, 30, 20_000).tolist(),
            strict=True,
        )
    ]
    taken = []
    for order in orders:
        start = perf_counter_ns()
        check_order(limits, order)
        taken.append(perf_counter_ns() - start)

    assert np.percentile(taken, 99) < 1_000_000
    print(json.dumps({"p50_ns": float(np.median(taken)), "p99_ns": np.percentile(taken, 99)}))
