"""Which months of a retailer are out of the usual: ``screening`` below ``grading``."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from allocator.policy.fields import SETTINGS, Part, Positive
from allocator.policy.words import PeerColumn, ScreeningAction, Sides


class ScreeningPolicy(BaseModel):
    """Months that are abnormal against the retailer's own history and against its peers."""

    model_config = SETTINGS
    method: Annotated[
        Literal["mad"],
        Field(description="mad: distance from the median of logarithms over 1.4826 MAD."),
    ] = "mad"
    threshold: Annotated[
        Positive,
        Field(le=100, description="How many times the usual scatter a month may be away."),
    ] = Decimal(5)
    action: Annotated[
        ScreeningAction,
        Field(
            description="flag: only listed; winsorise: counts as the edge of the usual range; "
            "exclude: taken out, the mean of the other months counts."
        ),
    ] = "flag"
    sides: Annotated[
        Sides, Field(description="Months too high, too low, or both are looked for.")
    ] = "both"
    history: Annotated[
        int,
        Field(ge=4, le=60, description="Months up to the end of the window that show the usual."),
    ] = 12
    least_history: Annotated[
        int,
        Field(ge=4, le=60, description="Months (or weeks) that a retailer needs to be screened."),
    ] = 6
    least_spread: Annotated[
        Part, Field(description="The usual scatter is never taken to be smaller.")
    ] = Decimal("0.15")
    peers: Annotated[
        tuple[PeerColumn, ...] | None,
        Field(
            description="Columns of the retailers table that peers share, besides their size; "
            "without the key market and format, where the table has them."
        ),
    ] = None
    least_peers: Annotated[
        int, Field(ge=5, le=10_000, description="Retailers that a group of peers needs.")
    ] = 20
