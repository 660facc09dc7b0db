"""What follows from readings: validity, ratios, verdicts, warnings; pure, and knows no target by name."""
