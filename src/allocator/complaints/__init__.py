"""Two shops beside each other, and complaints examined: for staff, from a finished run."""
