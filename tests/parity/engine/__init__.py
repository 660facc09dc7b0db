"""The parity tool: two services asked the same, byte for byte; knows none of our differences."""
