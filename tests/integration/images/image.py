"""An image as the engine has it: settings, layers and every file; must not know what they mean."""

import json
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loadtests.backends.engine import docker

PIECE_BYTES = 1 << 20
# gzip's own default, which registries use too.
LEVEL = 6


@dataclass(frozen=True)
class Image:
    """One image, unpacked as a container would see it."""

    id: str
    config: Mapping[str, Any]
    layers: tuple[tuple[int, str], ...]
    archive: tarfile.TarFile
    gzip_bytes: int

    def files(self) -> dict[str, tarfile.TarInfo]:
        """Return the regular files by path, without a leading slash; a hard link counts once."""
        return {member.name: member for member in self.archive.getmembers() if member.isreg()}

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        content = self.archive.extractfile(path)
        assert content
        return content.read()

    @property
    def size_bytes(self) -> int:
        """The sum of all regular files, which does not depend on how an engine stores them."""
        return sum(member.size for member in self.files().values())


@contextmanager
def opened(reference: str) -> Iterator[Image]:
    """Export what a container of the image would see, and read it.

    Raises:
        Refusal: there is no such image.
    """
    description = json.loads(docker("image", "inspect", reference))[0]
    with TemporaryDirectory(prefix="image-") as folder:
        path = Path(folder, "export.tar")
        # The command is never run; an image without one could not be created otherwise.
        container = docker("create", description["Id"], "-").strip()
        try:
            docker("export", "--output", str(path), container)
        finally:
            docker("rm", container)
        with tarfile.open(path) as archive:
            yield Image(description["Id"], description["Config"], _layers(reference), archive, _packed(path))


def _layers(reference: str) -> tuple[tuple[int, str], ...]:
    lines = docker(
        "history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", reference
    )
    pairs = (line.partition(" ") for line in reversed(lines.splitlines()))
    return tuple((int(size), re.sub(r"\s+", " ", made)) for size, _, made in pairs if int(size))


def _packed(path: Path) -> int:
    packer, size = zlib.compressobj(LEVEL, wbits=31), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            size += len(packer.compress(piece))
    return size + len(packer.flush())
