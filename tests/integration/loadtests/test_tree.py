"""What real processes and their descendants have used."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest

from loadtests.backends.tree import Tree
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes

BURN = """
def burn(seconds, clock):
    end = clock() + seconds
    while clock() < end:
        pass
"""
IDLE = "print('ready', flush=True); input()"

Python = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def python() -> Iterator[Python]:
    """Run Python code in a process of its own, and return it once the code has printed a line."""
    with Processes(Interruption()) as processes:

        def run(code: str) -> "subprocess.Popen[bytes]":
            process = processes.start(
                [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            line(process)
            return process

        yield run


def line(process: "subprocess.Popen[bytes]") -> str:
    """Wait for the next line that the process prints."""
    assert process.stdout is not None
    text = process.stdout.readline().decode().strip()
    assert text, "the process has ended"
    return text


def go_on(process: "subprocess.Popen[bytes]") -> None:
    """Let it return from `input`."""
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


def cpu_s(tree: Tree) -> float:
    """Read the tree's clock, which must be there."""
    used_s = tree.cpu_s()
    assert used_s is not None
    return used_s


def test_cpu_of_a_tree_counts_threads_that_have_ended(python: Python) -> None:
    """They are in the process's clock for good; two hundredths of a second in a thread are seen as such."""
    process = python(
        f"{BURN}\nimport time, threading\nprint('ready', flush=True); input()\n"
        "thread = threading.Thread(target=burn, args=(0.02, time.thread_time))\n"
        "thread.start(); thread.join()\n"
        "print(time.process_time(), flush=True); input()"
    )
    tree = Tree(process.pid)
    before_s = cpu_s(tree)
    go_on(process)
    own_s = float(line(process))
    assert cpu_s(tree) - before_s >= 0.02
    assert cpu_s(tree) == pytest.approx(own_s, abs=0.005)


def test_cpu_of_a_tree_counts_a_child_of_any_thread_and_its_children(python: Python) -> None:
    """Children that came after the first look included."""
    grandchild = f"{BURN}\nimport time\nburn(0.05, time.process_time)\n{IDLE}"
    child = (
        "import subprocess, sys\n"
        f"process = subprocess.Popen([sys.executable, '-c', {grandchild!r}], "
        "stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        f"process.stdout.readline(); {IDLE}"
    )
    process = python(
        "import subprocess, sys, threading\n"
        "def start():\n"
        f"    child = subprocess.Popen([sys.executable, '-c', {child!r}], "
        "stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "    child.stdout.readline(); print('ready', flush=True); input()\n"
        f"{IDLE}\nthread = threading.Thread(target=start); thread.start(); thread.join()"
    )
    tree = Tree(process.pid)
    before_s = cpu_s(tree)
    go_on(process)
    line(process)
    descendants = psutil.Process(process.pid).children(recursive=True)
    assert len(descendants) == 2
    theirs_s = sum(sum(descendant.cpu_times()[:2]) for descendant in descendants)
    assert theirs_s >= 0.05
    # psutil counts hundredths.
    assert cpu_s(tree) - before_s >= theirs_s - 0.04


def test_cpu_of_a_child_that_lived_between_two_looks_is_counted(python: Python) -> None:
    """What nobody has seen alive is in the parent's account of its children."""
    child = f"{BURN}\nimport time; burn(0.2, time.process_time); print(time.process_time())"
    process = python(
        f"import subprocess, sys\n{IDLE}\n"
        f"print(subprocess.run([sys.executable, '-c', {child!r}], capture_output=True, text=True).stdout, "
        "end='', flush=True); input()"
    )
    tree = Tree(process.pid)
    before_s = cpu_s(tree)
    go_on(process)
    child_s = float(line(process))
    assert cpu_s(tree) - before_s >= child_s - 0.03


def test_cpu_with_a_child_that_is_replaced_never_goes_down(python: Python) -> None:
    """A killed worker's time stays, and its successor's is added; half a second apart they are told apart."""
    worker = f"{BURN}\nimport time; burn(0.2, time.process_time); print('ready', flush=True); input()"
    process = python(
        "import subprocess, sys\n"
        "for _ in range(2):\n"
        f"    worker = subprocess.Popen([sys.executable, '-c', {worker!r}], "
        "stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "    worker.stdout.readline(); print(worker.pid, flush=True)\n"
        "    worker.wait()\n"
        "print('ready', flush=True); input()"
    )
    tree = Tree(process.pid)
    looks_s = [cpu_s(tree)]
    [first] = psutil.Process(process.pid).children()
    first.kill()
    second = int(line(process))
    looks_s.append(cpu_s(tree))
    assert second != first.pid
    assert looks_s[1] - looks_s[0] >= 0.2
    psutil.Process(second).kill()
    line(process)
    looks_s.append(cpu_s(tree))
    assert looks_s[2] >= looks_s[1]


def test_cpu_and_memory_of_a_process_that_has_ended_are_unknown(python: Python) -> None:
    """None, not zero, and not what somebody with the same id uses."""
    process = python(IDLE)
    tree = Tree(process.pid)
    assert cpu_s(tree) > 0
    go_on(process)
    process.wait(30)
    assert (tree.cpu_s(), tree.memory_bytes()) == (None, None)


def test_memory_of_a_tree_is_what_it_holds_now(python: Python) -> None:
    """64 MB that were given back are not counted any more."""
    process = python(
        f"piece = bytearray(b'x') * (64 << 20); {IDLE}\ndel piece; print('less', flush=True); input()"
    )
    tree = Tree(process.pid)
    full_bytes = tree.memory_bytes()
    assert full_bytes is not None
    assert full_bytes > 64 << 20
    go_on(process)
    line(process)
    left_bytes = tree.memory_bytes()
    assert left_bytes is not None
    assert full_bytes - left_bytes > 60 << 20


def test_memory_that_two_processes_share_counts_once(python: Python) -> None:
    """A forked child shares its parent's 64 MB."""
    process = python(
        "import os\npiece = bytearray(b'x') * (64 << 20)\n"
        f"if os.fork() == 0:\n    {IDLE}\nelse:\n    os.wait()"
    )
    memory_bytes = Tree(process.pid).memory_bytes()
    assert memory_bytes is not None
    assert 64 << 20 < memory_bytes < 2 * 64 << 20
