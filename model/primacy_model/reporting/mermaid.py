"""Space-time diagrams of a trace: Mermaid text and an SVG picture.

Every agent is a lifeline, time runs downward, and a message is an arrow from the step
that sends it to the step that receives it.

Contract: the same trace gives the same bytes, and nothing is drawn that the replay did
not tell. The actions of the kinds in `STOPS` end a lifeline, those in `STARTS` begin it
again.

Source: Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System"
(1978); https://mermaid.js.org/syntax/sequenceDiagram.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from primacy_model.checker.model import Arrow, State
from primacy_model.checker.trace import Moment, Story, Violation

STOPS = frozenset({"crash", "die"})
"""Kinds of actions after which nothing happens in their column."""

STARTS = frozenset({"restart", "recover", "rejoin"})
"""Kinds of actions after which something happens in their column again."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A message with the numbers of the steps that send and receive it."""

    arrow: Arrow
    sent: int
    """0 if it was on its way in the beginning."""
    received: int | None
    """None if the run ends before it arrives, or if it is lost."""


def flights(story: Story) -> list[Flight]:
    """Match each receiving with the latest sending of the same message."""
    sendings: dict[tuple[str, int], Arrow] = {}
    latest: dict[str, int] = {}
    arrived: set[tuple[str, int]] = set()
    found: list[Flight] = []
    for moment in story.moments:
        for arrow in moment.event.received:
            sent = latest.get(arrow.key, 0)
            arrived.add((arrow.key, sent))
            found.append(Flight(arrow, sent, moment.number))
        for arrow in moment.event.sent:
            latest[arrow.key] = moment.number
            sendings[arrow.key, moment.number] = arrow
    for (key, number), arrow in sendings.items():
        if (key, number) not in arrived:
            found.append(Flight(arrow, number, None))
    return found


def headline(violation: Violation[State]) -> str:
    """Say in one line which property is violated where."""
    claim = violation.claim
    return f"{claim.id} is violated in {violation.story.model}: {claim.name}"


def render_mermaid(violation: Violation[State]) -> str:
    """Write a trace as a Mermaid sequence diagram."""
    story = violation.story
    names = story.active or story.columns
    ids = {name: f"p{index}" for index, name in enumerate(names)}
    lines = [
        "---",
        f"title: {json.dumps(headline(violation), ensure_ascii=False)}",
        "---",
        "sequenceDiagram",
    ]
    lines += [f"    participant {ids[name]} as {_escape(name)}" for name in names]
    everything = flights(story)
    for moment in story.moments:
        if moment in story.repeated[:1]:
            lines.append(f"    loop {_escape(story.for_ever)}")
        lines += [f"    {line}" for line in _statements(moment, ids, everything)]
    if story.repeated:
        lines.append("    end")
    last = [ids[names[0]], *([ids[names[-1]]] if len(names) > 1 else [])]
    verdict = _escape(_verdict(story, violation))
    lines.append(f"    Note over {','.join(last)}: {verdict}")
    return "\n".join(lines) + "\n"


def _verdict(story: Story, violation: Violation[State]) -> str:
    rests = "" if story.repeated else story.for_ever
    return "\n".join(filter(None, (rests, f"{violation.claim.id} is violated")))


def _statements(
    moment: Moment, ids: dict[str, str], everything: Sequence[Flight]
) -> Iterator[str]:
    number = f"{moment.number}. "
    for flight in everything:
        if flight.received == moment.number:
            ends = f"{ids[flight.arrow.source]}->>{ids[flight.arrow.target]}"
            yield f"{ends}: {number}{_escape(flight.arrow.label)}"
            number = ""
    for name, identifier in ids.items():
        lines = (*moment.said(name), *moment.changed(name))
        if lines:
            mark = "✗ " if is_stop(moment, name) else ""
            text = "<br/>".join(_escape(line) for line in lines)
            yield f"Note over {identifier}: {number}{mark}{text}"
            number = ""
    for flight in everything:
        if flight.sent == moment.number and flight.received is None:
            ends = f"{ids[flight.arrow.source]}--x{ids[flight.arrow.target]}"
            yield f"{ends}: {_escape(flight.arrow.label)} (not received)"


def is_stop(moment: Moment, column: str) -> bool:
    """Tell whether a step ends the lifeline of a column."""
    return moment.action.kind in STOPS and moment.action.column == column


def is_start(moment: Moment, column: str) -> bool:
    """Tell whether a step begins the lifeline of a column again."""
    return moment.action.kind in STARTS and moment.action.column == column


def _escape(text: str) -> str:
    """Write what Mermaid would take for syntax as entity codes."""
    codes = {"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", "\n": "<br/>"}
    return "".join(codes.get(character, character) for character in text)
