"""Take a core for a while, leave it for a while: a neighbour that comes and goes.

`python -m loadtests.selftest.burner SEED`
"""

import sys
from random import Random
from time import monotonic, sleep

BUSY_S = (0.5, 3.0)
QUIET_S = (1.0, 8.0)


def main() -> None:
    """Go on until a signal ends it."""
    random = Random(int(sys.argv[1]))  # noqa: S311  # no cryptography
    while True:
        sleep(random.uniform(*QUIET_S))
        end_s = monotonic() + random.uniform(*BUSY_S)
        while monotonic() < end_s:
            pass


if __name__ == "__main__":
    main()
