"""The steps of a week, together and one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from allocator.errors import BadRequest, BadTable
from allocator.explanation.card import explain
from allocator.explanation.check import check_claims
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from
from allocator.runs.demonstration import DRAW
from allocator.runs.exports import audit_exports
from allocator.runs.reading import read_grading, read_run
from allocator.runs.record import Run
from allocator.runs.sources import audit_sources
from allocator.runs.verifying import verify_run
from allocator.runs.week import cycle_of, run, with_orders
from allocator.tables.city import City
from allocator.tables.reading import read_city, read_table
from allocator.tables.synthetic import CYCLE


def test_step_by_step_gives_the_week(
    city: City, policy: Policy, folder: Path, tmp_path: Path
) -> None:
    """Grading read back, plan read back, orders allocated: the same awards, byte by byte."""
    graded = read_grading(folder)
    planned = run(replace(city, orders=None), policy, seed=DRAW, grading=graded)
    planned.write(tmp_path / "plan")
    done = with_orders(read_run(tmp_path / "plan"), city.orders).write(tmp_path / "done")
    names = ["awards.csv", "summary.csv", "quotas.csv", "seats.csv", "certificate.json", "run.json"]

    for name in names:
        assert (done / name).read_bytes() == (folder / name).read_bytes(), name
    assert verify_run(tmp_path / "plan").accepted
    assert verify_run(done).accepted


def test_without_sales_the_given_tiers_count(week: Run, city: City, policy: Policy) -> None:
    """Tiers graded elsewhere, as a column of the retailers: the same quotas."""
    tiers = week.grading.table.select("retailer_id", "tier")
    people = city.retailers.frame.drop("tier").join(tiers, on="retailer_id", how="left")
    graded = replace(
        city,
        sales=None,
        tiers=None,
        retailers=replace(city.retailers, frame=people.select(city.retailers.frame.columns)),
    )
    done = run(graded, policy, seed=DRAW)

    assert (done.plan.base == week.plan.base).all()
    assert done.grading.items == ()


def test_a_quota_table_that_is_given_is_the_standard(
    folder: Path, week: Run, city: City, policy: Policy, tmp_path: Path
) -> None:
    """Nothing is planned: no seed is needed, and the run verifies."""
    base = pl.read_csv(folder / "quotas.csv", infer_schema_length=None).filter(rhythm="weekly")
    quotas = base.select(
        pl.col("product_id").cast(pl.String), "tier", pl.col("base").alias("quota")
    )
    done = run(replace(city, quotas=read_table("quotas", quotas)), policy)
    out = done.write(tmp_path / "published")

    assert done.plan.source == "published"
    assert verify_run(out).accepted
    assert read_run(out).plan.source == "published"


def test_three_exports_alone_are_audited(folder: Path, week: Run, city: City) -> None:
    """Orders, retailers with tier, 投放表: no sales, supply, policy, date or cycle."""
    tiers = week.grading.table.select("retailer_id", "tier")
    people = city.retailers.frame.drop("tier").join(tiers, on="retailer_id", how="left")
    orders = city.orders
    assert orders is not None
    frames = {
        "retailers": people.filter(rhythm="weekly").select("retailer_id", "status", "tier"),
        "orders": orders.frame.select(
            "order_id", "retailer_id", "product_id", "ordered_at", "requested", "granted", "clerk"
        ),
        "quotas": pl.read_csv(folder / "quotas.csv", infer_schema_length=None)
        .filter(rhythm="weekly")
        .select(pl.col("product_id").cast(pl.String), "tier", pl.col("base").alias("quota")),
    }
    findings = audit_exports(read_city(frames))
    states = {entry.rule: entry.state for entry in findings.coverage}

    assert findings.lines == len(orders.frame)
    assert states["over-quota"] == "checked"
    assert states["above-supply"] == "not-checked"


def test_supply_by_region_runs_reads_back_and_verifies(
    city: City, policy: Policy, tmp_path: Path
) -> None:
    """A region makes a segment: every product has a line for each."""
    assert city.supply is not None
    regions = city.retailers.frame["region"].unique().sort().to_list()
    parts = [
        city.supply.frame.with_columns(region=pl.lit(region), quantity=pl.col("quantity") // 2)
        for region in regions
    ]
    supply = replace(city.supply, frame=pl.concat(parts).sort("cycle", "product_id", "region"))
    done = run(replace(city, supply=supply), policy, seed=DRAW)
    out = done.write(tmp_path / "regions")
    verdict = verify_run(out)
    back = read_run(out)

    assert len(regions) > 1
    assert [found.message() for found in verdict.discrepancies] == []
    assert (back.plan.turns.line == done.plan.turns.line).all()
    assert back.allocation is not None
    assert done.allocation is not None
    assert back.allocation.lines.equals(done.allocation.lines)


def test_chosen_retailers_doubled_shops_and_weights_by_sales_read_back_and_verify(
    city: City, policy: Policy, tmp_path: Path
) -> None:
    """A product for urban shops only, fortnightly shops doubled, weights by sales."""
    text = policy.text.replace("{kind: linear, bottom: 1, top: 6}", "{kind: sales}")
    text = text.replace("{tiers: [11, 30], ceiling: 2}", "{who: {market: urban}, ceiling: 2}")
    text = text.replace("{step: 5, ceiling: 15}", "{fortnightly: double, step: 5, ceiling: 15}")
    done = run(city, policy_from(text, policy.on), seed=DRAW)
    out = done.write(tmp_path / "chosen")
    back = read_run(out)
    quotas = pl.read_csv(out / "quotas.csv", infer_schema=False)
    members = back.plan.members
    card = explain(
        back, members.filter(segment="rural", due=True, status="active")["retailer_id"][0]
    )

    assert [found.message() for found in verify_run(out).discrepancies] == []
    assert set(back.plan.cells.segment) == {"rural", "urban"}
    assert back.plan.double == {back.plan.product.index("105103")}
    assert set(quotas.filter(product_id="101101")["segment"]) == {"urban"}
    assert "This product is not released to shops of your kind (rural) this time." in (
        card.text("en")
    )
    assert all(verdict.holds for verdict in check_claims(back, card))


def test_credits_are_carried_from_cycle_to_cycle(
    folder: Path, city: City, policy: Policy, tmp_path: Path
) -> None:
    """credits.csv of one run is the table of the next; what is not released keeps its credit."""
    shop = str(city.retailers.frame["retailer_id"][0])
    before = pl.read_csv(
        folder / "credits.csv", schema_overrides={"product_id": pl.String, "retailer_id": pl.String}
    )
    elsewhere = pl.DataFrame({"product_id": ["gone"], "retailer_id": [shop], "credit": [77]})
    carried = read_table("credits", pl.concat([before, elsewhere]))
    done = run(replace(city, credits=carried), policy, seed="next")
    out = done.write(tmp_path / "next")
    after = pl.read_csv(out / "credits.csv", infer_schema=False)

    assert verify_run(out).accepted
    assert (done.plan.credit_before != 0).any()
    assert after.filter(product_id="gone").rows() == [("gone", shop, "77")]


def test_several_cycles_must_be_told_apart(city: City, policy: Policy) -> None:
    """The refusal lists them."""
    assert city.supply is not None
    second = city.supply.frame.with_columns(cycle=pl.lit("2026-W48"))
    both = replace(city.supply, frame=pl.concat([city.supply.frame, second]))
    with pytest.raises(BadRequest) as refused:
        run(replace(city, supply=both), policy, seed=DRAW)

    assert refused.value.code == "cycle-needed"
    assert f"{CYCLE}, 2026-W48" in str(refused.value)
    assert cycle_of(city, None) == CYCLE


def test_a_missing_seed_is_asked_for(city: City, policy: Policy) -> None:
    """Turns are drawn, and a planner could try seeds."""
    with pytest.raises(BadRequest) as refused:
        run(city, policy)

    assert refused.value.code == "seed-missing"


def test_orders_of_another_cycle_are_no_orders(city: City, policy: Policy) -> None:
    """The run stops after the quotas; allocating them by a plan is refused."""
    orders = city.orders
    assert orders is not None
    other = replace(orders, frame=orders.frame.with_columns(cycle=pl.lit("2026-W01")))
    planned = run(replace(city, orders=other), policy, seed=DRAW)
    with pytest.raises(BadRequest) as refused:
        with_orders(planned, other)

    assert planned.allocation is None
    assert refused.value.code == "orders-needed"


def test_an_audit_says_what_it_lacks(folder: Path, tmp_path: Path) -> None:
    """Files, tables of a run, a policy."""
    orders = folder / "inputs" / "orders.csv"
    with pytest.raises(BadRequest) as files:
        audit_sources(None, {"orders": orders})
    with pytest.raises(BadRequest) as fixed:
        audit_sources(folder, {"quotas": orders})
    with pytest.raises(BadRequest) as rules:
        audit_sources(folder / "inputs", {})
    with pytest.raises(BadTable):
        audit_sources(tmp_path, {})

    assert [e.value.code for e in (files, fixed, rules)] == [
        "audit-needs-files",
        "audit-run-is-fixed",
        "audit-needs-policy",
    ]


def test_other_orders_are_audited_against_a_run(folder: Path, week: Run) -> None:
    """The orders of the run themselves give its findings again."""
    again = audit_sources(folder, {"orders": folder / "inputs" / "orders.csv"})
    assert week.findings is not None

    assert again.frame["fingerprint"].to_list() == week.findings.frame["fingerprint"].to_list()
