"""Options that several commands have, each defined once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])


def jobs_option(what: str) -> Callable[[Command], Command]:
    """Make `--jobs N`: how many of something run at a time."""
    return click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        metavar="N",
        help=f"How many {what} at a time.",
    )


def json_option(what: str) -> Callable[[Command], Command]:
    """Make `--json FILE`: where something is written as JSON."""
    return click.option(
        "--json", type=Path, metavar="FILE", help=f"Write {what} as JSON."
    )


def list_option(what: str) -> Callable[[Command], Command]:
    """Make `--list`: show what there is."""
    return click.option(
        "--list", "is_listing", is_flag=True, help=f"Show {what} and stop."
    )
