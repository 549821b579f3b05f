"""An order-taker whose shops always ask for exactly the limit."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.history import PERMYRIAD, permyriad
from allocator.auditing.rule import Outcome, Rule, count, tally


def always_at_limit(case: Case) -> Outcome:
    """Nearly all lines of an order-taker ask for exactly the limit, and others' do not.

    What it finds
    -------------
    Order-takers with ``audit.thresholds.at_limit_lines`` (30) lines or more of products with a
    limit, of which ``at_limit`` (90 %) or more ask exactly for the limit of the shop, where the
    lines of all others ask for it at most half as often (and there are as many of them).

    Why it matters
    --------------
    Shops ask for too much, for too little, for round numbers. Who always notes the limit may not
    have asked, and may use the shops' right to order.

    Example
    -------
    62 of 64 lines that C03 took ask exactly for the limit; of all other lines, 21 %.

    What to do
    ----------
    Listen to some of the recordings: what did the shop ask for?

    Known limits
    ------------
    Tells nothing of an order-taker who does it for a few shops only. The comparison is plain; the
    statistics of order-takers, with intervals, are in the table of order-takers. Ordinary causes:
    shops that say "all I can have", a hint to the limit in the order-taker's script.
    """
    limits = case.policy.thresholds
    quotas = case.pairs.filter(nw.col("quota") > 0).select("i", "k", "quota")
    lines = case.lines.filter(~nw.col("requested").is_null(), nw.col("kind") == "ordinary").join(
        quotas, on=["i", "k"]
    )
    one, zero = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)
    exact = nw.when(nw.col("requested") == nw.col("quota")).then(one).otherwise(zero)
    marked = lines.with_columns(exact.alias("exact"))
    everybody = marked.select(
        nw.col("exact").sum().alias("all_exact"), count().alias("all_lines")
    ).with_columns(one.alias("join"))
    clerks = (
        marked.filter(~nw.col("c").is_null())
        .group_by("c")
        .agg(nw.col("exact").sum().alias("observed"), count().alias("of"))
        .with_columns(one.alias("join"))
        .join(everybody, on="join")
    )
    rest, rest_exact = nw.col("all_lines") - nw.col("of"), nw.col("all_exact") - nw.col("observed")
    part = permyriad(limits.at_limit)
    found = clerks.filter(
        nw.col("of") >= limits.at_limit_lines,
        rest >= limits.at_limit_lines,
        nw.col("observed") * PERMYRIAD >= nw.col("of") * part,
        2 * rest_exact * nw.col("of") <= nw.col("observed") * rest,
    ).select(
        "c",
        "observed",
        "of",
        (nw.col("of") * part // PERMYRIAD).alias("limit"),
        (rest_exact * 100 // rest).alias("percent"),
        nw.lit("always-at-limit").alias("message"),
    )
    concerned = marked.filter(nw.col("exact") == 1)
    clerked = lines.filter(~nw.col("c").is_null())
    return Outcome(found, ("c",), tally(clerked), lines=concerned)


ALWAYS_AT_LIMIT = Rule(
    name="always-at-limit",
    code="A17",
    kind="alert",
    severity="low",
    subject="clerk",
    unit="lines",
    policy="audit.thresholds.at_limit",
    find=always_at_limit,
    needs=("clerk", "requested"),
    wants=("recording_id",),
)
