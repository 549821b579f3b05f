"""Folders that appear whole or not at all: written beside, then renamed."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allocator.errors import BadRequest

MARK = "run.json"
"""Only a folder with this file, written by us, is ever replaced."""

MOST_MARK_BYTES = 1_000_000


@contextmanager
def whole_folder(target: str | Path) -> Iterator[Path]:
    """A folder to write into, which becomes ``target`` when the block ends well.

    Nothing is left behind when it does not. An earlier output of ours at ``target`` is replaced
    whole; it stands until the new one is complete.

    Raises
    ------
    BadRequest : the target is a file, holds something else, or cannot be written
    """
    final = Path(target)
    try:
        final = final.resolve()
        check_target(final)
        final.parent.mkdir(parents=True, exist_ok=True)
        beside = final.parent / f".{final.name}.{secrets.token_hex(4)}.part"
        beside.mkdir()
    except BadRequest:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError: a NUL in the name; RuntimeError: a loop of links.
        raise _unwritable(target, error) from error
    try:
        yield beside
        _take_place(beside, final)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_target(target: str | Path) -> None:
    """Refuse at once, before hours of work, what could not be written at the end."""
    final = Path(target)
    if final.is_dir():
        if any(final.iterdir()) and not is_ours(final):
            raise BadRequest("out-not-empty", path=str(target))
    elif final.exists() or final.is_symlink():
        raise BadRequest("out-is-file", path=str(target))


def is_ours(folder: Path) -> bool:
    """Whether the folder is an output of this program."""
    mark = folder / MARK
    try:
        if mark.stat().st_size > MOST_MARK_BYTES:
            return False
        return "allocator" in json.loads(mark.read_bytes())
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def _take_place(beside: Path, final: Path) -> None:
    if not final.exists():
        beside.replace(final)
        return
    check_target(final)
    old = beside.with_suffix(".old")
    final.replace(old)
    try:
        beside.replace(final)
    except OSError:
        old.replace(final)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _unwritable(target: str | Path, error: Exception) -> BadRequest:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return BadRequest("out-unwritable", path=str(target)[:200], reason=str(reason))
