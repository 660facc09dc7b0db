"""What came of one target: every answer is checked and every sample kept; sends nothing itself."""

from statistics import median
from time import perf_counter

from loadtests.generator.connection import Connection
from loadtests.generator.messages import Aim, Served
from loadtests.generator.samples import Samples
from loadtests.results import Latencies
from loadtests.scenarios import fault


class Recorder:
    """The samples and faults of one aim."""

    def __init__(self, aim: Aim) -> None:
        self.aim = aim
        self.samples = Samples()
        self.faults: list[tuple[float, str]] = []
        """When, and what was wrong."""
        self.connects_s: list[float] = []
        """When a connection was opened."""
        self._type = None if aim.content_type is None else aim.content_type.encode("latin-1")
        self._server = None if aim.server is None else aim.server.encode("latin-1")

    def check(self, connection: Connection, due_s: float, start_s: float, latency_s: float) -> bool:
        """Keep the sample of an answer that is right in every byte, or else the fault; say which it was."""
        aim = self.aim
        if (
            connection.body == aim.body
            and connection.status == aim.status
            and connection.content_type == self._type
            and (self._server is None or connection.server == self._server)
        ):
            self.samples.add(due_s, start_s, latency_s)
            return True
        self.fail(self._fault(connection))
        return False

    def fail(self, fault: str) -> None:
        """Keep a fault."""
        self.faults.append((perf_counter(), fault))

    def served(
        self, begin_s: float, end_s: float, *, by_due: bool
    ) -> tuple[Served, list[float], list[float]]:
        """Sum up the window `[begin_s, end_s)`; also return its latencies by both clocks.

        A request belongs to the window in which it was due (`by_due`), or in which it was answered.
        """
        half_s = (begin_s + end_s) / 2
        service_s, response_s, late_s, second_half, unsent = [], [], [], 0, 0
        samples = self.samples
        for due_s, start_s, latency_s in zip(
            samples.dues_s, samples.starts_s, samples.latencies_s, strict=True
        ):
            moment_s = due_s if by_due else start_s + latency_s
            if begin_s <= moment_s < end_s:
                service_s.append(latency_s)
                response_s.append(start_s + latency_s - due_s)
                late_s.append(start_s - due_s)
                second_half += moment_s >= half_s
                unsent += start_s >= end_s
        faults = [fault for moment_s, fault in self.faults if moment_s >= begin_s]
        served = Served(
            target=self.aim.target,
            requests=len(service_s),
            failures=len(faults),
            first_fault=faults[0] if faults else None,
            connects=sum(begin_s <= moment_s < end_s for moment_s in self.connects_s),
            second_half=second_half,
            unsent=unsent,
            late_s=median(late_s) if by_due and late_s else None,
            service=Latencies.of(service_s),
            response=Latencies.of(response_s) if by_due else None,
        )
        return served, service_s, response_s

    def _fault(self, connection: Connection) -> str:
        aim = self.aim
        server, content_type = (
            None if value is None else value.decode("latin-1")
            for value in (connection.server, connection.content_type)
        )
        expected = aim.server, aim.status, aim.content_type, aim.body
        found = server, connection.status, content_type, connection.body
        return fault(expected, found) or "the answer is wrong"
