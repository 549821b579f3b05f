"""The programs of a plan: lines that baskets join, each with its rows (``model.md`` 2)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.allocation.leximin import Lines, proportional_share
from allocator.allocation.program import Program, Row
from allocator.records import MICRO, Cells, Reals, Units


def components(lines: Lines) -> tuple[tuple[int, ...], ...]:
    """Lines that must be solved together, by first line; those that nobody may have are left out.

    A basket joins lines that stand together in the row of at least one cell.
    """
    home = list(range(len(lines.supply)))

    def root(p: int) -> int:
        while home[p] != p:
            p = home[p]
        return p

    for basket in lines.baskets:
        inside = lines.allowed[basket.lines] & (basket.most >= 0)
        shared = inside[:, inside.sum(axis=0) > 1]
        joined = basket.lines[shared.any(axis=1)].tolist()
        # Two lines may meet in different cells only through others: joining all at most merges
        # programs that could stand apart, which changes no table.
        for p in joined[1:]:
            first, other = sorted((root(joined[0]), root(p)))
            home[other] = first
    served = np.flatnonzero(lines.allowed.any(axis=1)).tolist()
    found: dict[int, list[int]] = {}
    for p in served:
        found.setdefault(root(p), []).append(p)
    return tuple(tuple(members) for members in found.values())


def program_of(lines: Lines, members: tuple[int, ...], cells: Cells) -> Program:
    """The program of some lines over the pairs that may be."""
    chosen = np.array(members)
    may = lines.allowed[chosen]
    line, cell = np.nonzero(may)
    line = chosen[line]
    size = len(cells.tier)
    at = np.full((len(lines.supply), size), -1)
    at[line, cell] = np.arange(len(line))
    chain = line * size + cell // lines.tiers
    joined = np.append(chain[1:] == chain[:-1], False)
    visits = np.broadcast_to(lines.visits, lines.allowed.shape)[line, cell]
    step = lines.step[line]
    baskets = tuple(_baskets(lines, members, at, cells))
    return Program(
        pair=line * size + cell,
        label=tuple(
            f"{p}/{cells.label(c)}" for p, c in zip(line.tolist(), cell.tolist(), strict=True)
        ),
        chain=chain,
        counted=lines.use[line, cell] > 0,
        kappa=proportional_share(lines)[line, cell],
        floor=lines.low[line, cell],
        ceiling=lines.ceiling[line, cell].astype(np.float64),
        order=joined & lines.tier_order[line],
        step=np.where(joined & (step >= 0), step * visits, -1).astype(np.float64),
        limits=(
            *_supplies(lines, members, at),
            *_groups(lines, members, at),
            *baskets,
        ),
        joint=bool(baskets),
    )


def _row(name: str, at: Units, use: Reals, bound: float) -> Row:
    """Pairs with what they use, those of nothing left out."""
    kept = (at >= 0) & (use != 0)
    return Row(name, tuple(at[kept].tolist()), tuple(use[kept].tolist()), float(bound))


def _supplies(lines: Lines, members: tuple[int, ...], at: Units) -> Iterator[Row]:
    use = lines.use
    for p in members:
        yield _row(f"supply/{p}", at[p], use[p], int(lines.supply[p]))


def _groups(lines: Lines, members: tuple[int, ...], at: Units) -> Iterator[Row]:
    for g, group in enumerate(lines.groups):
        if group.line not in members:
            continue
        own, use = at[group.line, group.cells], group.mass / MICRO
        if group.most >= 0:
            yield _row(f"most/{g}", own, use, group.most)
        if group.least >= 0:
            yield _row(f"least/{g}", own, -use, -group.least)


def _baskets(lines: Lines, members: tuple[int, ...], at: Units, cells: Cells) -> Iterator[Row]:
    """Basket rows of the cells in which any of the lines may be."""
    for b, basket in enumerate(lines.baskets):
        own = basket.lines[np.isin(basket.lines, members)]
        if not len(own):
            continue
        for c in np.flatnonzero(basket.most >= 0).tolist():
            column = at[own, c]
            if (column >= 0).any():
                most = int(basket.most[c])
                yield _row(f"basket/{b}/{cells.label(c)}", column, np.ones(len(own)), most)
