"""Order-takers: what each entered, beside what chance alone would make of the city's share."""
