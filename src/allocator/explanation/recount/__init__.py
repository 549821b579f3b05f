"""Recomputes what claims say from the records themselves, by other ways than the questions take."""
