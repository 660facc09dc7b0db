"""A request as a command for bash, which needs nothing but what every machine with Python has."""

import re
from collections.abc import Sequence

from tests.parity.engine.exchange import Address

# The same byte, or the same few bytes, many times; shorter runs are easier to read as they are.
RUN = re.compile(rb"(.{1,16}?)\1{63,}", re.DOTALL)

# Long enough for a shell to send two packets.
PAUSE_S = 0.01
# What a bare socket gets, it prints; a connection that is kept ends with the time limit.
READ = "timeout 2 cat <&3"
# bash cannot close one direction of a socket, so Python holds it.
HALF_CLOSE = (
    'python3 -c \'import socket, sys; s = socket.create_connection(("{}", {})); '
    "s.sendall(sys.stdin.buffer.read()); s.shutdown(1); "
    'sys.stdout.buffer.writelines(iter(lambda: s.recv(65536), b""))\''
)


def command(
    address: Address, pieces: Sequence[bytes], *, half_close: bool = False, pause_s: float = PAUSE_S
) -> str:
    """Write the command that sends these pieces and prints what comes back."""
    host, port = address
    sent = f"; sleep {max(pause_s, PAUSE_S):g}; ".join(_printed(piece) for piece in pieces)
    if half_close:
        return f"{{ {sent}; }} | {HALF_CLOSE.format(host, port)}"
    return f"(exec 3<>/dev/tcp/{host}/{port}; {{ {sent}; }} >&3; {READ})"


def _printed(piece: bytes) -> str:
    """Write commands that print these bytes, long runs by their length."""
    parts, begin = [], 0
    for run in RUN.finditer(piece):
        parts.append(_printf(piece[begin : run.start()]))
        parts.append(_repeated(run[1], len(run[0]) // len(run[1])))
        begin = run.end()
    parts.append(_printf(piece[begin:]))
    return "; ".join(part for part in parts if part)


def _repeated(unit: bytes, times: int) -> str:
    if len(unit) == 1:
        return f"head -c {times} /dev/zero | tr '\\0' '\\{unit[0]:03o}'"
    # Every word is printed with its precision: none of it.
    return f"printf -- '{''.join(map(_escaped, unit))}%.0s' {{1..{times}}}"


def _printf(text: bytes) -> str:
    return f"printf -- '{''.join(map(_escaped, text))}'" if text else ""


def _escaped(byte: int) -> str:
    # Octal needs no end mark: three digits always.
    special = {0x0D: "\\r", 0x0A: "\\n", 0x25: "%%", 0x5C: "\\\\"}
    if byte in special:
        return special[byte]
    return chr(byte) if 32 <= byte < 127 and byte != 0x27 else f"\\{byte:03o}"
