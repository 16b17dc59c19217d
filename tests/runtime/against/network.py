"""A loopback of one's own, so that every packet on it is counted.

The measurement runs itself again in a network namespace of Linux, in which nobody else
is. There the kernel counts the packets of the loopback: TCP segments, acknowledgements
and greetings among them, for every system alike. The namespace of processes that comes
with it ends all members when the measurement ends, however it does.
"""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

COUNTERS: Final = Path("/proc/self/net/dev")
ALONE: Final = ("--net", "--pid", "--fork", "--kill-child", "--mount-proc")
SET_FLAGS: Final = 0x8914
"""SIOCSIFFLAGS of Linux."""
UP: Final = 1


@dataclass(frozen=True, slots=True)
class Traffic:
    """What has gone over the loopback."""

    packets: int
    bytes: int


def traffic(text: str) -> Traffic:
    """Read the counters of the loopback, as the kernel writes them."""
    for line in text.splitlines():
        name, _, figures = line.partition(":")
        if name.strip() == "lo":
            received, packets = figures.split()[:2]
            return Traffic(int(packets), int(received))
    raise ValueError("There is no loopback in what was read.")


def way_in() -> tuple[str, ...]:
    """Find a command that runs another one alone; empty if there is none."""
    program = shutil.which("unshare")
    if program is None:
        return ()
    for options in (ALONE, ("--map-root-user", *ALONE)):
        command = (program, *options)
        done = subprocess.run([*command, "true"], capture_output=True, check=False)
        if done.returncode == 0:
            return command
    return ()


def run_alone(way: Sequence[str], module: str, arguments: Sequence[str]) -> NoReturn:
    """Become a process that runs a module alone."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [*way, sys.executable, "-m", module, *arguments]
    os.execve(way[0], command, environment)  # noqa: S606 - our own, without a shell


def raise_loopback() -> None:
    """Switch on the loopback of a new namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh", b"lo", UP))
