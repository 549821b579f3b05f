"""One device, several shops."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule
from allocator.auditing.sharing import sharing


def device_across_shops(case: Case) -> Outcome:
    """Orders of several shops came from one device.

    What it finds
    -------------
    Devices from which two or more shops ordered in the cycle. Lines that an order-taker entered
    do not count: the device is the company's then. One finding for each device.

    Why it matters
    --------------
    Whoever holds the phone orders: one device behind several shops often is a reseller or a
    proxy.

    Example
    -------
    R17 and R42 ordered from one device this week, 24 cartons together.

    What to do
    ----------
    Ask the shops who ordered for them, and bind each shop's login to its own device.

    Known limits
    ------------
    Shops that all have one licence holder on file are a chain and set aside; without that column
    chains are found too. More than 20 shops are told as what they most likely are, a placeholder
    or a service point. Ordinary causes: a son who orders
    for his parents' shop, a neighbour whose phone is lent, a customer manager who helps.
    """
    own = nw.when(nw.col("clerk").is_null()).then(nw.col("device")).alias("g")
    lines = case.lines.filter(~nw.col("i").is_null()).with_columns(own)
    return sharing(case, lines, "device-across-shops")


DEVICE_ACROSS_SHOPS = Rule(
    name="device-across-shops",
    code="A09",
    kind="alert",
    severity="medium",
    subject="retailer_id",
    unit="cartons",
    policy="orders.device",
    find=device_across_shops,
    needs=("device",),
    wants=("retailers.licence_holder",),
)
