"""Behaviours as people write them: ``inflating=10%x3`` on the command line, or a YAML file.

The file is a mapping from behaviour to its line::

    inflating: {share: 10%, times: 3}
    hoarding: {retailers: [R1, R7]}
    sleeping: 5%
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from allocator.errors import BadRequest
from allocator.simulation.behaviour import KINDS, Behaviour

MOST_BYTES: Final = 1_000_000
_NUMBER = r"\d{1,6}(?:\.\d{1,6})?"
_SPELLED = re.compile(rf"([a-z]+)=({_NUMBER}%?)(?:[x×*]({_NUMBER}))?")
_SHARE = re.compile(rf"({_NUMBER})(%?)")


def behaviours_from(spelled: Sequence[str]) -> tuple[Behaviour, ...]:
    """Behaviours from the command line: each a spelling or the path of a file.

    Raises
    ------
    BadRequest : neither, or a behaviour that cannot be
    """
    found: list[Behaviour] = []
    for each in spelled:
        match = _SPELLED.fullmatch(each.strip())
        if match is not None:
            kind, share, times = match.groups()
            found.append(_behaviour(kind, share, times))
        elif each.endswith((".yaml", ".yml")):
            found += read_behaviours(Path(each))
        else:
            raise BadRequest("behaviour-spelling", value=each[:80])
    return tuple(found)


def read_behaviours(path: Path) -> tuple[Behaviour, ...]:
    """The behaviours of a YAML file.

    Raises
    ------
    BadRequest : the file cannot be read, or does not say behaviours
    """
    from ruamel.yaml import YAML  # only those who have a file pay for it
    from ruamel.yaml.error import YAMLError

    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise BadRequest("behaviour-file", path=str(path)[:200], reason=f"> {MOST_BYTES} B")
        document = YAML(typ="safe", pure=True).load(text.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, YAMLError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise BadRequest("behaviour-file", path=str(path)[:200], reason=str(reason)) from error
    if not isinstance(document, dict):
        raise BadRequest("behaviour-file", path=str(path)[:200], reason=type(document).__name__)
    return tuple(_from_line(str(kind), line, path) for kind, line in document.items())


def _from_line(kind: str, line: Any, path: Path) -> Behaviour:
    parts = line if isinstance(line, dict) else {"share": line}
    unknown = sorted(map(str, set(parts) - {"share", "times", "retailers"}))
    if unknown:
        raise BadRequest("behaviour-file", path=str(path)[:200], reason=unknown[0][:80])
    named = parts.get("retailers", [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise BadRequest("behaviour-file", path=str(path)[:200], reason="retailers")
    times = parts.get("times")
    share = str(parts.get("share", 0))
    return _behaviour(kind, share, None if times is None else str(times), tuple(named))


def _behaviour(
    kind: str, share: str, times: str | None, retailers: tuple[str, ...] = ()
) -> Behaviour:
    known = _SHARE.fullmatch(share.strip())
    if known is None:
        word = kind if kind in KINDS else kind[:40]
        raise BadRequest("behaviour-share", behaviour=word, share=share[:40])
    part = Fraction(known[1]) / (100 if known[2] else 1)
    if times is None:
        return Behaviour(kind, part, retailers=retailers)
    if re.fullmatch(_NUMBER, times.strip()) is None:
        raise BadRequest("behaviour-times", behaviour=kind[:40], times=times[:40], most=1000)
    return Behaviour(kind, part, Fraction(times.strip()), retailers)
