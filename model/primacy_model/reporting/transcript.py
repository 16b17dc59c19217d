"""A transcript: a trace as text, one column for each agent and one row for each step.

The rows say only what changed.

Contract: the same trace gives the same text, aligned, and readable without colour at
100 columns. A column in which nothing happens is named once and left out. A step that
receives a message shows the message in place of its label.

Source: the transcripts of etcd raft's `testdata`; space-time diagrams after Lamport,
"Time, Clocks, and the Ordering of Events in a Distributed System" (1978).
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from primacy_model.checker.model import Arrow, State
from primacy_model.checker.trace import (
    Columns,
    Moment,
    Story,
    Violation,
    render_fields,
)

WIDTH = 100
"""Characters in a line of a transcript that is written to a file."""

NARROWEST = 14
"""Characters below which a column is not squeezed; the lines grow instead."""

ARRIVES = "←"
REPEATS = "↻"
LEAVES = "→"
HAPPENS = "*"

Line = tuple[str, str]
"""A rich style, and a text that has yet to be folded."""


def render_transcript(violation: Violation[State]) -> str:
    """Write the transcript of a violation as plain text."""
    console = Console(
        file=io.StringIO(), width=10_000, color_system=None, force_terminal=False
    )
    with console.capture() as capture:
        console.print(lay_out_transcript(violation, WIDTH))
    lines = (line.rstrip() for line in capture.get().splitlines())
    return "\n".join(lines).strip("\n") + "\n"


def lay_out_transcript(violation: Violation[State], width: int) -> RenderableType:
    """Lay out the transcript of a violation for a rich console."""
    story, claim = violation.story, violation.claim
    head = Text(f"{claim.id} is violated in {story.model}: ", style="bold red")
    head.append(f"{claim.name} ({claim.kind.value})", style="bold")
    parts: list[RenderableType] = [
        head,
        *(Text(line) for line in _length(story, violation)),
        Text(""),
        _table(story, width),
    ]
    idle = [name for name in story.columns if name not in story.active]
    if idle:
        parts.append(Text(f"Nothing happens in: {', '.join(idle)}.", style="dim"))
    return Group(*parts)


def _length(story: Story, violation: Violation[State]) -> Iterator[str]:
    steps = len(story.moments) - len(story.repeated)
    what = "A shortest run" if story.loop is None else "A shortest way in"
    if not violation.is_shortest:
        what = "A run"
    yield f"{what}, of {steps} step{'' if steps == 1 else 's'}."
    if story.for_ever:
        yield f"{REPEATS} {story.for_ever}"


def _table(story: Story, width: int) -> Table:
    names = story.active or story.columns
    gap = 1
    numbers = max(len("step"), len(f"{REPEATS} {len(story.moments)}"))
    space = width - numbers - gap - (gap + 1) * len(names)
    cell = max(NARROWEST, space // max(1, len(names)))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, gap, 0, 0))
    table.add_column("step", justify="right", width=numbers, style="dim")
    for name in names:
        table.add_column(name, width=cell, overflow="fold")
    table.add_row(
        "0", *(_cell(_beginning(story.initial, name), cell) for name in names)
    )
    for moment in story.moments:
        cells = (_cell(_lines(moment, name), cell) for name in names)
        mark = f"{REPEATS} " if moment in story.repeated else ""
        table.add_row(f"{mark}{moment.number}", *cells)
    return table


def _beginning(initial: Columns, name: str) -> list[Line]:
    return [("", field) for field in render_fields(initial.get(name, {}))]


def _lines(moment: Moment, name: str) -> Iterator[Line]:
    """Say what one step means for one column."""
    for arrow in moment.event.received:
        if arrow.target == name:
            yield "cyan", f"{ARRIVES} {arrow.source}: {arrow.label}"
    for remark in moment.said(name):
        is_note = remark != moment.action.label
        yield ("yellow", f"{HAPPENS} {remark}") if is_note else ("bold", remark)
    yield from (("", change) for change in moment.changed(name))
    yield from _departures([each for each in moment.event.sent if each.source == name])


def _departures(sent: Sequence[Arrow]) -> Iterator[Line]:
    """Say what is sent, the same message to several in one line."""
    targets: dict[str, list[str]] = {}
    for arrow in sent:
        targets.setdefault(arrow.label, []).append(arrow.target)
    for label, names in targets.items():
        yield "green", f"{LEAVES} {', '.join(names)}: {label}"


def _cell(lines: Iterator[Line] | Sequence[Line], width: int) -> Text:
    cell = Text()
    for style, line in lines:
        for folded in textwrap.wrap(line, width, subsequent_indent="  "):
            if cell:
                cell.append("\n")
            cell.append(folded, style=style)
    return cell
