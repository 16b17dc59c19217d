"""Small worlds whose state graphs a person can draw, for the tests of the tools.

`Drawn` is a graph that is written down. `Lock` is two agents that ask a server for a
lock; it may be left unguarded, and its holder may be allowed to crash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

from primacy_model.checker.model import Action, Arrow, Event, Kind, Property, Value
from primacy_model.scopes import Registry, collect

# --- a graph that is written down -----------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A graph over strings; the successors of a node are the letters it maps to."""

    edges: Mapping[str, Sequence[str]]
    starts: Sequence[str] = ("s",)
    properties: Sequence[Property[str]] = ()
    kinds: Sequence[str] = ("go",)
    name: str = "drawn"
    summary: str = "A graph that a test wrote down."
    bounds: Mapping[str, int | str] = field(default_factory=dict)

    def initial(self) -> Iterator[str]:
        yield from self.starts

    def actions(self, state: str) -> Iterator[Action]:
        for index, target in enumerate(self.edges.get(state, ())):
            yield Action("go", "walker", f"go to {target}", index)

    def successor(self, state: str, action: Action) -> str:
        assert isinstance(action.payload, int)
        return self.edges[state][action.payload]

    def columns(self, state: str) -> Mapping[str, Mapping[str, Value]]:
        return {"walker": {"at": state}}

    def event(self, state: str, action: Action) -> Event:  # noqa: ARG002  # a Model's
        return Event((), (), ())


def always_not(node: str) -> Property[str]:
    return Property("A1", f"never at {node}", Kind.ALWAYS, lambda at: at != node)


def sometimes(node: str) -> Property[str]:
    return Property("E1", f"once at {node}", Kind.SOMETIMES, lambda at: at == node)


def recoverable(node: str) -> Property[str]:
    return Property("R1", f"back to {node}", Kind.RECOVERABLE, lambda at: at == node)


# --- a lock ---------------------------------------------------------------------------

AGENTS = ("a", "b")
SERVER = "server"


@dataclass(frozen=True)
class Letter:
    """One message of the lock."""

    kind: str
    agent: str

    @property
    def arrow(self) -> Arrow:
        ends = (SERVER, self.agent) if self.kind == "Grant" else (self.agent, SERVER)
        label = f"{self.kind}(lock 1, to {self.agent})"
        return Arrow(f"{self.kind}-{self.agent}", *ends, label)


@dataclass(frozen=True)
class LockState:
    """Where each agent is, who the server thinks holds the lock, what is on its way."""

    phases: tuple[str, ...]
    holder: str = "nobody"
    flying: frozenset[Letter] = frozenset()

    def phase(self, agent: str) -> str:
        return self.phases[AGENTS.index(agent)]

    def with_phase(self, agent: str, phase: str) -> LockState:
        phases = list(self.phases)
        phases[AGENTS.index(agent)] = phase
        return replace(self, phases=tuple(phases))


def _one_holder(state: LockState) -> bool:
    return state.phases.count("holding") <= 1


def is_held(state: LockState) -> bool:
    return "holding" in state.phases


def _is_free(state: LockState) -> bool:
    return state.holder == "nobody"


LOCK_PROPERTIES = (
    Property("L1", "at most one agent holds the lock", Kind.ALWAYS, _one_holder),
    Property("W1", "an agent holds the lock", Kind.SOMETIMES, is_held),
    Property("R1", "the lock can become free", Kind.RECOVERABLE, _is_free),
)


@dataclass(frozen=True)
class Lock:
    """Two agents, each of which takes the lock at most once."""

    name: str = "lock"
    is_guarded: bool = True
    can_crash: bool = False
    agents: tuple[str, ...] = AGENTS
    kinds: Sequence[str] = ("ask", "deliver", "release")
    properties: Sequence[Property[LockState]] = LOCK_PROPERTIES
    summary: str = "Two agents take a lock, once each."

    @property
    def bounds(self) -> Mapping[str, int | str]:
        return {"agents": len(self.agents), "rounds": 1}

    def initial(self) -> Iterator[LockState]:
        yield LockState(("idle",) * len(AGENTS))

    def actions(self, state: LockState) -> Iterator[Action]:
        for agent in self.agents:
            if state.phase(agent) == "idle":
                yield Action("ask", agent, "ask for the lock", agent)
            if state.phase(agent) == "holding":
                yield Action("release", agent, "release the lock", agent)
                if self.can_crash:
                    yield Action("crash", agent, "crash", agent)
        for letter in sorted(state.flying, key=lambda each: (each.kind, each.agent)):
            is_waiting = letter.kind == "Ask" and state.holder != "nobody"
            if not (is_waiting and self.is_guarded):
                arrow = letter.arrow
                label = f"deliver {arrow.label} from {arrow.source}"
                yield Action("deliver", arrow.target, label, letter)

    def successor(self, state: LockState, action: Action) -> LockState:
        sent = frozenset(self._sent(action))
        letter = action.payload
        if not isinstance(letter, Letter):
            phase = {"ask": "waiting", "release": "done", "crash": "crashed"}
            after = state.with_phase(action.column, phase[action.kind])
            return replace(after, flying=state.flying | sent)
        after = replace(state, flying=state.flying - {letter} | sent)
        match letter.kind:
            case "Ask":
                return replace(after, holder=letter.agent)
            case "Grant":
                return after.with_phase(letter.agent, "holding")
            case _:
                return replace(after, holder="nobody")

    def columns(self, state: LockState) -> Mapping[str, Mapping[str, Value]]:
        shown: dict[str, Mapping[str, Value]] = {
            agent: {"phase": state.phase(agent)} for agent in AGENTS
        }
        shown[SERVER] = {"holder": state.holder}
        return shown

    def event(self, state: LockState, action: Action) -> Event:  # noqa: ARG002
        letter = action.payload
        received = (letter.arrow,) if isinstance(letter, Letter) else ()
        sent = tuple(each.arrow for each in self._sent(action))
        notes = (f"{action.column} holds the lock",) if action.column in AGENTS else ()
        return Event(received, sent, notes if received else ())

    def _sent(self, action: Action) -> Iterator[Letter]:
        match action.payload:
            case Letter("Ask", agent):
                yield Letter("Grant", agent)
            case str(agent) if action.kind == "ask":
                yield Letter("Ask", agent)
            case str(agent) if action.kind == "release":
                yield Letter("Release", agent)


GUARDED = Lock()
UNGUARDED = Lock(
    name="unguarded-lock",
    is_guarded=False,
    summary="The server grants the lock to any client that asks.",
)
CRASHING = Lock(
    name="crashing-lock",
    can_crash=True,
    kinds=("ask", "deliver", "release", "crash"),
    summary="An agent may crash while it holds the lock.",
)
VACUOUS = Lock(
    name="vacuous-lock",
    kinds=("ask", "deliver", "release", "crash"),
    summary="Nobody crashes, though somebody must.",
)

# --- what is drawn of them ------------------------------------------------------------


def parsed(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314  # we wrote it ourselves


# --- a registry -----------------------------------------------------------------------

ONE = Lock(name="one-agent", agents=("a",), summary="One agent takes a lock, once.")
REGISTRY = Registry(
    {
        "mesh": collect((ONE, GUARDED)),
        "literal-seed": collect((UNGUARDED, CRASHING, VACUOUS)),
    }
)
