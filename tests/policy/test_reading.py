"""A policy file becomes a frozen policy, or a refusal that names every fault."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from allocator.errors import BadPolicy, BadRequest
from allocator.policy.reading import policy_from, read_policy
from strategies import mangled

SAMPLE = Path(__file__).with_name("sample.yaml").read_text(encoding="utf-8")
COUPLED = Path(__file__).with_name("coupled.yaml").read_text(encoding="utf-8")
QUJING = Path(__file__).parents[2] / "examples" / "qujing.yaml"
NAMED: dict[str, Any] = {
    "title": "Given as a mapping",
    "allocation": {
        "weights": {"table": {1: 1, 2: Decimal("2.50"), 3: 4.1}},
        "whole_units": "rotate",
        "reserve": {date(2026, 1, 1): {"value": "2%", "source": {"title": "notice"}}},
        "defaults": {"ceiling": 9, "step": None},
    },
}


def test_values_are_exact() -> None:
    """No number passes through a float; a percentage is a fraction, shares stay per cent."""
    policy = policy_from(SAMPLE, "2026-06-01")

    assert policy.grading is not None
    assert Decimal("62.5") == policy.grading.items["amount"].weight
    assert Decimal("0.995") == policy.grading.items["amount"].limit
    assert policy.grading.tiers.shares == (Decimal("30.5"), Decimal(69), Decimal("0.5"))
    assert Decimal("0.02") == policy.allocation.reserve
    assert policy.allocation.products["0101"].ceiling == {3: 5, 2: 3}
    assert policy.allocation.products["0102"].floor == 1
    assert policy.tables["orders"].columns == {"订货时间": "ordered_at"}


def test_identifiers_keep_their_zeros() -> None:
    """A product id is the text in the file, quoted or not."""
    assert list(policy_from(SAMPLE, "2026-06-01").allocation.products) == ["0101", "0102"]


def test_what_is_absent_has_its_default() -> None:
    policy = policy_from(NAMED, "2026-06-01")

    assert policy.grading is None
    assert policy.allocation.boundary == "step"
    assert not policy.allocation.second_round
    assert policy.allocation.defaults.floor == 0
    assert policy.allocation.defaults.step is None
    assert policy.allocation.defaults.tier_order
    assert policy.allocation.whole_units.at_least_one == "rotate"
    assert policy.allocation.whole_units.below_one == "rotate"
    assert policy.audit.rules.select == ("all",)


def test_a_mapping_says_what_its_text_says() -> None:
    """The text of a mapping is kept, and reads as the same policy, digest included."""
    given_as_mapping = policy_from(NAMED, "2026-06-01")

    assert policy_from(given_as_mapping.text, "2026-06-01") == given_as_mapping
    assert given_as_mapping.allocation.weights.table == {
        1: Decimal(1),
        2: Decimal("2.5"),
        3: Decimal("4.1"),
    }


def test_equal_rules_of_two_texts_are_equal() -> None:
    """Where a line stands is no part of the rule; another value is."""
    one = policy_from(SAMPLE, "2026-06-01")
    moved = policy_from("# a comment\n\n" + SAMPLE, "2026-06-01")
    other = policy_from(SAMPLE.replace("reserve: 2%", "reserve: 3%"), "2026-06-01")

    assert moved.allocation.lines != one.allocation.lines
    assert moved.allocation == one.allocation
    assert moved.allocation == moved.allocation.placed({})
    assert other.allocation != one.allocation
    assert one.allocation != one.allocation.defaults


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    """What ``sha256sum`` prints, with a byte order mark and Windows line ends too."""
    data = b"\xef\xbb\xbf" + SAMPLE.replace("\n", "\r\n").encode()
    path = tmp_path / "policy.yaml"
    path.write_bytes(data)
    policy = read_policy(path, date(2026, 6, 1))

    assert policy.digest == hashlib.sha256(data).hexdigest()
    assert policy.text.encode() == data
    assert policy_from(policy.text, "2026-06-01").digest == policy.digest
    assert policy.lines == policy_from(SAMPLE, "2026-06-01").lines


def test_every_value_has_its_line() -> None:
    """The line of a path is where an editor finds it; of a dated value, the one in force."""
    lines, text = policy_from(SAMPLE, "2026-06-01").lines, SAMPLE.splitlines()

    assert "reserve: 2%" in text[lines["allocation.reserve"] - 1]
    assert "class_amount" in text[lines["grading.items.class_amount.classes.1"] - 1]
    assert "30.5" in text[lines["grading.tiers.shares"] - 1]
    assert "0102" in text[lines["allocation.products.0102.step"] - 1]


def test_a_policy_cannot_be_changed() -> None:
    policy = policy_from(SAMPLE, "2026-06-01")

    with pytest.raises(ValidationError, match="frozen"):
        policy.allocation.second_round = False  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "content", "code", "line"),
    [
        ("absent.yaml", None, "unreadable-file", None),
        ("gb.yaml", "title: x\n名: 云烟".encode("gb18030"), "not-utf8", 2),
        ("utf16.yaml", SAMPLE.encode("utf-16"), "not-utf8", 1),
        ("large.yaml", b"# " + b"x" * 1_000_001, "file-too-large", None),
        ("list.yaml", b"\n- title", "needs-keys", 2),
    ],
)
def test_files_that_are_no_policy_are_refused(
    tmp_path: Path, name: str, content: bytes | None, code: str, line: int | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadPolicy) as refused:
        read_policy(path, "2026-06-01")

    assert [(fault.code, fault.row) for fault in refused.value.refusals] == [(code, line)]
    assert refused.value.refusals[0].file == str(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match="cannot be read"):
        read_policy(tmp_path, "2026-06-01")


@pytest.mark.parametrize("day", ["2026-13-01", "1 June 2026", "20260601", "", None])
def test_a_day_that_is_none_is_refused(day: Any) -> None:
    with pytest.raises(BadRequest, match="YYYY-MM-DD"):
        policy_from(SAMPLE, day)


def test_a_moment_counts_as_its_day() -> None:
    assert policy_from(SAMPLE, datetime(2026, 6, 1, 12)).on == date(2026, 6, 1)


def test_the_message_names_file_line_path_and_remedy(tmp_path: Path) -> None:
    """Both languages; places are called line and path, not row and column."""
    path = tmp_path / "policy.yaml"
    path.write_text(SAMPLE.replace("reserve: 2%", "reserve: 2"), encoding="utf-8")
    with pytest.raises(BadPolicy) as refused:
        read_policy(path, "2026-06-01")

    assert refused.value.message("en").splitlines()[1] == (
        f"  {path}, line 27, allocation.reserve, value 2: "
        "here a percentage must stand: write it with its sign, like 2%"
    )
    assert "第 27 行，allocation.reserve" in refused.value.message("zh-CN")


def test_the_qujing_example_is_a_policy_without_warnings() -> None:
    """Weights 30/50/10/5/5 and thirty shares, as the official notice has them."""
    policy = read_policy(QUJING, "2021-10-01")

    assert policy.grading is not None
    weights = {name: int(item.weight) for name, item in policy.grading.items.items()}
    assert weights == {
        "quantity": 30,
        "amount": 50,
        "mean_price": 10,
        "class_quantity_share": 5,
        "class_amount": 5,
    }
    assert len(policy.grading.tiers.shares) == 30
    assert policy.grading.tiers.shares[0] == 1
    assert policy.grading.tiers.shares[-1] == Decimal("0.5")
    assert policy.warnings == ()


def test_reading_loads_nothing_heavy() -> None:
    """A policy is read without numpy, polars, solver or wording."""
    program = (
        "import sys; from allocator.policy.reading import read_policy;"
        f"read_policy({str(QUJING)!r}, '2021-10-01');"
        "print(sorted({'numpy', 'polars', 'pulp', 'highspy', 'babel'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout.decode().strip() == "[]"


def _refused(source: Any) -> BadPolicy | None:
    """How a text or mapping is refused; anything else than BadPolicy ends the test."""
    try:
        policy_from(source, "2026-06-01")
    except BadPolicy as refused:
        return refused
    return None


@settings(max_examples=250)
@given(mangled(SAMPLE) | mangled(COUPLED))
def test_a_mangled_policy_is_read_or_refused(text: str) -> None:
    """Whatever happens to the text: a policy, or BadPolicy with faults on lines that exist."""
    refused = _refused(text)
    faults = () if refused is None else refused.refusals
    lines = text.count("\n") + 1

    assert all(fault.row is None or 1 <= fault.row <= lines for fault in faults)
    assert refused is None or refused.message("en").count("\n") == len(faults) > 0
    assert refused is None or refused.message("zh-CN").count("\n") == len(faults)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.decimals(),
    st.dates(),
    st.sampled_from(["2%", "step", "rotate", "linear", "2026-01-01"]),
)
NAMES = st.text(max_size=9) | st.integers() | st.booleans() | st.dates() | st.just("value")
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from(["weights", "whole_units", "reserve", "defaults", "products", "boundary"])
COUPLING = st.sampled_from(["take_up", "objective", "groups", "bands", "baskets"])


@settings(max_examples=150)
@given(KEYS | COUPLING, VALUES)
def test_any_value_of_a_mapping_is_read_or_refused(key: str, value: Any) -> None:
    """No value of any type gets past the models other than as a refusal with its sentence."""
    refused = _refused({**NAMED, "allocation": {**NAMED["allocation"], key: value}})

    assert refused is None or refused.message("en")


RULES = {
    key: st.just(part) | VALUES
    for key, part in {
        "who": {"market": "rural", "tier": [1, 2]},
        "name": "x",
        "products": {"price_band": 1},
        "at_least": "60%",
        "at_most": "70%",
    }.items()
}


@settings(max_examples=150)
@given(st.sampled_from(["groups", "bands", "baskets"]), st.lists(st.fixed_dictionaries(RULES)))
def test_any_value_within_a_rule_is_read_or_refused(key: str, rules: Any) -> None:
    """The same one level down, where values stand in entries of a list."""
    refused = _refused({**NAMED, "allocation": {**NAMED["allocation"], key: rules}})

    assert refused is None or refused.message("zh-CN")
