"""What-if: scenarios against the baseline, before a rule is published."""
