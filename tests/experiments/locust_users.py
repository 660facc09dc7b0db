"""Locust's own HTTP users at their fastest.

`python -m tests.experiments.locust_users FastHttpUser URL SECONDS` prints requests and CPU seconds of
a window as JSON. Nothing is checked and nothing is waited for.
"""

import json
import sys
from time import process_time

import gevent
import locust
from locust import constant
from locust.env import Environment

USERS = 32
SETTLE_S = 0.5


def main() -> None:
    """Load the URL for a while."""
    kind, url, window_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
    base = getattr(locust, kind)

    class Repeating(base):  # type: ignore[misc, valid-type]
        host = url
        wait_time = constant(0)
        tasks = [lambda user: user.client.get("/")]  # noqa: RUF012  # as Locust has it

    answered = 0

    def count(exception: BaseException | None, **_: object) -> None:
        nonlocal answered
        answered += exception is None

    environment = Environment(user_classes=[Repeating])
    environment.events.request.add_listener(count)  # type: ignore[no-untyped-call]
    runner = environment.create_local_runner()
    runner.start(USERS, spawn_rate=USERS)
    gevent.sleep(SETTLE_S)
    before, cpu_s = answered, process_time()
    gevent.sleep(window_s)
    sys.stdout.write(json.dumps({"requests": answered - before, "cpu_s": process_time() - cpu_s}) + "\n")
    runner.quit()


if __name__ == "__main__":
    main()
