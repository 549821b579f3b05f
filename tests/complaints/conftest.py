"""The small city of the run directory's tests, here for complaints."""

from __future__ import annotations

from runs.conftest import city, folder, policy, week

__all__ = ["city", "folder", "policy", "week"]
