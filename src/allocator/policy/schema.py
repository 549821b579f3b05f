"""The JSON Schema of the policy file, so that editors complete and check it while one types."""

from __future__ import annotations

from typing import Any

from allocator.policy.models import PolicyFile, Source
from allocator.policy.words import WHOLE_UNITS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
UNDATED = (
    "tables", "TableAliases", "GroupPolicy", "GroupWho", "Together", "StartRule", "StartWho",
    "AreaRange", "Holiday",
)  # fmt: skip
"""Headers and values of tables are no rules, and entries of lists no place for days."""

Schema = dict[str, Any]


def policy_schema() -> Schema:
    """The schema of the policy file, JSON Schema 2020-12.

    Each value may also be dated: days, each with ``value``, ``source`` and ``last_valid_on``.
    What values must be to each other (shares that sum to 100, ...) is left to ``policy check``.
    """
    schema = PolicyFile.model_json_schema()
    models = {
        name: _plain(model) if name in UNDATED else _datable(_plain(model))
        for name, model in schema.pop("$defs").items()
    }
    models["Source"] = _plain(Source.model_json_schema())
    models["Day"] = {"type": ["string", "null"], "format": "date", "description": "YYYY-MM-DD"}
    root = _datable(_plain(schema))
    return {"$schema": DIALECT, "title": "Policy of allocator", **root, "$defs": models}


def _plain(schema: Any) -> Any:
    """A schema as people write the file: no generated titles and defaults, tiers as keys."""
    if isinstance(schema, list):
        return [_plain(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: _plain(child) for name, child in value.items()}
        elif key == "patternProperties":
            ((pattern, child),) = value.items()
            kept |= {"propertyNames": {"pattern": pattern}, "additionalProperties": _plain(child)}
        elif key == "oneOf":
            kept["anyOf"] = _plain(value)
        elif key == "description":
            kept[key] = " ".join(value.replace("``", "`").split())
        elif key not in ("title", "default"):
            kept[key] = _plain(value)
    if kept.get("$ref") == "#/$defs/WholeUnits":
        return {"anyOf": [{"enum": list(WHOLE_UNITS)}, kept]}
    return kept


def _datable(model: Schema) -> Schema:
    """A model whose values, and the values of its mappings, may also be dated."""
    properties = {
        name: child if name in UNDATED else _or_dated(_mapping_datable(child))
        for name, child in model.get("properties", {}).items()
    }
    return {**model, "properties": properties} if properties else model


def _mapping_datable(schema: Schema) -> Schema:
    """A mapping whose values may be dated too; models are made so where they are defined."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_mapping_datable(arm) for arm in schema["anyOf"]]}
    if isinstance(schema.get("additionalProperties"), dict):
        return {**schema, "additionalProperties": _or_dated(schema["additionalProperties"])}
    return schema


def _or_dated(schema: Schema) -> Schema:
    """The schema itself, or days from which a value of it holds."""
    description = {"description": schema["description"]} if "description" in schema else {}
    bare = {key: part for key, part in schema.items() if key != "description"}
    entry = {
        "type": "object",
        "properties": {
            "value": bare,
            "source": {"anyOf": [{"$ref": "#/$defs/Source"}, {"type": "null"}]},
            "last_valid_on": {"$ref": "#/$defs/Day"},
        },
        "required": ["value"],
        "additionalProperties": False,
    }
    dated = {
        "type": "object",
        "patternProperties": {DAY: entry},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return {**description, "anyOf": [bare, dated]}
