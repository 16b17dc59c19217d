"""The command `primacy conform`.

It decides how traces are named, read and refused.

Contract: 0 is said of a trace that was read to its end and is allowed, line by line; 1
of one with a line that the specification does not allow; 2 of what is no trace; 4 if no
trace holds a line. The first line that is wrong is reported, with its number.

Source: docs/conformance.md, "Traces".
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console

from primacy_model.cli.command import OneSentenceCommand
from primacy_model.cli.progress import ProgressWatch
from primacy_model.conformance.differences import render_differences
from primacy_model.conformance.trace_checker import NotAllowedError, TraceChecker
from primacy_model.conformance.trace_reader import (
    MalformedError,
    TraceLine,
    TraceReader,
)
from primacy_model.errors import UsageError, reason, replace_what_cannot_be_encoded

VACUOUS = 4
"""The exit code if there was nothing to check."""
MOST_GIVEN = 160
"""The most signs of a message that are shown."""
MOST_CLAUSES = 40
"""The most clauses that are named."""


@click.command(cls=OneSentenceCommand)
@click.argument("traces", nargs=-1, required=True, type=Path, metavar="TRACE...")
def conform(*, traces: tuple[Path, ...]) -> None:
    """Check runtime traces against the specification.

    Exit codes: 0 all are allowed, 1 a line is not allowed by the specification, 2 a
    file is no trace, or cannot be read, 4 no trace holds a line to check.
    """
    replace_what_cannot_be_encoded()
    errors = Console(stderr=True, markup=False, emoji=False, highlight=False)
    worst = lines = 0
    for path in traces:
        try:
            with path.open("rb") as file, ProgressWatch(str(path), errors) as watch:
                checker = check_trace(file, watch)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {reason(error)}.") from None
        except MalformedError as error:
            click.echo(f"{path}:{error.number}: no trace: {error.sentence}", err=True)
            worst = 2
        except NotAllowedError as error:
            click.echo(render_refusal(path, error))
            worst = max(worst, 1)
        else:
            lines += checker.lines
            said = (
                render_figures(checker)
                if checker.lines
                else "Vacuous: it holds no line."
            )
            click.echo(f"{path}: allowed. {said}")
    sys.exit(VACUOUS if worst == 0 and lines == 0 else worst)


class CountingChecker(TraceChecker):
    """A trace checker that counts lines."""

    lines = 0

    def judge(self, line: TraceLine) -> None:
        """Take a line."""
        super().judge(line)
        self.lines += 1


def check_trace(file: BinaryIO, watch: ProgressWatch | None = None) -> CountingChecker:
    """Check a trace to its end; raise at the first line that is wrong."""
    reader = TraceReader(file)
    checker = CountingChecker(reader.head)
    for line in reader.lines():
        checker.judge(line)
        if watch is not None:
            watch(checker.lines, 0, 0)
    return checker


def render_figures(checker: CountingChecker) -> str:
    """Count what was checked."""
    counts = (
        (checker.lines, "line", "lines"),
        (checker.steps, "step", "steps"),
        (checker.agents, "agent", "agents"),
        (len(checker.touched.counts), "clause touched", "clauses touched"),
    )
    words = (
        f"{number:,} {one if number == 1 else more}" for number, one, more in counts
    )
    return f"{', '.join(words)}."


def render_refusal(path: Path, error: NotAllowedError) -> str:
    """Say which line is not allowed, and why."""
    line = error.line
    where = f"{path}:{line.number}: not allowed"
    rows = [f"{where}: agent {line.agent}, {line.event}: {error.why}"]
    if line.message is not None:
        rows.append(f"  given {_render_message(line)}")
    rows += [f"  {row.rstrip()}" for row in render_differences(error.parts)]
    if error.clauses:
        names = ", ".join(error.clauses[:MOST_CLAUSES])
        more = len(error.clauses) - MOST_CLAUSES
        rows.append(f"  clauses: {names}{f' and {more} more' if more > 0 else ''}")
    return "\n".join(rows)


def _render_message(line: TraceLine) -> str:
    text = ascii(line.message)
    return text if len(text) <= MOST_GIVEN else f"{text[:MOST_GIVEN]}..."
