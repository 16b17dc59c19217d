"""Scenarios: runs of whole meshes, each a trace of the same format as any other.

The shortest run of a world to each thing that must happen in it, scenes in which the
members change, and walks by chance.
What no agent does is left out: a partition, a lost packet, a pause.

Contract: a scenario is whole, it begins at the first start of every agent, and `primacy
conform` accepts it.

Source: docs/conformance.md, "Scenarios".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from primacy import (
    Change,
    Config,
    LeaseRead,
    Message,
    Read,
    Replace,
    RequestId,
    State,
    Transfer,
    Write,
    initial,
    recover,
    step,
)
from primacy_model.checker.actors import Assembled, Claim, Doing
from primacy_model.checker.model import Action, Kind
from primacy_model.checker.random_walk import walk
from primacy_model.conformance.membership_scenes import membership_traces
from primacy_model.conformance.model_situations import Overheard
from primacy_model.conformance.recorder import Recorder, States
from primacy_model.engines import search
from primacy_model.engines.search import Engine
from primacy_model.mesh.actions import MeshLocal
from primacy_model.mesh.agent import Gate, InFlight, Node
from primacy_model.mesh.history import History
from primacy_model.mesh.model import Mesh, MeshWorld
from primacy_model.scopes import SCOPES

WITNESSED: Final = (
    "initial-election",
    "regular-election",
    "replication",
    "follower-reads",
    "fencing",
    "partition",
    "worker",
    "transfer",
    "transfer-write",
)
"""The worlds of which the shortest runs are written."""
WALKED: Final[tuple[tuple[str, States], ...]] = (
    ("initial-election-crash", "full"),
    ("five-electors", "digest"),
    ("two-writes", "full"),
    ("reads-and-transfer", "full"),
    ("worker-crash", "digest"),
    ("three-terms", "none"),
)
"""The worlds that are walked through, and what of a state is written."""
STEPS: Final = 120
SEED: Final = 1


def scenarios() -> Iterator[tuple[str, str]]:
    """Give the name and the text of each scenario."""
    for name in WITNESSED:
        mesh = _mesh(name)
        runs: list[list[Action]] = []
        for hope in mesh.sometimes:
            run = shortest_run(mesh, hope)
            if run not in runs:  # one run may show two things
                runs.append(run)
                yield f"{name}-{hope}", _written(mesh, run, "full")
    for name, text in membership_traces("digest"):
        yield f"change-{name}", text
    for name, states in WALKED:
        mesh = _mesh(name)
        yield f"{name}-walk", _written(mesh, random_run(mesh), states)


def _mesh(name: str) -> Overheard:
    scope = SCOPES.find(name)
    assert isinstance(scope, Assembled)
    assert isinstance(scope.actors, Mesh)
    return Overheard(scope.actors)


# --- runs -----------------------------------------------------------------------------


class _Sought(Overheard):
    """A mesh in which what is sought counts as broken: its trace is a shortest run."""

    hope: str

    @property
    def claims(self) -> Sequence[Claim[MeshLocal, Gate, History]]:
        (sought,) = (each for each in super().claims if each.id == self.hope)
        return (
            replace(
                sought, kind=Kind.ALWAYS, holds=lambda views: not sought.holds(views)
            ),
        )


def shortest_run(mesh: Overheard, hope: str) -> list[Action]:
    """Find a shortest run to a world in which something that must happen has."""
    sought = _Sought(mesh)
    sought.hope = hope
    found = search.explore(sought, Engine.MEMO)
    assert found.violation is not None
    mesh.ear.said.update(sought.ear.said)
    return [each.action for each in found.violation.trace.steps]


@dataclass(frozen=True)
class _Walked(Assembled[MeshLocal, InFlight, Gate, History]):
    """A model that takes down the actions that a walk chooses."""

    taken: tuple[list[Action], ...] = ()

    def successor(self, state: MeshWorld, action: Action) -> MeshWorld:
        self.taken[0].append(action)
        return super().successor(state, action)


def random_run(mesh: Overheard) -> list[Action]:
    """Walk by chance."""
    taken: list[Action] = []
    walk(_Walked(mesh, taken=(taken,)), seed=SEED, steps=STEPS)
    return taken


# --- the trace of a run ---------------------------------------------------------------


class _Run:
    """A mesh that does what a run of a world does, and logs it."""

    def __init__(self, mesh: Overheard, states: States) -> None:
        self.lines: list[str] = []
        self._mesh, self._states = mesh, dict[str, State]()
        self._asked: set[RequestId] = set()
        self._recorder = Recorder(
            self.lines.append,
            mesh.configs,
            runtime=f"primacy, world {mesh.name}",
            states=states,
            whole=True,
        )

    def begin(self, configs: Iterable[Config]) -> None:
        """Start every agent, and let the mesh come to where its world begins."""
        for config in configs:
            state, outputs = initial(config)
            self._states[config.me] = state
            self._recorder.start(config.me, state, outputs)
        fresh = Overheard(self._mesh)
        fresh.initial()
        for before, message in fresh.ear.steps:
            self._step(before, message)

    def do(self, action: Action) -> None:
        """Do what an agent does in a move of its world."""
        doing = action.payload
        assert isinstance(doing, Doing)
        name, move = action.column, doing.move
        if action.kind == "crash":
            self._recorder.crash(name)
            del self._states[name]
        elif action.kind == "restart":
            config, node = self._mesh.configs[doing.place], move.after
            assert isinstance(node, Node)
            state, outputs = recover(config, node.disk)
            self._states[name] = state
            self._recorder.recover(name, node.disk, state, outputs)
        elif name in self._states:
            state = self._states[name]
            message = self._mesh.ear.said.get((state, (action.kind, action.label)))
            if message is not None:
                self._step(state, message)

    def _step(self, before: State, message: Message) -> None:
        match message:
            case Write() | Read() | LeaseRead() | Transfer() | Change() | Replace():
                if message.request in self._asked:
                    return  # a world asks again what was refused and changed nothing
                self._asked.add(message.request)
        name = before.me
        assert self._states[name] == before
        state, outputs = step(before, message)
        self._states[name] = state
        self._recorder.step(name, message, state, outputs)

    def end(self) -> str:
        """End the trace."""
        self._recorder.end()
        return "".join(self.lines)


def _written(mesh: Overheard, actions: Iterable[Action], states: States) -> str:
    run = _Run(mesh, states)
    run.begin(mesh.configs)
    for action in actions:
        run.do(action)
    return run.end()
