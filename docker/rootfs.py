"""Assemble the smallest root file system in which this Python runs some packages; knows no framework.

`python rootfs.py PACKAGES ROOT`, run by the interpreter that is to be shipped; PACKAGES is a site-packages
folder. Every place is asked of `sys`, `sysconfig`, the dynamic loader and dpkg, so that it does not matter
where a distribution keeps its Python. Nothing is traced: what is left out is named below, with the reason.
"""

import fnmatch
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

# Modules a service has no use for, and all below them, by the reason; the other modules are shipped.
LEFT_OUT = {
    "tests and examples": "test _test* _ctypes_test _xxtestfuzz xx* __phello__ __hello__ antigravity this",
    "testing and debugging": "unittest doctest pdb bdb cProfile profile pstats _lsprof trace cgitb",
    "windows on a screen": "tkinter _tkinter idlelib turtle turtledemo",
    "a person at a terminal": "curses _curses* readline rlcompleter _pyrepl cmd code codeop pty",
    "installing and building": "ensurepip venv lib2to3 zipapp compileall",
    "reading documentation": "pydoc pydoc_data webbrowser xmlrpc.server",
    "data in files": "sqlite3 _sqlite3 dbm _dbm _gdbm shelve mailbox",
    "archives other than zip and gzip": "bz2 _bz2 lzma _lzma encodings.bz2_codec",
    "C libraries called by name": "ctypes _ctypes multiprocessing.sharedctypes _uuid",
    "in Python what is here in C": "_pydatetime _pydecimal _pyio",
    "other systems, and hooks of the distribution": "_*_support nturl2path msilib nis sitecustomize",
    "East Asian character sets": "_codecs_* _multibytecodec encodings.big5* encodings.euc_* encodings.gb* "
    "encodings.hz encodings.iso2022_* encodings.johab encodings.shift_jis* encodings.cp9*",
    "DOS, Macintosh and mainframe character sets": "encodings.mac_* encodings.cp0* encodings.cp1[01]* "
    "encodings.cp2* encodings.cp3* encodings.cp424 encodings.cp5* encodings.cp[678]* encodings.kz* "
    "encodings.hp_* encodings.ptcp*",
}
# The same of installed packages.
PACKAGES_LEFT_OUT = {
    "plug-ins for type checkers and test runners": "pydantic.mypy anyio.pytest_plugin",
    "testing and debugging": "uvloop._testbase click.testing flask.testing werkzeug.debug "
    "werkzeug.middleware.profiler",
    "pydantic 1, which FastAPI looks for and does without": "pydantic.v1",
}
# These read their own source when they are imported.
SOURCE_KEPT = {"anyio/__init__.py", "anyio/abc/__init__.py"}
# Files that no running program opens.
NOT_RUN = {".c", ".h", ".md", ".pxd", ".pxi", ".pyc", ".pyi", ".pyx", ".typed"}
# Of a package's record: what it is, what it offers, what it contains, who may copy it.
RECORD_KEPT = re.compile(r"METADATA|entry_points\.txt|sboms/.*|(licenses/.*|(LICEN[CS]E|NOTICE|COPYING).*)")
# What Debian knows of its installed packages; elsewhere there is no such folder.
DPKG = Path("/var/lib/dpkg")
# The one time zone, and what tells a scanner whose packages these are.
SYSTEM_FILES = (Path("/usr/share/zoneinfo/UTC"), Path("/etc/os-release"))
FILES = {
    "/etc/passwd": "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n",
    "/etc/group": "root:x:0:\nnonroot:x:65532:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


class Root:
    """The folder that becomes `/`; remembers which files of this machine went into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copied: set[Path] = set()
        self.compiled: set[Path] = set()

    def at(self, path: Path) -> Path:
        """Say where an absolute path of the image lies here, and make the folders above it."""
        place = self.folder / path.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def copy(self, path: Path) -> None:
        """Copy a file to its own place, with every symbolic link on the way there."""
        for step in (*reversed(path.parents), path):
            if step.is_symlink():
                link, target = self.at(step), os.readlink(step)
                if not link.is_symlink():
                    link.symlink_to(target)
                self.copy(Path(os.path.normpath(step.parent / target / path.relative_to(step))))
                return
        shutil.copy(path, self.at(path))
        self.copied.add(path)


def assemble(packages: Path, root: Root) -> None:
    """Fill the root."""
    extensions = list(modules(Path(sysconfig.get_config_var("DESTSHARED")), "*.so", LEFT_OUT))
    native = [*modules(packages, "*.so*", PACKAGES_LEFT_OUT)]
    needed = libraries([Path(sys.executable).resolve(), *extensions, *native])
    for path in (Path(sys.executable), *extensions, *needed, *SYSTEM_FILES):
        if path.exists() and not path.is_relative_to(packages):
            root.copy(path)
    add_standard_library(root)
    shipped = add_packages(root, packages, {path.relative_to(packages).parts[0] for path in native})
    add_package_records(root, packages, shipped)
    add_system_records(root)
    for name, text in FILES.items():
        root.at(Path(name)).write_text(text)
    root.at(Path("/etc/localtime")).symlink_to("/usr/share/zoneinfo/UTC")
    (root.folder / "tmp").mkdir()
    (root.folder / "tmp").chmod(0o1777)


def modules(folder: Path, kind: str, left_out: Mapping[str, str]) -> Iterator[Path]:
    """List the files of a kind below a folder, without the modules that are left out."""
    names = re.compile(
        "|".join(fnmatch.translate(name) for group in left_out.values() for name in group.split())
    )
    for path in sorted(folder.rglob(kind)):
        parts = [part.partition(".")[0] for part in path.relative_to(folder).parts]
        if path.is_file() and not any(names.match(".".join(parts[: i + 1])) for i in range(len(parts))):
            yield path


def libraries(binaries: Iterable[Path]) -> set[Path]:
    """Ask the dynamic loader which libraries are needed (NEEDED in ELF), and by those in turn."""
    answer = subprocess.run(["ldd", *map(str, binaries)], check=True, capture_output=True, text=True).stdout
    if missing := re.findall(r"^\s+(\S+) => not found", answer, re.MULTILINE):
        sys.exit(f"rootfs: the dynamic loader does not find {', '.join(sorted(set(missing)))}")
    return {Path(path) for path in re.findall(r"^\s+(?:\S+ => )?(/\S+) \(0x", answer, re.MULTILINE)}


def add_standard_library(root: Root) -> None:
    """Compile it into the archive that stands first on the module path of every Python."""
    folder = Path(sysconfig.get_path("stdlib"))
    archive = Path(next(place for place in sys.path if place.endswith(".zip")))
    other = {"site-packages", "dist-packages"}
    content = {}
    for source in modules(folder, "*.py", LEFT_OUT):
        if not other & set(source.parts):
            name = source.relative_to(folder)
            # Nobody asks for its docstrings here. The packages keep theirs: FastAPI reads them.
            content[f"{name}c"] = bytecode(source, archive / name, optimize=2)
            root.compiled.add(source.resolve())
    write_archive(root.at(archive), content)


def add_packages(root: Root, packages: Path, unzipped: set[str]) -> set[str]:
    """Compile the packages into one archive, the `unzipped` beside it; return the names of what is there."""
    folder = Path(sysconfig.get_path("purelib"))
    archive = folder / "packages.zip"
    zipped, shipped = dict[str, bytes](), set[str]()
    for source in modules(packages, "*", PACKAGES_LEFT_OUT):
        name = source.relative_to(packages)
        top = name.parts[0]
        if top.endswith((".dist-info", ".pth")) or source.suffix in NOT_RUN:
            continue
        content = {}
        if source.suffix == ".py":
            content[f"{name}c"] = bytecode(source, (folder if top in unzipped else archive) / name)
        if source.suffix != ".py" or str(name) in SOURCE_KEPT:
            content[str(name)] = source.read_bytes()
        shipped.update(content)
        if top not in unzipped:
            zipped.update(content)
            continue
        for place, data in content.items():
            root.at(folder / place).write_bytes(data)
    write_archive(root.at(archive), zipped)
    # `site` reads it at every start, so the archive is on the module path whatever the environment says.
    root.at(folder / "packages.pth").write_text(f"{archive.name}\n")
    return shipped


def bytecode(source: Path, shown: Path, optimize: int = 0) -> bytes:
    """Compile a file; tracebacks name it as `shown`, and no file time is in it or looked at."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target = Path(folder, "compiled")
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(source), str(target), str(shown), True, optimize, mode)
        return target.read_bytes()


def write_archive(target: Path, content: Mapping[str, bytes]) -> None:
    """Write a zip archive that depends on nothing but its content."""
    # Folders are entries too: zipimport finds packages without an __init__ by them.
    folders = {f"{parent}/": b"" for name in content for parent in Path(name).parents if parent.name}
    with zipfile.ZipFile(target, "w", compresslevel=9) as archive:
        for name, data in sorted({**folders, **content}.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def add_package_records(root: Root, packages: Path, shipped: set[str]) -> None:
    """Keep of each package's record its identity, entry points and licence, and list what is really there."""
    folder = Path(sysconfig.get_path("purelib"))
    for record in sorted(packages.glob("*.dist-info")):
        for path in sorted(record.rglob("*")):
            if path.is_file() and RECORD_KEPT.fullmatch(str(path.relative_to(record))):
                content = path.read_bytes()
                if path.name == "METADATA":
                    # After the headers comes the whole read-me, by far the larger part.
                    content = content.partition(b"\n\n")[0] + b"\n"
                root.at(folder / path.relative_to(packages)).write_bytes(content)
        listed = [line.split(",")[0] for line in (record / "RECORD").read_text().splitlines()]
        names = sorted({form for name in listed for form in (name, f"{name}c")} & shipped)
        root.at(folder / record.name / "RECORD").write_text("".join(f"{name},,\n" for name in names))


def add_system_records(root: Root) -> None:
    """Say for scanners which of the distribution's packages the files came from, as distroless images do."""
    everything = list(system_packages())
    for name, _, _, files in everything:
        notice = Path("/usr/share/doc", name, "copyright")
        if notice.is_file() and not (root.copied | root.compiled).isdisjoint(files.values()):
            root.copy(notice)
    for name, stanza, sums, files in everything:
        # Asked again: a notice may be a link to that of another package.
        if not (root.copied | root.compiled).isdisjoint(files.values()):
            kept = [f"{digest}  {path}\n" for digest, path in sums if files.get(f"/{path}") in root.copied]
            root.at(DPKG / "status.d" / name).write_text(f"{stanza.strip()}\n")
            root.at(DPKG / "status.d" / f"{name}.md5sums").write_text("".join(kept))


def system_packages() -> Iterator[tuple[str, str, list[list[str]], dict[str, Path]]]:
    """List this system's packages: name, record, checksums, and where each file in their lists lies."""
    for stanza in (DPKG / "status").read_text().split("\n\n") if DPKG.is_dir() else ():
        fields = dict(re.findall(r"^(Package|Architecture|Status): (.*)$", stanza, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            names = fields["Package"], f"{fields['Package']}:{fields['Architecture']}"
            info = next(DPKG / "info" / name for name in names if (DPKG / "info" / f"{name}.list").is_file())
            listed = Path(f"{info}.list").read_text().splitlines()
            sums = Path(f"{info}.md5sums")
            lines = sums.read_text().splitlines() if sums.is_file() else []
            # Lists may still name /lib what has long been /usr/lib.
            files = {line: Path(line).parent.resolve() / Path(line).name for line in listed}
            yield names[0], stanza, [line.split(maxsplit=1) for line in lines], files


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python rootfs.py PACKAGES ROOT")
    if sys.prefix != sys.base_prefix:
        sys.exit("rootfs: run me by the interpreter itself, not by a virtual environment's.")
    assemble(Path(sys.argv[1]).resolve(), Root(Path(sys.argv[2])))
