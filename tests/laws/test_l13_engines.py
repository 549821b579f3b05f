"""L13: the same findings in the same order, whichever engine holds the order lines."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.auditing.findings import Findings
from allocator.auditing.inspection import audit
from auditing.test_inspection import CASES, inspect
from strategies import Audited, audited_cities, table_of

pd = pytest.importorskip("pandas", reason="pandas is not installed")
duckdb = pytest.importorskip("duckdb", reason="the extra [duckdb] is not installed")
MEMORY = "100MB"


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


@given(audited_cities())
def test_every_rule_finds_on_disk_what_it_finds_in_memory(city: Audited) -> None:
    orders = table_of("orders", city.tables["orders"])

    assert told(inspected(city, orders, memory=MEMORY)) == told(inspected(city, orders))


FORMS = ("lazy", "arrow", "pandas", "DuckDB", "DuckDB on disk")


@given(audited_cities(), st.sampled_from(FORMS))
def test_a_dataframe_of_any_library_gives_the_same_findings(city: Audited, form: str) -> None:
    """Read as it is: polars lazy, pandas, a DuckDB relation, an Arrow table."""
    table = table_of("orders", city.tables["orders"])
    frame = table.frame.select(sorted(table.columns))
    expected = told(inspected(city, frame))

    given: Any = frame.lazy()
    if form in ("arrow", "pandas"):
        given = frame.to_arrow()
    if form == "pandas":
        given = given.to_pandas(types_mapper=pd.ArrowDtype)
    if form.startswith("DuckDB"):
        with duckdb.connect() as database:
            given = database.from_arrow(frame.to_arrow())
            found = inspected(city, given, memory=MEMORY if form.endswith("disk") else None)
    else:
        found = inspected(city, given)

    assert told(found) == expected


@pytest.mark.parametrize("path", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_each_case_written_by_hand_says_the_same_on_disk(path: Path) -> None:
    """Together they reach every message of every rule."""
    case = tomllib.loads(path.read_text(encoding="utf-8"))

    assert told(inspect(case, memory=MEMORY)) == told(inspect(case))
