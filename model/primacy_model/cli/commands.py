"""The command line: which commands there are, and where each of them lives.

A command is imported when it is asked for, so that `primacy prove --help` needs no
proofs and `primacy check` draws no plots. No module here may import the proofs, which
come with an extra of their own.
"""

from __future__ import annotations

import difflib
import importlib
import signal
from collections.abc import Mapping
from typing import Final

import click

COMMANDS: Final[Mapping[str, str]] = {
    "check": "primacy_model.cli.check",
    "prove": "primacy_proofs.cli.prove",
    "simulate": "primacy_model.cli.simulate",
    "mutants": "primacy_model.cli.mutants",
    "conform": "primacy_model.cli.conform",
    "vectors": "primacy_model.cli.vectors",
    "agent": "primacy_runtime.cli",
    "members": "primacy_runtime.cli",
    "demo": "primacy_runtime.demo.command",
}
"""The module of each command; the command has the same name there."""
UNIX_ONLY: Final = ("agent", "members", "demo")
"""The commands that need signals of Unix."""


class Commands(click.Group):
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
        module = importlib.import_module(COMMANDS[cmd_name])
        found: click.Command = getattr(module, cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command by the first word; suggest one that is spelt alike."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], COMMANDS)
            if not near or args[0] in COMMANDS:
                raise
            meant = f"{error.message} Did you mean {' or '.join(near)}?"
            raise click.UsageError(meant, ctx) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="primacy")
def main() -> None:
    """Leader election: check it, prove it, test its mutants, and run its agents."""
