"""The tables of `make images`, drawn from what is stored and from nothing else."""

from collections.abc import Iterable
from statistics import median

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tests.integration.images.xray import Run, XRay

MB = 1_000_000
WIDTH = 100


def tables(run: Run) -> RenderableType:
    """Draw sizes and starts, then where the megabytes go."""
    return Group(_sizes(run), Text(), _parts(run.images), Text(_notes(run)))


def details(image: XRay) -> RenderableType:
    """Draw what an X-ray of one image shows: who runs what in it, its layers and its packages."""
    table = Table(
        box=box.SIMPLE, title=f"{image.name} {image.id[:19]}", title_justify="left", min_width=WIDTH
    )
    table.add_column("layer MB", justify="right")
    table.add_column("made by", overflow="ellipsis", no_wrap=True, ratio=1)
    for layer in image.layers:
        table.add_row(_mb(layer.size_bytes), layer.made_by)
    lines = (
        f"runs {' '.join(image.command)}, as user {image.user}, exposes {' '.join(image.ports) or 'nothing'}",
        f"{len(image.packages)} packages: {', '.join(image.packages)}",
    )
    return Group(table, *map(Text, lines), Text())


def _sizes(run: Run) -> Table:
    plain = {_service(image): image.size_bytes for image in run.images if image.name.endswith("-plain")}
    table = Table(box=box.SIMPLE_HEAVY)
    table.add_column("image", no_wrap=True)
    for heading in ("MB", "gzip", "plain ÷", "start s", "CPU s", "idle MB", "layers", "pkgs"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("user", no_wrap=True)
    for image in run.images:
        ratio = plain.get(_service(image), 0) / image.size_bytes
        table.add_row(
            image.name,
            _mb(image.size_bytes),
            _mb(image.gzip_bytes),
            f"{ratio:.1f}" if ratio else "",
            f"{median(image.start_s):.2f}" if image.start_s else "",
            f"{median(image.start_cpu_s):.2f}" if image.start_cpu_s else "",
            _mb(median(image.idle_memory_bytes)) if image.idle_memory_bytes else "",
            str(len(image.layers)),
            str(len(image.packages)),
            image.user.partition(":")[0],
        )
    return table


def _parts(images: Iterable[XRay]) -> Table:
    images = list(images)
    table = Table(box=box.SIMPLE_HEAVY)
    table.add_column("where the MB go")
    for image in images:
        table.add_column(image.name, justify="right")
    for part in images[0].parts_bytes:
        table.add_row(part, *(_mb(image.parts_bytes[part]) for image in images))
    table.add_section()
    table.add_row("all", *(_mb(image.size_bytes) for image in images))
    return table


def _notes(run: Run) -> str:
    rounds = max((len(image.start_s) for image in run.images), default=0)
    text = (
        "MB: all regular files of `docker export`, in 10⁶ bytes; gzip: the same packed. Plain:"
        f" `FROM {run.base}`, pip, COPY, one stage; plain ÷: its size by this one's."
    )
    if rounds:
        text += (
            f" Start: from creating the container to its first 200, median of {rounds} interleaved starts;"
            " CPU and idle: what the container has used, and the memory it holds, by then."
        )
    return f"{text} Docker {run.engine}, {run.date}."


def _service(image: XRay) -> str:
    return image.name.partition("-")[0]


def _mb(size_bytes: float) -> str:
    return f"{size_bytes / MB:.{1 if size_bytes >= MB else 2}f}"
