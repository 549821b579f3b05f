"""The command line: one module per command, no logic; ``allocator.cli:main`` is the entry point."""

from __future__ import annotations


def main() -> None:
    """Run the command that was typed; typer loads when it is needed, not on import."""
    try:
        from allocator.cli.entrance import enter

        enter()
    except KeyboardInterrupt:
        # Before any command has begun there is nothing to say.
        raise SystemExit(130) from None
