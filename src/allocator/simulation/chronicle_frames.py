"""The frames of ``Cycles``, made of what was written down of each world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from allocator.records import Units
from allocator.simulation.behaviour import KINDS
from allocator.simulation.chronicle import SUMS, Chronicle
from allocator.simulation.cycles import frame_of


def frames_of(chronicles: Sequence[tuple[str, Chronicle]]) -> dict[str, pl.DataFrame]:
    """The frames of ``Cycles`` but ``worlds``, of all worlds in their order."""

    def listed(name: str, rows_of: str) -> pl.DataFrame:
        return frame_of(
            name,
            [
                {"world": world, **row}
                for world, told in chronicles
                for row in getattr(told, rows_of)
            ],
        )

    tried = [
        part.with_columns(world=pl.lit(world)) for world, told in chronicles for part in told.tried
    ]
    empty = frame_of("deviations", [])
    return {
        "figures": listed("figures", "figures"),
        "exposure": listed("exposure", "exposure"),
        "groups": listed("groups", "groups"),
        "tiers": listed("tiers", "tiers"),
        "deviations": pl.concat([empty, *(part.select(empty.columns) for part in tried)]),
        "waits": frame_of(
            "waits", [row for world, told in chronicles for row in _waits(world, told)]
        ),
        "firsts": pl.concat([frame_of("firsts", []), *(_firsts(*each) for each in chronicles)]),
        "turns_kept": frame_of(
            "turns", [row for world, told in chronicles for row in _turns(world, told)]
        ),
        "retailers": pl.concat(
            [frame_of("retailers", []), *(_retailers(*each) for each in chronicles)]
        ),
    }


def _waits(world: str, told: Chronicle) -> list[dict[str, Any]]:
    rows = []
    firsts = told.firsts
    for k, product in enumerate(told.products.to_list()):
        may = firsts.eligible[k]
        want = may & told.wants[k]
        offered = _until(firsts.offered[k][may]) if told.offers else (None, None, None)
        had = _until(firsts.had[k][want])
        rows.append(
            {
                "world": world,
                "product_id": product,
                "below_one": bool(firsts.scarce[k]),
                "eligible": int(may.sum()),
                "offered_half": offered[0],
                "offered_all": offered[1],
                "never_offered": offered[2],
                "wanting": int(want.sum()),
                "had_half": had[0],
                "had_all": had[1],
                "never_had": had[2],
            }
        )
    return rows


def _until(first: Units) -> tuple[int | None, int | None, int]:
    """Cycles until half and until all had it, ``None`` = not yet; and how many never."""
    never = int((first == 0).sum())
    times = np.sort(first[first > 0])
    half = (len(first) + 1) // 2
    return (
        int(times[half - 1]) if 0 < half <= len(times) else None,
        int(times[-1]) if len(times) and not never else None,
        never,
    )


def _firsts(world: str, told: Chronicle) -> pl.DataFrame:
    good, who = told.firsts.eligible.nonzero()
    offered, had = (
        matrix[good, who].astype(np.int64) for matrix in (told.firsts.offered, told.firsts.had)
    )
    frame = pl.DataFrame(
        {
            "product_id": told.products.gather(good),
            "retailer_id": told.retailers.gather(who),
            "wants": told.wants[good, who],
            "offered": offered if told.offers else np.zeros_like(offered),
            "had": had,
        }
    )
    return frame.select(
        pl.lit(world).alias("world"),
        "product_id",
        "retailer_id",
        "wants",
        *(pl.when(pl.col(name) > 0).then(pl.col(name)).alias(name) for name in ("offered", "had")),
    )


def _turns(world: str, told: Chronicle) -> list[dict[str, Any]]:
    if not told.offers:
        return []
    apart, turns = told.turns.apart(), told.turns
    return [
        {
            "world": world,
            "product_id": product,
            "promised": bool(turns.promised[k]),
            "apart": int(apart[k]),
        }
        for k, product in enumerate(told.products.to_list())
        if turns.known[k] and turns.seats[k].any()
    ]


def _retailers(world: str, told: Chronicle) -> pl.DataFrame:
    sums = {name: told.sums[k] for k, name in enumerate(SUMS)}
    return pl.DataFrame(
        {
            "world": pl.Series([world] * len(told.retailers), dtype=pl.String),
            "retailer_id": told.retailers,
            "behaviour": pl.Series([KINDS[k] for k in told.kind.tolist()], dtype=pl.String),
            "large": told.large,
            "tier_first": told.tier_first,
            "tier_last": told.tier_last,
            **sums,
        },
        schema_overrides={"tier_first": pl.Int64, "tier_last": pl.Int64},
    )
