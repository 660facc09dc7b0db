"""The root file system of the slim images, assembled from this machine's own Python; no engine is asked."""

import fnmatch
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.containers.engine import ROOT, unavailable
from tests.integration.images.rootfs import rootfs

PYTHON = Path(sys.base_prefix, "bin", "python{}.{}".format(*sys.version_info))
NAMES = [name for group in rootfs.LEFT_OUT.values() for name in group.split()]
# Looks modules up, imports those that a plain server may import, and prints the names of both.
STANDARD_LIBRARY = """
import importlib.util, json, sys, warnings
warnings.simplefilter("ignore")
names = sorted(name for name in sys.stdlib_module_names if name != "antigravity" and name != "this")
found = [name for name in names if importlib.util.find_spec(name)]
imported = []
for name in found:
    try:
        __import__(name)
    except ImportError:
        continue
    imported.append(name)
print(json.dumps([found, imported]))
"""


@dataclass(frozen=True)
class Assembled:
    """A root that stands in a folder of this machine."""

    folder: Path

    @property
    def packages(self) -> Path:
        """Where its packages are."""
        (marker,) = self.folder.rglob("packages.pth")
        return marker.parent

    @property
    def interpreter(self) -> Path:
        """Its interpreter, which here is started by this machine's loader."""
        return self.folder / PYTHON.resolve().relative_to("/")

    def python(self, code: str) -> str:
        """Run code by its interpreter and return what it printed."""
        return printed(self.interpreter, code)


def printed(interpreter: Path, code: str) -> str:
    """Run code that ends well and return what it printed."""
    return ran(interpreter, code, 0)[0].strip()


def ran(interpreter: Path, code: str, status: int) -> tuple[str, str]:
    """Run code that ends with this status and return its output and its errors."""
    command = [str(interpreter), "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/")
    assert result.returncode == status, result.stderr
    return result.stdout, result.stderr


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> Assembled:
    """Assemble a root with packages of every kind."""
    if not sys.platform.startswith("linux") or shutil.which("ldd") is None or not PYTHON.exists():
        unavailable(f"The slim root needs Linux, its `ldd` and {PYTHON}.")
    packages, folder = tmp_path_factory.mktemp("packages"), tmp_path_factory.mktemp("root") / "new"
    write(packages, "whole/__init__.py", '"""Kept."""\nfrom whole.deep import failing')
    write(packages, "whole/deep/failing.py", "def fail():\n    raise ValueError('no')\n")
    write(packages, "whole/data.txt", "data")
    write(packages, "whole/types.pyi", "x: int")
    write(
        packages, "anyio/__init__.py", "import inspect, sys\nTEXT = inspect.getsource(sys.modules[__name__])"
    )
    write(packages, "whole-1.0.dist-info/METADATA", "Name: whole\nVersion: 1.0\n\nThe read-me.\n")
    write(packages, "whole-1.0.dist-info/INSTALLER", "pip\n")
    write(packages, "whole-1.0.dist-info/licenses/LICENSE", "MIT\n")
    write(
        packages,
        "whole-1.0.dist-info/RECORD",
        "".join(f"whole/{name},,\n" for name in ("__init__.py", "deep/failing.py", "data.txt", "types.pyi")),
    )
    native = importlib.util.find_spec("markupsafe")
    assert native
    assert native.origin
    shutil.copytree(Path(native.origin).parent, packages / "markupsafe")
    command = [PYTHON, ROOT / "docker/rootfs.py", packages, folder]
    subprocess.run(command, check=True, timeout=120)
    return Assembled(folder)


def write(folder: Path, name: str, text: str) -> None:
    """Write a file and the folders above it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_root_runs_from_its_own_files(assembled: Assembled) -> None:
    """The interpreter finds its standard library in the root and not on the machine around it."""
    prefix, module = assembled.python("import json, sys; print(sys.prefix); print(json.__file__)").split()

    assert prefix.startswith(str(assembled.folder))
    assert module.startswith(str(assembled.folder))
    assert ".zip/json/__init__.pyc" in module


def test_root_holds_the_standard_library_but_for_what_is_named(assembled: Assembled) -> None:
    """Nothing is missing that is not in a group with a reason, and whatever is there can be imported."""
    (found, imported), (found_there, imported_there) = (
        [set(names) for names in json.loads(output)]
        for output in (printed(PYTHON, STANDARD_LIBRARY), assembled.python(STANDARD_LIBRARY))
    )
    named = {name for name in found if any(fnmatch.fnmatch(name, left_out) for left_out in NAMES)}

    assert found - found_there == named
    assert imported_there == imported - named


def test_root_imports_packages_from_the_archive(assembled: Assembled) -> None:
    """A package is found there with a folder that has no __init__, and keeps its docstrings."""
    code = "import whole, whole.deep; print(whole.__file__); print(whole.__doc__)"

    assert assembled.python(code).split() == [
        f"{assembled.packages}/packages.zip/whole/__init__.pyc",
        "Kept.",
    ]


def test_root_imports_native_packages_beside_the_archive(assembled: Assembled) -> None:
    """The loader cannot open a library inside an archive."""
    name = assembled.python("import markupsafe._speedups as s; print(s.__file__)")

    assert Path(name).parent == assembled.packages / "markupsafe"
    assert not list((assembled.packages / "markupsafe").glob("*.py"))


def test_root_keeps_source_for_a_module_that_reads_it(assembled: Assembled) -> None:
    """anyio builds itself from its own text."""
    assert "getsource" in assembled.python("import anyio; print(anyio.TEXT)")


def test_root_traceback_names_the_place_in_the_image(assembled: Assembled) -> None:
    """A reader of a log must not meet the folders of the build."""
    _, traceback = ran(assembled.interpreter, "import whole; whole.failing.fail()", 1)

    place = Path("/", assembled.packages.relative_to(assembled.folder), "packages.zip/whole/deep/failing.py")
    assert f'File "{place}", line 2, in fail' in traceback


def test_root_records_list_what_is_there(assembled: Assembled) -> None:
    """A scanner finds name, version and licence, and only files that exist."""
    record = assembled.packages / "whole-1.0.dist-info"

    assert sorted(str(path.relative_to(record)) for path in record.rglob("*") if path.is_file()) == [
        "METADATA",
        "RECORD",
        "licenses/LICENSE",
    ]
    assert (record / "METADATA").read_text() == "Name: whole\nVersion: 1.0\n"
    assert (record / "RECORD").read_text().split() == [
        "whole/__init__.pyc,,",
        "whole/data.txt,,",
        "whole/deep/failing.pyc,,",
    ]


def test_root_names_the_packages_of_the_system(assembled: Assembled) -> None:
    """The C library is there under its package's name, with the checksum of the very file."""
    if not rootfs.DPKG.is_dir():
        unavailable("Records of the system's packages are kept where it is Debian's: no /var/lib/dpkg.")
    records = assembled.folder / "var/lib/dpkg/status.d"

    lines = (records / "libc6.md5sums").read_text().splitlines()

    assert "Package: libc6\n" in (records / "libc6").read_text()
    assert any(line.endswith("/libc.so.6") for line in lines)
    for digest, name in (line.split(maxsplit=1) for line in lines):
        content = (assembled.folder / name).read_bytes()
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == digest
    assert not (records / "dpkg").exists()


def test_root_holds_every_library_that_is_needed(assembled: Assembled) -> None:
    """In the image there is no other place that the loader could take one from."""
    files = [path for path in assembled.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    binaries = [path for path in files if path.read_bytes()[:4] == b"\x7fELF" and "ld-" not in path.name]

    needed = {path for path in rootfs.libraries(binaries) if not path.is_relative_to(assembled.folder)}

    assert needed
    assert [path for path in needed if not (assembled.folder / path.relative_to("/")).exists()] == []


def test_root_has_a_user_and_a_folder_for_temporary_files(assembled: Assembled) -> None:
    """Number 65532 has a name, and everybody may write to /tmp but not remove what others wrote."""
    assert "nonroot:x:65532:65532:" in (assembled.folder / "etc/passwd").read_text()
    assert (assembled.folder / "tmp").stat().st_mode & 0o7777 == 0o1777


def test_copy_takes_symbolic_links_along(tmp_path: Path) -> None:
    """A library is found by its own name and by every name that leads to it, folders included."""
    write(tmp_path, "usr/lib/libx.so.1.2", "library")
    (tmp_path / "usr/lib/libx.so.1").symlink_to("libx.so.1.2")
    (tmp_path / "lib").symlink_to("usr/lib")
    root = rootfs.Root(tmp_path / "root")

    root.copy(tmp_path / "lib/libx.so.1")

    copied = tmp_path / "root" / tmp_path.relative_to("/")
    assert (copied / "lib").readlink() == Path("usr/lib")
    assert (copied / "usr/lib/libx.so.1").readlink() == Path("libx.so.1.2")
    assert (copied / "lib/libx.so.1").read_text() == "library"


def test_archive_depends_on_its_content_only(tmp_path: Path) -> None:
    """The same packages give the same image, whatever order and time they come in."""
    content = {"a/b.pyc": b"1", "a/c.pyc": b"2"}

    rootfs.write_archive(tmp_path / "one.zip", content)
    rootfs.write_archive(tmp_path / "two.zip", dict(reversed(content.items())))

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_rootfs_in_a_virtual_environment_is_refused(tmp_path: Path) -> None:
    """The links and settings of an environment would be shipped in place of the interpreter."""
    command = [sys.executable, str(ROOT / "docker/rootfs.py"), str(tmp_path), str(tmp_path / "root")]

    result = subprocess.run(command, capture_output=True, text=True)

    assert result.returncode == 1
    assert result.stderr == "rootfs: run me by the interpreter itself, not by a virtual environment's.\n"
