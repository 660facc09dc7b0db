"""Measurements that decided how the services are built; each repeats a figure of DECISIONS.md."""
