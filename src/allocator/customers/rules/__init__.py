"""Rules about data by family: missing, stale, duplicate, contradictory, impossible."""
