"""Look through images: `python -m tests.integration.images [IMAGE …]`, by default the
two services, slim and plain.

Without names the four are built first, from the tree that the command is run in, and their cold starts are
compared. `--json FILE` keeps what was found and `--draw FILE` draws it again.
"""

import argparse
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from loadtests.backends.engine import docker
from loadtests.errors import Refusal
from tests.integration.images.image import opened
from tests.integration.images.report import WIDTH, details, tables
from tests.integration.images.sbom import sbom
from tests.integration.images.starts import starts
from tests.integration.images.xray import Run, XRay, run, xray

ROUNDS = 10
DOCKERFILE = Path("docker/Dockerfile")
PLAIN = Path("docker/plain.Dockerfile")
PORTS = {"flask": 1300, "fastapi": 1301}


def main() -> int:
    """Run from the command line and return the exit status."""
    options = _parser().parse_args()
    console = Console(width=WIDTH)
    if options.draw:
        console.print(tables(Run.model_validate_json(options.draw.read_text())))
        return 0
    try:
        names = options.images or build()
        found = run(base(), [look(name, options.sbom) for name in names])
        if not options.images:
            measure(found.images, options.rounds)
    except Refusal as error:
        sys.stderr.write(f"python -m tests.integration.images: {error}\n")
        return 2
    for image in found.images:
        console.print(details(image))
    console.print(tables(found))
    if options.json:
        options.json.write_text(found.model_dump_json(indent=1) + "\n")
    return 0


def base() -> str:
    """Name the image that the Dockerfile starts from."""
    line = re.search(r"^ARG BASE=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert line
    return line[1]


def build() -> list[str]:
    """Build both services, slim and plain, all at once, and return the names of the images."""
    builds = {}
    for service in PORTS:
        slim, plain = f"{service}-app", f"{service}-app-plain"
        builds[plain] = ("--file", str(PLAIN), "--build-arg", f"APP={service}_app")
        builds[slim] = ("--file", str(DOCKERFILE), "--target", service)
    with ThreadPoolExecutor(len(builds)) as pool:
        for built in [
            pool.submit(docker, "build", "--quiet", *options, "--tag", name, ".")
            for name, options in builds.items()
        ]:
            built.result()
    return list(builds)


def look(name: str, bills: Path | None) -> XRay:
    """Look through one image, and write its bill of materials where one is wanted."""
    with opened(name) as image:
        if bills:
            bills.mkdir(parents=True, exist_ok=True)
            (bills / f"{name.replace('/', '-').replace(':', '-')}.cdx.json").write_text(sbom(name, image))
        return xray(name, image)


def measure(images: list[XRay], rounds: int) -> None:
    """Add cold starts and idle memory to what is known of the images."""
    ports = {image.name: PORTS[image.name.partition("-")[0]] for image in images}
    found = starts(ports, rounds)
    for image in images:
        image.start_s = [round(start.took_s, 4) for start in found[image.name]]
        image.start_cpu_s = [round(start.cpu_s, 4) for start in found[image.name]]
        image.idle_memory_bytes = [start.memory_bytes for start in found[image.name]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.integration.images",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="any image that the engine has")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep what was found")
    parser.add_argument("--draw", type=Path, metavar="FILE", help="draw what was kept, and nothing else")
    parser.add_argument(
        "--sbom", type=Path, metavar="FOLDER", help="write CycloneDX bills of materials there"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="cold starts of each image (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
