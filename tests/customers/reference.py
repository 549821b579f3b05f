"""The watch over monthly volumes once more: shop by shop, in plain Python, from the page."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite, log, log1p, nan
from statistics import median

FIRST, AGAIN, SPAN, YEAR = 6, 4, 12, 12
BARS, ALONE, RISES = (3.8, 3.7, 2.5), 2.9, 1.7
HALF, LEAST_CHANGE, MOST_OFF, REACH = log(2), log(4 / 3), log(3), 0.8
SIZES = (50, 150, 500, 1500)


@dataclass
class Shop:
    """What is remembered of one shop; months of history as (value or nan) by view."""

    since: int
    need: int
    history: list[dict[int, float]]
    former: dict[int, float]


def season(off: list[float], peers: list[int], counted: list[bool]) -> list[float]:
    known = [x for x, c in zip(off, counted, strict=True) if c]
    if not known:
        return [0.0] * len(off)
    overall, index = median(known), {}
    for peer in set(peers):
        own = [x for x, c, p in zip(off, counted, peers, strict=True) if c and p == peer]
        index[peer] = (len(own) * median(own) + 30 * overall) / (len(own) + 30) if own else overall
    return [index[peer] for peer in peers]


def logs(volume: int, lines: int, size: int, views: int) -> list[float]:
    if volume <= 0:
        return [nan] * views
    full = [log(volume), log(lines) if lines else nan, size / 1e6 / lines if lines else nan]
    return full[:views]


def usual(shop: Shop, view: int, end: int) -> tuple[int, float, float]:
    months = [
        shop.history[view][t] for t in range(max(end - SPAN, 0), end) if t in shop.history[view]
    ]
    k = len(months)
    if not k:
        return 0, 0.0, 0.0
    level = sum(months) / k
    return k, level, max(sum(x * x for x in months) - k * level**2, 0.0) / max(k - 1, 1)


def spreads(
    facts: list[tuple[int, float, float]], size: list[int], held: list[bool]
) -> list[float]:
    sums: dict[int, list[float]] = {}
    for (_, _, s), group, counts in zip(facts, size, held, strict=True):
        if counts:
            sums.setdefault(group, []).append(log(max(s, 1e-3)))
    every = [x for group in sums.values() for x in group]
    overall = sum(every) / max(len(every), 1)
    prior = {g: exp(sum(sums[g]) / len(sums[g]) if g in sums else overall) for g in range(5)}
    out = []
    for (k, _, s), group in zip(facts, size, strict=True):
        own = max(k - 1, 0)
        mixed = (4 * prior[group] + own * s) / (4 + own)
        out.append(max(mixed, 1e-3) * (1 + 1 / max(k, 1)))
    return out


def evidence(off: list[float], spread: float) -> float:
    unit = 2 * spread
    odds = (log1p(x * x / unit) - log1p((x - HALF) ** 2 / unit) for x in off if isfinite(x))
    return 1.5 * sum(odds)


def watch(volume, lines, size, peers, by_product=True):
    """Alarms as (month, shop, months changed, fall, view), by month and shop."""
    months, shops, views = len(volume), len(volume[0]), 3 if by_product else 1
    bars = BARS if by_product else (ALONE,)
    everyone = range(shops)

    def read(t):
        return [logs(volume[t][i], lines[t][i], size[t][i], views) for i in everyone]

    start = [read(t) for t in range(min(FIRST, months))]
    for view in range(views):
        counted = [all(isfinite(start[t][i][view]) for t in range(len(start))) for i in everyone]
        index = [[0.0] * shops for _ in start]
        for _ in range(2):
            rest = [[start[t][i][view] - index[t][i] for i in everyone] for t in range(len(start))]
            level = [
                median(rest[t][i] for t in range(len(start))) if counted[i] else 0.0
                for i in everyone
            ]
            for t in range(len(start)):
                moved = season([rest[t][i] - level[i] for i in everyone], peers, counted)
                index[t] = [a + b for a, b in zip(index[t], moved, strict=True)]
        for t in range(len(start)):
            for i in everyone:
                start[t][i][view] -= index[t][i]
    memory = []
    for i in everyone:
        first = next((t for t in range(months) if volume[t][i] > 0), months)
        since = first + 1 if first else 0
        history = [
            {
                t: start[t][i][v]
                for t in range(len(start))
                if isfinite(start[t][i][v]) and t >= since
            }
            for v in range(views)
        ]
        memory.append(Shop(since, FIRST, history, {}))
    before, found = start[-1], []

    def departure(values, i, view, level):
        x = values[i][view] - level
        return min(max(x, -MOST_OFF), MOST_OFF) if isfinite(x) else nan

    for t in range(FIRST, months):
        for shop in memory:
            if t - shop.since == shop.need:
                settle(shop, t, views)
        facts = {
            (w, v): [usual(shop, v, t + 1 - w) for shop in memory]
            for w in (1, 2)
            for v in range(views)
        }
        ready = [
            t - shop.since >= shop.need and facts[1, 0][i][0] > 0 for i, shop in enumerate(memory)
        ]
        group = [sum(facts[1, 0][i][1] >= log(edge) for edge in SIZES) for i in everyone]
        now = read(t)
        yearly = [0.0] * shops
        for v in range(views):
            off = [now[i][v] - facts[1, v][i][1] for i in everyone]
            counted = [ready[i] and isfinite(off[i]) for i in everyone]
            moved = season(off, peers, counted)
            if v == 0 and t >= YEAR:
                former = [
                    shop.former.get(t - YEAR, 0.0) if shop.since <= t - YEAR else 0.0
                    for shop in memory
                ]
                pairs = [
                    (former[i], min(max(off[i] - moved[i], -0.8), 0.8))
                    for i in everyone
                    if counted[i] and former[i] != 0
                ]
                if len(pairs) >= 200:
                    share = sum(a * b for a, b in pairs) / sum(a * a for a, _ in pairs)
                    yearly = [min(max(share, 0.0), 1.0) * x for x in former]
            for i in everyone:
                now[i][v] -= moved[i]
        for i in everyone:
            for v in range(min(2, views)):
                now[i][v] -= yearly[i]
        best = [(0.0, 0, 0, False)] * shops
        first_spread = {}
        for w in (1, 2):
            held = [
                ready[i] and volume[t - w][i] > 0 and facts[w, 0][i][1] >= log(10) for i in everyone
            ]
            window = [now, before][:w]
            for v in range(views):
                spread = spreads(facts[w, v], group, held)
                if w == 1:
                    first_spread[v] = spread
                for i in everyone:
                    cartons = [departure(x, i, 0, facts[w, 0][i][1]) for x in window]
                    silent = sum(not isfinite(x) for x in cartons)
                    change = sum(x if isfinite(x) else -MOST_OFF for x in cartons) / w
                    if not held[i] or abs(change) < LEAST_CHANGE:
                        continue
                    fall = change < 0
                    off = [departure(x, i, v, facts[w, v][i][1]) for x in window]
                    odds = evidence([-x if fall else x for x in off], spread[i])
                    if v == 0 and fall:
                        span = min(t + 1 - w - memory[i].since, SPAN)
                        odds += silent * log((span + 2) / (span - facts[w, 0][i][0] + 1))
                    strength = round(odds / bars[v] / (1 if fall else RISES), 6)
                    if strength > best[i][0]:
                        best[i] = (strength, w, v, fall)
        for i, shop in enumerate(memory):
            for v in range(views):
                off = departure(now, i, v, facts[1, v][i][1])
                if not isfinite(off) or shop.since > t:
                    continue
                reach = 2.5 * first_spread[v][i] ** 0.5
                off = min(max(off, -reach), reach)
                shop.history[v][t] = facts[1, v][i][1] + off if ready[i] else now[i][v]
                if v == 0 and ready[i]:
                    shop.former[t] = off
            strength, w, v, fall = best[i]
            if strength >= 1:
                found.append((t, i, w, fall, v))
                shop.since, shop.need = t + 1 - w, AGAIN
                kept = [(t, now), (t - 1, before)][:w]
                shop.history = [
                    {u: x[i][v] for u, x in kept if isfinite(x[i][v])} for v in range(views)
                ]
        before = now
    return found


def settle(shop: Shop, t: int, views: int) -> None:
    months = range(t - shop.need, t)
    for v in range(views):
        known = [shop.history[v][u] for u in months if u in shop.history[v]]
        mean = sum(known) / max(len(known), 1)
        middle = median(shop.history[v].get(u, mean) for u in months)
        for u in months:
            if u in shop.history[v]:
                shop.history[v][u] = min(max(shop.history[v][u], middle - REACH), middle + REACH)
