"""Rules to compare: the claims literature's divisions and whole-number apportionment."""
