"""Situations for property tests of `step`: a state of an agent and a message to it.

A state is drawn, or reached by `step` from the empty disk. A message is anything, or
near: a packet of this term or the next that fits what the agent holds, so that what
takes a coincidence is tried too. Some leaders are such that they can take a change.
"""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from primacy import initial, step
from primacy import messages as wire
from primacy.config import Config
from primacy.log import Entry, EntryKind, Segment
from primacy.role import Role
from primacy.state import State
from primacy.types import NOBODY, Command, Index, Instant, RequestId, Round, Term
from tests.support.rolls import around, parts_of, successors
from tests.support.strategies import MESHES, agent_sets, messages, states

Situation = tuple[State, wire.Message]


@st.composite
def near_packets(draw: DrawFn, state: State) -> wire.Packet:
    """Draw a packet that a peer of an agent in this state may well send."""
    config, log = state.config, state.log
    peers = state.roll.members.without(config.me)
    senders = st.sampled_from(peers.members or around(config).members)
    sender = draw(senders | st.sampled_from(around(config).members))
    term = draw(st.sampled_from([state.term, Term(state.term + 1)]))
    index = Index(draw(st.integers(log.start, log.last_index)))
    first = config.first_roll
    noop = Entry(term, EntryKind.NOOP)
    parts = draw(st.sampled_from(successors(parts_of(state.roll), around(config))))
    roll = Entry(term, EntryKind.ROLL, Command(""), RequestId(""), *parts)
    following = [log.segment(index, 2), Segment.of(noop), Segment.of(roll)]
    entries = draw(st.sampled_from(following))
    number = Round(max(1, state.leadership.round))
    header = (config.mesh, sender, term)
    end = (log.last_index, log.last_term)
    at = (index, log.term_at(index))
    packets: list[wire.Packet] = [
        wire.PreVoteReply(*header, Term(state.term + 1), True),
        wire.VoteRequest(*header, *end, state.roll, draw(st.booleans())),
        wire.VoteReply(*header, True),
        wire.Append(*header, *at, entries, index),
        wire.Install(*header, *at, log.roll_at(index, first)),
        wire.Install(*header, Index(end[0] + 1), term, state.roll),
        wire.AppendReply(*header, draw(st.booleans()), *at),
        wire.Heartbeat(*header, number, *at, state.roll.members),
        wire.HeartbeatReply(*header, number, *at),
    ]
    return draw(st.sampled_from(packets))


@st.composite
def reached_states(draw: DrawFn, config: Config, limit: int = 12) -> State:
    """Draw a state that some messages lead to from the empty disk."""
    state, _ = initial(config)
    for _ in range(draw(st.integers(0, limit))):
        state, _ = step(state, draw(_any_message(state)))
    return state


@st.composite
def _any_message(draw: DrawFn, state: State) -> wire.Message:
    if draw(st.booleans()):
        return draw(messages(state.config))
    if draw(st.integers(0, 9)) == 0:
        near = st.integers(state.log.start, state.commit_index + 1)
        return wire.Snapshotted(draw(near.map(Index)))
    return wire.Received(draw(near_packets(state)), Instant(draw(st.integers(0, 4))))


@st.composite
def situations(draw: DrawFn) -> Situation:
    """Draw a state, drawn or reached, and a message to its agent."""
    config = draw(st.sampled_from(MESHES))
    is_reached = draw(st.sampled_from([False, False, False, True]))
    state = draw(reached_states(config) if is_reached else states(config))
    if state.role == Role.LEADER and draw(st.sampled_from([False, False, True])):
        return _supported(state), draw(_near_changes(state))
    return state, draw(_any_message(state))


def _supported(state: State) -> State:
    """Let all members of a leader be alive, and hold a log that is committed."""
    lead, last = state.leadership, state.log.last_index
    others = state.roll.members.without(state.me)
    number = Round(max(1, lead.round))
    leadership = replace(
        lead,
        match=lead.match.set_all(others, last),
        next=lead.next.set_all(others, last + 1),
        seen=lead.seen.set_all(others.with_(state.me), number),
        round=number,
        transferee=NOBODY,
    )
    parked = state.parked.later(last)
    return replace(state, commit_index=last, parked=parked, leadership=leadership)


def _near_changes(state: State) -> SearchStrategy[wire.Message]:
    """Draw a change that a leader may well take."""
    request, detail = st.just(RequestId("r")), st.just(Command(""))
    targets = st.sampled_from(around(state.config).members)
    kinds = st.sampled_from(wire.ChangeKind)
    members, near = state.roll.members.members, around(state.config).members
    some = agent_sets(members) | agent_sets(near)
    return st.builds(wire.Change, request, kinds, targets, detail) | st.builds(
        wire.Replace, request, some, detail
    )
