"""What is found out about images, as it is stored: the schema of images.json."""

from datetime import UTC, datetime

from pydantic import BaseModel

from loadtests.backends.engine import docker
from tests.integration.images.image import Image
from tests.integration.images.packages import packages
from tests.integration.images.parts import parts


class Layer(BaseModel):
    """What one instruction of a Dockerfile added."""

    size_bytes: int
    made_by: str


class XRay(BaseModel):
    """One image, seen through."""

    name: str
    id: str
    size_bytes: int
    gzip_bytes: int
    parts_bytes: dict[str, int]
    layers: list[Layer]
    user: str
    ports: list[str]
    command: list[str]
    packages: list[str]
    start_s: list[float] = []
    start_cpu_s: list[float] = []
    idle_memory_bytes: list[int] = []


class Run(BaseModel):
    """All images of one run of the command, and where it ran."""

    date: str
    engine: str
    base: str
    images: list[XRay]


def xray(name: str, image: Image) -> XRay:
    """Look through one image."""
    config = image.config
    return XRay(
        name=name,
        id=image.id,
        size_bytes=image.size_bytes,
        gzip_bytes=image.gzip_bytes,
        parts_bytes=parts(image),
        layers=[Layer(size_bytes=size, made_by=made) for size, made in image.layers],
        user=config.get("User") or "root",
        ports=sorted(config.get("ExposedPorts") or {}),
        command=[*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])],
        packages=[f"{package.kind} {package.name} {package.version}" for package in packages(image)],
    )


def run(base: str, images: list[XRay]) -> Run:
    """Put what was found together with where and when."""
    engine = docker("version", "--format", "{{.Server.Version}}").strip()
    return Run(date=f"{datetime.now(UTC):%Y-%m-%d}", engine=engine, base=base, images=images)
