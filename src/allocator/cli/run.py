"""``allocator run``: the whole cycle."""

from __future__ import annotations

from allocator.cli.options import (
    Cards,
    City,
    Cycle,
    Day,
    Json,
    Lang,
    Out,
    PolicyFile,
    Secret,
    Seed,
    day,
    policy_path,
)
from allocator.cli.screen import guarded, progress


@guarded
def run_week(
    city: City,
    on: Day,
    out: Out,
    policy: PolicyFile = None,
    cycle: Cycle = None,
    seed: Seed = None,
    secret: Secret = None,
    cards: Cards = "none",
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Grade, plan quotas, allocate the orders of the cycle, audit, explain, notice, certificate.

    A city without orders stops after the quotas; one without sales uses the tiers given; a quota
    table that is given is the standard and nothing is planned.
    """
    from dataclasses import replace
    from time import perf_counter

    from allocator.cli.outcome import show_run
    from allocator.policy.reading import read_policy
    from allocator.runs.placing import check_target
    from allocator.runs.secret import read_secret
    from allocator.runs.week import run
    from allocator.tables.reading import read_city

    check_target(out)
    kept = None if secret is None else read_secret(secret)
    with progress(lang, quiet=json) as phase:
        rules = read_policy(policy_path(policy, city), day(on))
        phase("read")
        start = perf_counter()
        tables = read_city(city, rules.tables)
        seconds = {"read": round(perf_counter() - start, 4)}
        done = run(tables, rules, cycle=cycle, seed=seed, secret=kept, progress=phase)
        phase("write")
        done = replace(done, seconds={**seconds, **done.seconds})
        done.write(out, cards=cards, language=lang)
    show_run(done, out, lang, as_json=json)
