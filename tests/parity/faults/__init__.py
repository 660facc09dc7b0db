"""Faults to plant in a running service, so that the suites that look for faults are themselves tested."""
