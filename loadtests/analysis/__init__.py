"""What follows from readings: validity, ratios, verdicts, notes; pure, and knows no target by name."""
