"""One process's share of an order, told what to do by Locust's messages, from itself or from a master."""

import gc
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import gevent
from locust.runners import Runner

from loadtests.generator import histograms
from loadtests.generator.coordinator import PATIENCE_S
from loadtests.generator.load import Load
from loadtests.generator.messages import Order, Outcome
from loadtests.generator.users import LoadEnvironment
from loadtests.host.processes import stolen_s
from loadtests.inference import percentile

NAP_S = 0.01


class Worker:
    """Keeps one load at a time; `report` is answered by a message `outcome`."""

    def __init__(self, environment: LoadEnvironment, runner: Runner) -> None:
        self._environment = environment
        self._runner = runner
        self._naps: list[float] = []
        for name in ("take", "prime", "start", "begin", "go", "end", "finish", "report"):
            runner.register_message(name, self._listener(name))
        # A worker is connected before it can listen, and what it is told until then is lost.
        runner.send_message("joined")

    def take(self, data: str) -> None:
        """Make a load of an order; its users come next."""
        gc.collect()
        self._environment.load = Load(Order.model_validate_json(data))

    def prime(self, _: str) -> None:
        """Wait until each of the users here has been answered once on each of its connections."""
        # A master goes on after a second, even where its workers have not started all their users by then.
        assert self._runner.spawning_greenlet is not None
        self._runner.spawning_greenlet.join()
        while self._environment.load.primed < self._runner.user_count:
            gevent.sleep(0.001)
        self._runner.send_message("reached")

    def start(self, _: str) -> None:
        """Let the users begin."""
        self._environment.load.start()

    def begin(self, _: str) -> None:
        """Begin the window, with nothing in flight where that is possible."""
        load = self._environment.load
        if load.order.mode == "paired":
            load.hold()
        self._naps = []
        self._napper = gevent.spawn(self._nap)
        self._begin_s, self._cpu_s, self._busy_s = perf_counter(), process_time(), busy_s(load.order.core)
        self._runner.send_message("reached")

    def go(self, _: str) -> None:
        """Go on after the window's begin."""
        self._environment.load.go()

    def end(self, _: str) -> None:
        """End the window."""
        load = self._environment.load
        if load.order.mode == "paired":
            load.hold()
        self._end_s = perf_counter()
        self._cpu_s = process_time() - self._cpu_s
        self._busy_s = busy_s(load.order.core) - self._busy_s
        self._napper.kill()
        self._runner.send_message("reached")

    def finish(self, _: str) -> None:
        """Let every user end, before Locust would end them in the middle of a request."""
        self._environment.load.stop()
        self._runner.user_greenlets.join(PATIENCE_S)

    def report(self, data: str) -> None:
        """Send what came of it; `data` says whether the samples stay here or go along as histograms."""
        load = self._environment.load
        load.close()
        order, begin_s, end_s = load.order, self._begin_s, self._end_s
        sums = [
            recorder.served(begin_s, end_s, by_due=order.is_timed(number))
            for number, recorder in enumerate(load.recorders)
        ]
        error = _kept(load) if data == "samples" else None
        is_open = order.mode == "open"
        merging = [
            (histograms.encoded(service_s), histograms.encoded(response_s) if is_open else None)
            for _, service_s, response_s in (sums if data == "histograms" else ())
        ]
        outcome = Outcome(
            begin_s=begin_s,
            window_s=end_s - begin_s,
            offered_per_s=order.rate_per_s,
            served=tuple(served for served, _, _ in sums),
            busy_share=min(1.0, self._busy_s / (end_s - begin_s)),
            cpu_s=self._cpu_s,
            error=error,
            lag_s=percentile(sorted(self._naps), 0.9) if self._naps else 0.0,
        )
        self._runner.send_message("outcome", {"outcome": outcome.model_dump_json(), "histograms": merging})

    def _nap(self) -> None:
        while True:
            begin_s = perf_counter()
            gevent.sleep(NAP_S)
            self._naps.append(perf_counter() - begin_s - NAP_S)

    def _listener(self, name: str) -> Any:
        def listen(msg: Any, **_: Any) -> None:
            getattr(self, name)(msg.data["data"])

        return listen


def _kept(load: Load) -> str | None:
    """Write the samples, where somebody wants them; return why that failed."""
    try:
        for recorder, path in zip(
            load.recorders, load.order.samples or (), strict=load.order.samples is not None
        ):
            recorder.samples.save(path)
    except OSError as error:
        return error.strerror
    return None


def busy_s(core: int | None) -> float:
    """Return for how long this process ran or wanted to.

    CPU time alone is low where other processes, or other machines on the same host, take the core.
    """
    try:
        running_ns, ready_ns, _ = Path("/proc/self/schedstat").read_text().split()
    except OSError:  # not Linux
        return process_time()
    return (int(running_ns) + int(ready_ns)) / 1e9 + stolen_s(core)
