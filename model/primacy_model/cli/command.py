"""A command that ends with one sentence where the library refuses or cannot decide.

Contract: the library raises plain exceptions; here they are shown as click shows a
mistake, and the program ends with the exit code of the exception.
"""

from __future__ import annotations

from typing import Any

import click

from primacy_model.errors import SentenceError


class OneSentenceCommand(click.Command):
    """A command whose refusals are one sentence on standard error."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run the command; show what the library raises as an error of click."""
        try:
            return super().invoke(ctx)
        except SentenceError as error:
            click.ClickException(str(error)).show()
            ctx.exit(error.exit_code)
