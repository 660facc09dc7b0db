"""Stop or kill replicas behind nginx under load, and count the requests that fail: `make replica-loss`."""

import argparse
import sys

import pytest

from tests.integration.containers.engine import docker, succeeds, wait_until
from tests.integration.containers.gateway import PORTS, Gateway, up
from tests.integration.containers.load_clients import Load

REPLICAS = 3
CLIENTS = 12
ANSWERS = 400
"""So many before each kill, and again after it."""


def main() -> int:
    """Print what failed as it comes, and the counts; the status is 1 where a graceful stop cost a request."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.integration.containers.replica_loss", description=__doc__
    )
    parser.add_argument("--service", choices=PORTS, default="flask", help="default: %(default)s")
    parser.add_argument(
        "--kills", type=int, default=50, metavar="N", help="default: %(default)s, two minutes"
    )
    parser.add_argument("--stop", action="store_true", help="stop them gracefully instead of killing them")
    options = parser.parse_args()
    if options.kills < 1:
        parser.error("--kills must be at least 1")
    command, word = ("stop", "stops") if options.stop else ("kill", "kills")
    lossy = failed = answered = 0
    try:
        with up({options.service: REPLICAS}, "--build") as gateway:
            replicas = gateway.containers(options.service)
            for number in range(options.kills):
                load = lose(gateway, options.service, replicas[number % REPLICAS], command)
                for fault in load.faults:
                    print(f"{command} {number + 1}: {fault}", flush=True)
                answered += load.answered
                failed += len(load.faults)
                lossy += bool(load.faults)
                if (number + 1) % 10 == 0:
                    print(
                        f"{number + 1} of {options.kills} {word}, {lossy} with a failed request", flush=True
                    )
    except (pytest.fail.Exception, FileNotFoundError) as reason:  # of a command, or of Docker at all
        sys.stderr.write(f"{parser.prog}: {reason}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write(f"{parser.prog}: stopped before the end\n")
        return 130
    asked = answered + failed
    print(
        f"{options.kills} {word} under {CLIENTS} clients: {failed} of {asked:,} requests failed, "
        f"in {lossy} of the {word}"
    )
    return 1 if failed and options.stop else 0


def lose(gateway: Gateway, service: str, replica: str, command: str) -> Load:
    """Stop or kill a replica while every client asks, and bring it back when the clients have ended."""
    load = Load(gateway.address(service), CLIENTS)
    with load.running():
        wait_until(lambda: load.answered >= ANSWERS, "the first requests are answered", within_s=60)
        docker(command, replica)
        killed_at = load.answered
        wait_until(lambda: load.answered >= killed_at + ANSWERS, "the next are answered", within_s=60)
    docker("start", replica)
    check = ("docker", "exec", replica, "python", "-m", f"{service}_app", "--check")
    wait_until(lambda: succeeds(*check), "the replica answers again", within_s=30)
    gateway.restart()
    gateway.await_answer(service)
    return load


if __name__ == "__main__":
    sys.exit(main())
