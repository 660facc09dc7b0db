"""What an app says about how it serves, when it is asked with `--print-config`."""

import json

OPTION = "--print-config"
NOT_SERVING = {"host", "port", "check", "print_config"}
"""Settings that say nothing about how fast it serves."""


def parse(printed: str) -> dict[str, str | int | bool]:
    """Read the JSON object; empty where it is none."""
    try:
        told = json.loads(printed)
    except ValueError:
        return {}
    if not isinstance(told, dict):
        return {}
    return {name: value for name, value in told.items() if name not in NOT_SERVING}
