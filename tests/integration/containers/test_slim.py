"""What is in the two slim images: no more than a budget, nothing to break in with, all of it on record."""

import json
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.integration.containers.engine import ROOT, python, run, succeeds
from tests.integration.images import image
from tests.integration.images.packages import archived, packages
from tests.integration.images.parts import parts
from tests.integration.images.rootfs import rootfs
from tests.integration.images.sbom import sbom

pytestmark = pytest.mark.full

BUDGET_BYTES = {"flask": 31_000_000, "fastapi": 33_000_000}
# Written by the engine into every container, and by rootfs.py: these belong to no package.
OWN_FILES = re.compile(
    r"\.dockerenv|dev/console|etc/(group|hostname|hosts|nsswitch\.conf|passwd|resolv\.conf)"
    r"|app/.*|var/lib/dpkg/status\.d/.*|.*-packages/packages\.(pth|zip)"
)
# Imports the modules that are named in its argument, each in turn; prints those that cannot be.
IMPORT = """
import importlib, json, sys, warnings
warnings.simplefilter('ignore')
faults = []
for name in json.loads(sys.argv[1]):
    try:
        importlib.import_module(name)
    except BaseException:
        faults.append(name)
json.dump(faults, sys.__stdout__)
"""
# Modules of every installed distribution, by what was installed.
INSTALLED = """
import importlib.metadata, json
print(json.dumps([str(path) for found in importlib.metadata.distributions() for path in found.files or []]))
"""


@dataclass(frozen=True)
class Slim:
    """A slim image, opened, and the image with the same content on a whole base."""

    name: str
    id: str
    debug: str
    image: image.Image


@pytest.fixture(scope="module", params=sorted(BUDGET_BYTES))
def slim(request: pytest.FixtureRequest, images: dict[str, str]) -> Iterator[Slim]:
    """Open each of the two in turn."""
    name: str = request.param
    with ExitStack() as stack:
        opened = stack.enter_context(image.opened(images[name]))
        yield Slim(name, images[name], images[f"{name}-debug"], opened)


def test_slim_size_is_within_its_budget(slim: Slim) -> None:
    """The article claims 33 MB and measured 47.8; the parts say where to look when this fails."""
    assert slim.image.size_bytes <= BUDGET_BYTES[slim.name], parts(slim.image)


def test_slim_parts_add_up_and_none_is_unknown(slim: Slim) -> None:
    """Every megabyte is accounted for; what is left of the distribution are four small files."""
    sizes = parts(slim.image)

    assert sum(sizes.values()) == slim.image.size_bytes
    assert sizes["distribution"] < 1000


def test_slim_runs_nothing_but_python(slim: Slim) -> None:
    """No shell, no tool: the only files that can be executed are the interpreter and the C library."""
    names = {
        re.sub(r".*/", "", path)
        for path, file in slim.image.files().items()
        if file.mode & 0o111 and file.size
    }

    assert {re.sub(r"[-.0-9].*", "", name) for name in names} == {"python", "ld", "libc"}
    assert not succeeds("docker", "run", "--rm", "--entrypoint", "sh", slim.id, "-c", "true")
    assert succeeds("docker", "run", "--rm", "--entrypoint", "python", slim.id, "-c", "")


def test_slim_files_give_no_rights(slim: Slim) -> None:
    """Everything is root's, nobody else may write, and nothing runs as another than who started it."""
    members = [member for member in slim.image.archive.getmembers() if not member.issym()]

    assert {member.uid for member in members} == {0}
    assert [member.name for member in members if member.mode & (stat.S_ISUID | stat.S_ISGID)] == []
    assert [member.name for member in members if member.mode & stat.S_IWOTH and member.isdir()] == ["tmp"]
    assert [member.name for member in members if member.mode & stat.S_IWOTH and member.isreg()] == []


def test_slim_cannot_install(slim: Slim) -> None:
    """Neither pip nor what brings it is there."""
    code = "import importlib.util as u; print([u.find_spec(name) for name in ('pip', 'ensurepip', 'venv')])"

    assert python(slim.id, code) == "[None, None, None]"


def test_slim_modules_of_packages_can_be_imported(slim: Slim) -> None:
    """Whatever imports on a whole base imports here, save the groups that are left out by name."""
    names = modules(json.loads(python(slim.debug, INSTALLED)))
    left_out = [name for group in rootfs.PACKAGES_LEFT_OUT.values() for name in group.split()]
    kept = [name for name in names if not any(f"{name}.".startswith(f"{left}.") for left in left_out)]

    assert len(kept) > 200
    assert imported(slim.id, kept) == imported(slim.debug, kept)


def test_slim_modules_of_the_standard_library_can_be_imported(slim: Slim) -> None:
    """No module is there that needs one that is not."""
    (archive,) = (path for path in slim.image.files() if re.fullmatch(r".*/python3\d+\.zip", path))
    names = modules(path.removeprefix(f"{archive}/") for path in archived(slim.image, archive))
    # Reads the standard input.
    names.remove("fileinput")

    assert len(names) > 300
    assert imported(slim.id, names) == imported(slim.debug, names)


def test_slim_records_own_every_file(slim: Slim) -> None:
    """A scanner that goes by the records misses nothing: each file is some package's."""
    files = set(slim.image.files())
    (archive,) = (path for path in files if path.endswith("/packages.zip"))
    owned = {path for package in packages(slim.image) for path in package.files}

    unknown = (files | set(archived(slim.image, archive))) - owned

    assert [path for path in sorted(unknown) if not OWN_FILES.fullmatch(path)] == []


def test_slim_sbom_is_valid_and_complete(slim: Slim) -> None:
    """It follows CycloneDX's schema and names what Python itself finds, the lock's versions, and Debian's."""
    text = sbom(slim.name, slim.image)
    lock = (ROOT / f"{slim.name}_app/requirements.txt").read_text()
    components = {component["purl"]: component for component in json.loads(text)["components"]}
    code = (
        "import importlib.metadata as m, re;"
        "print(*{re.sub('[-_.]+', '-', d.name).lower() + '@' + d.version for d in m.distributions()})"
    )
    version = python(slim.id, "import platform; print(platform.python_version())")

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    pypi = {purl.removeprefix("pkg:pypi/") for purl in components if purl.startswith("pkg:pypi/")}
    assert pypi == set(python(slim.id, code).split())
    assert pypi <= {f"{name}@{locked}" for name, locked in re.findall(r"^([a-z0-9-]+)==([^ ;]+)", lock, re.M)}
    assert f"pkg:generic/python@{version}" in components
    assert any(purl.startswith("pkg:deb/debian/libssl3") for purl in components)
    assert len(next(c for p, c in components.items() if "pydantic-core@" in p)["components"]) > 50


def modules(files: Iterator[str] | list[str]) -> list[str]:
    """Turn names of files into those of modules, without what would start a program."""
    found = set()
    for name in files:
        if match := re.fullmatch(r"((?:\w+/)*\w+)(\.py|\.pyc|\.[\w-]+\.so)", name):
            module = match[1].replace("/", ".").removesuffix(".__init__")
            if not module.endswith("__main__") and "__pycache__" not in module:
                found.add(module)
    return sorted(found)


def imported(image_id: str, names: list[str]) -> list[str]:
    """Import modules in a new container and return the names of those that cannot be."""
    command = ["docker", "run", "--rm", "--entrypoint", "python", image_id, "-c", IMPORT, json.dumps(names)]
    faults: list[str] = json.loads(run(command))
    return faults
