"""Files of sweeps: a list of scenarios (``scenario_files``), or a grid.

::

    title: How steep, how far
    grid:
      allocation.weights.top: [4, 6, 8]
      grading.movement.max_step: [1, 2, null]
      supply: [-10%, +10%]
    always:                               # in every scenario
      grading.tiers.ties: lower
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any, Final

from allocator.errors import BadRequest
from allocator.policy.document import Fault, Node, Path, cut, find
from allocator.simulation.grids import grid
from allocator.simulation.paths import check_path, steps_of
from allocator.simulation.scenario import DATA
from allocator.simulation.scenario_files import (
    Suite,
    as_written,
    read_scenarios,
    read_tree,
    refuse,
    told_fault,
    unknown_keys,
)

TOP: Final = ("title", "grid", "always")


def read_sweep(path: str | FilePath) -> Suite:
    """The scenarios of a file: listed, or every combination of a grid.

    Raises
    ------
    BadPolicy : the file cannot be read or used; lists every fault with line and path
    """
    root, faults = read_tree(path)
    table = find(root, ("grid",))
    if table is None:
        return read_scenarios(path)
    name = str(path)
    faults = [*faults, *unknown_keys(root, (), TOP), *path_faults(table, ("grid",))]
    always = find(root, ("always",))
    if always is not None:
        faults += path_faults(always, ("always",))
    entries = table.content if isinstance(table.content, dict) else {}
    faults += [
        Fault(node.line, ("grid", key), "grid-needs-list", {}, cut(node.text))
        for key, node in entries.items()
        if not isinstance(node.content, tuple) or not node.content
    ]
    if faults:
        refuse(faults, name)
    fixed: dict[str, Any] = {} if always is None else as_written(always)
    try:
        return Suite(title_of(root), grid(as_written(table), fixed))
    except BadRequest as error:
        refuse([told_fault(table, ("grid",), error)], name)


def path_faults(node: Node, above: Path) -> Iterator[Fault]:
    """Keys that are no path of a policy and no key of the data."""
    if not isinstance(node.content, dict) or not node.content:
        yield Fault(node.line, above, "scenarios-needs-mapping", {}, cut(node.text))
        return
    for key, child in node.content.items():
        try:
            steps = steps_of(key)
            if steps[0] not in DATA:
                check_path(steps)
        except BadRequest as error:
            yield told_fault(child, above, error)


def title_of(root: Node) -> str:
    """The title of a file; "" where it has none."""
    title = find(root, ("title",))
    return cut("" if title is None else title.text or "", 200) or ""
