"""Every path that a policy file may have, and the words that it takes as values, by its models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel

from allocator.policy.models import PolicyFile

Steps = tuple[str, ...]

ANY: Final = "*"
"""Stands for the keys of a mapping, or the entries of a list, in known paths."""


@lru_cache
def known_paths() -> tuple[Steps, ...]:
    """Every path that a policy file may have, ``*`` for keys and entries that are free."""
    return tuple(dict.fromkeys(path for path, _ in _paths(PolicyFile, ())))


@lru_cache
def known_words() -> dict[str, Steps]:
    """Where each word stands that a policy takes as a value, of grading and allocation."""
    words: dict[str, Steps] = {}
    for path, annotation in _paths(PolicyFile, ()):
        several = get_origin(annotation) in (dict, tuple, list)
        if path[0] in ("grading", "allocation") and ANY not in path and not several:
            for arm in (annotation, *get_args(annotation)):
                if get_origin(arm) is Literal:
                    for word in get_args(arm):
                        words.setdefault(str(word), path)
    return words


def _paths(model: type[BaseModel], above: Steps) -> Iterator[tuple[Steps, Any]]:
    for name, field in model.model_fields.items():
        yield from _under(field.annotation, (*above, field.alias or name))


def _under(annotation: Any, path: Steps) -> Iterator[tuple[Steps, Any]]:
    yield path, annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _paths(annotation, path)
    elif get_origin(annotation) in (dict, tuple, list):
        (*_, inner) = [entry for entry in get_args(annotation) if entry is not Ellipsis]
        yield from _under(inner, (*path, ANY))
    else:
        for arm in get_args(annotation):
            if get_origin(arm) is not None or (
                isinstance(arm, type) and issubclass(arm, BaseModel)
            ):
                yield from _under(arm, path)
