"""Tables and cities as a user gives them: folders, files, workbooks, dataframes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from allocator.errors import BadTable
from allocator.tables.columns import DTYPES
from allocator.tables.reading import as_table, read_city, read_table
from allocator.tables.schemas import SCHEMAS

ORDER = "order_id,retailer_id,product_id,ordered_at"
RETAILERS = "客户编码,客户名称\nR1,一店\nR2,二店\n"


def refusals(
    name: str, path: object, **options: object
) -> list[tuple[str, int | None, str | None]]:
    """Code, row and column of every refusal of a table."""
    with pytest.raises(BadTable) as caught:
        read_table(name, path, **options)
    for language in ("en", "zh-CN"):
        assert caught.value.message(language).count("\n") == len(caught.value.refusals)
    return [(fault.code, fault.row, fault.column) for fault in caught.value.refusals]


def written(folder: Path, text: str, encoding: str = "utf-8", name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_one_export_reads_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    """Titles, totals, notes, dates of all kinds, full-width digits: as real exports hold them."""
    text = (
        "订单明细表,,,,,\n导出日期:2021-10-05,,,,,\n\n"
        "订单号,客户编码,品规编码,订货时间,需求量(条),订单量,订货方式,备注\n"
        'A1,00012,P1,2021/10/1 9:05,"1,234",５,电话,x\n'
        '"A2","00013","P""1",20211001,5.0,3,微信,"有\n换行"\n'
        "A3,00014,P2,44470.5,5,5,app,\n"
        "合计,,,,1244,13,,\n,,,,,,,\n制表人：张三,,,,,,,\n"
    )

    table = read_table("orders", written(tmp_path, text, encoding))

    # Sorted by time, then order: rows are lines of the file, the line break in a cell counted.
    assert table.frame.select(
        "order_id",
        "retailer_id",
        "product_id",
        "ordered_at",
        "requested",
        "granted",
        "channel",
        "row",
    ).rows() == [
        ("A2", "00013", 'P"1', datetime(2021, 10, 1), 5, 3, "app", 6),
        ("A1", "00012", "P1", datetime(2021, 10, 1, 9, 5), 1234, 5, "phone", 5),
        ("A3", "00014", "P2", datetime(2021, 10, 1, 12), 5, 5, "app", 8),
    ]
    assert (table.skipped, table.aside, table.warnings) == (2, ("备注",), ())


@pytest.mark.parametrize("name", SCHEMAS)
def test_frames_have_every_column_of_the_schema_with_its_type(name: str) -> None:
    """Columns that the input lacks are there, null, so that no later step asks which exist."""
    schema = SCHEMAS[name]
    sample = {"id": "X", "text": "x", "whole": "1", "tier": "3", "choice": "cap"}
    required = {
        column.name: [sample.get(column.kind, "2021-10-01")]
        for column in schema.columns
        if column.required
    }

    table = read_table(name, pl.DataFrame(required))

    expected = [column.name for column in schema.columns]
    expected += [derived for derived, _ in schema.derived] + ["row"]
    assert table.frame.columns == expected
    assert table.frame["row"].dtype == pl.UInt32
    for column in schema.columns:
        if not schema.compact or column.kind not in ("id", "choice"):
            assert table.frame[column.name].dtype == DTYPES[column.kind], column.name
    assert table.columns == frozenset(required)


def test_all_refusals_come_at_once_and_say_where(tmp_path: Path) -> None:
    """Whoever mends the table reads it once, not once per fault."""
    path = written(
        tmp_path,
        "客户编码,市场类型,档位,访销周期,入网日期,状态\n"
        "R1,城网,九档,周二 单周,2020年1月1日,正常\n"
        "R2,郊区,31.5,单周 双周,x,正常\n"
        ",农网,30档,双周,2020-02-30,停业\n",
    )

    found = refusals("retailers", path)

    assert sorted(found, key=str) == sorted(
        [
            ("not-a-choice", 3, "市场类型"),
            ("not-whole", 3, "档位"),
            ("not-a-date", 3, "入网日期"),
            ("not-a-date", 4, "入网日期"),
            ("cell-empty", 4, "客户编码"),
            ("cycle-without-parity", 3, "order_cycle"),
        ],
        key=str,
    )


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("R1,2021-10,5.5,1", "not-whole"),
        ("R1,2021-10,五,1", "not-a-number"),
        ("R1,2021-10,nan,1", "not-a-number"),
        ("R1,2021-10,1e5,1", "not-a-number"),
        ("R1,2021-10,99999999999999999999,1", "not-a-number"),
        ("R1,2021-10,9999999999999,1", "out-of-range"),
        ("R1,2021-10,5,inf", "not-a-number"),
        ("R1,2021-10,5,NaN", "not-a-number"),
        ("R1,2021-10,5,1e300", "out-of-range"),
        ("R1,2021-13,5,1", "not-a-month"),
        ("R1,,5,1", "cell-empty"),
        ("1.23457E+17,2021-10,5,1", "id-lost-digits"),
        ("R\u20281,2021-10,5,1", "id-unprintable"),
        (f"{'9' * 65},2021-10,5,1", "id-too-long"),
        ("R1,2021-10,5,1,9", "row-too-long"),
        ('R1,2021-10,5,"1', "quotes-unmatched"),
        ('"R1"x,2021-10,5,1', "quotes-unmatched"),
    ],
)
def test_each_kind_of_bad_cell_is_refused_at_its_row(tmp_path: Path, cells: str, code: str) -> None:
    """One bad row among good ones, told by its line."""
    good = "R1,2021-10,5.0,1.50"
    path = written(tmp_path, f"retailer_id,month,quantity,amount\n{good}\n{good}\n{cells}\n")

    [(found, row, _)] = refusals("sales", path)

    assert (found, row) == (code, 4)


@pytest.mark.parametrize(
    ("table", "text", "code"),
    [
        ("supply", "cycle,product_id,quantity\nC,P,-1\n", "negative"),
        ("supply", "cycle,product_id,quantity\nC,P,1\nC,P,2\n", "row-repeated"),
        ("products", "product_id,lot\nP,1\nP,2\n", "row-repeated"),
        ("products", "product_id,lot\nP,0\n", "out-of-range"),
        ("retailers", "retailer_id,valid_from\nR,2021-01-01\nR,2021/1/1\n", "row-repeated"),
        ("supply", "cycle,product_id\nC,P\n", "column-missing"),
        ("supply", "周期,品规编码,投放量,数量\nC,P,1,1\n", "two-columns"),
        ("supply", "周期,品规编码,投放量,投放量\nC,P,1,1\n", "two-columns"),
        ("quotas", "product_id,30档,三十档\nP,1,1\n", "two-columns"),
        ("supply", "a,b,c\n1,2,3\n", "no-header"),
        ("orders", f"{ORDER},quantity,granted\n", "quantity-ambiguous"),
        ("orders", f"{ORDER},requested\n1,R,P,2021-10-01,\n", "quantity-empty"),
        ("calendar", "cycle,order_day,opens_at\nC,2021-10-01,25:00\n", "not-a-clock"),
        ("products", "product_id,scarce\nP,perhaps\n", "not-a-flag"),
    ],
)  # fmt: skip
def test_tables_that_contradict_themselves_are_refused(
    tmp_path: Path, table: str, text: str, code: str
) -> None:
    """Headers and rows that cannot both be right."""
    assert [found for found, _, _ in refusals(table, written(tmp_path, text))] == [code]


def test_a_column_full_of_faults_is_told_by_ten_and_a_count(tmp_path: Path) -> None:
    """A wrong column of a million rows must not make a message of a million lines."""
    path = written(tmp_path, "cycle,product_id,quantity\n" + "C,P,x\n" * 35)

    with pytest.raises(BadTable) as caught:
        read_table("supply", path)

    assert [fault.row for fault in caught.value.refusals[:10]] == list(range(2, 12))
    assert [fault.facts for fault in caught.value.refusals[10:]] == [{"count": 25}]


def test_files_that_are_no_tables_are_refused_by_what_they_are(tmp_path: Path) -> None:
    """Told by their bytes: the name of a file proves nothing."""
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    chinese = "客户编码,月份,数量\n一店,2021-10,5\n"
    cases: dict[str, bytes] = {
        "file-empty": b"",
        "file-binary": b"\x89PNG\r\n\x1a\n\x00\x00",
        "file-is-page": b"<html><table><tr><td>1</td></tr></table></html>",
        "encoding-unknown": bytes(range(128, 256)),
        "mixed-encodings": chinese.encode() + "二店,2021-10,5\n".encode("gb18030"),
        "parquet-damaged": b"PAR1 and nothing",
        "workbook-damaged": b"PK\x03\x04 and nothing",
    }
    for code, data in cases.items():
        path = tmp_path / "x.csv"
        path.write_bytes(data)
        assert [found for found, _, _ in refusals("sales", path)] == [code]
    truncated = tmp_path / "cut.csv"
    truncated.write_bytes(chinese.encode() + "二店".encode()[:-1])
    assert refusals("sales", truncated)[0][:2] == ("mixed-encodings", 3)
    assert refusals("sales", tmp_path)[0][0] == "file-is-folder"
    assert refusals("sales", tmp_path / "absent.csv")[0][0] == "file-missing"
    assert refusals("sales", loop)[0][0] == "file-unreadable"
    assert refusals("sales", pipe)[0][0] == "file-not-regular"
    assert refusals("sales", "a\0b.csv")[0][0] == "file-unreadable"
    assert refusals("sales", 5)[0][0] == "source-unknown"
    assert refusals("nonsense", pipe)[0][0] == "table-unknown"


def test_messages_cannot_steer_a_terminal(tmp_path: Path) -> None:
    """A cell may hold an escape sequence; a message shows it as a mark."""
    path = written(tmp_path, "cycle,product_id,quantity\nC,P,\x1b[31mred\n")

    with pytest.raises(BadTable) as caught:
        read_table("supply", path)

    assert "\x1b" not in str(caught.value)


class Stream:
    """A dataframe of which nothing is known but the Arrow interface, as DuckDB's relations."""

    def __init__(self, columns: dict[str, list[object]]) -> None:
        self.table = pa.table(columns)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def test_dataframes_of_every_library_read_alike() -> None:
    """Anything with the Arrow interface: polars, pandas, pyarrow, DuckDB."""
    columns: dict[str, list[object]] = {
        "retailer_id": ["R1", "R2"],
        "month": [date(2021, 1, 5), date(2021, 2, 1)],
        "quantity": [1.0, 2.0],
        "amount": [1.5, 2.25],
    }
    expected = [("R1", date(2021, 1, 1), 1, 150, 1), ("R2", date(2021, 2, 1), 2, 225, 2)]

    for frame in (pl.DataFrame(columns), pd.DataFrame(columns), pa.table(columns), Stream(columns)):
        table = read_table("sales", frame)

        assert (
            table.frame.select("retailer_id", "month", "quantity", "amount", "row").rows()
            == expected
        )


def test_a_dataframe_of_unusable_types_is_refused() -> None:
    """Structs and bytes are no cells; fractions, NaN and endless numbers are no quantities."""
    frame = pl.DataFrame({"retailer_id": [b"x"], "month": ["2021-10"], "quantity": [{"a": 1}]})
    assert {code for code, _, _ in refusals("sales", frame)} == {"type-unusable"}
    numbers = pl.DataFrame(
        {"retailer_id": ["R"] * 3, "month": [202110] * 3, "quantity": [1.5, float("nan"), 1e300]}
    )
    assert [code for code, _, _ in refusals("sales", numbers)] == [
        "not-whole",
        "not-a-number",
        "out-of-range",
    ]


def test_numeric_identifiers_of_several_lengths_are_warned_of() -> None:
    """0012 that became 12 is a different shop: people must look."""
    table = read_table("retailers", pl.DataFrame({"retailer_id": [12, 345]}))

    [warning] = table.warnings
    assert (warning.code, warning.facts) == ("id-lengths-differ", {"shortest": 2, "longest": 3})


def test_a_lone_quantity_records_what_was_granted(tmp_path: Path) -> None:
    """formats.md: then what was asked is unknown."""
    text = "order_id,retailer_id,product_id,ordered_at,quantity\nA,R,P,2021-10-01,7\n"

    table = read_table("orders", written(tmp_path, text))

    assert table.frame.select("requested", "granted").rows() == [(None, 7)]
    assert "granted" in table.columns
    assert "requested" not in table.columns


def test_a_wide_quota_table_becomes_long(tmp_path: Path) -> None:
    """Columns 30档..1档, totals beside and below, head counts: as planners publish it."""
    path = written(
        tmp_path,
        "投放表\n品规编码,品名,30档,29档,九档,合计\n"
        "P1,某,5,4,,9\nP2,某,1,1,1,3\n合计,,6,5,1,12\n零售户数,,10,20,30,\n",
    )

    table = read_table("quotas", path)

    assert table.frame.select("product_id", "tier", "quota", "row").rows() == [
        ("P1", 9, 0, 3),
        ("P1", 29, 4, 3),
        ("P1", 30, 5, 3),
        ("P2", 9, 1, 4),
        ("P2", 29, 1, 4),
        ("P2", 30, 1, 4),
    ]
    assert (table.skipped, table.aside) == (2, ("品名", "合计"))


def test_the_policys_names_go_before_the_shipped_ones(tmp_path: Path) -> None:
    """A city's own headers and words; one that names nothing is refused with the nearest."""
    text = "单据,客户编码,品规编码,订货时间,需求量,订购量,订货方式\nA,R,P,2021-10-01,5,3,总机\n"
    path = written(tmp_path, text)
    aliases = {
        "orders": {
            "columns": {"单据": "order_id", "订购量": "granted"},
            "values": {"channel": {"总机": "phone"}},
        }
    }

    table = read_table("orders", path, aliases)

    assert table.frame.select("order_id", "granted", "channel").rows() == [("A", 3, "phone")]
    wrong = {"orders": {"columns": {"单据": "ordr_id"}, "values": {"kind": {"补": "makeup"}}}}
    with pytest.raises(BadTable) as caught:
        read_table("orders", path, wrong)
    assert [fault.facts["known"] for fault in caught.value.refusals] == ["order_id", "make_up"]


def test_unknown_channels_are_kept_and_told(tmp_path: Path) -> None:
    """An audit must go on with words it does not know."""
    text = "order_id,retailer_id,product_id,ordered_at,requested,channel\nA,R,P,2021-10-01,5,传真\n"

    table = read_table("orders", written(tmp_path, text))

    assert table.frame["channel"].to_list() == ["传真"]
    assert [warning.code for warning in table.warnings] == ["unknown-word"]


def test_money_becomes_fen_exactly_and_finer_parts_are_told(tmp_path: Path) -> None:
    """0.29 yuan is 29 fen though 0.29 * 100 is 28.999..."""
    text = "retailer_id,month,quantity,amount\n"
    text += "".join(
        f"R,2021-10,1,{amount}\n" for amount in ("0.29", '"￥1,234.50元"', "12.345", "-3")
    )

    table = read_table("sales", written(tmp_path, text))

    assert table.frame["amount"].to_list() == [29, 123450, 1234, -300]
    assert [(w.code, w.row) for w in table.warnings] == [("rounded", 4)]


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    """Same rows, same frame but for the row numbers."""
    head, *rows = [
        "order_id,retailer_id,product_id,ordered_at,requested,clerk",
        "A1,R2,P1,2021-10-01 09:00,5,c1",
        "A1,R2,P1,2021-10-01 09:00,5,c2",
        "A0,R1,P2,2021-10-01 09:00,5,c1",
        "A9,R1,P2,2021-09-30,5,c1",
    ]

    one = read_table("orders", written(tmp_path, "\n".join([head, *rows])))
    two = read_table("orders", written(tmp_path, "\n".join([head, *rows[::-1]])))

    assert one.frame.drop("row").equals(two.frame.drop("row"))
    assert one.frame["order_id"].to_list() == ["A9", "A0", "A1", "A1"]


def test_a_folder_is_read_by_the_names_of_its_files(tmp_path: Path) -> None:
    """Chinese names and dates in them; what names no table is left alone, and named."""
    written(tmp_path, RETAILERS, name="零售户.csv")
    written(tmp_path, "cycle,product_id,quantity\nC,P1,5\n", name="投放量_202110.csv")
    pl.DataFrame({"product_id": ["P1"]}).write_parquet(tmp_path / "products.parquet")
    written(tmp_path, "whatever", name="notes.csv")
    written(tmp_path, "title: x", name="policy.yaml")

    city = read_city(tmp_path)

    assert [(table.name, table.file) for table in city.tables()] == [
        ("retailers", "零售户.csv"),
        ("products", "products.parquet"),
        ("supply", "投放量_202110.csv"),
    ]
    assert city.sales is None
    assert city.unread == ("notes.csv",)


def test_a_missing_column_is_told_with_the_line_that_mends_it(tmp_path: Path) -> None:
    """What the message tells to write in the policy is what the reader takes."""
    path = written(tmp_path, "编号,品规编码,投放量\nC,P1,5\n")

    with pytest.raises(BadTable) as caught:
        read_table("supply", path)
    message = caught.value.message("zh-CN")

    assert "投放量（supply）缺少“周期”（cycle）列；未识别的列有：编号" in message
    assert "tables: {supply: {columns: {自己的列名: cycle}}}" in message
    assert "tables: {supply: {columns: {YOUR HEADER: cycle}}}" in caught.value.message("en")
    assert read_table("supply", path, {"supply": {"columns": {"编号": "cycle"}}}).frame.height == 1


def test_a_city_tells_the_faults_of_all_its_tables(tmp_path: Path) -> None:
    """Two bad tables and a missing one: three refusals."""
    written(tmp_path, "cycle,product_id,quantity\nC,P1,-5\n", name="supply.csv")
    written(tmp_path, "product_id,lot\nP1,x\n", name="products.csv")

    with pytest.raises(BadTable) as caught:
        read_city(tmp_path)

    assert [(fault.code, fault.file) for fault in caught.value.refusals] == [
        ("not-a-number", "products.csv"),
        ("negative", "supply.csv"),
        ("retailers-missing", None),
    ]


def test_two_files_of_one_table_are_refused(tmp_path: Path) -> None:
    """Which one counts is not guessed."""
    written(tmp_path, RETAILERS, name="retailers.csv")
    written(tmp_path, RETAILERS, name="零售户.csv")

    with pytest.raises(BadTable) as caught:
        read_city(tmp_path)

    assert [fault.code for fault in caught.value.refusals] == ["two-files"]


def test_a_city_of_dataframes_and_tables(tmp_path: Path) -> None:
    """What is a table already is taken as it is."""
    retailers = read_table("retailers", written(tmp_path, RETAILERS))

    city = read_city({"retailers": retailers, "products": pl.DataFrame({"product_id": ["P"]})})

    assert city.retailers is retailers
    assert as_table("retailers", retailers) is retailers
    assert city.products is not None
    assert city.products.file is None


def test_a_city_is_no_single_csv(tmp_path: Path) -> None:
    """The message says what a city is."""
    with pytest.raises(BadTable) as caught:
        read_city(written(tmp_path, RETAILERS))

    assert [fault.code for fault in caught.value.refusals] == ["city-is-file"]


def test_iowa_reads_whole(shared: Path) -> None:
    """Row counts and totals, counted independently in the raw files."""
    city = read_city(shared / "data" / "iowa")

    raw = pl.read_parquet(shared / "data" / "iowa" / "sales.parquet")
    assert city.sales is not None
    assert city.sales.frame.height == 1_923_784
    assert city.sales.frame["quantity"].sum() == raw["quantity"].sum()
    assert city.sales.frame["amount"].sum() == round(raw["amount"].sum() * 100)
    assert city.retailers.frame.height == 1_945
    assert [warning for table in city.tables() for warning in table.warnings] == []
    assert city.products is not None
    assert city.products.aside == ("category",)
    assert city.products.frame["scarce"].sum() == 93


def test_iowa_reads_fast_and_small(shared: Path) -> None:
    """1.9 million rows in a process of its own: under 2 s of CPU and 250 MB (unloaded: 0.5 s)."""
    script = (
        "import resource, sys, polars\n"
        "from allocator.tables.reading import read_city\n"
        "before = resource.getrusage(resource.RUSAGE_SELF)\n"
        "read_city(sys.argv[1])\n"
        "after = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(after.ru_utime - before.ru_utime, (after.ru_maxrss - before.ru_maxrss) / 1024)\n"
    )
    city = shared / "data" / "iowa"

    output = subprocess.run(
        [sys.executable, "-c", script, str(city)], capture_output=True, text=True, check=True
    ).stdout

    seconds, megabytes = map(float, output.split())
    assert seconds < 2
    assert megabytes < 250
