"""The only generators of random cases (hypothesis strategies and seeded builders)."""

from __future__ import annotations
