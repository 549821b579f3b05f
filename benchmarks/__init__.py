"""Benchmarks against peers, phase by phase: ``python -m benchmarks`` (all) or with names."""
