"""The secret of the salts: who has it can tell each retailer's salt, so it stays in the house."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from allocator.errors import BadRequest

LEAST_BYTES: Final = 32
"""As many as SHA-256 has; words that people think up can be guessed from a single card."""

MOST_CHARACTERS: Final = 4096

HEX: Final = re.compile(r"([0-9a-fA-F]{2})+")


def read_secret(path: str | Path) -> bytes:
    """The secret in a text file of hexadecimal digits.

    Raises
    ------
    BadRequest : the file cannot be read, holds something else, or too little
    """
    try:
        with Path(path).open("rb") as file:
            text = file.read(MOST_CHARACTERS + 1).decode("ascii").strip()
    except OSError as error:
        raise BadRequest(
            "secret-unreadable", path=str(path)[:200], reason=str(error.strerror),
            digits=2 * LEAST_BYTES,
        ) from error  # fmt: skip
    except UnicodeDecodeError:
        text = ""
    if not HEX.fullmatch(text) or len(text) > MOST_CHARACTERS:
        raise BadRequest("secret-not-hex", path=str(path)[:200], digits=2 * LEAST_BYTES)
    secret = bytes.fromhex(text)
    check_secret(secret)
    return secret


def check_secret(secret: bytes | None) -> None:
    """Refuse a secret that could be guessed."""
    if secret is not None and (len(secret) < LEAST_BYTES or len(set(secret)) < LEAST_BYTES // 4):
        raise BadRequest("secret-short", least=LEAST_BYTES, digits=2 * LEAST_BYTES)
