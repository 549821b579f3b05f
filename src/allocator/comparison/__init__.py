"""Two outcomes of the same shops beside each other: who gains, who loses, who could complain."""
