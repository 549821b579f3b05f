"""Files of searches.

::

    title: Fewer complaints, no less handed out
    search:
      minimise: exposed_any              # or maximise:
      runs: 60
      seed: 1                            # of where the search begins
    over:
      allocation.weights.top: {from: 2, to: 10, step: 0.5}
      grading.movement.max_step: {from: 1, to: 5}
      allocation.objective: [leximin, equal]
    keep:
      awarded: {at_least: 8000}
    always:
      grading.tiers.ties: lower
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any, Final

from allocator.errors import BadRequest
from allocator.policy.document import Fault, Node, Path, cut, find, plain
from allocator.simulation.scenario_files import (
    as_written,
    read_tree,
    refuse,
    told_fault,
    unknown_keys,
)
from allocator.simulation.searching import Aim, Bounds, Keep, check_aim
from allocator.simulation.sweep_files import path_faults, title_of

TOP: Final = ("title", "search", "over", "keep", "always")
KEYS: Final = ("minimise", "maximise", "runs", "seed")
BOUNDS: Final = ("from", "to", "step")
LIMITS: Final = ("at_least", "at_most")


def read_search(path: str | FilePath, *, runs: int | None = None) -> Aim:
    """What a YAML file looks for. runs : in place of those of the file

    Raises
    ------
    BadPolicy : the file cannot be read or used; lists every fault with line and path
    """
    root, faults = read_tree(path)
    name = str(path)
    faults = [*faults, *unknown_keys(root, (), TOP), *_faults(root)]
    if faults:
        refuse(faults, name)
    told = plain(root)
    asked, always = told["search"], find(root, ("always",))
    largest = "maximise" in asked
    try:
        aim = Aim(
            figure=str(asked["maximise" if largest else "minimise"]),
            over={path_: _values(given) for path_, given in told["over"].items()},
            largest=largest,
            keep={
                figure: Keep(*(_decimal(limits.get(key)) for key in LIMITS))
                for figure, limits in (told.get("keep") or {}).items()
            },
            always={} if always is None else as_written(always),
            runs=runs or asked.get("runs", 60),
            seed=str(asked.get("seed", 1)),
            title=title_of(root),
        )
        check_aim(aim)
    except BadRequest as error:
        refuse([told_fault(find(root, ("search",)) or root, ("search",), error)], name)
    return aim


def _faults(root: Node) -> Iterator[Fault]:
    asked, over = find(root, ("search",)), find(root, ("over",))
    if asked is None or not isinstance(asked.content, dict):
        yield Fault(root.line if asked is None else asked.line, ("search",), "search-needs-aim")
    else:
        yield from unknown_keys(asked, ("search",), KEYS)
        if len({"minimise", "maximise"} & set(asked.content)) != 1:
            yield Fault(asked.line, ("search",), "search-needs-aim")
        runs = asked.content.get("runs")
        if runs is not None and (not isinstance(runs.content, int) or runs.content is True):
            yield Fault(runs.line, ("search", "runs"), "search-needs-number", {}, cut(runs.text))
    yield from (
        path_faults(over or root, ("over",))
        if over is not None
        else (Fault(root.line, ("over",), "search-needs-values"),)
    )
    for key, node in _entries(over):
        if isinstance(node.content, dict):
            yield from _numbers(node, ("over", key), BOUNDS, BOUNDS[:2])
        elif not isinstance(node.content, tuple) or not node.content:
            yield Fault(node.line, ("over", key), "search-needs-values", {}, cut(node.text))
    for key, node in _entries(find(root, ("keep",))):
        yield from _numbers(node, ("keep", key), LIMITS, ())
    always = find(root, ("always",))
    if always is not None:
        yield from path_faults(always, ("always",))


def _entries(node: Node | None) -> list[tuple[str, Node]]:
    return list(node.content.items()) if node is not None and isinstance(node.content, dict) else []


def _numbers(
    node: Node, path: Path, known: tuple[str, ...], needed: tuple[str, ...]
) -> Iterator[Fault]:
    """A mapping of numbers."""
    yield from unknown_keys(node, path, known)
    if not isinstance(node.content, dict):
        return
    for key in needed:
        if key not in node.content:
            yield Fault(node.line, (*path, key), "search-needs-number")
    for key, child in node.content.items():
        if not isinstance(child.content, int | Decimal) or isinstance(child.content, bool):
            yield Fault(child.line, (*path, key), "search-needs-number", {}, cut(child.text))


def _values(given: Any) -> Bounds | tuple[Any, ...]:
    if isinstance(given, tuple):
        return given
    return Bounds(Decimal(given["from"]), Decimal(given["to"]), Decimal(given.get("step", 1)))


def _decimal(given: int | Decimal | None) -> Decimal | None:
    return None if given is None else Decimal(given)
