"""Diagrams show the lifelines, the messages and where a run ends."""

from primacy_model.checker.model import Action, Arrow, Event, Kind, Property
from primacy_model.checker.reference_bfs import explore
from primacy_model.checker.trace import Moment, Story, Violation
from primacy_model.reporting.mermaid import Flight, flights, render_mermaid
from primacy_model.reporting.svg import render_svg
from tests.support.toys import (
    CRASHING,
    UNGUARDED,
    Drawn,
    Lock,
    LockState,
    always_not,
    parsed,
)

SVG = "{http://www.w3.org/2000/svg}"

CRASH = """\
---
title: "R1 is violated in crashing-lock: the lock can become free"
---
sequenceDiagram
    participant p0 as a
    participant p1 as server
    Note over p0: 1. ask for the lock<br/>phase = waiting
    p0->>p1: 2. Ask(lock 1, to a)
    Note over p1: holder = a
    p1->>p0: 3. Grant(lock 1, to a)
    Note over p0: a holds the lock<br/>phase = holding
    Note over p0: 4. ✗ crash<br/>phase = crashed
    Note over p0,p1: R1 is violated
"""


def broken(lock: Lock) -> Violation[LockState]:
    violation = explore(lock).violation
    assert violation is not None
    return violation


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in parsed(picture).iter(f"{SVG}text")]


def story_of(*events: tuple[list[Arrow], list[Arrow]]) -> Story:
    action = Action("go", "a", "go", 0)
    moments = [
        Moment(number, action, Event(tuple(received), tuple(sent), ()), {}, {})
        for number, (received, sent) in enumerate(events, start=1)
    ]
    return Story("m", ("a", "b"), {}, tuple(moments))


def test_a_mermaid_diagram_has_an_arrow_where_a_message_arrives() -> None:
    assert render_mermaid(broken(CRASHING)) == CRASH


def test_what_mermaid_takes_for_syntax_is_escaped() -> None:
    model = Drawn({"s": ["a;b#c"]}, properties=[always_not("a;b#c")])
    violation = explore(model).violation
    assert violation is not None
    assert "go to a#59;b#35;c<br/>at = a#59;b#35;c" in render_mermaid(violation)


def test_a_message_flies_from_its_latest_sending_to_each_receiving() -> None:
    vote = Arrow("vote", "a", "b", "Vote")
    story = story_of(([], [vote]), ([], [vote]), ([vote], []), ([vote], []))
    assert flights(story) == [
        Flight(vote, 2, 3),
        Flight(vote, 2, 4),
        Flight(vote, 1, None),
    ]


def test_a_message_of_the_beginning_flies_from_step_0() -> None:
    vote = Arrow("vote", "a", "b", "Vote")
    assert flights(story_of(([vote], []))) == [Flight(vote, 0, 1)]


def test_a_message_that_never_arrives_is_drawn_as_lost() -> None:
    silence = Property("A1", "nobody asks", Kind.ALWAYS, is_silent)
    model = Lock(properties=[silence])
    violation = broken(model)
    assert "p0--xp1: Ask(lock 1, to a) (not received)" in render_mermaid(violation)
    lines = texts(render_svg(violation))
    assert any(line.startswith("⇥ server: Ask") for line in lines)


def is_silent(state: LockState) -> bool:
    return not state.flying


def test_a_picture_is_svg_with_the_property_as_its_title() -> None:
    root = parsed(render_svg(broken(UNGUARDED)))
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == (
        "L1 is violated in unguarded-lock: at most one agent holds the lock"
    )


def test_a_picture_has_a_lifeline_for_each_column_and_an_arrow_for_each_message() -> (
    None
):
    picture = render_svg(broken(UNGUARDED))
    assert {"a", "b", "server"} <= set(texts(picture))
    root = parsed(picture)
    assert len(root.findall(f"{SVG}polygon")) == 4
    assert "← a: Ask(lock 1, to a)" in texts(picture)


def test_a_crash_ends_a_lifeline() -> None:
    root = parsed(render_svg(broken(CRASHING)))
    dotted = [line for line in root.iter() if line.get("stroke-dasharray") == "2 5"]
    assert len(dotted) == 1


def test_a_run_without_steps_can_be_drawn() -> None:
    model = Drawn({}, properties=[always_not("s")])
    violation = explore(model).violation
    assert violation is not None
    assert "at = s" in texts(render_svg(violation))
    assert "Note over p0: A1 is violated" in render_mermaid(violation)


def test_the_same_trace_gives_the_same_bytes() -> None:
    for draw in (render_svg, render_mermaid):
        assert draw(broken(UNGUARDED)) == draw(broken(UNGUARDED))
