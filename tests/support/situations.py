"""Situations for property tests of `step`: a state of an agent and a message to it.

A state is drawn, or reached by `step` from the empty disk. A message is anything, or
near: a packet of this term or the next that fits what the agent holds, so that what
takes a coincidence is tried too.
"""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from primacy import initial, step
from primacy import messages as wire
from primacy.config import Config
from primacy.log import Entry, EntryKind, Segment
from primacy.quantities import AgentId, Index, Instant, Round, Term
from primacy.state import State
from tests.support.strategies import MESHES, messages, states

Situation = tuple[State, wire.Message]


@st.composite
def near_packets(draw: DrawFn, state: State) -> wire.Packet:
    """Draw a packet that a peer of an agent in this state may well send."""
    config, log = state.config, state.log
    peers = [name for name in config.peers.members if state.roll.has(name)]
    sender = draw(st.sampled_from(peers or [AgentId("zz")]))
    term = draw(st.sampled_from([state.term, Term(state.term + 1)]))
    index = Index(draw(st.integers(0, log.last_index)))
    entry = Entry(term, EntryKind.NOOP)
    entries = draw(st.sampled_from([log.segment(index, 2), Segment.of(entry)]))
    number = Round(max(1, state.leadership.round))
    header = (config.mesh, sender, term)
    end = (log.last_index, log.last_term)
    at = (index, log.term_at(index))
    packets: list[wire.Packet] = [
        wire.PreVoteReply(*header, Term(state.term + 1), True),
        wire.VoteRequest(*header, *end, config.first_roll, draw(st.booleans())),
        wire.VoteReply(*header, True),
        wire.Append(*header, *at, entries, index),
        wire.AppendReply(*header, draw(st.booleans()), *at),
        wire.Heartbeat(*header, number, *at, config.everyone),
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
    return wire.Received(draw(near_packets(state)), Instant(draw(st.integers(0, 4))))


@st.composite
def situations(draw: DrawFn) -> Situation:
    """Draw a state, drawn or reached, and a message to its agent."""
    config = draw(st.sampled_from(MESHES))
    is_reached = draw(st.sampled_from([False, False, False, True]))
    state = draw(reached_states(config) if is_reached else states(config))
    return state, draw(_any_message(state))
