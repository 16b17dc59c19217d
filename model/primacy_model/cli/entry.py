"""The console script: run the command line, or say which extra it needs.

The distribution installs without dependencies, and so does this script. The command
line behind it is imported only here, so that a missing package is one sentence.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Mapping
from typing import Final, NoReturn

MISSING_EXTRA: Final = 2
"""The exit code of bad usage."""
CANNOT_WRITE: Final = 2
"""The same: the place for the output was badly chosen."""
FAILED: Final = 5
"""The program itself failed: it says nothing of what it was to check."""
INTERRUPTED: Final = 130
"""What shells expect of a program that Ctrl-C ended."""

EXTRAS: Final[Mapping[str, str]] = {
    "click": "model",
    "itf_py": "model",
    "junitparser": "model",
    "llvmlite": "fast",
    "matplotlib": "plots",
    "networkx": "model",
    "numba": "fast",
    "numpy": "fast",
    "prometheus_client": "runtime",
    "rich": "model",
    "z3": "proofs",
}
"""Which extra brings which top-level module."""
RUNTIME: Final = ("agent", "members", "demo")
"""The commands whose extra brings all that they need."""


def _silence_output() -> None:
    """Keep the interpreter from writing, and failing, once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail() -> NoReturn:
    """Show where the program failed, and exit."""
    traceback.print_exc()
    sys.exit(FAILED)


def _run() -> None:
    """Run the command line, and show a mistake as click does.

    An interruption comes through: click would exit with 1, as if a claim were violated.
    """
    import click  # noqa: PLC0415 - needs the extra

    from primacy_model.cli.commands import main as run  # noqa: PLC0415 - needs the extra

    try:
        sys.exit(run(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        raise KeyboardInterrupt from None


def main() -> None:
    """Run the command line; exit with 2 if a package of an extra is not installed.

    A reader that goes away ends the program as it ends every other (141 in a shell), so
    that it is not taken for a violation.
    """
    if hasattr(signal, "SIGPIPE"):  # there is none on Windows
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        _run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; nothing is decided.\n")
        sys.exit(INTERRUPTED)
    except OSError as error:
        _silence_output()
        sys.stderr.write(f"The output cannot be written: {error.strerror}.\n")
        sys.exit(CANNOT_WRITE)
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in EXTRAS:
            _fail()
        command = " ".join(["primacy", *sys.argv[1:2]])
        needs_runtime = sys.argv[1:2] and sys.argv[1] in RUNTIME
        extra = "runtime" if needs_runtime else EXTRAS[module]
        sys.stderr.write(
            f"{command} needs {module}: install the extra with  "
            f"pip install 'primacy[{extra}]'\n"
        )
        sys.exit(MISSING_EXTRA)
    except Exception:  # noqa: BLE001 - the exit code 1 means that a claim is violated
        _fail()
