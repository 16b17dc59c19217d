"""Errors that end a command with one sentence, and files that can be written.

Contract: a mistake of the user is a `UsageError`, raised before anything is computed;
what was computed is not lost because of where it was to go. `cli.command` turns these
errors into exit codes.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Final

INTERRUPTED: Final = 130
"""The exit code after Ctrl-C, as shells have it."""
FAILED: Final = 5
"""The exit code if a model, or the program itself, raises."""


class SentenceError(Exception):
    """An error whose message is one sentence; it ends the program."""

    exit_code: int


class UsageError(SentenceError):
    """A mistake of the user."""

    exit_code = 2


class UndecidedError(SentenceError):
    """No verdict, and it is no mistake of the user."""

    exit_code = 3


def require_writable_file(path: Path) -> None:
    """Refuse a file that could not be written later; it is not made."""
    was_there = path.exists()
    try:
        path.open("a").close()
        if not was_there:
            path.resolve().unlink()  # where a link leads; the link stays
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {reason(error)}.") from None


def require_writable_folder(path: Path) -> None:
    """Refuse a folder that could not be made or written in; it is not made."""
    nearest = next(each for each in (path, *path.absolute().parents) if each.exists())
    try:
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {reason(error)}.") from None


def write(path: Path, text: str) -> None:
    """Write a text; refuse a place that cannot be written."""
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {reason(error)}.") from None


def reason(error: OSError) -> str:
    """Say in a word or two why a file is out of reach."""
    return (error.strerror or str(error)).lower()


def replace_what_cannot_be_encoded() -> None:
    """Show a question mark where a terminal knows no arrow."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
