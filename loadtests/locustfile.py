"""Users of both services, for watching and checking: `locust -f loadtests/locustfile.py --class-picker`."""

import os
from typing import Any, ClassVar

from locust import FastHttpUser, between, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtests.scenarios import DEFAULT_WAIT_MS, ECHO, HEALTHZ, INDEX, MAX_WAIT_MS, Operation, wait
from loadtests.targets import Target, targets

# Each is longer than the one before, so that stopping ends no request that could still be answered.
REQUEST_TIMEOUT_S = MAX_WAIT_MS / 1000 + 2
STOP_TIMEOUT_S = REQUEST_TIMEOUT_S + 2

CONTROL, CANDIDATE = targets(os.environ)


class TargetUser(FastHttpUser):
    """Calls every operation of one target and checks every answer."""

    abstract = True
    target: ClassVar[Target]
    wait_time = between(0.1, 0.5)
    connection_timeout = REQUEST_TIMEOUT_S
    network_timeout = REQUEST_TIMEOUT_S

    def __init_subclass__(cls) -> None:
        """Let the page show where each class goes."""
        cls.host = cls.target.url

    def __init__(self, environment: Environment) -> None:
        # On the instance, too: Locust writes the page's Host field, --host and LOCUST_HOST into every class.
        self.host = self.target.url
        super().__init__(environment)

    @task
    def index(self) -> None:
        """Call an endpoint that answers at once."""
        self.call(INDEX)

    @task
    def wait(self) -> None:
        """Call an endpoint that waits for something slow."""
        options = self.environment.parsed_options
        self.call(wait(options.wait_ms if options else DEFAULT_WAIT_MS))

    @task
    def echo(self) -> None:
        """Call an endpoint that parses and validates."""
        self.call(ECHO)

    @task
    def healthz(self) -> None:
        """Call what a health check calls."""
        self.call(HEALTHZ)

    def call(self, operation: Operation) -> None:
        """Send one request; an answer that breaks the contract counts as a failure."""
        with self.client.request(
            operation.method,
            operation.path,
            name=f"[{self.target.name}] {operation.name}",
            data=operation.body,  # type: ignore[arg-type]  # it takes bytes, too
            headers=operation.headers,
            allow_redirects=False,  # a redirect could lead to the other target
            catch_response=True,
        ) as response:
            if response.headers is None:
                return  # no answer: Locust records its own reason
            fault = operation.fault(
                self.target.server, response.status_code, response.headers, response.content or b""
            )
            if fault:
                response.failure(fault)


class Flask(TargetUser):
    """The control."""

    target = CONTROL


class FastAPI(TargetUser):
    """The candidate."""

    target = CANDIDATE


def add_options(parser: LocustArgumentParser) -> None:
    """Let the command line, the environment and the page say how slow `wait` is."""
    parser.add_argument(
        "--wait-ms",
        type=int,
        default=DEFAULT_WAIT_MS,
        env_var="WAIT_MS",
        help=f"milliseconds that the wait operation asks for, 0 to {MAX_WAIT_MS}",
    )


def let_requests_finish(environment: Environment, **_: Any) -> None:
    """Stop gracefully: by default Locust drops what is in flight, the slowest first, and never records it."""
    environment.stop_timeout = max(environment.stop_timeout, STOP_TIMEOUT_S)


def forget_host(environment: Environment, **_: Any) -> None:
    """Drop a host that was entered: it applies to nobody, so the page should not show it."""
    environment.host = None


events.init_command_line_parser.add_listener(add_options)  # type: ignore[no-untyped-call]
events.init.add_listener(let_requests_finish)  # type: ignore[no-untyped-call]
events.test_start.add_listener(forget_host)  # type: ignore[no-untyped-call]
