"""The SVG picture of a trace: lifelines, arrows between steps, and what changed.

It decides where things stand and what they look like.

Contract: integers only, one font of known width, no times and no random names, so that
a trace always gives the same bytes. Text stands to the right of its lifeline on a
ground of its own, so that an arrow that passes behind it does not make it unreadable.

Source: the same as `mermaid`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from primacy_model.checker.model import Kind, State
from primacy_model.checker.trace import Moment, Story, Violation, render_fields
from primacy_model.reporting.mermaid import (
    Flight,
    flights,
    headline,
    is_start,
    is_stop,
)

FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
GLYPH = 7
"""Width of one character in pixels, a little more than it needs."""
LINE = 15
"""Height of a line of text."""
LETTERS = 26
"""Characters in a line beside a lifeline."""
INDENT = "\u00a0\u00a0"
"""Before a folded line; SVG would drop plain spaces."""
MARGIN = 44
"""Left of the first lifeline, where the step numbers stand."""
SPACING = LETTERS * GLYPH + 28
"""Pixels between two lifelines."""
TOP = 96
"""Where the lifelines begin."""

INK, GREY, RED, BLUE, AMBER = "#1b1f24", "#6e7781", "#cf222e", "#0969da", "#9a6700"
BAND, ALARM, FAINT = "#f6f8fa", "#ffebe9", "#d0d7de"


@dataclass(frozen=True, slots=True)
class Row:
    """One step, with the lines of each column and where it stands."""

    number: int
    y: int
    height: int
    ground: str
    """The colour behind it."""
    lines: dict[str, list[tuple[str, str]]]
    """For each column colours and folded lines."""


def render_svg(violation: Violation[State]) -> str:
    """Draw a trace as an SVG picture."""
    story = violation.story
    names = story.active or story.columns
    places = {name: MARGIN + index * SPACING for index, name in enumerate(names)}
    everything = flights(story)
    rows = _rows(story, names, everything)
    bottom = rows[-1].y + rows[-1].height
    title = headline(violation)
    heading = textwrap.wrap(title, max(40, (len(names) * SPACING) // (GLYPH + 2)))
    width = MARGIN + len(names) * SPACING
    root = _canvas(width, bottom + 40, title)
    for index, line in enumerate(heading[:2]):
        _write(root, 16, 28 + 20 * index, line, RED, size=15, weight="bold")
    _draw_bands(root, rows, width)
    for name, x in places.items():
        _draw_lifeline(root, story, rows, name, x)
    for flight in everything:
        _draw_flight(root, rows, places, flight)
    for row in rows:
        _draw_row(root, row, places)
    for moment in story.moments:
        _draw_mark(root, moment, rows[moment.number], places)
    if story.repeated:
        _draw_loop(root, rows[story.repeated[0].number : len(rows)])
    ending = _ending(story, violation)
    _write(root, 16, bottom + 26, ending, RED, size=13, weight="bold")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _ending(story: Story, violation: Violation[State]) -> str:
    claim = violation.claim
    if claim.kind is Kind.EVENTUALLY:
        return f"{claim.id} is never reached from here. {story.for_ever}"
    if claim.kind is Kind.RECOVERABLE:
        return f"{claim.id} holds in no state that can be reached from here"
    return f"{claim.id} does not hold here"


# --- where things stand ---------------------------------------------------------------


def _rows(
    story: Story, names: Sequence[str], everything: Sequence[Flight]
) -> list[Row]:
    beginning = {
        name: [
            (GREY, line)
            for field in render_fields(story.initial.get(name, {}))
            for line in _fold(field)
        ]
        for name in names
    }
    rows = [_row(0, TOP + 12, beginning)]
    for moment in story.moments:
        lines = {name: _lines(moment, name, everything) for name in names}
        rows.append(_row(moment.number, rows[-1].y + rows[-1].height, lines))
    rows[-1] = replace(rows[-1], ground=ALARM)
    return rows


def _row(number: int, y: int, lines: dict[str, list[tuple[str, str]]]) -> Row:
    count = max((len(each) for each in lines.values()), default=0)
    ground = BAND if number % 2 else "#ffffff"
    return Row(number, y, max(2, count + 1) * LINE, ground, lines)


def _lines(
    moment: Moment, name: str, everything: Sequence[Flight]
) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for flight in everything:
        arrow = flight.arrow
        if flight.received == moment.number and arrow.target == name:
            text = f"← {arrow.source}: {arrow.label}"
            lines += [(BLUE, line) for line in _fold(text)]
    for remark in moment.said(name):
        colour = INK if remark == moment.action.label else AMBER
        lines += [(colour, line) for line in _fold(remark)]
    for change in moment.changed(name):
        lines += [(GREY, line) for line in _fold(change)]
    lost: dict[str, list[str]] = {}
    for flight in everything:
        arrow = flight.arrow
        is_lost = flight.received is None and flight.sent == moment.number
        if is_lost and arrow.source == name:
            lost.setdefault(arrow.label, []).append(arrow.target)
    for label, targets in lost.items():
        text = f"⇥ {', '.join(targets)}: {label}"
        lines += [(GREY, line) for line in _fold(text)]
    return lines


def _fold(text: str) -> list[str]:
    return textwrap.wrap(text, LETTERS, subsequent_indent=INDENT)


# --- what they look like --------------------------------------------------------------


def _canvas(width: int, height: int, title: str) -> ET.Element:
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "font-family": FONT,
            "role": "img",
        },
    )
    ET.SubElement(root, "title").text = title
    _shape(root, "rect", width=width, height=height, fill="white")
    return root


def _draw_bands(root: ET.Element, rows: Sequence[Row], width: int) -> None:
    for row in rows:
        _shape(root, "rect", y=row.y, width=width, height=row.height, fill=row.ground)
        _write(root, 12, row.y + LINE + 1, str(row.number), GREY)


def _draw_lifeline(
    root: ET.Element, story: Story, rows: Sequence[Row], name: str, x: int
) -> None:
    """Draw a solid line where the column lives and a dotted one where it does not."""
    length = max(len(name) * (GLYPH + 2) + 16, 28)
    left = max(x - length // 2, 4)
    _shape(root, "rect", x=left, y=TOP - 28, width=length, height=24, rx=5, fill=INK)
    _write(root, left + 8, TOP - 11, name, "white", size=14, weight="bold")
    begin, alive = TOP - 4, True
    for moment in story.moments:
        if is_stop(moment, name) or is_start(moment, name):
            end = _point(rows[moment.number])
            _draw_life(root, x, begin, end, alive)
            begin, alive = end, is_start(moment, name)
    _draw_life(root, x, begin, rows[-1].y + rows[-1].height, alive)


def _draw_life(root: ET.Element, x: int, begin: int, end: int, alive: bool) -> None:
    dashes = {} if alive else {"stroke-dasharray": "2 5"}
    colour = GREY if alive else FAINT
    _line(root, (x, begin), (x, end), colour, 2, **dashes)


def _draw_flight(
    root: ET.Element, rows: Sequence[Row], places: dict[str, int], flight: Flight
) -> None:
    source, target = places[flight.arrow.source], places[flight.arrow.target]
    begin = _departure(rows[flight.sent])
    towards = 1 if target >= source else -1
    if flight.received is None:
        end = (source + towards * 34, begin)
        _line(root, (source, begin), end, GREY, 1, **{"stroke-dasharray": "4 3"})
        _draw_cross(root, end[0], end[1], 4, GREY)
        return
    end = (target - towards * 6, _point(rows[flight.received]))
    _line(root, (source, begin), end, BLUE, 2, opacity="0.75")
    x, y = target - towards * 5, end[1]
    points = f"{x},{y} {x - towards * 9},{y - 5} {x - towards * 9},{y + 5}"
    _shape(root, "polygon", points=points, fill=BLUE)


def _draw_loop(root: ET.Element, rows: Sequence[Row]) -> None:
    """Draw the way back, left of the numbers: from the last step to the first again."""
    top, bottom, x = rows[0].y + 4, rows[-1].y + rows[-1].height - 4, 4
    _line(root, (x + 6, bottom), (x, bottom), RED, 2)
    _line(root, (x, bottom), (x, top), RED, 2)
    _line(root, (x, top), (x + 4, top), RED, 2)
    points = f"{x + 10},{top} {x + 3},{top - 4} {x + 3},{top + 4}"
    _shape(root, "polygon", points=points, fill=RED)


def _draw_row(root: ET.Element, row: Row, places: dict[str, int]) -> None:
    for name, lines in row.lines.items():
        x = places[name] + 12
        for index, (colour, line) in enumerate(lines):
            y = row.y + LINE * (index + 1) + 1
            ground = {"fill": row.ground, "opacity": "0.8"}
            width = len(line) * GLYPH
            _shape(root, "rect", x=x, y=y - 11, width=width, height=LINE, **ground)
            _write(root, x, y, line, colour)


def _draw_mark(
    root: ET.Element, moment: Moment, row: Row, places: dict[str, int]
) -> None:
    x, y = places[moment.action.column], _point(row)
    if is_stop(moment, moment.action.column):
        _draw_cross(root, x, y, 7, RED)
    else:
        _shape(root, "circle", cx=x, cy=y, r=4, fill=INK)


def _draw_cross(root: ET.Element, x: int, y: int, size: int, colour: str) -> None:
    for slope in (1, -1):
        begin, end = (x - size, y - slope * size), (x + size, y + slope * size)
        _line(root, begin, end, colour, max(1, size // 2))


def _point(row: Row) -> int:
    """Tell the height at which a step stands on its lifeline."""
    return row.y + LINE - 3


def _departure(row: Row) -> int:
    """Tell the height at which messages leave: below what a step says."""
    return row.y + row.height - 8


def _line(
    root: ET.Element,
    begin: tuple[int, int],
    end: tuple[int, int],
    colour: str,
    width: int,
    **extra: str,
) -> None:
    (x1, y1), (x2, y2) = begin, end
    line = _shape(root, "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour)
    line.attrib.update({"stroke-width": str(width), **extra})


def _write(
    root: ET.Element,
    x: int,
    y: int,
    text: str,
    colour: str,
    *,
    size: int = 11,
    weight: str = "normal",
) -> None:
    element = _shape(root, "text", x=x, y=y, fill=colour)
    element.attrib.update({"font-size": str(size), "font-weight": weight})
    element.text = text


def _shape(root: ET.Element, tag: str, **attributes: int | str) -> ET.Element:
    texts = {name: str(value) for name, value in attributes.items()}
    return ET.SubElement(root, tag, texts)
