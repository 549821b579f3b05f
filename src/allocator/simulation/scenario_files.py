"""Files of scenarios: YAML, read as policies are, bounded and without any tag that makes objects.

::

    title: Rules considered for 2027
    scenarios:
      - name: olive
        describe: Fewer shops at both ends.
        change:
          grading.tiers.shares: [1, 2, ...]
          grading.movement.max_step: {2026-12-01: 1}     # from a day on
      - name: more supply
        supply: +20%                                     # or {"101101": +20%, "101102": 300}
      - name: both
        combine: [olive, more supply]
        without: ["105103"]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final, NoReturn

from allocator.errors import BadPolicy, BadRequest
from allocator.policy.document import (
    MAX_BYTES,
    Fault,
    Node,
    Path,
    Unusable,
    compose,
    cut,
    find,
    plain,
)
from allocator.simulation.paths import check_path, steps_of
from allocator.simulation.scenario import DATA, Scenario, combined
from allocator.simulation.shifts import SHIFTED

MOST_SCENARIOS: Final = 1000

TOP: Final = ("title", "scenarios")
KEYS: Final = ("name", "describe", "combine", "change", *DATA)


@dataclass(frozen=True, slots=True)
class Suite:
    """The scenarios of a file, in its order. title : of the file, may be empty"""

    title: str
    scenarios: tuple[Scenario, ...]


def read_scenarios(path: str | FilePath) -> Suite:
    """The scenarios of a YAML file.

    Raises
    ------
    BadPolicy : the file cannot be read or used; lists every fault with line and path
    """
    return _suite(*read_tree(path), str(path))


def scenarios_from(text: str, name: str = "-") -> Suite:
    """The scenarios of a YAML text; see ``read_scenarios``. name : of the file, for refusals"""
    return _suite(*tree_of(text, name), name)


def read_tree(path: str | FilePath) -> tuple[Node, list[Fault]]:
    """A YAML file as a tree, and the faults that do not stop its reading.

    Raises
    ------
    BadPolicy : it cannot be read
    """
    name = str(path)
    try:
        with FilePath(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        refuse([Fault(None, (), "scenarios-unreadable", {"reason": reason})], name, error)
    if len(data) > MAX_BYTES:
        refuse([Fault(None, (), "file-too-large", {"most": MAX_BYTES})], name)
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        refuse([Fault(None, (), "not-utf8", {})], name, error)
    return tree_of(text, name)


def tree_of(text: str, name: str) -> tuple[Node, list[Fault]]:
    """The same of a text. name : of the file, for refusals"""
    try:
        return compose(text)
    except Unusable as error:
        refuse(error.faults, name, error)


def _suite(root: Node, faults: list[Fault], name: str) -> Suite:
    """The scenarios of a tree."""
    faults = [*faults, *unknown_keys(root, (), TOP)]
    title = find(root, ("title",))
    entries = find(root, ("scenarios",))
    if entries is None or not isinstance(entries.content, tuple) or not entries.content:
        line = root.line if entries is None else entries.line
        refuse([*faults, Fault(line, ("scenarios",), "scenarios-needs-list", {})], name)
    if len(entries.content) > MOST_SCENARIOS:
        facts = {"count": len(entries.content), "most": MOST_SCENARIOS}
        refuse([Fault(entries.line, ("scenarios",), "scenarios-too-many", facts)], name)
    made: dict[str, Scenario] = {}
    for k, node in enumerate(entries.content):
        found = list(_faults(node, ("scenarios", k), made))
        faults += found
        if not found:
            try:
                scenario = _scenario(node, made)
                made[scenario.name] = scenario
            except BadRequest as error:
                faults.append(told_fault(node, ("scenarios", k), error))
    if faults:
        refuse(faults, name)
    told = "" if title is None else title.text or ""
    return Suite(cut(told, 200) or "", tuple(made.values()))


def refuse(faults: Sequence[Fault], name: str, cause: Exception | None = None) -> NoReturn:
    """Refuse a file with all its faults."""
    refusals = [fault.refusal(None) for fault in sorted(faults, key=lambda f: f.line or 0)]
    raise BadPolicy("bad-scenarios", refusals, file=cut(name, 200)) from cause


def told_fault(node: Node, path: Path, error: BadRequest) -> Fault:
    """A refusal of a scenario as a fault of its place, in the same words."""
    return Fault(node.line, path, error.code, dict(error.facts))


def unknown_keys(node: Node, path: Path, known: Sequence[str]) -> list[Fault]:
    """Keys of a mapping that mean nothing here, or that it is none."""
    if not isinstance(node.content, dict):
        return [Fault(node.line, path, "scenarios-needs-mapping", {}, cut(node.text))]
    facts = {"known": ", ".join(known)}
    return [
        Fault(child.line, (*path, key), "scenarios-unknown-key", {"key": cut(key), **facts})
        for key, child in node.content.items()
        if key not in known
    ]


def _faults(node: Node, path: Path, made: dict[str, Scenario]) -> Iterator[Fault]:
    yield from unknown_keys(node, path, KEYS)
    if not isinstance(node.content, dict):
        return
    name = node.content.get("name")
    if name is None or not name.text or not name.text.strip():
        yield Fault(node.line, path, "scenarios-needs-name", {})
    elif name.text in made:
        yield Fault(name.line, (*path, "name"), "scenarios-name-twice", {"name": cut(name.text)})
    if not set(node.content) & {"combine", "change", *DATA}:
        yield Fault(node.line, path, "scenarios-empty", {})
    parts = node.content.get("combine")
    for part in _listed(parts):
        if part.text not in made:
            facts = {"name": cut(part.text) or "", "known": cut(", ".join(made)) or "-"}
            yield Fault(part.line, (*path, "combine"), "scenarios-combine-unknown", facts)
    change = node.content.get("change")
    if change is None:
        return
    if not isinstance(change.content, dict):
        yield Fault(change.line, (*path, "change"), "scenarios-needs-mapping", {})
        return
    for key, value in change.content.items():
        try:
            steps = steps_of(key)
            if steps[0] not in DATA:
                check_path(steps)
        except BadRequest as error:
            yield told_fault(value, (*path, "change"), error)


def as_written(node: Node, above: Sequence[str] = ()) -> Any:
    """The tree as plain values, but amounts of data keep a plus: +20 is no number of cartons.

    above : keys of the scenario down to the node
    """
    if isinstance(node.content, dict):
        return {key: as_written(child, (*above, key)) for key, child in node.content.items()}
    if isinstance(node.content, tuple):
        return tuple(as_written(child, above) for child in node.content)
    shifted = bool(above) and above[0].partition(".")[0] in SHIFTED
    signed = isinstance(node.content, int) and (node.text or "").startswith("+")
    return node.text if shifted and signed else node.content


def _listed(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return node.content if isinstance(node.content, tuple) else (node,)


def _scenario(node: Node, made: dict[str, Scenario]) -> Scenario:
    """The scenario of an entry without faults."""
    given: dict[str, Any] = plain(node)
    content = node.content if isinstance(node.content, dict) else {}
    changes = find(node, ("change",))
    own = Scenario(
        {} if changes is None else as_written(changes),
        name=str(given["name"]),
        describe=" ".join(str(given.get("describe") or "").split()),
        **{key: as_written(content[key], (key,)) for key in DATA if given.get(key) is not None},
    )
    parts = [made[str(part.text)] for part in _listed(find(node, ("combine",)))]
    return combined([*parts, own], name=own.name, describe=own.describe) if parts else own
