"""A city with a past whose departures are known: an honest background, and where it was left."""
