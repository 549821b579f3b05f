"""The JSON Schema accepts what the reader accepts and refuses typing slips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from allocator.policy.document import compose, plain
from allocator.policy.schema import policy_schema

FILES = sorted((Path(__file__).parents[2] / "examples").rglob("*.yaml"))
EXAMPLES = [path for path in FILES if path.parent.name != "scenarios"]
SAMPLE = Path(__file__).with_name("sample.yaml")
COUPLED = Path(__file__).with_name("coupled.yaml")


def _json(text: str) -> Any:
    """The document as an editor hands it to the validator: texts, numbers, lists, objects."""
    return json.loads(json.dumps(plain(compose(text)[0]), default=float))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = policy_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", [SAMPLE, COUPLED, *EXAMPLES], ids=lambda path: path.stem)
def test_the_example_policies_fit(validator: Draft202012Validator, path: Path) -> None:
    assert [error.message for error in validator.iter_errors(_json(path.read_text("utf-8")))] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reserve: 2%", "reserve: {2026-01-01: {value: 2%, last_valid_on: 2026-12-31}}"),
        ("step: 1,", "step: {2026-01-01: {value: null}},"),
        ("{at_least_one: equal, below_one: rotate}", "equal"),
        ("{kind: linear, bottom: 1, top: 6}", "{table: {1: 1, 2: 2.5, 3: 3}}"),
        ("{kind: linear, bottom: 1, top: 6}", "{table: {1: {2026-01-01: {value: 1}}}}"),
        ("{ceiling: {3: 5, 2: 3}, tiers: [2, 3]}", "{2026-01-01: {value: {ceiling: 3}}}"),
        ("{weight: 30, scale: max}", "{2026-01-01: {value: {weight: 30}, source: {title: a}}}"),
    ],
)
def test_dated_and_short_forms_fit(validator: Draft202012Validator, old: str, new: str) -> None:
    text = SAMPLE.read_text("utf-8")
    assert old in text

    assert validator.is_valid(_json(text.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reserve: 2%", "reserve: 2"),
        ("reserve: 2%", "resreve: 2%"),
        ("reserve: 2%", "reserve: {2026-01-01: {value: 2}}"),
        ("reserve: 2%", "reserve: {2026-01-01: 2%}"),
        ("reserve: 2%", "reserve: {2026: {value: 2%}}"),
        ("boundary: step", "boundary: slope"),
        ("step: 1,", "step: 1.5,"),
        ("{3: 5, 2: 3}", "{top: 5}"),
        ("tiers: [2, 3]", "tiers: [2, 3, 4]"),
        ("tiers: [2, 3]", "who: {market: town}"),
        ("[1, 2]}", "[6]}"),
        ("quantity: {", "quantiti: {"),
        ("title: Sample city, scarce products\n", ""),
        ("below_one: rotate", "below_one: raffle"),
    ],
)
def test_slips_do_not_fit(validator: Draft202012Validator, old: str, new: str) -> None:
    text = SAMPLE.read_text("utf-8")
    assert old in text

    assert not validator.is_valid(_json(text.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at_least: 60%", "at_least: 60"),
        ("products: all", "products: every"),
        ("products: [A1]", "products: []"),
        ("products: [A1]", "products: {ids: [A1]}"),
        ("products: [A1]", "products: {price_class: 6}"),
        ("{market: rural}", "{market: town}"),
        ("tier: [2, 3]", "tier: [2]"),
        ("at_most: 40", "at_most: {top: 4}"),
        ("at_most: 40", "at_most: {2026-01-01: {value: 40}}"),
        ("name: pair", "nam: pair"),
        ("oversell: refuse", "oversell: never"),
        ("objective: leximin", "objective: fair"),
        ("coverage: 60%", "coverage: 0.6"),
    ],
)
def test_slips_in_coupling_rules_do_not_fit(
    validator: Draft202012Validator, old: str, new: str
) -> None:
    text = COUPLED.read_text("utf-8")
    assert old in text

    assert not validator.is_valid(_json(text.replace(old, new, 1)))


def test_every_key_is_explained_to_the_editor() -> None:
    """Whoever hovers over a key of the models reads what it means."""
    schema = policy_schema()
    silent = [
        f"{name}.{key}"
        for name, model in schema["$defs"].items()
        for key, value in model.get("properties", {}).items()
        if "description" not in value and "$ref" not in json.dumps(value)
    ]

    assert silent == []
