"""From cohorts to awards: program, leximin, whole cartons, seats, second round."""
