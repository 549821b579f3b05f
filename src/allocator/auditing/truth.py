"""How well an audit did on a city whose departures are known (``tables.synthesis.fraud``)."""

from __future__ import annotations

import polars as pl

from allocator.auditing.findings import Findings

_ROWS = (
    pl.col("evidence")
    .list.eval(
        pl.element()
        .filter(pl.element().struct.field("table") == "orders")
        .struct.field("rows")
        .list.explode(empty_as_null=True)
    )
    .alias("rows")
)


def compare_truth(findings: Findings, truth: pl.DataFrame) -> pl.DataFrame:
    """What an audit found of what was planted, rule by rule.

    A finding is right when the truth has an entry of its rule and subject on one of its order
    rows, or one that stands on no row. An entry is met when a finding is right by it.

    Parameters
    ----------
    truth : ``Planted.truth``

    Returns
    -------
    one row for each rule that was checked or has an entry, by code: code, rule, kind; planted
    (entries), met; found (findings), right; beside (findings that are not right, but concern an
    order row on which something else was planted), false (the rest)
    """
    found = findings.frame.select(pl.int_range(pl.len()).alias("f"), "rule", "subject_id", _ROWS)
    entries = truth.select(pl.int_range(pl.len()).alias("t"), "rule", "subject_id", "rows")
    keys = ["rule", "subject_id"]
    on_rows = found.explode("rows", empty_as_null=True).join(
        entries.filter(pl.col("rows").is_not_null()).explode("rows"), on=[*keys, "rows"]
    )
    anywhere = found.join(entries.filter(pl.col("rows").is_null()), on=keys)
    pairs = pl.concat([on_rows.select("f", "t"), anywhere.select("f", "t")])
    touched = (
        found.explode("rows", empty_as_null=True)
        .join(entries.explode("rows", empty_as_null=True), on="rows", how="semi")["f"]
        .unique()
    )
    right = pl.col("f").is_in(pairs["f"].unique().implode())
    beside = ~right & pl.col("f").is_in(touched.implode())
    by_finding = found.group_by("rule").agg(
        pl.len().cast(pl.Int64).alias("found"),
        right.sum().cast(pl.Int64).alias("right"),
        beside.sum().cast(pl.Int64).alias("beside"),
    )
    by_entry = entries.group_by("rule").agg(
        pl.len().cast(pl.Int64).alias("planted"),
        pl.col("t").is_in(pairs["t"].unique().implode()).sum().cast(pl.Int64).alias("met"),
    )
    rules = pl.DataFrame(
        [
            (entry.code, entry.rule, entry.kind)
            for entry in findings.coverage
            if entry.state == "checked" or entry.rule in by_entry["rule"]
        ],
        schema={"code": pl.String, "rule": pl.String, "kind": pl.String},
        orient="row",
    )
    counts = ("planted", "met", "found", "right", "beside")
    return (
        rules.join(by_entry, on="rule", how="left")
        .join(by_finding, on="rule", how="left")
        .with_columns(pl.col(counts).fill_null(0))
        .with_columns((pl.col("found") - pl.col("right") - pl.col("beside")).alias("false"))
        .sort("code")
    )
