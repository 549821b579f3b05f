"""L13: the same findings in the same order, whichever engine holds the order lines."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.auditing.findings import Findings
from allocator.auditing.inspection import audit
from allocator.auditing.registry import RULES
from allocator.auditing.rule import Rule
from auditing.test_inspection import CASES, inspect
from strategies import Audited, audited_cities, table_of

pd = pytest.importorskip("pandas", reason="pandas is not installed")
duckdb = pytest.importorskip("duckdb", reason="the extra [duckdb] is not installed")
MEMORY = "100MB"

TRIED = settings().max_examples
"""Of the profile. An audit on disk takes some 500 statements: here one example stands for ten."""

FEW = settings(max_examples=max(5, TRIED // 10))
PATHS = sorted(CASES.glob("*.toml"))[:: 1 if TRIED >= 2_000 else 20]
"""Every case by hand in the nightly run, some of them in all others."""


def told(findings: Findings) -> list[bytes | str]:
    """All that an audit says, as bytes."""
    return [
        findings.frame.write_ndjson().encode(),
        repr(findings.coverage),
        repr((findings.lines, sorted(findings.aside.items()), findings.cycle, findings.as_of)),
    ]


def inspected(city: Audited, orders: Any, **more: Any) -> Findings:
    """The audit of a city with its orders given in some form."""
    tables = {name: table_of(name, rows) for name, rows in city.tables.items() if name != "orders"}
    return audit(orders, city.plan, **tables, **more)


@FEW
@given(audited_cities(), st.sets(st.sampled_from(RULES), min_size=8, max_size=16))
def test_rules_find_on_disk_what_they_find_in_memory(city: Audited, some: set[Rule]) -> None:
    """Any rules of the registry, in its order."""
    orders = table_of("orders", city.tables["orders"])
    rules = [rule for rule in RULES if rule in some]

    found = inspected(city, orders, rules=rules, memory=MEMORY)

    assert told(found) == told(inspected(city, orders, rules=rules))


ROWS = RULES[:11]
"""Rules enough to tell tables apart."""

FORMS = ("lazy", "arrow", "pandas", "DuckDB", "DuckDB on disk")


@FEW
@given(audited_cities(), st.sampled_from(FORMS))
def test_a_dataframe_of_any_library_gives_the_same_findings(city: Audited, form: str) -> None:
    """Read as it is: polars lazy, pandas, a DuckDB relation, an Arrow table."""
    table = table_of("orders", city.tables["orders"])
    frame = table.frame.select(sorted(table.columns))
    expected = told(inspected(city, frame, rules=ROWS))

    arrow = frame.to_arrow()
    memory = MEMORY if form.endswith("disk") else None
    with duckdb.connect() as database:
        given = {
            "lazy": frame.lazy,
            "arrow": lambda: arrow,
            "pandas": lambda: arrow.to_pandas(types_mapper=pd.ArrowDtype),
        }.get(form, lambda: database.from_arrow(arrow))
        found = inspected(city, given(), rules=ROWS, memory=memory)

    assert told(found) == expected


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_each_case_written_by_hand_says_the_same_on_disk(path: Path) -> None:
    """All of them together reach every message of every rule."""
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    named = {entry["rule"] for entry in case.get("found", [])}
    rules = [rule for rule in RULES if rule.name in named or path.stem.startswith(rule.name)]
    if "rules" in case.get("audit", {}):  # a policy names rules of the whole registry
        rules = list(RULES)

    assert told(inspect(case, rules=rules, memory=MEMORY)) == told(inspect(case, rules=rules))
