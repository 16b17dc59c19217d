"""The command line: which commands there are, and where each of them lives.

A command is imported when it is asked for, so that `primacy prove --help` needs no
proofs and `primacy check` draws no plots. No module here may import the proofs, which
come with an extra of their own.
"""

from __future__ import annotations

import importlib
import signal
from collections.abc import Mapping
from typing import Final

import click

COMMANDS: Final[Mapping[str, str]] = {
    "agent": "primacy_runtime.cli",
    "check": "primacy_model.cli.check",
    "demo": "primacy_runtime.demo.command",
    "mutants": "primacy_model.cli.mutants",
    "prove": "primacy_proofs.cli.prove",
    "vectors": "primacy_model.cli.vectors",
    "conform": "primacy_model.cli.conform",
    "simulate": "primacy_model.cli.simulate",
}
"""The module of each command; the command has the same name there."""
UNIX_ONLY: Final = ("agent", "demo")
"""The commands that need signals of Unix."""


class Rooms(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Find a command."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in UNIX_ONLY and not hasattr(signal, "SIGHUP"):
            raise click.UsageError(f"primacy {cmd_name} runs on Linux and macOS only.")
        room = importlib.import_module(COMMANDS[cmd_name])
        found: click.Command = getattr(room, cmd_name)
        return found


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="primacy")
def main() -> None:
    """Check the leader election protocol primacy."""
