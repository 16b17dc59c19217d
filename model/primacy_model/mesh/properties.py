"""What must hold in every world: S1 to S10, S12, S13, and what finds bugs earlier.

Each is a claim: it sees a view of every agent, and of what is shared and what happened,
and nothing else. Those that speak of a step (terms never fall, a leader only appends)
read the breaches that `agent.perform` notes while it carries the step out. S11 needs
clocks, which only `timed` worlds have. Quorums are those of the roll of a log.

Source: the guarantees of docs/specification.md; Ongaro 2014, figure 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

from primacy.agents import AgentSet
from primacy.log import EntryKind, Log
from primacy.types import Index
from primacy_model.checker.actors import Claim, Views
from primacy_model.checker.model import Kind
from primacy_model.mesh import projections, rolls
from primacy_model.mesh.agent import Gate, Node, Wire
from primacy_model.mesh.bounds import Shape
from primacy_model.mesh.history import Committed, History
from primacy_model.mesh.log_comparison import agree, holds, match
from primacy_model.mesh.rolls import is_quorum, meet

SharedView = Callable[[Gate, History], Hashable]


# --- always ---------------------------------------------------------------------------


def has_one_leader_a_term(views: Views) -> bool:
    """S1: at most one agent is ever leader in a term."""
    (leaders,) = views[-1:]
    assert isinstance(leaders, frozenset)
    return _has_distinct_keys(leaders)


def has_electors_only(views: Views) -> bool:
    """S2: who stands or votes is on the roll, that of the candidate's log.

    Or is not yet off it, for a candidate: a change that is not committed takes it off.
    """
    *agents, told = views
    assert isinstance(told, tuple)
    stood, votes, _ = told
    standing = {(each.term, each.agent): each.electorates for each in stood}
    return (
        all(each is not False for each in agents)
        and all(each.is_entitled for each in stood)
        and all(
            voter == candidate or rolls.has(standing[term, candidate], voter)
            for term, voter, candidate in votes
            if (term, candidate) in standing
        )
    )


def has_quorums_behind_leaders(views: Views) -> bool:
    """Tell whether a quorum of the roll of its log elected each leader."""
    (told,) = views[-1:]
    assert isinstance(told, tuple)
    stood, votes, leaders = told
    standing = {(each.term, each.agent): each.electorates for each in stood}
    for term, agent in leaders & standing.keys():
        voters = [who for when, who, whom in votes if (when, whom) == (term, agent)]
        if not is_quorum(AgentSet.of((*voters, agent)), standing[term, agent]):
            return False
    return True


def has_meeting_rolls(views: Views) -> bool:
    """S12: rolls of agents that hold all that is committed have quorums that meet.

    No other agent can be elected, and none can commit.
    """
    *agents, committed = views
    assert isinstance(committed, frozenset)
    running = [each for each in agents if isinstance(each, projections.InUse)]
    whole = {
        each.electorates: None
        for each in running
        if all(holds(each.log, one.index, one.entry) for one in committed)
    }
    return all(meet(one, other) for one, other in combinations(whole, 2))


def has_meeting_heirs(views: Views) -> bool:
    """Tell whether a leader's quorums meet those that elected the next one."""
    *agents, won = views
    assert isinstance(won, frozenset)
    for lead in agents:
        if isinstance(lead, projections.LeadsWith):
            later = [term for term, _ in won if term > lead.term]
            heirs = [roll for term, roll in won if later and term == min(later)]
            if not all(meet(lead.electorates, roll) for roll in heirs):
                return False
    return True


def has_one_vote_a_term(views: Views) -> bool:
    """S4: an agent grants at most one vote in a term."""
    (votes,) = views[-1:]
    assert isinstance(votes, frozenset)
    return _has_distinct_keys(
        ((term, voter), candidate) for term, voter, candidate in votes
    )


def has_matching_logs(views: Views) -> bool:
    """S5: logs that agree on (index, term) agree on everything up to it."""
    logs: dict[Log, None] = {}
    for pair in views:
        assert pair is None or isinstance(pair, tuple)
        logs.update((log, None) for log in pair or () if isinstance(log, Log))
    distinct = list(logs)
    return all(
        match(one, other)
        for place, one in enumerate(distinct)
        for other in distinct[:place]
    )


def has_complete_leaders(views: Views) -> bool:
    """S7: every committed entry is in the log of every later leader."""
    *agents, committed = views
    assert isinstance(committed, frozenset)
    for lead in agents:
        if not isinstance(lead, projections.Lead):
            continue
        for one in committed:
            is_later = one.term < lead.term
            if is_later and not holds(lead.log, one.index, one.entry):
                return False
    return True


def has_one_entry_an_index(views: Views) -> bool:
    """S8: at an index one entry is applied, after those before it."""
    *_, told = views
    assert isinstance(told, tuple)
    committed, is_breached = told
    entries = ((one.index, one.entry) for one in committed)
    return _has_distinct_keys(entries) and not is_breached


def has_one_leader_a_token(views: Views) -> bool:
    """S9: a token names one leader, and none is admitted after a higher one."""
    (told,) = views[-1:]
    assert isinstance(told, tuple)
    admitted, is_breached = told
    return _has_distinct_keys(admitted) and not is_breached


def has_true_matches(views: Views) -> bool:
    """Tell whether what a leader believes a follower to hold is a common prefix.

    Said of followers whose term is not above the leader's: a later leader may have
    overwritten what the others held.
    """
    agents = [each for each in views if isinstance(each, projections.AgentKnowledge)]
    for leader in agents:
        if leader.believed is None:
            continue
        lead, believed = leader.believed
        for node in agents:
            is_held = agree(node.log, lead.log, believed.get(node.agent))
            if node.term <= lead.term and not is_held:
                return False
    return True


def has_quorums_behind_commits(views: Views) -> bool:
    """Tell whether a quorum of disks holds what a leader calls committed.

    A quorum of the roll in force there, or of a later one: what a leader learned to be
    committed may have been committed with a later entry.
    """
    agents = [each for each in views if isinstance(each, projections.Called)]
    for leader in agents:
        prefix = leader.committed
        if prefix is None:
            continue
        last = prefix.last_index
        holders = AgentSet.of(
            node.agent for node in agents if agree(node.log, prefix, last)
        )
        if not any(is_quorum(holders, roll) for roll in leader.electorates):
            return False
    return True


def has_committed_starts(views: Views) -> bool:
    """Tell whether each log starts behind what was applied, with the roll there."""
    *agents, committed = views
    assert isinstance(committed, frozenset)
    starts = {each for each in agents if isinstance(each, projections.Start)}
    return all(_is_committed(start, committed) for start in starts)


def _is_committed(start: projections.Start, committed: frozenset[Committed]) -> bool:
    terms = [one.entry.term for one in committed if one.index == start.last]
    changes = [
        one
        for one in committed
        if one.index <= start.last and one.entry.kind == EntryKind.ROLL
    ]
    if start.term not in terms:
        return False
    if not changes:
        return start.roll.index == 0
    last = max(changes, key=lambda one: one.index)
    return start.roll == rolls.set_by(last.entry, Index(last.index))


def is_true_of_all(views: Views) -> bool:
    """Tell whether something is so of every agent."""
    return all(each is not False for each in views)


def _has_distinct_keys(pairs: Iterable[tuple[object, object]]) -> bool:
    """Tell whether no key stands with two values."""
    found = set(pairs)
    return len({key for key, _ in found}) == len(found)


@dataclass(frozen=True, slots=True)
class Kept:
    """No step has broken an invariant about steps."""

    name: str

    def __call__(self, views: Views) -> bool:
        """Tell whether that is so."""
        (breaches,) = views[-1:]
        assert isinstance(breaches, frozenset)
        return self.name not in breaches


View = Callable[[Node], Hashable]
MeshProperty = Claim[Node | Wire, Gate, History]


def _claim(
    kind: Kind,
    names: tuple[str, str],
    holds: Callable[[Views], bool],
    view: View = projections.nothing,
    scene: SharedView | None = None,
) -> MeshProperty:
    return Claim(*names, kind, OfAgents(view), holds, scene)


@dataclass(frozen=True, slots=True)
class OfAgents:
    """See agents through a view, and nothing of the network."""

    view: View

    def __call__(self, _: int, local: Node | Wire) -> Hashable:
        """See an agent, or nothing."""
        return self.view(local) if isinstance(local, Node) else None


def _always(
    name: str,
    title: str,
    holds: Callable[[Views], bool],
    view: View = projections.nothing,
    scene: SharedView | None = None,
) -> MeshProperty:
    return _claim(Kind.ALWAYS, (name, title), holds, view, scene)


def _never_broken(name: str, title: str) -> MeshProperty:
    return _always(name, title, Kept(name), scene=projections.breaches)


ALWAYS: Final[tuple[MeshProperty, ...]] = (
    _always("S1", "election safety", has_one_leader_a_term, scene=projections.leaders),
    _always(
        "S2",
        "leader-only elections",
        has_electors_only,
        projections.is_entitled,
        projections.elections,
    ),
    _never_broken("S3", "monotonic terms"),
    _always("S4", "one vote", has_one_vote_a_term, scene=projections.votes),
    _always("S5", "log matching", has_matching_logs, projections.logs),
    _never_broken("S6", "leader append-only"),
    _always(
        "S7",
        "leader completeness",
        has_complete_leaders,
        projections.lead,
        projections.committed,
    ),
    _always(
        "S8", "state machine safety", has_one_entry_an_index, scene=projections.applied
    ),
    _always("S9", "fencing", has_one_leader_a_token, scene=projections.admitted),
    _never_broken("S10", "no stale read"),
    _always(
        "S12",
        "unbroken electorate",
        has_meeting_rolls,
        projections.in_use,
        projections.committed,
    ),
    _never_broken("S13", "durable before sent"),
    _always(
        "match-prefix",
        "a match is a true common prefix",
        has_true_matches,
        projections.match,
    ),
    _always(
        "commit-quorum",
        "a quorum holds what is committed",
        has_quorums_behind_commits,
        projections.called,
    ),
    _always(
        "election-quorum",
        "a quorum elected each leader",
        has_quorums_behind_leaders,
        scene=projections.elections,
    ),
    _always(
        "heir-quorum",
        "a leader's quorums meet those of the next",
        has_meeting_heirs,
        projections.leads_with,
        projections.winners,
    ),
    _always(
        "roll-of-log",
        "a roll is the one that the log sets",
        is_true_of_all,
        projections.is_roll_of_log,
    ),
    _always(
        "start-committed",
        "a log starts behind what is committed",
        has_committed_starts,
        projections.start,
        projections.committed,
    ),
    _always(
        "start-applied",
        "an agent has applied what its log starts behind",
        is_true_of_all,
        projections.has_applied_start,
    ),
    _always(
        "never-empty",
        "a roll has electors",
        is_true_of_all,
        projections.has_electors,
    ),
    _never_broken("one-at-a-time", "a change waits for the one before"),
    _never_broken("grounded", "a change waits for a commit of its term"),
    _never_broken("removed-leader", "a removed leader begins no round"),
    _never_broken("rejection", "what cannot be valid changes nothing"),
    _never_broken("commit-monotone", "a commit index never falls"),
    _always(
        "next-above-match",
        "next is above match",
        is_true_of_all,
        projections.is_next_above_match,
    ),
)
"""What every scope checks in every state."""


# --- where an invariant can fail ------------------------------------------------------


def _elects(shape: Shape) -> bool:
    """Tell whether votes are cast in a shape."""
    return shape.casts_votes


def _appends(shape: Shape) -> bool:
    """Tell whether entries are sent in a shape."""
    return _elects(shape) or shape.budgets.writes > 0 or _changes(shape)


def _changes(shape: Shape) -> bool:
    """Tell whether the roll may change in a shape."""
    return shape.budgets.changes > 0


def _compacts(shape: Shape) -> bool:
    """Tell whether logs may lose their beginning in a shape."""
    return shape.budgets.snapshots > 0


def _has_others(shape: Shape) -> bool:
    """Tell whether there may be agents that are no electors."""
    return bool(shape.workers or shape.joiners) or _changes(shape)


_CAN_FAIL: Final[Mapping[str, Callable[[Shape], bool]]] = {
    "S1": _elects,
    "S2": lambda shape: _has_others(shape) and _elects(shape),
    "S3": _elects,
    "S4": _elects,
    "S5": _appends,
    "S6": _appends,
    "S7": lambda shape: shape.terms > 1,
    "S8": _appends,
    "S9": lambda shape: shape.budgets.effects > 0,
    "S10": lambda shape: shape.budgets.reads > 0,
    "S12": _changes,
    "S13": _appends,
    "heir-quorum": _changes,
    "roll-of-log": _changes,
    "start-committed": _compacts,
    "start-applied": _compacts,
    "never-empty": _changes,
    "one-at-a-time": _changes,
    "grounded": _changes,
    "removed-leader": _changes,
    "rejection": lambda shape: shape.intruders,
}


def can_fail(name: str, shape: Shape) -> bool:
    """Tell whether a mesh of a shape does what an invariant speaks of.

    Every scope checks all of them, but no fence can fail where no effect is sent.
    """
    return name not in _CAN_FAIL or _CAN_FAIL[name](shape)


# --- sometimes ------------------------------------------------------------------------


def _is_elected(_: Gate, history: History) -> Hashable:
    return bool(history.leaders)


def _is_elected_again(_: Gate, history: History) -> Hashable:
    return len({term for term, _ in history.leaders}) > 1


def _is_committed_again(_: Gate, history: History) -> Hashable:
    return len(history.committed) > 1


def _is_read_served(_: Gate, history: History) -> Hashable:
    return bool(history.served)


def _is_effect_refused(_: Gate, history: History) -> Hashable:
    return bool(history.refused)


def _is_transferred(_: Gate, history: History) -> Hashable:
    return bool(history.handed & history.leaders)


def _is_changed(_: Gate, history: History) -> Hashable:
    return any(one.entry.kind == EntryKind.ROLL for one in history.committed)


def _is_settled(_: Gate, history: History) -> Hashable:
    changes = [one for one in history.committed if one.entry.kind == EntryKind.ROLL]
    entries = [one.entry for one in sorted(changes, key=lambda one: one.index)]
    joint = [entry.electors != entry.outgoing for entry in entries]
    return (True, False) in pairwise(joint)


def _is_undone(_: Gate, history: History) -> Hashable:
    return history.undone


def _is_so_of_one(views: Views) -> bool:
    return any(view is True for view in views)


def _is_so(views: Views) -> bool:
    return views[-1] is True


def _is_contested(views: Views) -> bool:
    return sum(view is True for view in views) > 1


def _is_split_with_both_active(views: Views) -> bool:
    """Tell whether one side has a leader and the other a newer term."""
    *agents, sides = views
    if not isinstance(sides, AgentSet):
        return False
    running = [each for each in agents if isinstance(each, projections.Ruling)]
    return any(
        sides.has(one.agent) != sides.has(other.agent) and other.term > one.term
        for one in running
        if one.is_leader
        for other in running
    )


def _once(name: str, title: str, scene: SharedView) -> MeshProperty:
    return _claim(Kind.SOMETIMES, (name, title), _is_so, projections.nothing, scene)


def _of_one(name: str, title: str, view: View) -> MeshProperty:
    return _claim(Kind.SOMETIMES, (name, title), _is_so_of_one, view)


def _sometimes(claims: Sequence[MeshProperty]) -> dict[str, MeshProperty]:
    return {claim.id: claim for claim in claims}


SOMETIMES: Final = _sometimes(
    [
        _once("elected", "a leader is elected", _is_elected),
        _once("elected-again", "a second leader leads a later term", _is_elected_again),
        _claim(
            Kind.SOMETIMES,
            ("contested", "two agents stand at a time"),
            _is_contested,
            projections.is_candidate,
        ),
        _once(
            "committed", "an entry after the first is committed", _is_committed_again
        ),
        _once("read-served", "a read is served", _is_read_served),
        _once("effect-refused", "a stale effect is refused", _is_effect_refused),
        _once("changed", "a change of the roll is committed", _is_changed),
        _once("undone", "a change of the roll is taken back", _is_undone),
        _once("settled", "an electorate is replaced by another", _is_settled),
        _of_one("removed", "a leader is off the roll", projections.is_removed),
        _of_one(
            "taken-off",
            "an agent stands that a change takes off",
            projections.is_taken_off,
        ),
        _of_one(
            "newcomer-leads",
            "an agent leads that was no elector at first",
            projections.is_newcomer,
        ),
        _of_one(
            "joined",
            "an agent that was on no roll applies entries",
            projections.has_joined,
        ),
        _of_one(
            "settled-by-heir",
            "a leader completes a replacement that another began",
            projections.is_completed_by_another,
        ),
        _of_one(
            "compacted", "a log starts behind a snapshot", projections.is_compacted
        ),
        _of_one(
            "roll-compacted",
            "a log starts behind a change of the roll",
            projections.is_roll_compacted,
        ),
        _of_one(
            "inherited",
            "a later leader leads with a log that starts behind a snapshot",
            projections.is_inherited,
        ),
        _of_one(
            "stopped-behind",
            "an agent is down whose log starts behind a snapshot",
            projections.is_stopped_behind,
        ),
        _once("transferred", "a transfer is completed", _is_transferred),
        _claim(
            Kind.SOMETIMES,
            ("both-sides", "both sides of a partition act"),
            _is_split_with_both_active,
            projections.ruling,
            projections.sides,
        ),
    ]
)
"""What shows that a scope is not vacuous, by name."""
