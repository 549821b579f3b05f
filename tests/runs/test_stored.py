"""An orders file that stays on disk is audited as one in memory, and refused in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from allocator.errors import BadRequest
from allocator.runs.sources import audit_sources
from allocator.tables.city import City

pytest.importorskip("duckdb", reason="the extra [duckdb] is not installed")

MEMORY = "100MB"
RETAILERS = "retailer_id,tier\nR1,3\nR2,3\nR3,2\n"
QUOTAS = "product_id,tier,quota\nP1,3,5\nP1,2,2\n"


def exports(folder: Path, orders: str, quotas: str = QUOTAS) -> dict[str, Path]:
    """Three exports as files."""
    texts = {"orders": orders, "retailers": RETAILERS, "quotas": quotas}
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.csv" for name in texts}


def lines(*cycles: str) -> str:
    """Three shops order in each of three weeks; R3 takes one carton too many in the second."""
    rows = ["order_id,retailer_id,product_id,ordered_at,cycle,quantity"]
    for week, day in enumerate((3, 10, 17)):
        for shop, cartons in (("R1", 5), ("R2", 4), ("R3", 2 + (week == 1))):
            cycle = cycles[week] if cycles else ""
            rows.append(f"D{week}{shop},{shop},P1,2026-11-{day:02},{cycle},{cartons}")
    return "\n".join(rows)


@pytest.mark.parametrize("cycles", [(), ("W45", "W46", "W47")], ids=["weeks", "cycles"])
def test_weeks_and_cycles_are_told_apart_on_disk_too(
    cycles: tuple[str, ...], tmp_path: Path
) -> None:
    """R3 alone, in one week: summed over the weeks everybody would be over the limit."""
    files = exports(tmp_path, lines(*cycles))

    stored = audit_sources(None, files, memory=MEMORY)

    found = stored.frame.filter(rule="over-quota")
    assert found.select("retailer_id", "observed", "limit").rows() == [("R3", 3, 2)]
    whole = audit_sources(None, files)
    assert stored.frame.equals(whole.frame)
    assert stored.coverage == whole.coverage
    assert stored.cycle == whole.cycle


def test_evidence_shows_the_lines_on_disk_that_findings_name(tmp_path: Path) -> None:
    """The sixth line of the file, and no other, is R3's third carton."""
    shown: list[City] = []

    audit_sources(
        None, exports(tmp_path, lines()), memory=MEMORY, told=lambda city, _: shown.append(city)
    )

    (city,) = shown
    assert city.orders is not None
    assert city.orders.frame.select("row", "order_id", "granted").rows() == [(7, "D1R3", 3)]


def test_codes_that_meet_nowhere_are_refused(tmp_path: Path) -> None:
    files = exports(tmp_path, lines(), QUOTAS.replace("P1", "Q1"))

    with pytest.raises(BadRequest) as whole:
        audit_sources(None, files)
    with pytest.raises(BadRequest) as bad:
        audit_sources(None, files, memory=MEMORY)

    assert bad.value.code == "products-apart"
    assert str(bad.value) == str(whole.value)


def test_lines_without_a_cycle_beside_others_are_counted(tmp_path: Path) -> None:
    files = exports(tmp_path, lines("W45", "", "W47"))

    with pytest.raises(BadRequest) as bad:
        audit_sources(None, files, memory=MEMORY)

    assert (bad.value.code, bad.value.facts["count"]) == ("lines-without-cycle", 3)


def test_what_has_no_quota_table_cannot_stay_on_disk(tmp_path: Path) -> None:
    files = exports(tmp_path, lines())

    with pytest.raises(BadRequest, match="--orders"):
        audit_sources(None, {"quotas": files["quotas"]}, memory=MEMORY)
