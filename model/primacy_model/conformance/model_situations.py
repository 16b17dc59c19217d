"""What agents are given in the worlds of the model checker, and where that leads.

A world is explored by an engine as always, but its moves are overheard: each pair of a
state and a message that an agent is asked with, once, in the order of the search; each
disk from which an agent restarts; each way in which a resource is asked. Every state
that an agent can be in within the bounds of the world is among them.

Source: the scopes of docs/model.md and docs/timed.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from primacy.config import Config
from primacy.messages import Message
from primacy.state import Durable, State
from primacy_model.checker.actors import Actors, Assembled
from primacy_model.checker.reference_bfs import Verdict
from primacy_model.engines import search
from primacy_model.engines.search import Engine
from primacy_model.mesh.actions import MeshActions, MeshMove
from primacy_model.mesh.agent import Gate, Node
from primacy_model.mesh.model import Mesh
from primacy_model.scopes import SCOPES
from primacy_model.timed.actions import TimeCourse, TimedMoves
from primacy_model.timed.actions import TimedMove as TimedStep
from primacy_model.timed.clocks import Clocked
from primacy_model.timed.model import TimedMesh

QUICK: Final = (
    "initial-election",
    "regular-election",
    "replication",
    "follower-reads",
    "fencing",
    "partition",
    "worker",
    "worker-reads",
    "transfer",
    "transfer-write",
    "lease-read",
)
"""The worlds that are overheard: a few seconds in all."""

MoveLabel = tuple[str, str]
"""The kind of a move and what a person reads of it."""


@dataclass(slots=True)
class SituationCollector:
    """What was overheard, each once, in the order of the search."""

    steps: dict[tuple[State, Message], None] = field(default_factory=dict)
    disks: dict[tuple[Config, Durable], None] = field(default_factory=dict)
    said: dict[tuple[State, MoveLabel], Message] = field(default_factory=dict)
    """The message behind a move of an agent."""

    def heard(self, state: State | None, said: MoveLabel, message: Message) -> None:
        """Take down that an agent is given a message."""
        assert state is not None
        self.steps[state, message] = None
        self.said[state, said] = message


class _Moves(MeshActions):
    ear: SituationCollector

    def stepped(
        self, node: Node, gate: Gate, said: MoveLabel, message: Message
    ) -> MeshMove:
        self.ear.heard(node.state, said, message)
        return super().stepped(node, gate, said, message)

    def _restarted(self, place: int, node: Node) -> MeshMove:
        self.ear.disks[self.configs[place], node.disk] = None
        return super()._restarted(place, node)


class _TimedMoves(TimedMoves):
    ear: SituationCollector

    def stepped(
        self, local: Clocked, course: TimeCourse, said: MoveLabel, message: Message
    ) -> TimedStep:
        self.ear.heard(local.node.state, said, message)
        return super().stepped(local, course, said, message)


class Overheard(Mesh):
    """A mesh whose moves are overheard."""

    def __init__(self, mesh: Mesh) -> None:
        super().__init__(mesh.name, mesh.summary, mesh.shape, mesh.sometimes)
        self.ear, moves = SituationCollector(), _Moves(mesh.shape)
        self._moves, moves.ear = moves, self.ear


class TimedOverheard(TimedMesh):
    """A timed mesh whose moves are overheard."""

    def __init__(self, mesh: TimedMesh) -> None:
        super().__init__(mesh.name, mesh.summary, mesh.shape, (), mesh.pace)
        self.ear, moves = SituationCollector(), _TimedMoves(mesh.shape, mesh.pace)
        self._moves, moves.ear = moves, self.ear


def collect_situations(
    names: Sequence[str] = QUICK,
) -> Iterator[tuple[str, SituationCollector]]:
    """Explore worlds and give what was overheard in each, world by world."""
    for name in names:
        scope = SCOPES.find(name)
        assert isinstance(scope, Assembled)
        yield name, collect_scope(scope.actors)


def collect_scope(actors: Actors[object, object, object, object]) -> SituationCollector:
    """Explore one world."""
    if isinstance(actors, TimedMesh):
        timed = TimedOverheard(actors)
        found = search.explore(timed, Engine.MEMO)
        ear = timed.ear
    else:
        assert isinstance(actors, Mesh)
        mesh = Overheard(actors)
        found_ = search.explore(mesh, Engine.MEMO)
        assert found_.verdict is Verdict.HOLDS, found_.verdict
        return mesh.ear
    assert found.verdict is Verdict.HOLDS, found.verdict
    return ear
