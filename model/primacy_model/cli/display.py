"""What `primacy check` shows a person at the end.

A table of the scopes, the counts of each kind of action, the witnesses, the transcript
of each violation, and last of all the verdict, the figures and the command that shows
it again.

Contract: the same findings give the same bytes, apart from the times, which stand in a
column of fixed width. Without a terminal it is plain and aligned.
"""

from __future__ import annotations

import os
import shlex
import traceback
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from primacy_model.checker.liveness import FairExploration
from primacy_model.checker.model import Scope
from primacy_model.checker.reference_bfs import Exploration, Verdict
from primacy_model.cli.report import Finding, worst_verdict
from primacy_model.reporting.transcript import (
    WIDTH,
    lay_out_transcript,
    render_transcript,
)
from primacy_model.runner import ScopeRaisedError

NARROWEST = 80
"""Columns below which no table is squeezed when there is no terminal."""

STYLES = {
    Verdict.HOLDS: "bold green",
    Verdict.VACUOUS: "bold yellow",
    Verdict.INCOMPLETE: "bold yellow",
    Verdict.VIOLATED: "bold red",
}


@dataclass(frozen=True, slots=True)
class CommandWords:
    """The words of the command line that decide what is found."""

    scopes: tuple[str, ...]
    """Names of scopes, or the option that names their model, or nothing."""
    options: tuple[str, ...]
    resuming: tuple[str, ...] = ()
    """The words that resume scopes that were saved."""


def console_for_output() -> Console:
    """Make a console whose width does not depend on where a pipe ends."""
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        asked = os.environ.get("COLUMNS", "")
        console.width = max(NARROWEST, int(asked)) if asked.isdecimal() else WIDTH
    return console


def show_list(console: Console, scopes: Sequence[tuple[str, Scope[Hashable]]]) -> None:
    """Show which scopes there are and what each covers."""
    table = _table("model", "scope", "covers", "bound")
    for model, scope in scopes:
        bounds = _bounds(scope.bounds.items())
        table.add_row(model, Text(scope.name, "bold"), scope.summary, bounds)
    _show_table(console, table)


def show(console: Console, findings: Sequence[Finding], words: CommandWords) -> None:
    """Show everything that was found; the verdict comes last."""
    explorations = [finding.exploration for finding in findings]
    _show_table(console, _verdicts(explorations))
    _show_table(console, _actions(explorations))
    if any(found.witnesses or found.unreached for found in explorations):
        _show_table(console, _witnesses(explorations))
    if any(isinstance(found, FairExploration) for found in explorations):
        _show_table(console, _courses(explorations))
    for finding in findings:
        _show_violation(console, finding)
    _show_images(console, explorations)
    _line(console, *_verdict(findings))
    _line(console, _figures(explorations))
    _line(console, f"again: {_command(findings, words)}")
    _show_saved(console, explorations, words)


def render_failure(failure: ScopeRaisedError) -> str:
    """Write what raised, and a run to the state in which it did, as plain text."""
    error, violation = failure.error, failure.violation
    last = traceback.extract_tb(error.__traceback__)[-1]
    lines = [
        f"{failure.scope.name} was not explored: it raised an exception.",
        f"{type(error).__name__}: {error}",
        f"  at {last.filename}:{last.lineno}, in {last.name}",
    ]
    if violation is not None:
        lines += ["", render_transcript(violation).rstrip("\n"), ""]
    return "\n".join(lines) + "\n"


def _table(*headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _verdicts(explorations: Sequence[Exploration[Hashable]]) -> Table:
    table = _table("scope", "bound")
    for header in ("states", "transitions", "depth", "time"):
        least = 9 if header == "time" else None
        table.add_column(header, justify="right", no_wrap=True, min_width=least)
    table.add_column("verdict", no_wrap=True, min_width=len("incomplete"))
    for found in explorations:
        table.add_row(
            found.model,
            _bounds(found.bounds.items()),
            f"{found.states:,}",
            f"{found.transitions:,}",
            f"{found.depth:,}",
            _duration(found.seconds),
            Text(found.verdict.value, STYLES[found.verdict]),
        )
    return table


def _bounds(items: Iterable[tuple[str, int | str]]) -> str:
    return "; ".join(f"{name} {value}" for name, value in items)


def _duration(seconds: float) -> str:
    return f"{seconds:,.1f} s"


def _actions(explorations: Sequence[Exploration[Hashable]]) -> Table:
    table = _table("scope", "actions")
    for found in explorations:
        parts = [
            Text(f"{kind} {count:,}", "" if count else "yellow")
            for kind, count in found.kinds.items()
        ]
        table.add_row(found.model, Text(", ").join(parts))
    return table


def _witnesses(explorations: Sequence[Exploration[Hashable]]) -> Table:
    table = _table("scope", "reached")
    table.add_column("depth", justify="right", no_wrap=True)
    for found in explorations:
        name = found.model
        for witness in found.witnesses:
            claim = f"{witness.claim.id}: {witness.claim.name}"
            table.add_row(name, claim, f"{witness.depth:,}")
            name = ""
        for missing in found.unreached:
            claim = f"{missing.id}: {missing.name}"
            is_known = found.verdict is Verdict.VACUOUS
            said = "never" if is_known else "not yet"
            table.add_row(name, claim, Text(said, "yellow"))
            name = ""
    return table


def _courses(explorations: Sequence[Exploration[Hashable]]) -> Table:
    """Show what became of each claim about runs, and where a bound cuts them."""
    table = _table("scope", "claim")
    for header in ("from", "reached", "pending", "components", "unfair", "cut"):
        table.add_column(header, justify="right", no_wrap=True)
    for found in explorations:
        courses = found.courses if isinstance(found, FairExploration) else ()
        for course in courses:
            figures = (
                course.begun,
                course.reached,
                course.pending,
                course.components,
                course.unfair,
                course.cut,
            )
            shown = [f"{figure:,}" for figure in figures]
            table.add_row(found.model, course.id, *shown)
    return table


def _show_violation(console: Console, finding: Finding) -> None:
    violation = finding.exploration.violation
    if violation is None:
        return
    if console.is_terminal:
        console.print(lay_out_transcript(violation, console.width))
    else:
        _line(console, render_transcript(violation).rstrip("\n"))
    _line(console, "")
    if finding.folder is not None:
        _line(console, f"counterexample: {finding.folder}")
        _line(console, "")


def _show_images(
    console: Console, explorations: Sequence[Exploration[Hashable]]
) -> None:
    """Tell for how many states each one stands that was counted."""
    lines = [
        f"one state stands for up to {found.images:,} in {found.model}"
        if found.images > 1
        else f"nobody may change names in {found.model}"
        for found in explorations
        if found.images is not None
    ]
    if lines:
        _line(console, f"symmetry: {'; '.join(lines)}")
        _line(console, "")


def _verdict(findings: Sequence[Finding]) -> tuple[str, str]:
    """Say the verdict and, in a few words, why; with its style."""
    verdict = worst_verdict(findings)
    reasons = "; ".join(
        reason
        for finding in findings
        if finding.exploration.verdict is verdict
        for reason in _reasons(finding.exploration)
    )
    text = f"{verdict.value}: {reasons}" if reasons else verdict.value
    return text, STYLES[verdict]


def _reasons(found: Exploration[Hashable]) -> Iterator[str]:
    match found.verdict:
        case Verdict.VIOLATED if found.violation is not None:
            claim = found.violation.claim
            yield f"{claim.id} ({claim.name}) in {found.model}"
        case Verdict.INCOMPLETE:
            bound = found.stopped_at or f"the bound of {found.states:,} states"
            yield f"{found.model} stopped at {bound}"
        case Verdict.VACUOUS:
            for kind in found.never_fired:
                yield f"no {kind} happens in {found.model}"
            for claim in found.unreached:
                yield f"{claim.id} ({claim.name}) is not reached in {found.model}"
        case _:
            return


def _figures(explorations: Sequence[Exploration[Hashable]]) -> str:
    count = len(explorations)
    states = sum(found.states for found in explorations)
    transitions = sum(found.transitions for found in explorations)
    seconds = sum(found.seconds for found in explorations)
    return (
        f"{count} scope{'' if count == 1 else 's'}, {states:,} states,"
        f" {transitions:,} transitions, {_duration(seconds)}"
    )


def _command(findings: Sequence[Finding], words: CommandWords) -> str:
    """Write the command that explores the scopes that gave the verdict."""
    verdict = worst_verdict(findings)
    explorations = [finding.exploration for finding in findings]
    names = [each.model for each in explorations if each.verdict is verdict]
    is_all = len(names) == len(findings)
    scopes = words.scopes if is_all else names
    return shlex.join(["primacy", "check", *scopes, *words.options])


def _show_saved(
    console: Console, explorations: Sequence[Exploration[Hashable]], words: CommandWords
) -> None:
    """Tell what was saved, and the command that goes on with it."""
    names = []
    for found in explorations:
        if found.saving is None:
            continue
        if found.saving.problem:
            line = f"not saved: {found.model}: {found.saving.problem}"
        else:
            names.append(found.model)
            line = f"saved: {found.model} in {found.saving.folder}"
        _line(console, line)
    if names:
        command = shlex.join(["primacy", "check", *names, *words.resuming])
        _line(console, f"to go on: {command}")


def _show_table(console: Console, table: Table) -> None:
    """Print a table and a blank line; elsewhere than on a terminal without padding."""
    if console.is_terminal:
        console.print(table, "")
        return
    with console.capture() as capture:
        console.print(table)
    for row in capture.get().splitlines():
        _line(console, row.rstrip())
    _line(console, "")


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style), soft_wrap=True)
