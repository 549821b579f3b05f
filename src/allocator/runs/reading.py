"""Reads a run directory back: the same record, so that it can be explained and verified alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from allocator.allocation.boundaries import stand_between
from allocator.allocation.credits import carried_credits
from allocator.errors import BadPolicy, BadTable, BrokenRun
from allocator.grading.screening import SCREENED
from allocator.policy.models import Policy
from allocator.policy.reading import read_policy
from allocator.records import DECIMALS as SCORE_DECIMALS
from allocator.records import Allocation, Grading, QuotaPlan, Turns, region_column
from allocator.runs.files import damaged, parts, read_bytes, read_columns, read_document, read_head
from allocator.runs.keeping import allocation_from, plan_from
from allocator.runs.keeping_findings import findings_from
from allocator.runs.keeping_tiers import grading_from
from allocator.runs.outputs import (
    AWARDS,
    BAND_ROOM,
    DECIMALS,
    MEMBERS,
    RECORDED,
    award_columns,
    grading_columns,
)
from allocator.runs.placing import MARK
from allocator.runs.record import Run
from allocator.tables.city import City, Table
from allocator.tables.reading import read_city

SALTS = "record/salts.csv"


def read_run(folder: str | Path) -> Run:
    """The run of a directory that ``run`` wrote.

    Sales are not kept there, so ``city.sales`` is ``None``; ``seconds`` is empty.

    Raises
    ------
    BrokenRun : a file is missing, or is not what was written; the file is named
    """
    root = Path(folder)
    head = read_head(root)
    if "cycle" not in head:
        raise BrokenRun("not-a-run", folder=str(folder)[:200])
    policy, city = _policy(root, head), _city(root)
    grading = read_grading(root)
    plan = _plan(root, city, grading)
    try:
        cycle, seed, on = str(head["cycle"]), head["seed"], date.fromisoformat(head["on"])
        inputs = {**dict(head["inputs"]), **read_document(root, "record/inputs.json")}
    except (KeyError, TypeError, ValueError):
        raise damaged(MARK) from None
    return Run(
        policy=policy,
        city=city,
        cycle=cycle,
        seed=seed,
        on=on,
        grading=grading,
        plan=plan,
        allocation=_allocation(root, plan),
        findings=_findings(root),
        certificate=_certificate(root),
        inputs=inputs,
        salts=_salts(root, plan),
    )


def read_grading(root: Path) -> Grading:
    """The grading of a run, or of the step ``grade``."""
    document = read_document(root, "record/grading.json")
    try:
        items = {item["name"]: DECIMALS.get(item["unit"], 0) for item in document["items"]}
        names = [str(name) for name in items]
        decimals = int(document.get("decimals", SCORE_DECIMALS))
        if not 0 <= decimals <= SCORE_DECIMALS:
            raise damaged("record/grading.json")
        grain = 10 ** (SCORE_DECIMALS - decimals)
    except (KeyError, TypeError, ValueError):
        raise damaged("record/grading.json") from None
    columns = grading_columns(moving=bool(document.get("moving", False)))
    told = read_columns(root, "grading.csv", [*columns, *names], texts=["score", *names])
    if "moves" in columns:
        told = told.with_columns(pl.col("moves").fill_null(""))
    else:
        nothing = pl.lit(None, pl.Int64())
        told = told.with_columns(moves=pl.lit(""), earned_tier=nothing, previous_earned=nothing)
    kept = read_columns(
        root, "record/grading.csv", [*RECORDED, *(f"{name}_points" for name in names)]
    )
    if told["retailer_id"].to_list() != kept["retailer_id"].to_list():
        raise BrokenRun("rows-differ", file="grading.csv", other="record/grading.csv")
    kept = kept.drop("retailer_id")
    try:
        told = told.with_columns(parts("score", decimals) * grain)
        values = told.select(parts(name, digits) for name, digits in items.items())
    except pl.exceptions.PolarsError:
        raise damaged("grading.csv") from None
    table = pl.concat([told.drop(names), values, kept], how="horizontal").select(
        "retailer_id", "graded", "score", "rank", "tier_by_score", "tier", "previous_tier",
        "reason", "moves", "earned_tier", "previous_earned", "to_next_score", "to_lower_score",
        "to_next_tier",
        *(column for name in names for column in (name, f"{name}_points")),
    )  # fmt: skip
    try:
        return grading_from(document, table, _screened(root, document))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise damaged("record/grading.json") from None


def _screened(root: Path, document: Mapping[str, Any]) -> pl.DataFrame | None:
    """The months out of the usual, where the policy screens."""
    if not document.get("screened"):
        return None
    return read_columns(root, "screening.csv", list(SCREENED)).cast(pl.Schema(SCREENED))


def _policy(root: Path, head: Mapping[str, Any]) -> Policy:
    read_bytes(root, "policy.yaml")
    try:
        return read_policy(root / "policy.yaml", head["policy"]["on"])
    except BadPolicy as error:
        raise BrokenRun("policy-damaged", file="policy.yaml", fault=str(error)) from error
    except (KeyError, TypeError, ValueError):
        raise damaged(MARK) from None


def _city(root: Path) -> City:
    try:
        return read_city(root / "inputs")
    except BadTable as error:
        raise BrokenRun("inputs-damaged", file="inputs", fault=str(error)) from error
    except OSError:
        raise BrokenRun("file-missing", file="inputs") from None


def _plan(root: Path, city: City, grading: Grading) -> QuotaPlan:
    document = read_document(root, "record/plan.json")
    members = read_columns(root, "record/members.csv", MEMBERS)
    try:
        lines = [(str(line["product"]), str(line["region"])) for line in document["lines"]]
        allowed = [frozenset(line["allowed"]) for line in document["lines"]]
        products = [product for product, _ in lines]
        turns = _turns(root, lines, allowed, members)
        before = carried_credits(city, members, products)
        after = carried_credits(_with_credits(root, city), members, products)
        plan = plan_from(document, members, turns, before, after)
        if plan.boundary == "smooth":
            plan = replace(plan, between=stand_between(grading, plan.cells, members))
        return plan
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        raise damaged("record/plan.json") from None


def _with_credits(root: Path, city: City) -> City:
    frame = read_columns(root, "credits.csv", ["product_id", "retailer_id", "credit"])
    return City(retailers=city.retailers, credits=Table("credits", frame))


def _turns(
    root: Path, lines: list[tuple[str, str]], allowed: list[frozenset[int]], members: pl.DataFrame
) -> Turns:
    """Seats by name as indices, ordered by line, cell, place."""
    seats = read_columns(root, "seats.csv", SEATS).with_row_index("file_row", offset=2)
    who = members.select("retailer_id", "cell").with_row_index("member")
    places = pl.DataFrame(
        [(p, product, cell) for p, (product, _) in enumerate(lines) for cell in sorted(allowed[p])],
        schema={"line": pl.Int32, "product_id": pl.String, "cell": pl.Int32},
        orient="row",
    )
    found = seats.join(who, on="retailer_id", how="left").join(
        places, on=["product_id", "cell"], how="left"
    )
    lost = found.filter(pl.col("line").is_null())
    if len(lost):
        first = lost.row(0, named=True)
        raise BrokenRun(
            "seat-of-nobody",
            file="seats.csv",
            row=int(first["file_row"]),
            retailer=str(first["retailer_id"])[:80],
            product=str(first["product_id"])[:80],
        )
    found = found.sort("line", "cell", "place")
    return Turns(*(found[name].to_numpy().astype(np.int32) for name in ("line", "member", "place")))


SEATS = [
    "cycle", "product_id", "segment", "rhythm", "tier", "place", "retailer_id", "credit_before",
]  # fmt: skip


def _allocation(root: Path, plan: QuotaPlan) -> Allocation | None:
    if not (root / "awards.csv").is_file():
        return None
    room = [BAND_ROOM] if plan.bands else []
    awards = read_columns(root, "awards.csv", ["cycle", *award_columns(plan)]).drop("cycle")
    lines = pl.DataFrame(
        {"product_id": plan.product, "region": plan.region},
        schema={"product_id": pl.String, "region": pl.String},
    ).with_row_index("line")
    members = plan.members.select("retailer_id", "segment")
    own = (pl.col("region") == "") | (pl.col("region") == region_column())
    placed = (
        awards.join(members, on="retailer_id", how="left")
        .join(lines, on="product_id", how="left")
        .with_columns(pl.when(own).then(pl.col("line")).cast(pl.Int32).alias("line"))
        .sort("product_id", "retailer_id", "line", nulls_last=True)
        .unique(["product_id", "retailer_id"], keep="first", maintain_order=True)
        .select("line", *AWARDS, pl.coalesce("requested", "granted").alias("order"), *room)
    )
    try:
        return allocation_from(read_document(root, "record/allocation.json"), placed)
    except (KeyError, TypeError, ValueError, IndexError):
        raise damaged("record/allocation.json") from None


def _certificate(root: Path) -> Mapping[str, Any]:
    document = read_document(root, "certificate.json")
    if not isinstance(document.get("digest"), str):
        raise damaged("certificate.json")
    return document


def _salts(root: Path, plan: QuotaPlan) -> pl.DataFrame | None:
    """One salt for each member, where the run had a secret."""
    if not (root / SALTS).is_file():
        return None
    salts = read_columns(root, SALTS, ["retailer_id", "salt"])
    if not salts["retailer_id"].equals(plan.members["retailer_id"].sort()):
        raise BrokenRun("rows-differ", file=SALTS, other="record/members.csv")
    if not salts["salt"].str.contains("^[0-9a-f]{32}$").all():
        raise damaged(SALTS)
    return salts


def _findings(root: Path) -> Any:
    if not (root / "record/findings.json").is_file():
        return None
    try:
        return findings_from(read_document(root, "record/findings.json"))
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError):
        raise damaged("record/findings.json") from None
