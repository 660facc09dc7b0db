"""Latencies as HDR histograms, which can be merged from several workers; knows nothing of who made them."""

from collections.abc import Iterable, Sequence

from hdrh.histogram import HdrHistogram

from loadtests.inference import percentile
from loadtests.results import Latencies

HIGHEST_S = 600
HIGHEST_NS = HIGHEST_S * 10**9
"""In nanoseconds: microseconds would be off by more than the digits say below half a millisecond."""
DIGITS = 3
"""Significant ones: a value is off by 0.1 % at most."""
SHARES = (0.5, 0.9, 0.99, 0.999, 1)


def encoded(latencies_s: Iterable[float]) -> str:
    """Write latencies as a histogram of nanoseconds in HdrHistogram's V2 encoding, base64."""
    histogram = HdrHistogram(1, HIGHEST_NS, DIGITS)
    for latency_s in latencies_s:
        histogram.record_value(min(HIGHEST_NS, max(1, round(latency_s * 1e9))))
    return str(histogram.encode(), "ascii")


def merged(histograms: Sequence[str]) -> Latencies | None:
    """Sum up histograms that `encoded` wrote; None where there is nothing in them."""
    total = HdrHistogram(1, HIGHEST_NS, DIGITS)
    for histogram in histograms:
        total.add(HdrHistogram.decode(histogram))
    count = total.get_total_count()
    if not count:
        return None

    # The histogram rounds a rank to the nearest whole one: it is given those that are whole.
    at = {share: 100 * percentile(range(1, count + 1), share) / count for share in SHARES}
    values = total.get_percentile_to_value_dict(list(at.values()))
    p50_s, p90_s, p99_s, p999_s, max_s = (values[at[share]] / 1e9 for share in SHARES)
    return Latencies(
        mean_s=total.get_mean_value() / 1e9,
        p50_s=p50_s,
        p90_s=p90_s,
        p99_s=p99_s,
        p999_s=p999_s,
        max_s=max_s,
    )
