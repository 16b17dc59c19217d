"""A network of the kernel's: each agent in a namespace, on a bridge that joins all.

What comes from another agent is dropped where it arrives, packet by packet, so a cut
shows nothing to the sender; or the sender has no route and gets an error. Connections
are those of the agents themselves, and the kernel sends again when a cut is healed.

All of it lies in namespaces of the one process that makes it (`isolated`), which needs
no rights where users may have namespaces. Nothing of the machine is changed, and with
the last process all of it is gone.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

NamespaceLink = tuple[str, str]
"""Who sends, and who receives."""

NEEDS: Final = ("unshare", "mount", "ip")
PORT: Final = 7000
TRIAL: Final = """
mount -t tmpfs tmpfs /run && ip netns add trial && ip link add name hub type bridge &&
ip link add name wire type veth peer name eth0 netns trial &&
ip -n trial rule add pref 100 lookup local
"""
SILENT: Final = "pref 10 from {sender} blackhole"
"""A rule where it arrives."""
REFUSED: Final = "pref 10 to {receiver} unreachable"
"""A rule where it is sent."""


def isolated(command: Sequence[str]) -> list[str]:
    """Have a command run in namespaces of its own."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--", *command]


def missing() -> str:
    """Say why there can be no namespaces here, nothing if there can."""
    gone = [name for name in NEEDS if shutil.which(name) is None]
    if gone:
        return f"{', '.join(gone)} not installed"
    done = subprocess.run(
        isolated(["sh", "-c", TRIAL]), capture_output=True, text=True, check=False
    )
    return f"namespaces are not allowed: {done.stderr}" if done.returncode else ""


def enter() -> None:
    """Make a place for the names of namespaces; for the process that is isolated."""
    mount("/run")


def mount(place: str | Path, size: str = "1m") -> None:
    """Put a small file system into a folder; it lies in memory."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    subprocess.run(command, check=True)


def unmount(place: str | Path) -> None:
    """Take a file system away."""
    command = ["umount", str(place)]
    subprocess.run(command, check=True)


class Namespaces:
    """One namespace for each agent."""

    kind = "network namespaces"

    def __init__(self, names: Sequence[str]) -> None:
        self._at = {name: f"10.77.0.{n}" for n, name in enumerate(names, start=1)}
        self.where = {name: f"{at}:{PORT}" for name, at in self._at.items()}
        self._rules: list[tuple[str, str]] = []

    def peers(self, name: str) -> dict[str, str]:
        """Tell where an agent reaches each other one."""
        return {other: at for other, at in self.where.items() if other != name}

    def before(self, name: str) -> tuple[str, ...]:
        """Put an agent into its namespace."""
        return ("ip", "netns", "exec", name)

    async def start(self) -> None:
        """Lay the wires."""
        _ip("link add name hub type bridge", "link set hub up")
        for number, (name, at) in enumerate(self._at.items(), start=1):
            _ip(
                f"netns add {name}",
                f"link add name wire{number} type veth peer name eth0 netns {name}",
                f"link set wire{number} master hub up",
            )
            _ip(
                f"addr add {at}/24 dev eth0",
                "link set eth0 up",
                "link set lo up",
                "rule add pref 100 lookup local",  # so that rules come before it
                "rule del pref 0",
                name=name,
            )

    async def stop(self) -> None:
        """Take the wires away."""
        for name in self._at:
            _ip(f"netns del {name}")
        _ip("link del hub")

    def cut(self, pairs: Iterable[NamespaceLink], *, breaks: bool) -> None:
        """Let nothing through from the one to the other; `breaks` tells the sender."""
        for sender, receiver in pairs:
            where, rule = (sender, REFUSED) if breaks else (receiver, SILENT)
            at = rule.format(sender=self._at[sender], receiver=self._at[receiver])
            _ip(f"rule add {at}", name=where)
            self._rules.append((where, at))

    def heal(self) -> None:
        """Let everything through."""
        for where, at in self._rules:
            _ip(f"rule del {at}", name=where)
        self._rules.clear()


def _ip(*commands: str, name: str = "") -> None:
    """Run commands of `ip`, in a namespace if one is named."""
    words = ["ip", *(("-n", name) if name else ()), "-batch", "-"]
    text = "".join(f"{command}\n" for command in commands)
    done = subprocess.run(
        words, input=text, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, f"{text}{done.stderr}"
