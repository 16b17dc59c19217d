"""A pytest file that reproduces a violation, and needs nothing but the model.

The file names its scope, lists the actions as a person reads them, replays them by
itself and asserts that the property does not hold.

Contract: it passes as long as the violation is there, and fails when the model is
repaired.

Source: docs/decisions/010-levels-and-replayed-traces.md.
"""

from __future__ import annotations

import json
import re

from primacy_model.checker.actors import Assembled
from primacy_model.checker.model import Action, Kind, Model, State
from primacy_model.checker.trace import Violation

Call = tuple[str, str, str] | tuple[str, str, str, int]
"""Kind, column and label; a number where several actions share all three."""

_HEAD = '''"""{claim}: {name}.

The scope {scope} violates it after {steps}.
This file replays them. It passes while the violation is there, and fails when the
model is repaired.
"""

{imports}

SCOPE = {scope_text}
PROPERTY = {claim_text}
INITIAL = {initial}
ACTIONS = [
{actions}]
"""Kind, column and label of each action; a number where several are alike."""


def test_{test}() -> None:
    model = {model}
    state = list(model.initial())[INITIAL]
    for call in ACTIONS:
        state = model.successor(state, pick(model, state, *call))
    claim = next(each for each in model.properties if each.id == PROPERTY)
'''

_ALWAYS = "    assert not claim.holds(state)\n"

_RECOVERABLE = """    reached = {state}
    stack = [state]
    while stack:
        state = stack.pop()
        assert not claim.holds(state)
        for action in model.actions(state):
            successor = model.successor(state, action)
            if successor not in reached:
                reached.add(successor)
                stack.append(successor)
"""

_EVENTUALLY = """    run = [list(model.initial())[INITIAL]]
    for call in ACTIONS:
        run.append(model.successor(run[-1], pick(model, run[-1], *call)))
    assert run[{loop}] == state  # from here on it can repeat for ever
    assert not any(claim.holds(each) for each in run[{loop}:])
"""

_TAIL = '''

def pick(model, state, kind, column, label, number=0):
    """Find the action of a state that is written so."""
    wanted = (kind, column, label)
    alike = [
        action
        for action in model.actions(state)
        if (action.kind, action.column, action.label) == wanted
    ]
    assert number < len(alike), f"{column} cannot do this: {label}"
    return alike[number]
'''


def render_pytest(model: Model[State], violation: Violation[State]) -> str:
    """Write the pytest file of a violation."""
    claim, trace = violation.claim, violation.trace
    calls, state = [], trace.initial
    for step in trace.steps:
        calls.append(_call(model, state, step.action))
        state = step.state
    count = len(calls)
    imports, found = ["from primacy_model.scopes import SCOPES"], "SCOPES.find(SCOPE)"
    if isinstance(model, Assembled) and not model.forgets:
        imports = ["from dataclasses import replace", "", *imports]
        found = f"replace({found}, forgets=False)"
    head = _HEAD.format(
        imports="\n".join(imports),
        model=found,
        claim=claim.id,
        name=claim.name,
        scope=model.name,
        scope_text=_literal(model.name),
        claim_text=_literal(claim.id),
        steps="1 action" if count == 1 else f"{count} actions",
        initial=list(model.initial()).index(trace.initial),
        actions="".join(_render_call(call) for call in calls),
        test=_test_name(f"{claim.id} is violated in {model.name}"),
    )
    body = _RECOVERABLE if claim.kind is Kind.RECOVERABLE else _ALWAYS
    if claim.kind is Kind.EVENTUALLY:
        body = _EVENTUALLY.format(loop=trace.loop)
    return head + body + _TAIL


def _call(model: Model[State], state: State, action: Action) -> Call:
    alike = [each for each in model.actions(state) if _read(each) == _read(action)]
    if len(alike) == 1:
        return _read(action)
    return (*_read(action), alike.index(action))


def _read(action: Action) -> tuple[str, str, str]:
    return action.kind, action.column, action.label


def _render_call(call: Call) -> str:
    """Write a call on one line, or on one line for each part if that is too long."""
    line = f"    ({', '.join(_literal(part) for part in call)}),\n"
    if len(line) <= 89:  # 88 columns and the line end
        return line
    parts = "".join(f"        {_literal(part)},\n" for part in call)
    return f"    (\n{parts}    ),\n"


def _literal(part: str | int) -> str:
    return json.dumps(part, ensure_ascii=False)  # as Python writes it, double quotes


def _test_name(sentence: str) -> str:
    return re.sub(r"\W+", "_", sentence.lower(), flags=re.ASCII)
