"""The Locust user that makes load for a comparison: kept-alive connections on gevent sockets."""

from locust import User, task
from locust.env import Environment
from locust.exception import StopUser

from loadtests.generator.load import Load


class LoadEnvironment(Environment):
    """Where the users find the load that they are part of."""

    load: Load


class LoadUser(User):
    """One connection to each target of the load, until it stops.

    The loop is in one task: a turn of Locust's own costs more than a request. What is answered goes into the
    load's samples and not into Locust's statistics, which round to whole milliseconds.
    """

    environment: LoadEnvironment

    @task
    def drive(self) -> None:
        """Take part in the load, and end with it."""
        self.environment.load.drive()
        raise StopUser
