"""All commands in one application. Modules of commands load no table, solver or page library."""

from __future__ import annotations

import io
import os
import signal
import sys
from types import FrameType

import typer

from allocator.cli import (
    allocate,
    audit,
    check,
    customers,
    cycles,
    demo,
    design,
    estimate,
    examine,
    explain,
    grade,
    plan,
    policy,
    rules,
    run,
    sample,
    search,
    simulate,
    stability,
    sweep,
    verify,
)

app = typer.Typer(
    name="allocator",
    help=(
        "Shares out scarce supply to retailers by published rules, audits the orders, and "
        "explains every carton so that anyone can recompute it."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done; 1 audit found or verify refused; 2 bad input or policy.",
)
app.command("demo")(demo.show_demo)
app.command("run")(run.run_week)
app.command("plan")(plan.plan_cycle)
app.command("allocate")(allocate.allocate_orders)
app.command("grade")(grade.grade_retailers)
app.command("design")(design.propose_cut_offs)
app.command("stability")(stability.show_stability)
app.command("simulate")(simulate.simulate_scenarios)
app.command("sweep")(sweep.sweep_scenarios)
app.command("search")(search.search_values)
app.command("cycles")(cycles.run_cycles)
app.command("audit")(audit.audit_orders)
app.command("rules")(rules.show_rules)
app.command("sample")(sample.sample_recordings)
app.command("estimate")(estimate.estimate_results)
app.command("check")(check.check_lines)
app.command("customers")(customers.list_customers)
app.command("explain")(explain.explain_retailer)
app.command("examine")(examine.examine_complaint)
app.command("verify")(verify.verify_directory)
app.add_typer(policy.app, name="policy")


def enter() -> None:
    """The command line as typed; texts go out as UTF-8 whatever the terminal's locale."""
    # A stream that the caller closed (``>&-``) is None: nothing is read from it or shown.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _leave)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a caller may have put in another kind
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()


def _leave(number: int, frame: FrameType | None) -> None:
    """Ended by a signal: the stack unwinds, so that no half-written folder stays behind."""
    raise SystemExit(128 + number)
