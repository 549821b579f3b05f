"""When orders close and unpaid ones fall: what ``ordering`` of a policy file may hold."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from allocator.policy.fields import SETTINGS

CLOCK = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])")
ZONE = re.compile("[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,32}){0,2}")


def _clock(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and (found := CLOCK.fullmatch(value.strip())):
        return time(int(found.group(1)), int(found.group(2)))
    raise PydanticCustomError("needs-clock", "a time of day")


def _zone(value: Any) -> str:
    if isinstance(value, str) and ZONE.fullmatch(value):
        return value
    raise PydanticCustomError("needs-zone", "a time zone")


Clock = Annotated[
    time,
    BeforeValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": f"^({CLOCK.pattern})$"}),
]
Zone = Annotated[
    str,
    BeforeValidator(_zone),
    WithJsonSchema({"type": "string", "pattern": f"^{ZONE.pattern}$"}),
]


class Cutoffs(BaseModel):
    """Times of the order day, ``HH:MM``, as the clocks of the tables show them."""

    model_config = SETTINGS
    order: Annotated[
        Clock | None,
        Field(
            description="Orders close, HH:MM; what comes later needs a cause. A calendar with "
            "closes_at goes before."
        ),
    ] = None
    remind: Annotated[Clock | None, Field(description="Who has not paid gets a message.")] = None
    call: Annotated[Clock | None, Field(description="Who has not paid then is called.")] = None
    cancel: Annotated[Clock | None, Field(description="Unpaid orders are cancelled.")] = None
    timezone: Annotated[
        Zone | None,
        Field(
            description="Time zone of these times and of the tables, such as Asia/Shanghai; a "
            "note for readers: times are compared as they stand."
        ),
    ] = None


class OrderingPolicy(BaseModel):
    """How orders are taken."""

    model_config = SETTINGS
    cutoffs: Annotated[Cutoffs, Field(default_factory=Cutoffs)]
