"""One comparison: planned, scheduled, run and kept."""
