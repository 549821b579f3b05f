"""What customer managers work off: gaps in the files, and shops whose volume suddenly changed.

Nothing here decides a tier or a carton: these are lists of what to look at.
"""
