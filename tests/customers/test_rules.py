"""Every rule about data on a table by hand: where it must speak, and where it must be silent."""

from __future__ import annotations

from datetime import date, datetime
from string import Formatter
from typing import Any

import polars as pl
import pytest

from allocator.auditing.output import tell
from allocator.auditing.registry import RULES
from allocator.customers.completeness import FIELDS
from allocator.customers.inspection import concerned, inspect_files
from allocator.customers.registry import FILE_RULES
from allocator.tables.city import City
from allocator.wording import LANGUAGES, catalogue
from strategies import table_of

ON = date(2026, 11, 16)
JUNE, JULY, OCTOBER = date(2026, 6, 1), date(2026, 7, 1), date(2026, 10, 1)


def shop(retailer: str, **file: Any) -> dict[str, Any]:
    return {"retailer_id": retailer, **file}


def sold(retailer: str, month: date = OCTOBER, quantity: int = 10, **row: Any) -> dict[str, Any]:
    return {"retailer_id": retailer, "month": month, "quantity": quantity, **row}


def ordered(order: str, retailer: str, **line: Any) -> dict[str, Any]:
    when = datetime(2026, 11, 16, 9)
    line = {"product_id": "P", "requested": 1, "ordered_at": when, **line}
    return {"order_id": order, "retailer_id": retailer, **line}


def city_of(**tables: list[dict[str, Any]]) -> City:
    return City(**{name: table_of(name, rows) for name, rows in tables.items()})


URBAN = [shop(f"U{n:02}", market="urban", trade_area="mall") for n in range(19)]

BAD: dict[str, dict[str, Any]] = {
    "missing-details": {
        "retailers": [shop("R1", name="A"), shop("R2", name="B", phone="13912345678")],
        "found": [{"retailer_id": "R1", "fields": "phone", "observed": 1}],
    },
    "sales-without-file": {
        "retailers": [shop("R1")],
        "sales": [sold("R1"), sold("R9", JUNE, 7), sold("R9", JULY, 5)],
        "found": [
            {"retailer_id": "R9", "observed": 12, "from_month": "2026-06", "to_month": "2026-07"}
        ],
    },
    "file-untouched": {
        "retailers": [
            shop("R1", valid_from=date(2023, 10, 31)),
            shop("R2", valid_from=date(2023, 11, 1)),
        ],
        "found": [{"retailer_id": "R1", "observed": 37, "limit": 36}],
    },
    "active-without-sales": {
        "retailers": [
            shop("R1"), shop("R2"), shop("R3", status="suspended"), shop("R4"),
            shop("R5", joined_on=date(2026, 9, 1)),
        ],
        "sales": [sold("R1", JULY), sold("R2"), sold("R3", JUNE), sold("R2", JUNE)],
        "found": [
            {"retailer_id": "R1", "observed": 3, "message": "active-without-sales"},
            {"retailer_id": "R4", "observed": 5, "message": "active-never-sold"},
        ],
    },
    "closed-with-sales": {
        "retailers": [
            shop("R1", status="closed", valid_from=date(2026, 6, 10)),
            shop("R2", status="closed", valid_from=date(2026, 7, 10)),
            shop("R3", status="closed"),
        ],
        "sales": [sold("R1", JULY, 60), sold("R1", JUNE), sold("R2", JULY), sold("R3")],
        "found": [{"retailer_id": "R1", "observed": 60, "from_month": "2026-07"}],
    },
    "shared-phone": {
        "retailers": [
            shop("R1", phone="13912345678"), shop("R2", phone="13912345678"),
            shop("R3", phone="13912345679"), shop("R4", phone="13912345678", status="closed"),
        ],
        "found": [{"retailer_id": "R1", "others": "R2", "observed": 2, "value": "13912345678"}],
    },
    "shared-account": {
        "retailers": [shop(name, account="6222020200110417") for name in ("R1", "R2", "R3")],
        "found": [{"retailer_id": "R1", "others": "R2, R3", "observed": 3, "value": "…0417"}],
    },
    "shared-holder": {
        "retailers": [
            shop("R1", licence_holder="Li", region="E"),
            shop("R2", licence_holder="Li", region="W"),
            shop("R3", licence_holder="Li", region="E"),
        ],
        "found": [{"retailer_id": "R1", "others": "R3"}],
    },
    "shared-name": {
        "retailers": [
            shop("R1", name="A", region="E"), shop("R2", name="A", region="E"),
            shop("R3", name="A", region="W"), shop("R4", name="A"),
        ],
        "found": [{"retailer_id": "R1", "others": "R2", "value": "A"}],
    },
    "repeated-order": {
        "retailers": [shop("R1")],
        "orders": [
            ordered("D1", "R1"), ordered("D1", "R2"), ordered("D2", "R1"),
            ordered("D2", "R1", product_id="Q"),
        ],
        "found": [{"order_id": "D1", "retailer_id": "R1", "others": "R2", "lines": 2}],
    },
    "joined-after-sales": {
        "retailers": [shop("R1", joined_on=date(2026, 10, 2)), shop("R2", joined_on=JULY)],
        "sales": [sold("R1", JULY), sold("R1"), sold("R2", JULY), sold("R2")],
        "found": [{"retailer_id": "R1", "observed": 3, "from_month": "2026-07"}],
    },
    "closed-with-orders": {
        "retailers": [
            shop("R1", status="closed", valid_from=JULY),
            shop("R2", status="closed", valid_from=JULY),
            shop("R3", status="closed"), shop("R4"),
        ],
        "orders": [
            ordered("D1", "R1"), ordered("D2", "R2", status="cancelled"), ordered("D3", "R3"),
            ordered("D4", "R4"), ordered("D5", "R1", ordered_at=datetime(2026, 6, 30, 9)),
        ],
        "found": [{"retailer_id": "R1", "observed": 1}],
    },
    "holder-differs": {
        "retailers": [
            shop("R1", licence_holder="Li Hua", account_holder="Wang Jun"),
            shop("R2", licence_holder="Li Hua", account_holder="LiHua"),
            shop("R3", licence_holder="Li Hua"),
        ],
        "found": [{"retailer_id": "R1", "value": "Wang Jun", "expected": "Li Hua"}],
    },
    "odd-market": {
        "retailers": [*URBAN, shop("R1", market="rural", trade_area="mall")],
        "found": [{"retailer_id": "R1", "observed": 19, "retailers": 20}],
    },
    "retail-below-wholesale": {
        "retailers": [shop("R1")],
        "products": [
            {"product_id": "P", "wholesale_price": 24800, "retail_price": 2800},
            {"product_id": "Q", "wholesale_price": 2400, "retail_price": 2800},
        ],
        "found": [{"product_id": "P", "observed": 2800, "limit": 24800}],
    },
    "joined-in-future": {
        "retailers": [shop("R1", joined_on=date(2062, 5, 4)), shop("R2", joined_on=ON)],
        "found": [{"retailer_id": "R1", "since": date(2062, 5, 4)}],
    },
    "bad-phone": {
        "retailers": [
            shop(f"R{n}", phone=phone)
            for n, phone in enumerate(
                ("1390000000", "139-1234-5678", "+8613912345678", "0871-6312345", "8812345",
                 "4001234567", "11111111111", "none")
            )
        ],
        "found": [
            {"retailer_id": "R0", "observed": 10}, {"retailer_id": "R6"}, {"retailer_id": "R7"},
        ],
    },
    "negative-sales": {
        "retailers": [shop("R1"), shop("R2")],
        "sales": [
            sold("R1", kind="ordinary"), sold("R1", quantity=-7, kind="ordinary"),
            sold("R1", quantity=-8, kind="emergency"), sold("R2", quantity=-5, kind="return"),
            sold("R2", kind="ordinary"),
        ],
        "found": [{"retailer_id": "R1", "observed": 15, "lines": 2}],
    },
    "price-zero": {
        "retailers": [shop("R1")],
        "products": [
            {"product_id": "P", "wholesale_price": 0, "retail_price": 0},
            {"product_id": "Q", "wholesale_price": 100, "retail_price": None},
        ],
        "found": [{"product_id": "P", "fields": "wholesale_price retail_price"}],
    },
    "amount-far-off": {
        "retailers": [shop("R1"), shop("R2")],
        "products": [
            {"product_id": "P", "wholesale_price": 10_000},
            {"product_id": "Q", "wholesale_price": 500},
        ],
        "sales": [
            *(sold("R1", quantity=10, product_id="P", amount=5_000_000) for _ in range(3)),
            sold("R2", quantity=10, product_id="P", amount=100_000),
            sold("R2", quantity=10, product_id="Q", amount=10_001),
            sold("R1", quantity=10, product_id="Q", amount=10_000),
            sold("R2", quantity=10, product_id="Q", amount=2_500),
        ],
        "found": [
            {"product_id": "P", "retailer_id": None, "lines": 3, "rows": 4},
            {"product_id": "Q", "retailer_id": "R2", "lines": 1, "quantity": 10, "amount": 10_001},
        ],
    },
}  # fmt: skip


def findings_of(name: str) -> Any:
    tables = {table: rows for table, rows in BAD[name].items() if table != "found"}
    return inspect_files(city_of(**tables), ON)


@pytest.mark.parametrize("name", [rule.name for rule in FILE_RULES])
def test_each_rule_finds_what_is_written_beside_it_and_no_more(name: str) -> None:
    findings = findings_of(name)
    mine = findings.frame.filter(findings.frame["rule"] == name).sort("subject_id").rows(named=True)
    expected = BAD[name]["found"]

    assert [
        {key: row[key] for key in want} for row, want in zip(mine, expected, strict=True)
    ] == expected
    assert all(row["kind"] == "data" and row["evidence"] for row in mine)


@pytest.mark.parametrize("name", [rule.name for rule in FILE_RULES])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_finding_says_what_and_what_to_do(name: str, language: str) -> None:
    """Every sentence of every rule, with all its facts."""
    told = tell(findings_of(name), language)

    assert not told["message"].str.contains("None|[{}]").any()
    assert told["remedy"].str.len_chars().min() > 5


def test_evidence_names_the_rows() -> None:
    """File rows, and of the sales those after the closing; the header is row 1."""
    findings = findings_of("closed-with-sales")
    row = findings.frame.row(by_predicate=pl.col("rule") == "closed-with-sales", named=True)

    assert {place["table"]: place["rows"] for place in row["evidence"]} == {
        "retailers": [2],
        "sales": [2],
    }


def test_a_rule_without_its_columns_is_not_checked_and_says_so() -> None:
    findings = inspect_files(city_of(retailers=[shop("R1")]), ON)
    states = {entry.rule: (entry.state, entry.missing) for entry in findings.coverage}

    assert findings.frame.is_empty()
    assert states["shared-phone"] == ("not-checked", ("retailers.phone",))
    assert states["price-zero"] == ("not-checked", ("products.wholesale_price",))


def test_fingerprints_stay_while_the_months_go_by() -> None:
    """How long a shop has been silent is not what makes the finding: suppressions hold."""
    city = city_of(retailers=[shop("R1"), shop("R2")], sales=[sold("R1", JUNE), sold("R2")])

    first, later = inspect_files(city, ON), inspect_files(city, date(2027, 1, 4))

    assert first.frame["observed"].to_list() == [4]
    assert first.frame["fingerprint"].to_list() == later.frame["fingerprint"].to_list()


def test_the_order_of_rows_does_not_matter() -> None:
    """Row numbers of the evidence apart."""
    for name, case in BAD.items():
        tables = {table: rows for table, rows in case.items() if table != "found"}
        turned = {table: rows[::-1] for table, rows in tables.items()}
        one = inspect_files(city_of(**tables), ON).frame.drop("evidence")
        other = inspect_files(city_of(**turned), ON).frame.drop("evidence")
        assert one.equals(other), name


def test_all_shops_of_a_group_are_concerned() -> None:
    findings = findings_of("shared-account")

    assert concerned(findings)["retailer_id"].to_list() == ["R1", "R2", "R3"]


def test_every_rule_explains_itself_under_the_same_headings() -> None:
    headings = ("What it finds", "Why it matters", "Example", "What to do", "Known limits")
    for rule in FILE_RULES:
        for heading in headings:
            page = rule.find.__doc__ or ""
            assert f"    {heading}\n    {'-' * len(heading)}\n" in page, (rule.name, heading)


def test_names_and_codes_are_unique_among_all_rules() -> None:
    rules = [*RULES, *FILE_RULES]

    assert len({rule.name for rule in rules}) == len({rule.code for rule in rules}) == len(rules)


def test_both_languages_say_the_same_things() -> None:
    """Same codes; in each the same places."""

    def texts(language: str) -> dict[str, set[str]]:
        found = {}
        for message in catalogue("customers", language):
            if message.id:
                code = message.id if isinstance(message.id, str) else message.id[0]
                forms = [message.string] if isinstance(message.string, str) else message.string
                found[code] = {name for _, name, _, _ in Formatter().parse(forms[-1]) if name}
        return found

    assert texts("en") == texts("zh-CN")


def test_every_rule_and_field_has_a_name_in_both_languages() -> None:
    for language in LANGUAGES:
        texts = catalogue("findings", language)
        names = [f"rule-{rule.name}" for rule in FILE_RULES] + [f"field-{name}" for name in FIELDS]
        assert not [name for name in names if texts.get(name) is None]
