"""The kill matrix: cores with one guard removed or bent, and the property that breaks.

A mutant is one text of one module of core, and what stands there instead. The checker
explores the mutant in an arena, which is a scope or a small shape of its own, until the
first violation. A survivor is a mutant that no safety property of these worlds can see;
it says why.

`python -m tests.mutants > docs/mutants.md` writes the matrix down, and
`python -m tests.mutants NAME` explores one mutant under whatever core is imported.

An arena may begin where a script ends, each of whose actions the mesh must allow. Where
a mutant would act on a packet that the real core ignores for ever, its arena forgets no
packet: `is_obsolete` is an argument about the real core alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from unittest.mock import patch

import primacy
from primacy_model import world as worlds
from primacy_model.mesh import Mesh
from primacy_model.model import Action
from primacy_model.oracle import Exploration, explore
from primacy_model.scopes import DEEP, DEFAULT, MeshScope
from primacy_model.shape import Shape
from primacy_model.world import Budgets, World


@dataclass(frozen=True, slots=True)
class Arena:
    """A small shape that is explored from the end of a script."""

    shape: Shape
    script: str = ""
    """`b election, c VoteRequest b, a write, lose`; see `follow`."""
    forgets: bool = True
    """Obsolete packets are forgotten, as in the scopes."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A core in which one text is replaced, and the property that breaks."""

    name: str
    source: str
    guard: str
    """The clause that is broken, and how."""
    module: str
    before: str
    after: str
    arena: str | Arena
    """The name of a scope, or a shape of its own."""
    breaks: str
    """The property that fails first."""
    depth: int
    """No shortest counterexample is longer, its script not counted."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A core in which one text is replaced, and why nothing breaks here."""

    name: str
    source: str
    guard: str
    module: str
    before: str
    after: str
    reason: str


# --- arenas ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scripted(MeshScope):
    """A mesh that begins where a script ends."""

    script: str

    def initial(self) -> Iterable[World]:
        """Follow the script without bounds, then set the budgets of the shape."""
        return (follow(self.shape, self.script),)


def scope_of(mutant: Mutant) -> MeshScope:
    """Find the scope of a mutant, or make one of its arena."""
    arena = mutant.arena
    if isinstance(arena, str):
        return {scope.name: scope for scope in (*DEFAULT, *DEEP)}[arena]
    mesh = Mesh(arena.shape)
    return Scripted(mutant.name, mutant.guard, arena.shape, (), mesh, arena.script)


PLENTY: Final = Budgets(9, 9, 9, 9, 9, 9, 9)


def follow(shape: Shape, script: str) -> World:
    """Carry out a script: for each line an agent, what it does, and who sent it.

    `b election` and `b heartbeat` elapse a timer, `b write` asks for a write, and
    `c Append@2 a` delivers the append of a to c whose label ends in `index 2`. Of
    several packets the one of the highest term is meant. `lose` empties the network.
    """
    free = replace(
        shape, terms=99, impatient=(), crashers=(), clients_at=(), budgets=PLENTY
    )
    mesh = Mesh(free)
    world = mesh.fresh() if shape.begins == "fresh" else mesh.elected()
    for line in filter(None, script.split(", ")):
        if line == "lose":
            world = replace(world, flights=frozenset())
        else:
            world = mesh.successor(world, _action(mesh, world, line))
    return replace(world, budgets=shape.budgets)


def _action(mesh: Mesh, world: World, line: str) -> Action:
    """Find the action that a line of a script means."""
    column, verb, *senders = line.split()
    verb, _, index = verb.partition("@")
    able = [
        action
        for action in mesh.actions(world)
        if action.column == column
        and action.kind in (verb, f"elapse {verb}", f"deliver {verb}")
        and all(action.label.endswith(f" {sender}") for sender in senders)
        and (not index or f"index {index})" in action.label)
    ]
    assert able, f"the script cannot go on: {line}"
    return max(able, key=lambda action: action.label)


def steps(*parts: str) -> str:
    """Join parts of a script."""
    return ", ".join(parts)


B_TAKES_OVER: Final = (
    "b election, b election, c election, c PreVoteRequest b, b PreVoteReply c, "
    "c VoteRequest b, b VoteReply c"
)
"""b is elected by c; a hears nothing of it and goes on to lead."""

A_COMES_BACK: Final = (
    "a election, a election, a election, c PreVoteRequest a, a PreVoteReply c, "
    "a election, c PreVoteRequest a, a PreVoteReply c, c VoteRequest a, a VoteReply c"
)
"""a gives up, learns of b's term, and is elected by c in the next one."""

A_LEADS_AGAIN: Final = (
    "a election, a election, a election, c election, c PreVoteRequest a, "
    "a PreVoteReply c, c VoteRequest a, a VoteReply c"
)
"""a gives up, and is elected by c in the next term."""

B_TAKES_OVER_LATER: Final = (
    "b Append a, c Append a, a AppendReply c, a heartbeat, a heartbeat, "
    "b election, b election, c election, c PreVoteRequest b, b PreVoteReply c, "
    "c VoteRequest b, b VoteReply c, c Append b, b AppendReply c"
)
"""a commits and begins two rounds that no one hears; c elects b, which commits."""


# --- what is killed -------------------------------------------------------------------

MUTANTS: Final = (
    Mutant(
        name="vote-not-persisted",
        source="1, PySyncObj #84",
        guard="vote.durable: a vote is granted and not written down",
        module="election",
        before="""\
    outputs = (persist_term(durable), *answer)  # vote.durable
""",
        after="""\
    outputs = answer
""",
        arena="initial-election-pair",
        breaks="S13",
        depth=5,
    ),
    Mutant(
        name="vote-persisted-after-reply",
        source="1, PySyncObj #84",
        guard="output.durable-first: a vote is sent before it is on disk",
        module="election",
        before="""\
    outputs = (persist_term(durable), *answer)  # vote.durable
""",
        after="""\
    outputs = (*answer, persist_term(durable))
""",
        arena="initial-election-pair",
        breaks="S13",
        depth=5,
    ),
    Mutant(
        name="vote-cleared-by-restart",
        source="1, PySyncObj #84",
        guard="restart.from-disk: a restart clears the vote",
        module="recovery",
        before="""\
    return recovered, timers
""",
        after="""\
    from primacy.change import replace
    from primacy.state import persist_term

    cleared = Durable(durable.term, NOBODY, durable.log)
    outputs = (persist_term(cleared), *timers)
    return replace(recovered, durable=cleared), outputs
""",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(crashes=1),
                begins="elected",
                impatient=("c",),
                crashers=("a",),
            ),
            script=steps(
                "a election, a election, b election, b election, "
                "a PreVoteRequest b, b PreVoteReply a"
            ),
        ),
        breaks="S4",
        depth=9,
    ),
    Mutant(
        name="term-not-persisted",
        source="2, PySyncObj #202",
        guard="term.durable: a higher term is adopted and not written down",
        module="following",
        before="""\
    return follower, (persist_term(durable),)  # term.higher, term.durable
""",
        after="""\
    return follower, ()
""",
        arena="initial-election-pair",
        breaks="S13",
        depth=9,
    ),
    Mutant(
        name="term-lowered-by-restart",
        source="2, PySyncObj #202",
        guard="restart.from-disk: a restart goes back to the term of the last entry",
        module="recovery",
        before="""\
    return recovered, timers
""",
        after="""\
    from dataclasses import replace
    from primacy.state import persist_term

    lowered = Durable(durable.log.last_term, NOBODY, durable.log)
    timers = (persist_term(lowered), *timers)
    return replace(recovered, durable=lowered), timers
""",
        arena="regular-election",
        breaks="S3",
        depth=7,
    ),
    Mutant(
        name="terms-fall",
        source="protocol, S3",
        guard="term.never-falls: a lower term is adopted",
        module="stepping",
        before="""\
    if packet.term <= state.term:
        return False  # term.never-falls
""",
        after="""\
    if packet.term == state.term:
        return False
""",
        arena="replication",
        breaks="S3",
        depth=7,
    ),
    Mutant(
        name="second-vote-in-a-term",
        source="protocol, S4",
        guard="vote.one-per-term: a vote is given though another was",
        module="election",
        before="""\
    if state.durable.voted_for != NOBODY:
        return _answer_vote(state, request, granted=False)  # vote.one-per-term
""",
        after="",
        arena="regular-election",
        breaks="S4",
        depth=9,
    ),
    Mutant(
        name="stands-in-its-own-term",
        source="Ongaro 3.4",
        guard="stand.next-term: a candidate stands in a term it may have voted in",
        module="election",
        before="""\
    durable = Durable(Term(state.term + 1), state.me, state.log)  # stand.next-term
""",
        after="""\
    durable = Durable(Term(max(state.term, 1)), state.me, state.log)
""",
        arena="initial-election-pair",
        breaks="S4",
        depth=8,
    ),
    Mutant(
        name="stale-grant-counted",
        source="3, Xraft #33",
        guard="vote.stale-grant: a grant of an older term counts",
        module="election",
        before="""\
    if reply.term < state.term:
        return state, ()  # vote.stale-grant
""",
        after="",
        arena=Arena(
            Shape(terms=3, begins="elected", impatient=("c",)),
            script=steps(
                "b election, b election, c election, c PreVoteRequest b, "
                "b PreVoteReply c, c VoteRequest b, b election, "
                "c PreVoteRequest b, b PreVoteReply c, a election, a election"
            ),
            forgets=False,
        ),
        breaks="S1",
        depth=6,
    ),
    Mutant(
        name="grants-counted-as-a-number",
        source="4, PySyncObj",
        guard="vote.counted-once: a grant that arrives twice counts twice",
        module="election",
        before="""\
    granted = state.granted.with_(reply.sender)  # vote.counted-once
""",
        after="""\
    count = state.granted.size + 1
    everyone = state.config.everyone.members
    granted = type(NO_AGENTS)(everyone[:count])
""",
        arena=Arena(
            Shape(
                electors=("a", "b", "c", "d"),
                terms=2,
                begins="elected",
                impatient=("a",),
            ),
            script=steps(
                "a election, a election, b election, b election, c election, "
                "d election, c PreVoteRequest b, d PreVoteRequest b, "
                "b PreVoteReply c, b PreVoteReply d, d election, "
                "c PreVoteRequest d, a PreVoteRequest d, d PreVoteReply c, "
                "d PreVoteReply a, c VoteRequest b, a VoteRequest d"
            ),
            forgets=False,
        ),
        breaks="S1",
        depth=4,
    ),
    Mutant(
        name="pre-votes-counted-as-votes",
        source="Ongaro 9.6",
        guard="stand.grants-anew: the grants of pre-votes count as votes",
        module="election",
        before="""\
        role=Role.CANDIDATE,
        wait=Wait.STAND,
        leader=NOBODY,
        granted=NO_AGENTS.with_(state.me),  # stand.grants-anew
""",
        after="""\
        role=Role.CANDIDATE,
        wait=Wait.STAND,
        leader=NOBODY,
""",
        arena="initial-election",
        breaks="S1",
        depth=8,
    ),
    Mutant(
        name="pre-vote-overwrites-vote",
        source="5, canonical/raft #196",
        guard="vote.pre-vote-changes-nothing: a pre-vote is kept as the vote",
        module="election",
        before="""\
    return state, (Send(request.sender, reply),)  # vote.pre-vote-changes-nothing
""",
        after="""\
    durable = Durable(state.term, request.sender, state.log)
    voter = replace(state, durable=durable) if granted else state
    return voter, (persist_term(voter.durable), Send(request.sender, reply))
""",
        arena=Arena(Shape(terms=3, begins="elected", impatient=("b", "c"))),
        breaks="S4",
        depth=11,
    ),
    Mutant(
        name="log-not-compared",
        source="Ongaro 3.6.1",
        guard="vote.log: the candidate's log is not looked at",
        module="election",
        before="""\
    if not _is_electable(state, request):
        return _answer_vote(state, request, granted=False)
""",
        after="",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(writes=1),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            )
        ),
        breaks="S7",
        depth=11,
    ),
    Mutant(
        name="log-compared-by-length-only",
        source="7, openraft a48a3282",
        guard="vote.log: a longer log is taken for a newer one",
        module="election",
        before="""\
    if request.last_term != state.log.last_term:
        return request.last_term > state.log.last_term  # vote.log
""",
        after="",
        arena=Arena(
            Shape(terms=3, begins="elected", impatient=("a",)),
            script=steps(
                "a write, a write, lose", B_TAKES_OVER, "c Append b, b AppendReply c"
            ),
        ),
        breaks="S7",
        depth=9,
    ),
    Mutant(
        name="log-compared-by-index-first",
        source="7, openraft a48a3282",
        guard="vote.log: the index is compared before the term",
        module="election",
        before="""\
    if request.last_term != state.log.last_term:
        return request.last_term > state.log.last_term  # vote.log
    return request.last_index >= state.log.last_index  # vote.log
""",
        after="""\
    if request.last_index != state.log.last_index:
        return request.last_index > state.log.last_index
    return request.last_term >= state.log.last_term
""",
        arena=Arena(
            Shape(terms=3, begins="elected", impatient=("a",)),
            script=steps(
                "a write, a write, lose", B_TAKES_OVER, "c Append b, b AppendReply c"
            ),
        ),
        breaks="S7",
        depth=9,
    ),
    Mutant(
        name="half-is-a-quorum",
        source="8, hashicorp 163a55f",
        guard="quorum.majority: half of an even electorate is enough",
        module="roll",
        before="""\
size > self.electors.size
""",
        after="""\
size >= self.electors.size
""",
        arena="initial-election-pair",
        breaks="S1",
        depth=4,
    ),
    Mutant(
        name="lowest-id-leads",
        source="42, akka #23627",
        guard="stand.pre-vote: the lowest claimant leads when the window closes",
        module="election",
        before="""\
        return defer(state)  # claim.others-defer
""",
        after="""\
        return defer(state)
    if state.wait == Wait.WINDOW:
        return open_term(campaign(state, transfer=False)[0])
""",
        arena="initial-election",
        breaks="S1",
        depth=4,
    ),
    Mutant(
        name="leads-after-restart",
        source="9, openraft ff9a9335",
        guard="restart.follower: who voted for itself leads again",
        module="recovery",
        before="""\
    return recovered, timers
""",
        after="""\
    if durable.voted_for == config.me:
        from primacy.replication import open_term

        return open_term(recovered)
    return recovered, timers
""",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(effects=2, crashes=1),
                begins="elected",
                impatient=("a",),
                crashers=("c",),
            ),
            script=steps(
                "a election, a election, b election, b election, c election, "
                "c election, a PreVoteRequest b, a PreVoteRequest c, "
                "b PreVoteReply a, c PreVoteReply a"
            ),
        ),
        breaks="S1",
        depth=4,
    ),
    Mutant(
        name="log-taken-for-committed-by-restart",
        source="Ongaro 3.8",
        guard="restart.forgets: a restart takes the whole log for committed",
        module="recovery",
        before="""\
        commit_index=NO_INDEX,  # restart.forgets
""",
        after="""\
        commit_index=durable.log.last_index,
""",
        arena="regular-election",
        breaks="S8",
        depth=11,
    ),
    Mutant(
        name="older-term-committed-by-counting",
        source="18, Ongaro figure 3.7",
        guard="commit.own-term: an entry of an older term is committed by counting",
        module="replication",
        before="""\
    if not state.log.accepts(index, state.term):
        return state, ()  # commit.own-term
""",
        after="",
        arena=Arena(
            Shape(terms=4, begins="elected", impatient=("b",)),
            script=steps(
                "a write, a write, lose",
                B_TAKES_OVER,
                "lose",
                A_COMES_BACK,
                "b election, b election, b election, c PreVoteRequest b, "
                "b PreVoteReply c",
            ),
        ),
        breaks="S7",
        depth=10,
    ),
    Mutant(
        name="commit-index-goes-back",
        source="19, PySyncObj #166",
        guard="commit.never-back: an older commit index is taken over",
        module="replication",
        before="""\
    if index <= state.commit_index:
        return state, ()  # commit.never-back
    first = """,
        after="    first = ",
        arena="replication",
        breaks="commit-monotone",
        depth=11,
    ),
    Mutant(
        name="own-write-committed-alone",
        source="Ongaro 3.5",
        guard="commit.quorum: the leader commits a write as soon as it holds it",
        module="replication",
        before="""\
    committed, applied = _advance(grown)
    return committed, (*outputs, accepted, *applied)
""",
        after="""\
    committed, applied = _commit_up_to(grown, index)
    return committed, (*outputs, accepted, *applied)
""",
        arena="replication",
        breaks="commit-quorum",
        depth=1,
    ),
    Mutant(
        name="commit-beyond-the-verified",
        source="20",
        guard="commit.verified: the leader's commit index is taken as it comes",
        module="replication",
        before="""\
    known = Index(min(append.commit_index, end))  # commit.verified
""",
        after="""\
    known = append.commit_index
""",
        arena=Arena(
            Shape(begins="elected", impatient=("b",)),
            script=steps(
                "a write, a write, a write, b Append@1 a, b Append@2 a, "
                "b Append@3 a, a AppendReply b, a write, c Append@4 a, "
                "a AppendReply c, b Append@4 a, a AppendReply b"
            ),
        ),
        breaks="S8",
        depth=3,
    ),
    Mutant(
        name="commit-of-a-heartbeat-not-verified",
        source="20",
        guard="commit.verified: the heartbeat's commit term is not compared",
        module="replication",
        before="""\
    if not state.log.accepts(index, term):
        return state, ()  # commit.verified
""",
        after="""\
    if index > state.log.last_index:
        return state, ()
""",
        arena=Arena(
            Shape(
                terms=2, budgets=Budgets(rounds=1), begins="elected", impatient=("b",)
            ),
            script=steps("a write, lose", B_TAKES_OVER),
        ),
        breaks="S8",
        depth=4,
    ),
    Mutant(
        name="truncated-by-any-append",
        source="21, hashicorp 0f31a01",
        guard="log.no-truncation: what follows a held segment is cut off",
        module="replication",
        before="""\
    if state.log.holds(append.prev_index, append.entries):  # log.no-truncation
""",
        after="""\
    if False:
""",
        arena=Arena(
            Shape(
                budgets=Budgets(writes=2),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            )
        ),
        breaks="match-prefix",
        depth=6,
    ),
    Mutant(
        name="appended-without-a-match",
        source="Ongaro 3.5",
        guard="log.consistency: an append is taken though what is before it differs",
        module="replication",
        before="""\
    if not state.log.accepts(append.prev_index, append.prev_term):
""",
        after="""\
    if append.prev_index > state.log.last_index:
""",
        arena=Arena(
            Shape(terms=2, begins="elected", impatient=("b",)),
            script=steps("a write, lose", B_TAKES_OVER, "lose, b write"),
        ),
        breaks="S5",
        depth=1,
    ),
    Mutant(
        name="appended-behind-a-conflict",
        source="26, WRaft #118",
        guard="log.conflict: entries go to the end of the log, and nothing is dropped",
        module="replication",
        before="""\
    log = state.log.spliced(append.prev_index, append.entries)  # log.conflict
""",
        after="""\
    log = state.log.extended(append.entries.entries)
""",
        arena=Arena(
            Shape(terms=2, begins="elected", impatient=("b",)),
            script=steps("a write, lose", B_TAKES_OVER),
        ),
        breaks="S13",
        depth=1,
    ),
    Mutant(
        name="leader-overwrites-its-tail",
        source="Ongaro 3.5",
        guard="leader.append-only: a leader that appends drops what is not committed",
        module="replication",
        before="""\
    lead, log = state.leadership, state.log
    before, after""",
        after="""\
    lead, log = state.leadership, state.log.prefix(state.commit_index)
    before, after""",
        arena=Arena(
            Shape(
                budgets=Budgets(writes=2),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            )
        ),
        breaks="S6",
        depth=2,
    ),
    Mutant(
        name="match-of-a-stale-acknowledgement",
        source="22, RaftOS #25",
        guard="commit.stale-acknowledgement: one of an older term counts",
        module="replication",
        before="""\
    if reply.term < state.term:
        return state, ()  # commit.stale-acknowledgement
""",
        after="",
        arena=Arena(
            Shape(
                electors=("a", "b", "c", "d", "e"),
                terms=3,
                begins="elected",
                impatient=("a",),
            ),
            script=steps(
                "a write, b Append a, c election, c election, d election, "
                "e election, d PreVoteRequest c, e PreVoteRequest c, "
                "c PreVoteReply d, c PreVoteReply e, d VoteRequest c, "
                "e VoteRequest c, c VoteReply d, c VoteReply e, b Append c, "
                "a election, a election, a election, d PreVoteRequest a, "
                "a PreVoteReply d, a election, d PreVoteRequest a, "
                "e PreVoteRequest a, a PreVoteReply d, a PreVoteReply e, "
                "d VoteRequest a, e VoteRequest a, a VoteReply d, "
                "a VoteReply e"
            ),
            forgets=False,
        ),
        breaks="match-prefix",
        depth=1,
    ),
    Mutant(
        name="what-is-held-is-sent-again",
        source="23, CCF #5325",
        guard="log.next-above-match: a lagging answer leads back behind what is held",
        module="replication",
        before="Index(max(held, probe))",
        after="Index(min(held, probe))",
        arena=Arena(
            Shape(begins="elected", impatient=("b",)),
            script=steps(
                "a heartbeat, b Heartbeat a, a write, a write, a write, "
                "a write, b Append@1 a, b Append@2 a, b Append@3 a, "
                "a AppendReply b"
            ),
        ),
        breaks="next-above-match",
        depth=1,
    ),
    Mutant(
        name="next-not-above-match",
        source="25, PySyncObj #167",
        guard="log.next-above-match: an acknowledgement leaves it where it is",
        module="replication",
        before="""\
    next_index = max(lead.next.get(sender), reply.index + 1)  # log.next-above-match
""",
        after="""\
    next_index = lead.next.get(sender)
""",
        arena=Arena(
            Shape(begins="elected", impatient=("b",)),
            script=steps(
                "a write, a write, a write, a write, a write, b Append@5 a, "
                "b Append@1 a, b Append@2 a, b Append@3 a, b Append@4 a, "
                "b Append@5 a"
            ),
        ),
        breaks="next-above-match",
        depth=2,
    ),
    Mutant(
        name="entries-acknowledged-before-durable",
        source="Ongaro 3.8",
        guard="log.durable: an append is acknowledged before it is on disk",
        module="replication",
        before="""\
        # log.durable
        Persist(durable.term, durable.voted_for, append.prev_index, append.entries),
        timer,
        reply,
""",
        after="""\
        timer,
        reply,
        Persist(durable.term, durable.voted_for, append.prev_index, append.entries),
""",
        arena="initial-election-pair",
        breaks="S13",
        depth=7,
    ),
    Mutant(
        name="own-entry-sent-before-durable",
        source="27",
        guard="write.durable: a leader counts and sends its entry before it is on disk",
        module="replication",
        before="""\
        Persist(durable.term, durable.voted_for, before, segment),  # write.durable
        Broadcast(in_step, append),
""",
        after="""\
        Broadcast(in_step, append),
        Persist(durable.term, durable.voted_for, before, segment),
""",
        arena="initial-election-pair",
        breaks="S13",
        depth=6,
    ),
    Mutant(
        name="round-of-an-older-term-counted",
        source="24, PySyncObj",
        guard="heartbeat.stale-acknowledgement: a round of an older term counts",
        module="heartbeats",
        before="""\
    if reply.term < state.term:
        return state, ()  # heartbeat.stale-acknowledgement
""",
        after="",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("c",),
                clients_at=("a",),
            ),
            script=steps(
                "a heartbeat, c Heartbeat a", A_LEADS_AGAIN, B_TAKES_OVER_LATER
            ),
            forgets=False,
        ),
        breaks="S10",
        depth=2,
    ),
    Mutant(
        name="stale-round-named-in-the-answer",
        source="24, PySyncObj",
        guard="heartbeat.stale-acknowledgement: a stale round is named in the answer",
        module="heartbeats",
        before="""\
        return state, (_answer(state, heartbeat, NO_ROUND),)  # heartbeat.stale-answered
""",
        after="""\
        return state, (_answer(state, heartbeat, heartbeat.round),)
""",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("c",),
                clients_at=("a",),
            ),
            script=steps(
                "a heartbeat", A_LEADS_AGAIN, "c Heartbeat a", B_TAKES_OVER_LATER
            ),
        ),
        breaks="S10",
        depth=2,
    ),
    Mutant(
        name="read-before-own-term-commit",
        source="28, etcd #7331",
        guard="read.own-term: a new leader reads before its no-op is committed",
        module="reads",
        before="""\
    if not has_committed_in_term(state):
        return _stale(state, read.request, Reason.TERM_NOT_COMMITTED)  # read.own-term
    return _ask(""",
        after="    return _ask(",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("a",),
                clients_at=("b",),
            ),
            script=steps(
                "a write, c Append a, b Append a, a AppendReply c, lose",
                B_TAKES_OVER,
                "lose",
            ),
        ),
        breaks="S10",
        depth=3,
    ),
    Mutant(
        name="read-not-confirmed",
        source="Ongaro 6.4",
        guard="read.round-after-request: a read is served without a round",
        module="reads",
        before="""\
    return _ask(state, state.me, read.request, read.now)
""",
        after="""\
    return state, (ServeRead(read.request, state.commit_index),)
""",
        arena="reads",
        breaks="S10",
        depth=10,
    ),
    Mutant(
        name="read-confirmed-by-an-earlier-round",
        source="29, d-engine #381",
        guard="read.round-after-request: the round before the request confirms it",
        module="reads",
        before="""\
    upcoming = Round(lead.round + 1)  # read.round-after-request
""",
        after="""\
    upcoming = lead.round
""",
        arena=Arena(
            Shape(
                terms=2,
                budgets=Budgets(rounds=1, reads=1),
                begins="elected",
                impatient=("b",),
                clients_at=("a",),
            ),
            script=steps("a heartbeat, c Heartbeat a", B_TAKES_OVER),
        ),
        breaks="S10",
        depth=4,
    ),
    Mutant(
        name="read-index-not-noted",
        source="29, d-engine #381",
        guard="read.index-first: the index of a read is not noted",
        module="reads",
        before="""\
    read = AskedRead(requester, request, state.commit_index, upcoming)
""",
        after="""\
    read = AskedRead(requester, request, NO_INDEX, upcoming)
""",
        arena="follower-reads",
        breaks="S10",
        depth=8,
    ),
    Mutant(
        name="follower-read-before-applied",
        source="Ongaro 6.4",
        guard="read.when-applied: a follower serves before it has applied enough",
        module="reads",
        before="""\
    if reply.index <= state.commit_index:
""",
        after="""\
    if reply.granted:
""",
        arena="follower-reads",
        breaks="S10",
        depth=8,
    ),
    Mutant(
        name="read-served-though-leadership-is-lost",
        source="Ongaro 6.4",
        guard="read.stale: who lost leadership serves the reads that waited",
        module="pending",
        before="""\
            Stale(read.request, Reason.LOST_LEADERSHIP, NOBODY, term)
""",
        after="""\
            ServeRead(read.request, read.index)
""",
        arena="reads",
        breaks="S10",
        depth=11,
    ),
    Mutant(
        name="fence-admits-lower",
        source="35, etcd #11788",
        guard="fencing.lower-refused: a lower token is admitted",
        module="fencing",
        before="""\
    if token < 1 or token < fence.highest:
""",
        after="""\
    if token < 1:
""",
        arena="fencing",
        breaks="S9",
        depth=11,
    ),
    Mutant(
        name="everyone-has-a-token",
        source="protocol, S9",
        guard="fencing.leader-only: an agent that does not lead attaches its term",
        module="fencing",
        before="""\
    return state.term if state.role == Role.LEADER else NO_TERM
""",
        after="""\
    return state.term
""",
        arena="fencing",
        breaks="S9",
        depth=4,
    ),
    Mutant(
        name="leader-for-ever",
        source="36, Curator 498",
        guard="term.higher: a leader that hears a higher term leads on in it",
        module="following",
        before="""\
        role=Role.FOLLOWER,
        wait=Wait.STAND,
        leader=NOBODY,
        granted=NO_AGENTS,
        leadership=NO_LEADERSHIP,  # leader.relinquishes
""",
        after="""\
        granted=NO_AGENTS,
""",
        arena="replication",
        breaks="S1",
        depth=10,
    ),
    Mutant(
        name="worker-stands",
        source="37, hashicorp #398",
        guard="stand.electors-only: a worker stands",
        module="election",
        before="""\
    if not state.roll.has(state.me):
        return replace(state, leader=NOBODY), ()  # stand.electors-only
""",
        after="",
        arena="worker",
        breaks="S2",
        depth=2,
    ),
    Mutant(
        name="everyone-is-an-elector",
        source="37, hashicorp #398",
        guard="stand.electors-only: a worker is taken for an elector",
        module="roll",
        before="""\
        return self.electors.has(agent)
""",
        after="""\
        return True
""",
        arena="worker",
        breaks="S2",
        depth=2,
    ),
)


# --- what is not killed ---------------------------------------------------------------

PROGRESS = "progress only: no safety property can see it; a matter of L1 or L3"
CLOCKS = "leases only: these worlds have no clocks, and S11 is not checked in them"
TWICE = "guarded twice: "

SURVIVORS: Final = (
    Survivor(
        name="leader-grants-a-pre-vote",
        source="6, DAOS raft #70",
        guard="vote.sticky: a leader answers requests for votes",
        module="election",
        before="""\
    is_bound = state.role == Role.LEADER or state.wait == Wait.PROMISE
""",
        after="""\
    is_bound = state.wait == Wait.PROMISE
""",
        reason=f"{TWICE}the leader's own vote of the term is given; then {CLOCKS}",
    ),
    Survivor(
        name="lower-term-not-answered",
        source="12, etcd #8501",
        guard="vote.refusal-answered: a request of an older term is dropped",
        module="election",
        before="""\
    if request.term < state.term:
        return _answer_vote(state, request, granted=False)  # vote.stale-term
""",
        after="""\
    if request.term < state.term:
        return state, ()
""",
        reason=PROGRESS,
    ),
    Survivor(
        name="own-leader-refused",
        source="13, hashicorp #606",
        guard="vote.released: a voter refuses the leader that it follows",
        module="election",
        before="""\
    return not _is_released(state, request)  # vote.sticky, vote.after-restart
""",
        after="""\
    return True
""",
        reason=PROGRESS,
    ),
    Survivor(
        name="no-stickiness",
        source="14, redpanda #2048",
        guard="vote.unanswered: a vote is given while the leader lives",
        module="stepping",
        before="""\
            return is_withheld(state, packet)
""",
        after="""\
            return False
""",
        reason=f"{PROGRESS}, and then {CLOCKS}",
    ),
    Survivor(
        name="refused-request-rearms",
        source="15, etcd #12959",
        guard="vote.rearms-on-grant: a refused request rearms the election timer",
        module="election",
        before="""\
        return _answer_vote(state, request, granted=False)  # vote.one-per-term
""",
        after="""\
        _, answer = _answer_vote(state, request, granted=False)
        return state, (*answer, election_timer(state.config))
""",
        reason=PROGRESS,
    ),
    Survivor(
        name="pre-vote-brings-its-term",
        source="5, canonical/raft #196",
        guard="vote.pre-vote-changes-nothing: a pre-vote raises the voter's term",
        module="stepping",
        before="""\
        case PreVoteRequest():
            return False  # vote.pre-vote-changes-nothing
""",
        after="""\
        case PreVoteRequest():
            return True
""",
        reason=PROGRESS,
    ),
    Survivor(
        name="vote-right-after-restart",
        source="34",
        guard="vote.after-restart: a vote is given right after a restart",
        module="recovery",
        before="""\
        wait = Wait.PROMISE  # vote.after-restart
""",
        after="""\
        wait = Wait.STAND
""",
        reason=CLOCKS,
    ),
    Survivor(
        name="stale-refusal-heard",
        source="23, CCF #5325",
        guard="commit.match-never-falls: a refusal of what is held is followed",
        module="replication",
        before="""\
    if reply.index < held:
        return state, ()  # commit.match-never-falls
    if not reply.accepted:
""",
        after="""\
    if not reply.accepted:
""",
        reason=f"{TWICE}`resume` never goes back behind what is held",
    ),
    Survivor(
        name="own-log-taken-for-verified",
        source="20",
        guard="commit.verified: all of the own log is taken to be verified",
        module="replication",
        before="""\
    known = Index(min(append.commit_index, end))  # commit.verified
""",
        after="""\
    known = Index(min(append.commit_index, state.log.last_index))
""",
        reason=(
            "not reached: a leader sends from where the logs part, so what is held"
            " beyond an accepted append is the leader's too"
        ),
    ),
    Survivor(
        name="forwarded-under-another-token",
        source="protocol, S9",
        guard="fencing.forwarded: a leader takes a write that was meant for another",
        module="replication",
        before="""\
    if forward.term != state.term or _why_no_write(state) != Reason.NONE:
""",
        after="""\
    if _why_no_write(state) != Reason.NONE:
""",
        reason="not in these worlds: no client forwards a write",
    ),
    Survivor(
        name="commit-not-counted",
        source="Ongaro 3.5",
        guard="commit.quorum: the suggested commit index is taken as it comes",
        module="replication",
        before="""\
    if not state.roll.is_quorum(match.at_least(index)):
        return state, ()  # commit.quorum
""",
        after="",
        reason=f"{TWICE}`AgentMap.suggestion` names the median of the electors",
    ),
    Survivor(
        name="highest-match-suggested",
        source="Ongaro 3.5",
        guard="commit.quorum: the highest match is suggested, not the median",
        module="agents",
        before="held[(len(held) - 1) // 2]",
        after="held[-1]",
        reason=f"{TWICE}whoever acts on a suggestion counts the quorum; {PROGRESS}",
    ),
    Survivor(
        name="round-not-counted",
        source="Ongaro 6.4",
        guard="read.quorum-confirms: the suggested round is taken as it comes",
        module="heartbeats",
        before="""\
    if not state.roll.is_quorum(lead.seen.at_least(number)):
        return state, ()  # read.quorum-confirms
""",
        after="",
        reason=f"{TWICE}`AgentMap.suggestion` names the median of the electors",
    ),
    Survivor(
        name="worker-counts",
        source="37, openraft d882e743",
        guard="quorum.electors-only: a quorum counts workers",
        module="roll",
        before="2 * self.electors.common(agents).size",
        after="2 * agents.size",
        reason=(
            f"{TWICE}no worker is asked for a vote, and suggestions leave workers out;"
            " a leader that only workers reach stays"
        ),
    ),
    Survivor(
        name="worker-asked-for-its-vote",
        source="37, openraft d882e743",
        guard="quorum.electors-only: a worker is asked for its vote",
        module="election",
        before="""\
        Broadcast(state.roll.electors.without(state.me), request),
    )


def is_withheld""",
        after="""\
        Broadcast(state.config.peers, request),
    )


def is_withheld""",
        reason=f"{TWICE}a worker finds itself on no roll, and refuses",
    ),
    Survivor(
        name="worker-may-vote",
        source="37, openraft d882e743",
        guard="vote.roll: a voter does not look for itself on the roll",
        module="election",
        before="""\
    if not request.roll.has(state.me):
        return False  # vote.roll
""",
        after="",
        reason=f"{TWICE}no worker is asked for a vote",
    ),
)


# --- the checker at work --------------------------------------------------------------

MOST_STATES: Final = 20_000


def run(mutant: Mutant, max_states: int = MOST_STATES) -> Exploration[World]:
    """Explore the arena of a mutant under the core that is imported."""
    scope = scope_of(mutant)
    if isinstance(mutant.arena, str) or mutant.arena.forgets:
        return explore(scope, max_states=max_states)
    with patch.object(worlds, "is_obsolete", lambda _target, _packet: False):
        return explore(scope, max_states=max_states)


def report(mutant: Mutant) -> dict[str, str | int]:
    """Tell what an exploration found, and in which core."""
    found = run(mutant)
    broken = found.violation
    return {
        "core": primacy.__file__,
        "verdict": found.verdict.value,
        "property": broken.claim.id if broken else "none",
        "depth": len(broken.trace.steps) if broken else 0,
        "states": found.states,
    }


# --- the document ---------------------------------------------------------------------

PREFACE: Final = """\
# Mutants

Each mutant is the core with one guard removed or bent. The model checker explores it
until a property breaks: `tests/model/test_mutants.py` does so for every line of the
first table. The page is made from `tests/mutants.py`, by
`python -m tests.mutants > docs/mutants.md`.

- **Source**: the number of a pitfall of earlier systems and a public report of it, as
  the references of the specification name it; or the section of Ongaro's dissertation;
  or the guarantee that asks for the guard.
- **Guard**: the clause of [the specification](specification.md) that is broken, and
  how.
- **Where**: a scope of `primacy check`, or a shape of its own. A shape may begin after
  scripted actions. Where a mutant would act on packets that the real core ignores for
  ever, nothing is forgotten.
- **Depth**: the actions of a shortest counterexample, without the scripted ones.

## Killed

| mutant | source | guard | where | property | depth |
|---|---|---|---|---|---|
"""

SURVIVE: Final = """
## Not killed

These guards serve progress or leases, or a second guard stands behind them, or no world
calls on them. In the first 8,000 states of each default scope no property broke without
one of them. That is no proof: the last column is an argument.

| mutant | source | guard | why it survives |
|---|---|---|---|
"""


def document() -> str:
    """Write the kill matrix as Markdown."""
    killed = [
        (each.name, each.source, each.guard, where(each), each.breaks, str(each.depth))
        for each in MUTANTS
    ]
    alive = [(each.name, each.source, each.guard, each.reason) for each in SURVIVORS]
    return PREFACE + rows(killed) + SURVIVE + rows(alive)


def where(mutant: Mutant) -> str:
    """Name a scope, or tell what is special about a shape."""
    arena = mutant.arena
    if isinstance(arena, str):
        return arena
    lines = len(arena.script.split(", ")) if arena.script else 0
    told = [f"{len(arena.shape.electors)} electors"]
    told += [f"after {lines} actions"] if lines else []
    told += [] if arena.forgets else ["nothing forgotten"]
    return ", ".join(told)


def rows(cells: Iterable[tuple[str, ...]]) -> str:
    """Write rows of a table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def main(names: list[str]) -> None:
    """Explore the named mutants, or write the matrix down."""
    known = {mutant.name: mutant for mutant in MUTANTS}
    for name in names:
        sys.stdout.write(json.dumps(report(known[name])) + "\n")
    if not names:
        sys.stdout.write(document())


if __name__ == "__main__":
    main(sys.argv[1:])
