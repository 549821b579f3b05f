"""``allocator simulate``: the baseline against scenarios."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allocator.cli.options import (
    City,
    Cycle,
    Day,
    Json,
    Lang,
    Out,
    PolicyFile,
    Seed,
    day,
    policy_path,
)
from allocator.cli.screen import guarded, progress, tell
from allocator.cli.side_by_side import show
from allocator.errors import BadRequest

if TYPE_CHECKING:
    from allocator.simulation.scenario import Scenario
    from allocator.simulation.suite import Comparisons

MOST_VALUE = 20_000
"""Characters of a value on the command line."""

SEVERAL = re.compile(r"[,;，；]\s*[A-Za-z_]+(?:\.[^=,{}\[\]]+)?=")
"""Another change behind the first one."""

COLON = re.compile(r":(?=\S)")


@guarded
def simulate_scenarios(
    city: City,
    on: Day,
    out: Out,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--change",
            metavar="PATH=VALUE",
            help="A line of the policy with another value (grading.movement.max_step=1; null takes "
            "it out), or of the data: supply=+20%, supply.ID=300, without=ID, demand=-10%, "
            "new_shops=500. Several together are one scenario.",
        ),
    ] = None,
    suite: Annotated[
        Path | None, typer.Option("--suite", metavar="FILE", help="A file of scenarios.")
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="TEXT", help="What to call the changes given here.")
    ] = "",
    policy: PolicyFile = None,
    cycle: Cycle = None,
    seed: Seed = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Compare scenarios with the rule as it is: who gains, who loses, who will complain.

    Same cycle, same orders, same draw. The policy and the tables are not touched.
    """
    from allocator.policy.reading import read_policy
    from allocator.runs.inputs import input_digests
    from allocator.runs.placing import check_target
    from allocator.simulation.changed_policy import changed_policy
    from allocator.simulation.output import write_simulation
    from allocator.simulation.simulating import simulate_all
    from allocator.tables.reading import read_city

    check_target(out)
    title, wanted = _scenarios(change or [], suite, name)
    file = policy_path(policy, city)
    with progress(lang, quiet=json) as phase:
        rules = read_policy(file, day(on))
        if len(wanted) == 1:  # refused before any table is read
            changed_policy(rules, wanted[0].changes, scenario=wanted[0].name)
        phase("read")
        tables = read_city(city, rules.tables)
        done = simulate_all(tables, rules, wanted, cycle=cycle, seed=seed, progress=phase)
        if not done.comparisons:
            raise done.refused[0][1]
        phase("write")
        typed = _typed(city, on, out, change or [], suite, name, policy, done, lang)
        inputs = input_digests(tables)
        write_simulation(done, rules, inputs, out, command=typed, language=lang, title=title)
    if json:
        tell(_document(done, out, lang))
        return
    show(done, out, lang)


def _scenarios(
    change: list[str], suite: Path | None, name: str
) -> tuple[str, tuple[Scenario, ...]]:
    """Title of the file, and what it and the command line name, in this order."""
    from allocator.simulation.scenario import Scenario
    from allocator.simulation.scenario_files import Suite, read_scenarios

    given = Suite("", ()) if suite is None else read_scenarios(suite)
    found = given.scenarios
    if change:
        found = (*found, Scenario(dict(map(_change, change)), name=name))
    if not found:
        raise BadRequest("scenario-none")
    return given.title, found


def _change(given: str) -> tuple[str, Any]:
    """``PATH=VALUE`` with the value as a policy file writes it."""
    from allocator.policy.document import Unusable, compose, cut
    from allocator.simulation.scenario import DATA
    from allocator.simulation.scenario_files import as_written

    path, sign, value = (part.strip() for part in given.partition("="))
    shown = cut(given) or ""
    if not sign or not path or len(given) > MOST_VALUE or value.startswith("="):
        raise BadRequest("scenario-change-unreadable", given=shown)
    if not value and path.partition(".")[0] in DATA:
        raise BadRequest("scenario-change-unreadable", given=shown)
    if not value:
        raise BadRequest("scenario-change-empty", path=cut(path) or "")
    if SEVERAL.search(value):
        raise BadRequest("scenario-change-several", given=shown)
    try:
        node, faults = compose(value)
    except Unusable:
        node, faults = None, []
    if node is None or faults:
        if path.partition(".")[0] in DATA:
            return path, value  # refused as the amount that it is not
        raise BadRequest("scenario-change-value", path=cut(path) or "", value=cut(value) or "")
    read = as_written(node, (path,))
    if _colon_in_key(read):
        mended = f"{path}={COLON.sub(': ', value)}"
        raise BadRequest("scenario-colon-space", given=shown, mended=cut(mended, 200) or "")
    return path, read


def _colon_in_key(value: Any) -> bool:
    """Whether a key was written together with its value: YAML reads ``{count:5}`` as one key."""
    if isinstance(value, tuple):
        return any(map(_colon_in_key, value))
    if not isinstance(value, dict):
        return False
    return any(
        (child is None and ":" in key) or _colon_in_key(child) for key, child in value.items()
    )


def _typed(
    city: Path, on: str, out: Path, change: list[str], suite: Path | None, name: str,
    policy: Path | None, done: Comparisons, lang: str,
) -> str:  # fmt: skip
    """The command that has the same again, to be typed in a shell."""
    words = ["allocator", "simulate", str(city), "--on", on]
    for given in change:
        words += ["--change", given]
    for option, value in (
        ("--suite", suite), ("--name", name), ("--policy", policy),
        ("--cycle", done.baseline.cycle), ("--seed", done.baseline.seed),
    ):  # fmt: skip
        if value:
            words += [option, str(value)]
    return shlex.join([*words, "--lang", lang, "--out", str(out)])


def _document(done: Comparisons, out: Path, language: str) -> dict[str, Any]:
    """The summary for programs."""
    from allocator.comparison.brief import remarks

    return {
        "out": str(out),
        "cycle": done.baseline.cycle,
        "on": done.baseline.on.isoformat(),
        "scenarios": [
            {
                "title": one.title,
                "changes": [list(change) for change in one.changes],
                "figures": {
                    row["figure"]: [row["baseline"], row["scenario"]]
                    for row in one.figures.iter_rows(named=True)
                },
                "groups": one.groups.filter(dimension="all")
                .drop("dimension", "group")
                .to_dicts()[0],
                "exposure": {
                    row["kind"]: [row["baseline"], row["scenario"]]
                    for row in one.exposure.iter_rows(named=True)
                },
                "notes": remarks(one, language),
            }
            for one in done.comparisons
        ],
        "refused": [
            {"title": one.name, "reason": error.message(language)} for one, error in done.refused
        ],
    }
