"""The rules about data, one file per family: missing, stale, duplicate, contradictory, impossible."""
