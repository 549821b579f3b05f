"""One file, one rule. The docstring of a rule's function is its page in the manual."""
