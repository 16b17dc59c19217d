"""The lock: newest versions that the metadata allows, for all platforms, and a report.

Contract: writes requirements.lock, prints what changed, and nothing of the registry
that was asked gets into the file. It is solved for every platform and every Python
from 3.11 on, for packages that can be had as wheels.
Source: docs/decisions, "A lock for all platforms, installed without resolving".
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
HEAD = """\
# The versions that the environment of `make` holds, for every platform and Python.
# Written by `make lock`. Each file is named by its hash; nothing else is installed.
"""

Pins = dict[str, list[str]]
"""The versions of each package; several where platforms differ."""


def pins(lock: str) -> Pins:
    r"""Read the versions that a lock names.

    >>> pins("a==1 \\\nb==2 ; python_full_version < '3.12' \\\nb==3 \\")
    {'a': ['1'], 'b': ['2', '3']}
    """
    found: Pins = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE):
        found.setdefault(name, []).append(version)
    return found


def changes(before: Pins, after: Pins) -> list[str]:
    """List what differs, a line each, aligned.

    >>> changes({"a": ["1"], "bb": ["1"]}, {"a": ["2"], "c": ["1"]})
    ['a   1 -> 2', 'bb  1 -> (gone)', 'c   (new) -> 1']
    """
    names = sorted(set(before) | set(after))
    different = [name for name in names if before.get(name) != after.get(name)]
    width = max(map(len, different), default=0)
    lines = []
    for name in different:
        old, new = _words(before, name, "new"), _words(after, name, "gone")
        lines.append(f"{name:<{width}}  {old} -> {new}")
    return lines


def _words(known: Pins, name: str, otherwise: str) -> str:
    return ", ".join(known[name]) if name in known else f"({otherwise})"


def main(uv: str) -> int:
    """Write the lock and print what changed."""
    old = LOCK.read_text(encoding="utf-8")
    command = [uv, "pip", "compile", "pyproject.toml", "--no-config"]
    command += ["--universal", "--python-version", "3.11", "--all-extras", "--upgrade"]
    command += ["--generate-hashes", "--only-binary", ":all:"]
    command += ["--no-emit-index-url", "--no-annotate", "--no-header"]
    for ours in ("primacy", "primacy-tools"):
        command += ["--no-emit-package", ours]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        return done.returncode
    LOCK.write_text(HEAD + done.stdout, encoding="utf-8")
    told = changes(pins(old), pins(done.stdout)) or ["Nothing changed."]
    sys.stdout.write("\n".join(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
