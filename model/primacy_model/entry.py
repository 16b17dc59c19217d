"""The console script: run the command line, or say which extra it needs.

The distribution installs without dependencies, and so does this script. The command
line behind it is imported only here, so that a missing package is one sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

MISSING_EXTRA: Final = 2
"""The exit code of bad usage."""

EXTRAS: Final[Mapping[str, str]] = {
    "click": "model",
    "itf_py": "model",
    "junitparser": "model",
    "matplotlib": "model",
    "networkx": "model",
    "pydot": "model",
    "rich": "model",
    "z3": "proofs",
}
"""Which extra brings which top-level module."""


def main() -> None:
    """Run the command line; exit with 2 if a package of an extra is not installed."""
    try:
        from primacy_model.cli import main as run  # noqa: PLC0415 - needs the extra

        run()
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in EXTRAS:
            raise
        command = " ".join(["primacy", *sys.argv[1:2]])
        sys.stderr.write(
            f"{command} needs {module}: install the extra with  "
            f"pip install 'primacy[{EXTRAS[module]}]'\n"
        )
        sys.exit(MISSING_EXTRA)
