"""How the Flask service is served; the only reader of the command line and of the environment."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that affects what the service answers and how fast."""

    host: str = "127.0.0.1"
    port: int = 1300
    workers: int = 1
    threads: int = 64
    reload: bool = False
    check: bool = False
    print_config: bool = False
    keep_alive_s: int = 75
    graceful_timeout_s: int = 30
    max_request_line_bytes: int = 8190
    max_body_bytes: int = 65536
    log_level: str = "info"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def parse_settings(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Read options first, then the environment, then the defaults; a bad value exits with status 2."""
    defaults = Settings()
    parser = _Parser(prog="python -m flask_app", description="Serve the Flask app with gunicorn.")
    parser.add_argument(
        "--host",
        default=environ.get("HOST", defaults.host),
        help="address to listen on (HOST, %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=_whole_number("PORT", 1, 65535),
        default=environ.get("PORT", str(defaults.port)),
        help="port to listen on (PORT, %(default)s)",
    )
    parser.add_argument(
        "--workers",
        type=_whole_number("WEB_CONCURRENCY", 1, 256),
        default=environ.get("WEB_CONCURRENCY", str(defaults.workers)),
        help="number of worker processes (WEB_CONCURRENCY, %(default)s)",
    )
    parser.add_argument(
        "--threads",
        type=_whole_number("THREADS", 1, 1024),
        default=environ.get("THREADS", str(defaults.threads)),
        help="threads in each worker (THREADS, %(default)s)",
    )
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
