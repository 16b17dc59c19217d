"""`python -m primacy`: the command, if the distribution that holds it is installed.

Contract: with the core alone it tells its version and where the command is. It is no
part of the protocol: nothing in the core imports it, and no digest of core covers it.
"""

import sys
from collections.abc import Callable
from importlib.metadata import entry_points, version


def main() -> int:
    """Run the command, or say what to install; exit with 2 where it is missing."""
    for command in entry_points(group="console_scripts", name="primacy"):
        run: Callable[[], int] = command.load()
        return run()
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"primacy, version {version('primacy')}\n")
        return 0
    sys.stderr.write(
        "The core has no command: install one with  pip install 'primacy[model]'\n"
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
