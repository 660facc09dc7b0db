"""How the Flask service is served; the only reader of the command line and of the environment."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

LOG_LEVELS = {level: level for level in ("debug", "info", "warning", "error", "critical")}
SWITCH = {"0": False, "1": True}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that affects what the service answers and how fast."""

    host: str = "127.0.0.1"
    port: int = 1300
    workers: int = 1
    threads: int = 64
    log_level: str = "info"
    access_log: bool = False
    reload: bool = False
    check: bool = False
    print_config: bool = False
    keep_alive_s: int = 75
    # Less than Docker's 10 s, so that no client can turn a stop into a kill.
    graceful_timeout_s: int = 8


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def parse_settings(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Read options first, then the environment, then the defaults; a bad value exits with status 2."""
    defaults = Settings()
    parser = _Parser(prog="python -m flask_app", description="Serve the Flask app with gunicorn.")

    def add(option: str, variable: str, parse: Callable[[str], object], default: object, what: str) -> None:
        # An empty variable counts as unset: so does a line `PORT=` of a file for Docker.
        value = environ.get(variable) or str(default)
        parser.add_argument(option, type=parse, default=value, help=f"{what} ({variable}, %(default)s)")

    workers = _whole_number("WEB_CONCURRENCY", 1, 256)
    add("--host", "HOST", str, defaults.host, "address to listen on")
    add("--port", "PORT", _whole_number("PORT", 1, 65535), defaults.port, "port to listen on")
    add("--workers", "WEB_CONCURRENCY", workers, defaults.workers, "number of worker processes")
    add("--threads", "THREADS", _whole_number("THREADS", 1, 1024), defaults.threads, "threads in each worker")
    add("--log-level", "LOG_LEVEL", _choice("LOG_LEVEL", LOG_LEVELS), defaults.log_level, "least to log")
    add("--access-log", "ACCESS_LOG", _choice("ACCESS_LOG", SWITCH), 0, "1: write a line for each request")
    parser.add_argument("--reload", action="store_true", help="restart when the code changes (development)")
    parser.add_argument("--check", action="store_true", help="ask the running service whether it is healthy")
    parser.add_argument("--print-config", action="store_true", help="print these settings as JSON, and end")
    return Settings(**vars(parser.parse_args(argv)))


def _whole_number(variable: str, lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 9 and lowest <= int(text) <= highest):
            raise argparse.ArgumentTypeError(
                f"{variable} must be a whole number from {lowest} to {highest}, not {text!r}"
            )
        return int(text)

    return parse


def _choice(variable: str, values: Mapping[str, object]) -> Callable[[str], object]:
    def parse(text: str) -> object:
        if text not in values:
            raise argparse.ArgumentTypeError(f"{variable} must be one of {', '.join(values)}, not {text!r}")
        return values[text]

    return parse
