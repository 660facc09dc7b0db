"""What wrk and oha print is read as they mean it, and failures among their requests are not overlooked."""

import json
from typing import Any

import pytest

from loadtests.compare.strangers import Report, Unreadable, oha_options, read_oha, read_wrk, wrk_options

# wrk 4.1.0 of Debian 12, told what `wrk_options` says, against FastAPI.
WRK = """Running 1s test @ http://127.0.0.1:1301/
  1 threads and 1 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     0.87ms    1.81ms  17.68ms   90.08%
    Req/Sec     4.02k   660.95     4.49k    90.00%
  Latency Distribution
     50%  161.00us
     75%  486.00us
     90%    2.68ms
     99%    9.44ms
  4000 requests in 1.00s, 558.59KB read
Requests/sec:   3986.93
Transfer/sec:    556.77KB
"""


def test_what_wrk_prints() -> None:
    """Each figure in its own unit."""
    assert read_wrk(WRK) == Report(4000, 1.0, 161 * 1e-6, 9.44 * 1e-3)


def test_what_is_no_percentile_of_wrk() -> None:
    """The share in the line of the standard deviation may end in 50%, as it did here once."""
    assert read_wrk(WRK.replace("90.08%", "97.50%").replace("90.00%", "99%")) == read_wrk(WRK)


@pytest.mark.parametrize(("written", "seconds"), [("850.00us", 0.00085), ("1.21s", 1.21), ("1.50m", 90.0)])
def test_units_of_wrk(written: str, seconds: float) -> None:
    """From microseconds to minutes."""
    assert read_wrk(WRK.replace("9.44ms", written)).p99_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    "line", ["  Socket errors: connect 0, read 0, write 0, timeout 3", "  Non-2xx or 3xx responses: 8437"]
)
def test_failures_that_wrk_met(line: str) -> None:
    """wrk ends with status 0 whatever it met."""
    output = WRK.replace("Requests/sec", f"{line}\nRequests/sec")
    with pytest.raises(Unreadable, match=line.strip()):
        read_wrk(output)


@pytest.mark.parametrize("missing", ["50%  161.00us", "99%    9.44ms", "requests in"])
def test_something_else_than_wrk_prints(missing: str) -> None:
    """Nothing is made up."""
    with pytest.raises(Unreadable, match="unexpected"):
        read_wrk(WRK.replace(missing, ""))


def test_unknown_unit_of_wrk() -> None:
    """A unit that nobody has thought of is not taken for seconds."""
    with pytest.raises(Unreadable, match="'ns'"):
        read_wrk(WRK.replace("9.44ms", "9.44ns"))


def test_wrk_is_told_to_send_what_ours_sends() -> None:
    """The same headers, on one thread."""
    options = " ".join(wrk_options(16, 2, "http://127.0.0.1:1301/"))
    assert "--header Accept-Encoding: identity" in options
    assert "--threads 1 --connections 16 --duration 2s" in options
    assert options.endswith(" http://127.0.0.1:1301/")


def oha(**changed: Any) -> str:
    """Print what oha 1.x does, after its schema.json, with members changed; left out is what is not read."""
    printed: dict[str, Any] = {
        "summary": {
            "successRate": 1.0,
            "total": 2.001893417,
            "slowest": 0.009679042,
            "fastest": 0.000121625,
            "average": 0.002613,
            "requestsPerSec": 6116.7,
            "totalData": 208131,
            "sizePerRequest": 17,
            "sizePerSec": 103967.1,
        },
        "latencyPercentiles": {
            "p10": 0.0018,
            "p50": 0.002355875,
            "p90": 0.0031,
            "p99": 0.008462,
            "p99.9": 0.009,
        },
        "statusCodeDistribution": {"200": 12229},
        "errorDistribution": {"aborted due to deadline": 16},
    }
    return json.dumps(printed | changed)


def test_what_oha_prints() -> None:
    """Its own requests per second count what was in flight at the end; the statuses count answers."""
    assert read_oha(oha()) == Report(12229, 2.001893417, 0.002355875, 0.008462)


@pytest.mark.parametrize(
    "changed",
    [
        {"statusCodeDistribution": {"200": 12229, "500": 1}},
        {"statusCodeDistribution": {}},
        {"errorDistribution": {"aborted due to deadline": 16, "connection refused": 1}},
    ],
)
def test_failures_that_oha_met(changed: dict[str, Any]) -> None:
    """Another status, no answer at all, or an error that is not the end."""
    with pytest.raises(Unreadable, match="failures"):
        read_oha(oha(**changed))


@pytest.mark.parametrize(
    "output",
    ["", "null", "oha: error", oha(summary=None), oha(latencyPercentiles={"p50": None, "p99": None})],
)
def test_something_else_than_oha_prints(output: str) -> None:
    """Nothing is made up."""
    with pytest.raises(Unreadable, match="unexpected"):
        read_oha(output)


def test_oha_is_told_to_send_what_ours_sends() -> None:
    """The same coding; JSON and no screen."""
    options = " ".join(oha_options(16, 2, "http://127.0.0.1:1301/"))
    assert "-H Accept-Encoding: identity" in options
    assert "--no-tui --output-format json -c 16 -z 2s" in options
    assert options.endswith(" http://127.0.0.1:1301/")
