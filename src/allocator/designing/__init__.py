"""Proposes tier cut-offs for a target shape (need N4), with what each would do."""
