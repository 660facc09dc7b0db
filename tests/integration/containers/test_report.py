"""The tables of `make images`, drawn from what was kept; no engine is asked."""

import re

from rich.console import Console

from tests.integration.images.parts import PARTS, part
from tests.integration.images.report import WIDTH, details, tables
from tests.integration.images.xray import Layer, Run, XRay


def xray(name: str, size_bytes: int, **more: object) -> XRay:
    """Return an image of a size, half of it app."""
    return XRay(
        name=name,
        id="sha256:1234567890123456",
        size_bytes=size_bytes,
        gzip_bytes=size_bytes // 2,
        parts_bytes={"app": size_bytes // 2, "distribution": size_bytes - size_bytes // 2},
        layers=[Layer(size_bytes=size_bytes, made_by="COPY /rootfs /")],
        user="65532:65532",
        ports=["1300/tcp"],
        command=["python", "-m", "flask_app"],
        packages=["pypi flask 3.1.3"],
    ).model_copy(update=more)


def drawn(run: Run) -> str:
    """Draw as the command does, without the spaces that align."""
    console = Console(width=WIDTH)
    with console.capture() as capture:
        console.print(tables(run))
        console.print(details(run.images[0]))
    return re.sub(r" +", " ", capture.get())


def test_report_gives_the_ratio_to_the_plain_image_of_the_same_service() -> None:
    """Flask's slim image is compared with Flask's plain one, and times are medians."""
    slim = xray(
        "flask-app", 20_000_000, start_s=[3.0, 0.5, 1.0], start_cpu_s=[0.25], idle_memory_bytes=[40_000_000]
    )
    images = [xray("flask-app-plain", 100_000_000), slim, xray("fastapi-app-plain", 60_000_000)]

    text = drawn(Run(date="2026-01-02", engine="20.10", base="python:3.13-slim", images=images))

    assert " flask-app 20.0 10.0 5.0 1.00 0.25 40.0 1 1 65532 \n" in text
    assert " distribution 50.0 10.0 30.0 \n" in text
    assert "median of 3 interleaved" in text
    assert "runs python -m flask_app, as user 65532:65532, exposes 1300/tcp\n" in text
    assert "100.0 COPY /rootfs /" in text
    assert "1 packages: pypi flask 3.1.3\n" in text


def test_part_is_found_wherever_a_distribution_keeps_python() -> None:
    """The same file belongs to the same part below /usr and below /usr/local."""
    names = {
        "bin/python3.13": "interpreter",
        "lib/python3.13/lib-dynload/_ssl.so": "interpreter",
        "lib/python313.zip": "standard library",
        "lib/python3.13/os.py": "standard library",
        "lib/python3.13/site-packages/packages.zip": "dependencies",
        "lib/python3.13/site-packages/flask-3.1.3.dist-info/METADATA": "records",
        "lib/libcrypto.so.3": "OpenSSL",
        "lib/libc.so.6": "C libraries",
        "bin/bash": "distribution",
    }

    for prefix in ("usr", "usr/local"):
        assert {name: part(f"{prefix}/{name}") for name in names} == names
    assert part("app/flask_app/routes.py") == "app"
    assert set(names.values()) | {"app"} == {*PARTS, "distribution"}
