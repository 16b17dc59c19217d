"""A trace: one run of a model, and the only way to show it.

Contract: nothing is shown that was not replayed. Every picture, text and file of a
trace is made from a `Story`, and only `replay` makes one: it runs each action through
the model again, and refuses a trace that it cannot follow to its end. A violation is
made by `confirm`, which replays it once; what renders the violation reads its story.

Source: docs/decisions/010-levels-and-replayed-traces.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

from primacy_model.checker.model import (
    IN_FLIGHT,
    Action,
    Event,
    Kind,
    Model,
    Property,
    State,
    Value,
)

Columns = Mapping[str, Mapping[str, Value]]
"""For each column its fields."""

GONE = "(gone)"
"""What a transcript shows for a field that is no longer there."""


class ReplayError(Exception):
    """A trace that the model does not follow."""


class RaisedError(Exception):
    """A model that raised, and a run to the state in which it did."""

    def __init__(self, error: Exception, violation: Violation[Any]) -> None:
        super().__init__(str(error))
        self.error, self.violation = error, violation


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """One action, and the state that it led to."""

    action: Action
    state: State


@dataclass(frozen=True, slots=True)
class Trace(Generic[State]):
    """A run of the named model from one of its initial states."""

    model: str
    initial: State
    steps: tuple[Step[State], ...]
    loop: int | None = None
    """The number of steps after which the rest is repeated for ever; None: it ends."""

    @property
    def last(self) -> State:
        """Tell where the run ends."""
        return self.at(len(self.steps))

    def at(self, number: int) -> State:
        """Give the state of the run after a number of steps."""
        return self.steps[number - 1].state if number else self.initial


@dataclass(frozen=True, slots=True)
class Moment:
    """One replayed step, as it is shown."""

    number: int
    """Counted from 1."""
    action: Action
    event: Event
    shown: Columns
    """The whole state after the step."""
    changes: Columns
    """The fields that differ from the state before."""

    def said(self, column: str) -> tuple[str, ...]:
        """Say what happens in a column; a received message says it for the label."""
        if column != self.action.column:
            return ()
        label = () if self.event.received else (self.action.label,)
        return tuple(dict.fromkeys((*label, *self.event.notes)))

    def changed(self, column: str) -> tuple[str, ...]:
        """Say what changes in a column."""
        return render_fields(self.changes.get(column, {}))


@dataclass(frozen=True, slots=True)
class Story:
    """A replayed trace."""

    model: str
    columns: tuple[str, ...]
    """Every column of the run, in order of appearance."""
    initial: Columns
    moments: tuple[Moment, ...]
    loop: int | None = None
    """The number of moments after which the rest is repeated for ever."""

    @property
    def repeated(self) -> tuple[Moment, ...]:
        """List what is repeated for ever; nothing if the run ends, or rests."""
        return () if self.loop is None else self.moments[self.loop :]

    @property
    def for_ever(self) -> str:
        """Say in one sentence how the run goes on for ever; empty if it ends."""
        if self.loop is None:
            return ""
        if not self.repeated:
            return "Then nothing has to happen any more, for ever."
        first, last = self.repeated[0].number, self.repeated[-1].number
        steps = f"Step {first} repeats" if first == last else ""
        return f"{steps or f'Steps {first} to {last} repeat'} for ever."

    @property
    def active(self) -> tuple[str, ...]:
        """List the columns in which something happens, in order."""
        busy: set[str] = set()
        for moment in self.moments:
            busy.add(moment.action.column)
            busy.update(name for name in moment.changes if moment.changed(name))
            for arrow in (*moment.event.received, *moment.event.sent):
                busy.update((arrow.source, arrow.target))
        return tuple(name for name in self.columns if name in busy)


@dataclass(frozen=True, slots=True)
class Violation(Generic[State]):
    """A property that does not hold, and a run that shows it; `confirm` makes it."""

    claim: Property[State]
    trace: Trace[State]
    story: Story
    """The trace as it was replayed."""
    is_shortest: bool = True
    """No run that shows it has fewer steps."""


def render_fields(fields: Mapping[str, Value]) -> tuple[str, ...]:
    """Write fields as a person reads them, without what arrows tell."""
    shown = fields.items()
    return tuple(f"{field} = {value}" for field, value in shown if field != IN_FLIGHT)


def confirm(
    model: Model[State],
    claim: Property[State],
    trace: Trace[State],
    *,
    is_shortest: bool = True,
) -> Violation[State]:
    """Replay the run that violates a property, and keep what happened.

    Raises `ReplayError` where the model does not follow the trace.
    """
    return Violation(claim, trace, replay(model, trace), is_shortest)


def confirm_raised(
    model: Model[State], trace: Trace[State], error: Exception
) -> RaisedError:
    """Replay the run to the state in which a model raised."""
    name = f"{type(error).__name__}: {error}"
    claim: Property[State] = Property("raises", name, Kind.ALWAYS, lambda _: False)
    return RaisedError(error, confirm(model, claim, trace))


def replay(model: Model[State], trace: Trace[State]) -> Story:
    """Run a trace through its model again, and tell what happened.

    Raises `ReplayError` where the model does not follow the trace.
    """
    _require_a_beginning(model, trace)
    state = trace.initial
    initial = before = model.columns(state)
    moments: list[Moment] = []
    for number, step in enumerate(trace.steps, start=1):
        _require_a_step(model, number, state, step)
        event = model.event(state, step.action)
        shown = model.columns(step.state)
        changes = _changes(before, shown)
        moments.append(Moment(number, step.action, event, shown, changes))
        state, before = step.state, shown
    _require_a_loop(trace)
    columns = _column_names(initial, moments)
    return Story(model.name, columns, initial, tuple(moments), trace.loop)


def _require_a_beginning(model: Model[State], trace: Trace[State]) -> None:
    if trace.model != model.name:
        raise ReplayError(
            f"the trace is one of {trace.model!r}, but the model is {model.name!r}"
        )
    if all(trace.initial != state for state in model.initial()):
        raise ReplayError(f"the trace does not begin in a state where {model.name} may")


def _require_a_loop(trace: Trace[State]) -> None:
    """Require that what is repeated for ever ends where it begins."""
    if trace.loop is None:
        return
    if not 0 <= trace.loop <= len(trace.steps) or trace.at(trace.loop) != trace.last:
        raise ReplayError(f"the loop of the trace of {trace.model} does not close")


def _require_a_step(
    model: Model[State], number: int, state: State, step: Step[State]
) -> None:
    if all(step.action != action for action in model.actions(state)):
        raise ReplayError(
            f"step {number} of the trace of {model.name} is not possible:"
            f" {step.action.column}: {step.action.label}"
        )
    if model.successor(state, step.action) != step.state:
        raise ReplayError(
            f"step {number} of the trace of {model.name} leads elsewhere:"
            f" {step.action.column}: {step.action.label}"
        )


def _changes(before: Columns, after: Columns) -> Columns:
    changes: dict[str, dict[str, Value]] = {}
    for column in dict.fromkeys((*before, *after)):
        old, new = before.get(column, {}), after.get(column, {})
        changed = {
            field: new.get(field, GONE)
            for field in dict.fromkeys((*new, *old))
            if _typed(old, field) != _typed(new, field)
        }
        if changed:
            changes[column] = changed
    return changes


def _typed(fields: Mapping[str, Value], field: str) -> tuple[type, Value | None]:
    value = fields.get(field)
    return type(value), value  # 1 and True are equal, and yet not the same


def _column_names(initial: Columns, moments: Iterable[Moment]) -> tuple[str, ...]:
    names = dict.fromkeys(initial)
    for moment in moments:
        names.update(dict.fromkeys(moment.shown))
        names.setdefault(moment.action.column)
        for arrow in (*moment.event.received, *moment.event.sent):
            names.setdefault(arrow.source)
            names.setdefault(arrow.target)
    return tuple(names)
