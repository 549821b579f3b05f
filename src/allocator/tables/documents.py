"""Files on disk: opened safely, told apart by their bytes, never by their name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from allocator.tables.source import printable, refuse

_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)

Format = Literal["text", "parquet", "workbook", "old-workbook", "page"]


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading.

    Raises
    ------
    BadTable : absent, a directory, a loop of links, a device, not readable, empty.
    """
    name = printable(path.name)
    try:
        # Without O_NONBLOCK opening a named pipe would wait for a writer for ever.
        handle = os.open(path, os.O_RDONLY | _NONBLOCK | _BINARY)
    except FileNotFoundError:
        raise refuse("file-missing", name) from None
    except (OSError, ValueError) as problem:
        # ValueError: a NUL in the name.
        reason = getattr(problem, "strerror", None) or type(problem).__name__
        raise refuse("file-unreadable", name, reason=printable(reason)) from None
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise refuse("file-is-folder", name)
        if not stat.S_ISREG(status.st_mode):
            raise refuse("file-not-regular", name)
        if status.st_size == 0:
            raise refuse("file-empty", name)
        with os.fdopen(handle, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(handle)


def sniff(file: BinaryIO) -> Format:
    """What a file is by its first bytes; the position is left at the start."""
    start = file.read(512)
    file.seek(0)
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"PK\x03\x04"):
        return "workbook"
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "old-workbook"
    lower = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if lower.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")):
        return "page"
    return "text"


def bounded(file: BinaryIO, name: str, most: int) -> bytes:
    """All bytes of a file that may have at most ``most``."""
    if size(file) > most:
        raise refuse("file-too-large", printable(name), most=most)
    data = file.read(most + 1)
    if len(data) > most:  # it grew while we read
        raise refuse("file-too-large", printable(name), most=most)
    return data


def size(file: BinaryIO) -> int:
    """Bytes of an open file."""
    return os.fstat(file.fileno()).st_size
