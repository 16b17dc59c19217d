"""A monitor of all claims on a cluster, after every step, by the checker's predicates.

The predicates are those of `properties.ALWAYS`, for leases those of `timed.properties`;
none is written here. What is written here is when to ask them: a view is taken anew
only of the agent that has stepped, and a claim is judged anew only where one of its
views has changed.

A long run would still cost ever more, so what is *settled* is not looked at again: the
chunks with which every log begins, on disk and in memory, all of whose entries are
committed, each alone at its index. Claims about logs see them without these chunks, and
indices count from there. A claim holds of the rest if and only if it holds of the
whole, for what was left out is the same everywhere. A step that touches what is settled
unsettles it, and claims see the whole again. Nothing is settled beside a log that has
lost its beginning: logs are short then. A test compares both.

Source: docs/decisions/011-claims-see-views.md; the guarantees of docs/specification.md.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import copy
from dataclasses import replace
from functools import cache
from operator import is_not
from typing import Final

from primacy.agents import AgentMap
from primacy.config import Config
from primacy.electorate import Roll
from primacy.log import CHUNK, Entry, Log
from primacy.state import NOTHING_DURABLE, Durable, State
from primacy.types import Index, Instant
from primacy_model.checker.actors import Views
from primacy_model.mesh.agent import Gate, Node, Wire
from primacy_model.mesh.history import Applied, Committed, History, Note, add_note
from primacy_model.mesh.properties import ALWAYS, MeshProperty
from primacy_model.timed.clocks import Clocked
from primacy_model.timed.properties import (
    ALONE,
    ALONE_TITLE,
    Holding,
    has_no_later_leader,
    has_one_lease,
)

ABOUT_LOGS: Final = frozenset({"S5", "S7", "S12", "match-prefix", "commit-quorum"})
"""The claims whose views hold logs; of logs that are whole, where any is settled."""

Chunks = tuple[tuple[Entry, ...], ...]
Projection = tuple[Callable[[int, Node | Wire], Hashable], bool]
"""How an agent is seen, and whether without what is settled."""


class Broken(AssertionError):  # noqa: N818 - a claim is broken
    """A claim does not hold."""

    def __init__(self, claim: str, title: str) -> None:
        super().__init__(f"{claim} is broken: {title}")
        self.claim = claim
        """The id of the claim."""
        self.title = title


class PropertyMonitor:
    """What claims saw last, and what happened so far."""

    def __init__(self, nodes: Sequence[Node], *, settles: bool = True) -> None:
        self.history = History()
        self._nodes = list(nodes)
        self._settles, self._settled = settles, Chunks()
        self._committed: dict[int, set[Committed]] = {}
        self._shown = self.history
        """The history without what is settled."""
        self._views: dict[Projection, list[Hashable]] = {}
        self._scenes: dict[str, Hashable] = {}
        self._told: tuple[Gate, History] | None = None
        """Of what the scenes are."""
        self._look_at_all(Gate())

    # --- what happens -----------------------------------------------------------------

    def note(self, notes: Iterable[Note]) -> None:
        """Write down what happened."""
        before = self.history
        for each in notes:
            if isinstance(each, Applied):
                self._apply(each)
            else:
                self.history = add_note(self.history, each)
        if self.history is not before:
            self._shown = self._without_settled(self.history)

    def _apply(self, note: Applied) -> None:
        """Write down what was applied, and touch nothing but the indices it is of."""
        span = range(note.after + 1, note.after + len(note.entries) + 1)
        known = frozenset(one for at in span for one in self._committed.get(at, ()))
        now = add_note(History(committed=known), note).committed
        if now == known:
            return
        committed = (self.history.committed - known) | now
        self.history = replace(self.history, committed=committed)
        for index in span:
            self._committed[index] = {one for one in now if one.index == index}

    def judge(self, place: int, node: Node, gate: Gate) -> None:
        """Judge every claim that sees a change. Raise `Broken` for the first broken."""
        self._nodes[place] = node
        if not self._is_settled_in(node):
            self._settled = ()
            self._shown = self.history
            self._look_at_all(gate)
            self._ask(ALWAYS)
            return
        rest = _cut(node, len(self._settled))
        changed = {
            projection
            for projection, views in self._views.items()
            if self._is_new(views, place, _seen(projection, place, node, rest))
        }
        told = gate, self._shown
        is_news = self._told is None or any(map(is_not, told, self._told))
        self._told = told
        self._ask(
            claim
            for claim in ALWAYS
            if (is_news and self._has_new_scene(claim, gate))
            or _projection(claim) in changed
        )
        self._settle(gate)

    def _ask(self, claims: Iterable[MeshProperty]) -> None:
        for claim in claims:
            views = self._views[_projection(claim)]
            scene = [] if claim.scene is None else [self._scenes[claim.id]]
            if not claim.holds((*views, *scene)):
                raise Broken(claim.id, claim.name)

    # --- what is seen -----------------------------------------------------------------

    @staticmethod
    def _is_new(views: list[Hashable], place: int, view: Hashable) -> bool:
        is_new = view != views[place]
        views[place] = view
        return is_new

    def _has_new_scene(self, claim: MeshProperty, gate: Gate) -> bool:
        if claim.scene is None:
            return False
        scene = claim.scene(gate, self._shown)
        before = self._scenes[claim.id]
        self._scenes[claim.id] = scene
        return scene is not before and scene != before

    def _look_at_all(self, gate: Gate) -> None:
        """Take every view anew."""
        pairs = [(node, _cut(node, len(self._settled))) for node in self._nodes]
        for claim in ALWAYS:
            projection = _projection(claim)
            self._views[projection] = [
                _seen(projection, place, node, rest)
                for place, (node, rest) in enumerate(pairs)
            ]
            if claim.scene is not None:
                self._scenes[claim.id] = claim.scene(gate, self._shown)

    # --- what is settled --------------------------------------------------------------

    def _is_settled_in(self, node: Node) -> bool:
        """Tell whether an agent holds what is settled, and no other entry is known."""
        settled = self._settled
        if settled and any(log.start for log in _logs(node)):
            return False
        if any(log.full[: len(settled)] != settled for log in _logs(node)):
            return False
        return len(self._shown.committed) == len(self.history.committed) - CHUNK * len(
            settled
        )

    def _without_settled(self, history: History) -> History:
        """Leave out what is settled; another entry at the same index stays."""
        behind = CHUNK * len(self._settled)
        if not behind:
            return history
        committed = frozenset(
            replace(one, index=one.index - behind)
            for one in history.committed
            if one.index > behind
        )
        return replace(history, committed=committed)

    def _settle(self, gate: Gate) -> None:
        """Settle the next chunk, if every log has it and all of it is committed."""
        at = len(self._settled)
        begun = (node for node in self._nodes if not _is_absent(node))
        logs = [log for node in begun for log in _logs(node)]
        if not self._settles or min((len(log.full) for log in logs), default=0) <= at:
            return
        if any(log.start for log in logs):
            return
        chunk = logs[0].full[at]
        if any(log.full[at] != chunk for log in logs):
            return
        for index, entry in enumerate(chunk, start=CHUNK * at + 1):
            if {one.entry for one in self._committed.get(index, ())} != {entry}:
                return
        self._settled = (*self._settled, chunk)
        self._shown = self._without_settled(self.history)
        self._look_at_all(gate)

    # --- leases -----------------------------------------------------------------------

    def of_leases(self, instants: Sequence[Instant]) -> None:
        """Judge leases at an instant of true time, at which clocks show these."""
        pairs = zip(instants, self._nodes, strict=True)
        holds = [Holding(now)(0, Clocked(node)) for now, node in pairs]
        views: Views = (*holds, True)
        if not has_one_lease(views):
            raise Broken("S11", "one lease")
        if not has_no_later_leader(views):
            raise Broken(ALONE, ALONE_TITLE)


def _projection(claim: MeshProperty) -> Projection:
    return claim.view, claim.id in ABOUT_LOGS


def _seen(projection: Projection, place: int, node: Node, rest: Node) -> Hashable:
    """See an agent, or what of it is not settled."""
    view, is_about_logs = projection
    return view(place, rest if is_about_logs else node)


def _is_absent(node: Node) -> bool:
    """Tell whether an agent is down and has nothing on its disk."""
    return node.state is None and node.disk == NOTHING_DURABLE


def _logs(node: Node) -> tuple[Log, ...]:
    """List the logs that an agent has: on disk, and in memory."""
    return (node.disk.log,) if node.state is None else (node.disk.log, node.state.log)


# --- an agent without what is settled -------------------------------------------------


def _cut(node: Node, chunks: int) -> Node:
    """Leave out the first chunks of every log; indices count from there."""
    if not chunks:
        return node
    disk = _durable_cut(node.disk, chunks)
    state = None if node.state is None else _state_cut(node.state, chunks)
    return replace(node, disk=disk, state=state)


def _durable_cut(durable: Durable, chunks: int) -> Durable:
    log, behind = durable.log, CHUNK * chunks
    rolls = tuple(Index(at - behind) for at in log.rolls if at > behind)
    rest = Log(full=log.full[chunks:], tail=log.tail, rolls=rolls)
    return replace(durable, log=rest)


def _state_cut(state: State, chunks: int) -> State:
    behind, lead = CHUNK * chunks, state.leadership
    match = AgentMap()
    for name in lead.match.agents.members:
        match = match.set(name, max(0, lead.match.get(name) - behind))
    return replace(
        state,
        config=_config_from(state.config, _roll_before(state, behind)),
        durable=_durable_cut(state.durable, chunks),
        commit_index=Index(max(0, state.commit_index - behind)),
        leadership=replace(lead, match=match),
    )


def _roll_before(state: State, behind: int) -> Roll:
    """Give the roll in force at the end of what is left out."""
    return state.log.prefix(Index(behind)).roll(state.config.first_roll)


@cache
def _config_from(config: Config, roll: Roll) -> Config:
    """Take a roll for the first: it is that of what is not left out."""
    made = copy(config)
    object.__setattr__(made, "first_roll", roll)
    return made
