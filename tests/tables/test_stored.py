"""Orders on disk: portion by portion the same rows, faults and words as a table in memory."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from allocator.errors import BadRequest, BadTable
from allocator.tables.delimited import read_delimited
from allocator.tables.naming import names_of
from allocator.tables.portions import PORTION_ROWS, stream_portions, text_portions
from allocator.tables.reading import read_table

pytest.importorskip("duckdb", reason="the extra [duckdb] is not installed")

from allocator.tables.stored import store_orders

MEMORY = "100MB"
HEAD = "订单号,客户编码,品规编码,订货时间,周期,需求量,订单量,备注"


def stored(source: Any, **more: Any) -> tuple[pl.DataFrame, Any]:
    """The rows in the database, sorted as a table in memory, and its outline."""
    with store_orders(source, MEMORY, **more) as orders:
        return orders.relation.pl().sort("row"), orders.outline


def line(number: int, note: str = "") -> str:
    return (
        f"D{number},R{number % 7},P1,2026-11-1{number % 9} 09:30:00,W{number % 3},{number},1,{note}"
    )


def parts_of(data: bytes, size: int) -> list[tuple[int, tuple[str | None, ...]]]:
    """Row number and cells of every record, read in portions of some size."""
    names = names_of("orders", None)
    found = []
    for part in text_portions(BytesIO(data), "orders", names, "o.csv", size):
        cells = zip(*(part.load(k).to_list() for k in range(len(part.header))), strict=True)
        found += list(zip(part.row.to_list(), cells, strict=True))
    return found


@given(
    notes=st.lists(
        st.sampled_from(["", "a", '"x, y"', '"two\nlines"', '"he said ""no"""', "停电"]),
        min_size=8, max_size=40,
    ),
    title=st.sampled_from(["", "十一月订单\n", "a title\n\n"]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    size=st.integers(150, 400),
)  # fmt: skip
def test_a_file_in_portions_reads_as_the_whole_file(
    notes: list[str], title: str, end: str, encoding: str, size: int
) -> None:
    """Same cells and the same line numbers, wherever a portion ends."""
    text = title + "\n".join([HEAD, *(line(k, note) for k, note in enumerate(notes))]) + "\n"
    data = text.replace("\n", end).encode(encoding)
    whole = read_delimited(data, "orders", names_of("orders", None), "o.csv")

    cells = zip(*(whole.load(k).to_list() for k in range(len(whole.header))), strict=True)
    assert parts_of(data, size) == list(zip(whole.row.to_list(), cells, strict=True))


def test_what_is_stored_is_what_is_read(tmp_path: Path) -> None:
    """CSV, Parquet, Excel and dataframes; totals left out and counted, an alias of the city's."""
    lines = [
        HEAD.replace("备注", "原因"),
        *(line(k, "停电") for k in range(40)),
        "合计,,,,,780,40,",
    ]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(lines), encoding="gb18030")
    table = read_table("orders", path)
    frame = table.frame.sort("row")

    found, outline = stored(path)
    assert_frame_equal(found, frame)
    assert (outline.skipped, outline.columns) == (table.skipped, table.columns)
    assert sorted(set(outline.frame["cycle"])) == ["W0", "W1", "W2"]
    assert outline.frame["ordered_at"].max() == frame["ordered_at"].max()

    typed = frame.select(sorted(table.columns))
    typed.write_parquet(tmp_path / "orders.parquet")
    for source in (tmp_path / "orders.parquet", typed, typed.lazy(), typed.to_arrow()):
        found, _ = stored(source)
        assert_frame_equal(found.drop("row"), frame.drop("row"))
        assert found["row"].to_list() == list(range(1, 41))
    typed.write_excel(tmp_path / "orders.xlsx")
    found, _ = stored(tmp_path / "orders.xlsx")
    assert_frame_equal(found.drop("row"), frame.drop("row"))


def test_small_batches_are_taken_together_and_large_ones_apart() -> None:
    frame = pl.DataFrame({"a": range(PORTION_ROWS * 2 + 5)})
    batches = [frame.slice(at, size) for at, size in ((0, 3), (3, PORTION_ROWS + 7))]
    rest = frame.slice(PORTION_ROWS + 10)
    stream = pl.concat([*batches, rest], rechunk=False).to_arrow()

    parts = list(stream_portions(stream, None))

    assert max(part.height for part in parts) < 2 * PORTION_ROWS
    assert pl.concat([part.load(0) for part in parts]).to_list() == frame["a"].to_list()
    assert pl.concat([part.row for part in parts]).to_list() == list(range(1, frame.height + 1))


def test_all_faults_are_told_at_once_a_few_of_each_kind(tmp_path: Path) -> None:
    """As a table in memory tells them."""
    lines = [HEAD, *(line(k).replace(f"W{k % 3},{k}", f"W{k % 3},x{k}") for k in range(25))]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BadTable) as whole:
        read_table("orders", path)

    with pytest.raises(BadTable) as bad, store_orders(path, MEMORY):
        pass

    assert bad.value.refusals == whole.value.refusals


def test_faults_of_several_portions_are_counted_together() -> None:
    """One at the start of 200,015 rows, fifteen at their end: ten are shown."""
    height = PORTION_ROWS + 15
    wrong = (pl.int_range(height) == 3) | (pl.int_range(height) >= PORTION_ROWS)
    frame = pl.select(
        order_id=pl.int_range(height).cast(pl.String),
        retailer_id=pl.lit("R1"),
        product_id=pl.lit("P1"),
        ordered_at=pl.lit("2026-11-16 09:00:00"),
        granted=pl.when(wrong).then(pl.lit("x")).otherwise(pl.lit("1")),
    )
    with pytest.raises(BadTable) as whole:
        read_table("orders", frame)

    with pytest.raises(BadTable) as bad, store_orders(frame, MEMORY):
        pass

    assert bad.value.refusals == whole.value.refusals


def test_two_encodings_in_one_file_are_refused_wherever_they_stand() -> None:
    head = (HEAD + "\n").encode()
    data = head + b"\n".join(line(k, "停电").encode() for k in range(9)) + b"\n"
    mixed = data + b"\n".join(line(k, "停电").encode("gb18030") for k in range(9)) + b"\n"

    with pytest.raises(BadTable, match="encod"):
        parts_of(mixed, 500)


@pytest.mark.parametrize("memory", ["", "-1", "80%", "1GB; drop", "many", "0GB"])
def test_a_size_that_is_none_is_refused(memory: str, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(HEAD + "\n" + line(1), encoding="utf-8")

    with pytest.raises(BadRequest, match="1GB"), store_orders(tmp_path / "o.csv", memory):
        pass
