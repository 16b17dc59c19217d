"""Random walks: what is deep is found sooner by chance than level by level.

A walk chooses the kind of an action first and then the action, so that rare kinds
happen as often as common ones. It begins anew now and then. What breaks a claim is
shrunk: actions are left out as long as the rest can still be carried out and still
breaks the claim. A walk shows that something is wrong, never that nothing is.

Source: Zeller and Hildebrandt 2002, for the shrinking.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final, Generic

import networkx as nx

from primacy_model.checker.limits import Limit, never_limited
from primacy_model.checker.model import Action, Kind, Model, Property, State
from primacy_model.checker.reference_bfs import (
    Exploration,
    Progress,
    ReachedState,
    Verdict,
)
from primacy_model.checker.trace import Step, Trace, Violation, confirm

RUN: Final = 200
"""How many steps a walk has before it begins anew."""


def walk(
    model: Model[State],
    *,
    seed: int,
    steps: int,
    progress: Progress | None = None,
    limit: Limit = never_limited,
) -> Exploration[State]:
    """Walk through a model at random, until a claim breaks or the steps are done."""
    begun = time.perf_counter()
    walker = _Walker(model, Random(seed), limit)  # noqa: S311 - no secret
    walker.go(steps, progress)
    return walker.found(time.perf_counter() - begun)


class _Walker(Generic[State]):
    def __init__(self, model: Model[State], random: Random, limit: Limit) -> None:
        self._model, self._random, self._limit = model, random, limit
        self._stopped_at = ""
        self._claims = [each for each in model.properties if each.kind is Kind.ALWAYS]
        self._hopes = [each for each in model.properties if each.kind is Kind.SOMETIMES]
        self._seen: set[State] = set()
        self._kinds = Counter(dict.fromkeys(model.kinds, 0))
        self._witnesses: dict[str, ReachedState[State]] = {}
        self._violation: Violation[State] | None = None
        self._deepest = 0
        self._steps = 0

    def go(self, steps: int, progress: Progress | None) -> None:
        while self._steps < steps and self._violation is None and not self._stopped_at:
            begun = self._steps
            self._run(min(RUN, steps - self._steps), progress)
            if self._steps == begun:
                return  # nothing can happen at all

    def _run(self, most: int, progress: Progress | None) -> None:
        initial = self._random.choice(list(self._model.initial()))
        state, taken = initial, list[Action]()
        broken = self._judge(state, 0)
        while broken is None and len(taken) < most:
            self._stopped_at = self._limit()
            if self._stopped_at:
                break
            able: dict[str, list[Action]] = {}
            for action in self._model.actions(state):
                able.setdefault(action.kind, []).append(action)
            if not able:
                break
            kind = self._random.choice(list(able))
            action = self._random.choice(able[kind])
            self._kinds[kind] += 1
            self._steps += 1
            taken.append(action)
            state = self._model.successor(state, action)
            broken = self._judge(state, len(taken))
            if progress is not None:
                progress(len(self._seen), self._steps, len(taken))
        self._deepest = max(self._deepest, len(taken))
        if broken is not None:
            trace = _shrunk(self._model, broken, initial, taken)
            self._violation = confirm(self._model, broken, trace)

    def _judge(self, state: State, depth: int) -> Property[State] | None:
        if state in self._seen:
            return None
        self._seen.add(state)
        for hope in self._hopes:
            if hope.id not in self._witnesses and hope.holds(state):
                self._witnesses[hope.id] = ReachedState(hope, state, depth)
        return next((each for each in self._claims if not each.holds(state)), None)

    def found(self, seconds: float) -> Exploration[State]:
        is_broken = self._violation is not None
        known, walked = self._witnesses, f"{self._steps:,} steps of a walk"
        return Exploration(
            model=self._model.name,
            bounds=self._model.bounds,
            verdict=Verdict.VIOLATED if is_broken else Verdict.INCOMPLETE,
            states=len(self._seen),
            transitions=self._steps,
            depth=self._deepest,
            seconds=seconds,
            kinds=self._kinds,
            witnesses=tuple(known[each.id] for each in self._hopes if each.id in known),
            violation=self._violation,
            never_fired=tuple(k for k in self._model.kinds if not self._kinds[k]),
            unreached=tuple(each for each in self._hopes if each.id not in known),
            graph=nx.MultiDiGraph(),
            is_bounded=not is_broken,
            stopped_at=" after ".join(filter(None, (self._stopped_at, walked))),
        )


def _shrunk(
    model: Model[State], claim: Property[State], initial: State, actions: list[Action]
) -> Trace[State]:
    """Leave out actions as long as the rest still breaks the claim."""
    shortest = _broken(model, claim, initial, actions)
    if shortest is None:
        raise ValueError(f"{claim.id} does not break again in {model.name}")
    size = len(shortest.steps) // 2
    while size:
        start = 0
        while start < len(shortest.steps):
            kept = [step.action for step in shortest.steps]
            shorter = _broken(
                model, claim, initial, [*kept[:start], *kept[start + size :]]
            )
            if shorter is None or len(shorter.steps) >= len(shortest.steps):
                start += size
            else:
                shortest = shorter
        size //= 2
    return shortest


def _broken(
    model: Model[State],
    claim: Property[State],
    initial: State,
    actions: Sequence[Action],
) -> Trace[State] | None:
    """Carry out what can be carried out of some actions, until the claim breaks."""
    state, steps = initial, list[Step[State]]()
    if not claim.holds(state):
        return Trace(model.name, initial, ())
    for action in actions:
        if all(action != each for each in model.actions(state)):
            continue
        state = model.successor(state, action)
        steps.append(Step(action, state))
        if not claim.holds(state):
            return Trace(model.name, initial, tuple(steps))
    return None
