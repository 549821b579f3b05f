"""Scores and ranks retailers, and gives them tiers (``model.md`` 8)."""
