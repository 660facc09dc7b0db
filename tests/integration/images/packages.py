"""Which packages are in an image, read from the records in it; must not know how an image is built."""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from io import BytesIO
from typing import Any

from tests.integration.images.image import Image

VERSION = rb"\0(%s\.[0-9]+[0-9a-z]*)\0"


@dataclass(frozen=True)
class Package:
    """One package: `kind` and `name` are those of a package URL, `files` are paths in the image.

    A file in an archive has the archive's path in front. `parts` are packages that were compiled into it, as
    its own bill of materials lists them.
    """

    kind: str
    name: str
    version: str
    licence: str
    files: frozenset[str]
    parts: tuple[dict[str, Any], ...] = ()


def packages(image: Image) -> list[Package]:
    """List the interpreter, what the distribution installed and what pip installed, by name."""
    found = [*_interpreters(image), *_debian(image), *_python(image)]
    return sorted(found, key=lambda package: (package.kind, package.name.lower()))


def archived(image: Image, path: str) -> list[str]:
    """List the files in a zip archive of the image, with the archive's path in front."""
    with zipfile.ZipFile(BytesIO(image.read(path))) as archive:
        return [f"{path}/{name}" for name in archive.namelist() if not name.endswith("/")]


def _interpreters(image: Image) -> Iterator[Package]:
    files = image.files()
    for path in files:
        if named := re.fullmatch(r"(.*)/bin/python(3\.\d+)", path):
            prefix, version = named.groups()
            binaries = [path, *(name for name in files if re.fullmatch(rf".*/libpython{version}[^/]*", name))]
            pattern = re.compile(VERSION % re.escape(version).encode())
            exact = next(
                (match[1].decode() for name in binaries if (match := pattern.search(image.read(name)))),
                version,
            )
            library = re.compile(
                rf"{prefix}/lib/python({version}/(?!.*-packages/)|{version.replace('.', '')}).*"
            )
            owned = {name for name in files if library.fullmatch(name)} | set(binaries)
            yield Package("generic", "python", exact, "PSF-2.0", frozenset(owned))


def _debian(image: Image) -> Iterator[Package]:
    files = image.files()
    for path in files:
        # One file for each package in distroless images, one for all in the others.
        if re.fullmatch(r"var/lib/dpkg/(status|status\.d/[^/]+(?<!\.md5sums))", path):
            for stanza in image.read(path).decode().split("\n\n"):
                fields = HeaderParser().parsestr(stanza.lstrip())
                if fields.get("Status", "").endswith(" installed"):
                    name = fields["Package"]
                    yield Package(
                        "deb",
                        name,
                        fields["Version"],
                        "",
                        frozenset(_debian_files(image, name, fields["Architecture"]) & files.keys()),
                    )


def _debian_files(image: Image, name: str, architecture: str) -> set[str]:
    known = image.files()
    sums = f"var/lib/dpkg/status.d/{name}.md5sums"
    listed = {line[34:] for line in image.read(sums).decode().splitlines()} if sums in known else set()
    for path in (f"var/lib/dpkg/info/{name}.list", f"var/lib/dpkg/info/{name}:{architecture}.list"):
        if path in known:
            listed |= {line.lstrip("/") for line in image.read(path).decode().splitlines()}
    # Lists may still name /lib what has long been /usr/lib.
    return listed | {f"usr/{path}" for path in listed} | {f"usr/share/doc/{name}/copyright"}


def _python(image: Image) -> Iterator[Package]:
    files = image.files()
    places: dict[str, set[str]] = {}
    for path in files:
        if path.endswith("-packages/packages.zip"):
            places[path.rpartition("/")[0]] = set(archived(image, path))
    for path in files:
        if record := re.fullmatch(r"(.*)/([^/]+\.dist-info)/METADATA", path):
            folder, own = record.groups()
            fields = HeaderParser().parsestr(image.read(path).decode())
            lines = image.read(f"{folder}/{own}/RECORD").decode().splitlines()
            names = [line.split(",")[0] for line in lines]
            inside = places.get(folder, set())
            owned = {f"{folder}/{name}" for name in names} & files.keys()
            owned |= {f"{folder}/packages.zip/{name}" for name in names} & inside
            owned |= {name for name in files if name.startswith(f"{folder}/{own}/")}
            yield Package(
                "pypi",
                fields["Name"].lower().replace("_", "-"),
                fields["Version"],
                _licence(fields),
                frozenset(owned),
                tuple(_compiled_in(image, owned)),
            )


def _licence(fields: Message) -> str:
    classifiers = [value for value in fields.get_all("Classifier", []) if value.startswith("License ::")]
    return fields["License-Expression"] or "".join(classifiers[:1]).rpartition(" :: ")[2]


def _compiled_in(image: Image, owned: set[str]) -> Iterator[dict[str, Any]]:
    for path in sorted(owned):
        if re.search(r"\.dist-info/sboms/[^/]+\.json$", path):
            yield from json.loads(image.read(path)).get("components", [])
