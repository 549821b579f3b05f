"""``allocator check``: order lines as they come, for ordering systems in any language."""

from __future__ import annotations

import signal
import sys

from allocator.cli.options import Json, Lang, RunFolder
from allocator.cli.screen import guarded


@guarded
def check_lines(folder: RunFolder, lang: Lang = "en", json: Json = False) -> None:
    """Check order lines against the limits of a run: JSON Lines in, JSON Lines out.

    Each line of standard input is an object with the columns of orders and already_ordered: cartons
    of the product, or an object of cartons by product, which products in a band need. Its answer
    has order_id, at_most and claims. A line that cannot be used is answered with its number
    as line and an error that has code and message; the others go on. Output is JSON in any case.
    """
    from allocator.ordering.reading import read_limits
    from allocator.ordering.stream import check_stream

    limits = read_limits(folder)
    # polars, once imported, catches Ctrl-C itself and lets a waiting read go on: give it back to
    # whoever had it. Who started us with Ctrl-C ignored (nohup) keeps that.
    signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))
    check_stream(limits, sys.stdin.buffer, sys.stdout, lang)
