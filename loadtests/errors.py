"""What ends a comparison."""


class Refusal(Exception):
    """There is no valid measurement; the message tells the user in a sentence why, and what to do."""
