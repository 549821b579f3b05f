"""Departures in time: before orders open, at night, on another day, in the other week, too late."""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.tables.synthesis.draws import stream
from allocator.tables.synthesis.fraud.entries import planned
from allocator.tables.synthesis.fraud.ledger import (
    Ledger,
    added,
    entered,
    one_a_shop,
    shifted,
    taken,
    told_orders,
    whole_orders,
)

DAY, HOUR, MINUTE = 86_400, 3_600, 60
FRIDAY = 4


def _moved(
    ledger: Ledger, plant: str, why: str, day: np.ndarray, second: np.ndarray, heads: pl.DataFrame
) -> Ledger:
    """Orders of some shops, moved to a day of the week (0 = Monday) and a second of that day.

    heads : one row per shop with ordered_at; day, second : (len(heads),) int64
    """
    monday = np.datetime64(ledger.ground.weeks[-1], "D").astype("M8[s]")
    new = monday + (day * DAY + second).astype("m8[s]")
    by = (new - heads["ordered_at"].to_numpy().astype("M8[s]")).astype(np.int64)
    ledger = taken(ledger, heads["shop"])
    lines = whole_orders(ledger, heads["shop"]).join(
        pl.DataFrame({"shop": heads["shop"], "by": by}), on="shop", maintain_order="left"
    )
    ledger = entered(ledger, shifted(lines, lines["by"]).drop("by"))
    return told_orders(ledger, plant, plant, lines, why=why)


def outside_window(ledger: Ledger) -> Ledger:
    """Half of them before orders open on Monday, half in the night between two order days."""
    weekday = pl.Series(ledger.ground.shops.weekday)
    lines = planned(ledger)
    lines = lines.filter(weekday.gather(lines["shop"].cast(pl.UInt32)) < FRIDAY)
    heads = one_a_shop(ledger, lines, "outside window", ledger.wanted)
    rng, n = stream(ledger.seed, "plant outside window time"), len(heads)
    own = weekday.gather(heads["shop"].cast(pl.UInt32)).to_numpy()
    early = np.arange(n) % 2 == 0
    minute = (rng.random(n) * 100).astype(np.int64) * MINUTE
    return _moved(
        ledger, "outside-window", "placed before orders opened, or at night",
        np.where(early, 0, own), np.where(early, 6 * HOUR, 20 * HOUR) + minute, heads,
    )  # fmt: skip


def wrong_order_day(ledger: Ledger) -> Ledger:
    """On the day before or after the shop's own, at the same hour."""
    heads = one_a_shop(ledger, planned(ledger), "wrong order day", ledger.wanted)
    own = ledger.ground.shops.weekday[heads["shop"].to_numpy()].astype(np.int64)
    since = heads["ordered_at"].to_numpy().astype("M8[s]").astype(np.int64) % DAY
    return _moved(
        ledger, "wrong-order-day", "placed on the day of other shops",
        np.where(own == FRIDAY, own - 1, own + 1), since, heads,
    )  # fmt: skip


def after_cutoff(ledger: Ledger) -> Ledger:
    """After the last order day of the cycle has closed, without a cause."""
    heads = one_a_shop(ledger, planned(ledger), "after cutoff", ledger.wanted)
    rng, n = stream(ledger.seed, "plant after cutoff time"), len(heads)
    second = 16 * HOUR + (1 + (rng.random(n) * 150).astype(np.int64)) * MINUTE
    return _moved(
        ledger, "after-cutoff", "placed after the last order day had closed",
        np.full(n, FRIDAY), second, heads,
    )  # fmt: skip


def changed_late(lines: pl.DataFrame, who: str) -> pl.DataFrame:
    """The orders as somebody changed them in the evening of their day."""
    evening = pl.col("ordered_at").dt.truncate("1d") + pl.duration(hours=19, minutes=42)
    return lines.with_columns(changed_at=evening, changed_by=pl.lit(who))


def edited_after_cutoff(ledger: Ledger) -> Ledger:
    """Placed in time, changed in the evening of the order day."""
    heads = one_a_shop(ledger, planned(ledger), "edited after cutoff", ledger.wanted)
    ledger = taken(ledger, heads["shop"])
    lines = whole_orders(ledger, heads["shop"])
    ledger = entered(ledger, changed_late(lines, "office"))
    return told_orders(
        ledger, "edited-after-cutoff", "edited-after-cutoff", lines,
        why="changed after orders had closed, without a cause",
    )  # fmt: skip


def not_due(ledger: Ledger) -> Ledger:
    """A fortnightly shop orders in its other week what it ordered the week before."""
    ground, c = ledger.ground, len(ledger.ground.weeks) - 2
    shops = ground.shops
    parity = 1 if ground.weeks[-1].isocalendar().week % 2 else 2
    resting = shops.active & (shops.parity > 0) & (shops.parity != parity)
    shop = pl.col("shop").cast(pl.UInt32)
    before = ledger.past.filter(
        (pl.col("cycle") == ground.cycles[c])
        & pl.lit(pl.Series(resting)).gather(shop)
        & (pl.col("status") != "cancelled")
        & (pl.col("kind") == "ordinary")
    )
    heads = one_a_shop(ledger, before.filter(pl.col("granted") > 0), "not due", ledger.wanted)
    ledger = taken(ledger, heads["shop"])
    lines = before.filter(pl.col("shop").is_in(heads["shop"].implode()))
    week = shifted(lines, pl.Series(np.full(len(lines), 7 * DAY)))
    word = ground.cycles[-1].replace("-W", "")
    rows = week.with_columns(
        cycle=pl.lit(ground.cycles[-1]),
        order_id=pl.concat_str(pl.lit(f"DH{word}9"), pl.col("order_id").str.slice(-6)),
        recording_id=pl.when(pl.col("recording_id").is_not_null()).then(
            pl.concat_str(pl.lit(f"LY{word}9"), pl.col("recording_id").str.slice(-6))
        ),
        # Nothing is due to it in this week.
        quota=pl.lit(None, pl.Int64),
    )
    count = len(ledger.lines)
    ledger = added(ledger, rows)
    return told_orders(
        ledger, "not-due", "not-due", ledger.lines[count:],
        why="a fortnightly shop in its other week", subject="retailer_id",
    )  # fmt: skip
