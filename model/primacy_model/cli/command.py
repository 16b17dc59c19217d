"""A command that ends with one sentence where the library refuses or cannot decide.

Contract: the library raises plain exceptions; here they become errors of click, with
exit code 2 for a mistake of the user and 3 where nothing can be decided.
"""

from __future__ import annotations

from typing import Any

import click

from primacy_model.errors import BadUsage, Undecided


class _Refused(click.ClickException):
    """A mistake of the user."""

    exit_code = 2


class _NotDecided(click.ClickException):
    """Nothing can be decided, and it is no mistake of the user."""

    exit_code = 3


class OneSentenceCommand(click.Command):
    """A command whose refusals are one sentence on standard error."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run the command; turn what the library raises into an error of click."""
        try:
            return super().invoke(ctx)
        except BadUsage as error:
            raise _Refused(str(error)) from None
        except Undecided as error:
            raise _NotDecided(str(error)) from None
