"""Hostile messages: any fields of the right types, in any state that can be reached.

Numbers are of any size, negative ones included; texts, ids and sets are any. What a
packet says of itself is made to fit, now and then, so that it gets past the first
guard. A step answers all of it, in a bounded number of calls.
"""

from collections.abc import Iterable
from dataclasses import fields
from random import Random

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from primacy import (
    AgentSet,
    Elapsed,
    Message,
    Received,
    Rejected,
    State,
    Timer,
    initial,
    step,
)
from primacy.codec import PACKETS
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Segment
from primacy.messages import (
    Claim,
    LeaseRead,
    Packet,
    Read,
    Snapshotted,
    Transfer,
    Write,
)
from primacy.state import Result
from primacy.types import AgentId, Command, Instant, RequestId, Term
from tests.support.hostile import calls_of, judge_step
from tests.support.situations import Situation, reached_states
from tests.support.strategies import MESHES, states

MOST_CALLS = 2_000
"""The calls of a step, of states with at most 80 entries and 7 agents."""

integers = (
    st.integers(-2, 6) | st.integers() | st.sampled_from([2**63 - 1, 2**63, 2**64])
)
texts = st.sampled_from(["", "r", "s"]) | st.text(max_size=20)
ids = st.sampled_from(["a", "b", "c", "d", ""]).map(AgentId) | texts.map(AgentId)
sets = st.lists(ids, max_size=4).map(AgentSet.of)
entries = st.builds(
    Entry,
    integers,
    st.sampled_from(EntryKind),
    texts.map(Command),
    texts.map(RequestId),
    sets,
    sets,
    sets,
)
segments = st.lists(entries, max_size=4).map(lambda some: Segment(tuple(some)))
rolls = st.builds(Roll, sets, sets, sets, integers, integers)

FIELDS: dict[str, SearchStrategy[object]] = {
    "bool": st.booleans(),
    "AgentSet": sets,
    "Segment": segments,
    "Roll": rolls,
    "RequestId": texts,
    "Command": texts,
    "MeshKey": texts,
    "AgentId": ids,
}
"""What is drawn for the fields of a type; for all others a number."""


@st.composite
def hostile_packets(
    draw: DrawFn, state: State, kinds: tuple[type[Packet], ...] = PACKETS
) -> Packet:
    """Draw a packet of any fields; what it says often fits what the agent holds."""
    kind = draw(st.sampled_from(kinds))
    said: dict[str, object] = {
        field.name: draw(FIELDS.get(str(field.type), integers))
        for field in fields(kind)
    }
    log, peers = state.log, state.roll.members.without(state.me).members
    if draw(st.integers(0, 9)):
        said["mesh"] = state.config.mesh
        said["sender"] = draw(st.sampled_from(peers or ("zz",)))
    if draw(st.booleans()):
        said["term"] = state.term + draw(st.sampled_from([0, 1, 2**64]))
    if draw(st.booleans()):
        end = draw(st.sampled_from([(0, 0), (log.last_index, log.last_term)]))
        said |= dict(zip(_position(said), end, strict=False))
    if "roll" in said and draw(st.booleans()):
        said["roll"] = state.config.first_roll
    packet: Packet = kind(**said)  # type: ignore[arg-type]  # drawn by their types
    return packet


def _position(names: Iterable[str]) -> tuple[str, ...]:
    """Name the fields that are a position of a log."""
    return tuple(
        name
        for pair in (
            ("prev_index", "prev_term"),
            ("last_index", "last_term"),
            ("commit_index", "commit_term"),
            ("index", "index_term"),
        )
        if set(pair) <= set(names)
        for name in pair
    )


def hostile_messages(state: State) -> SearchStrategy[Message]:
    """Draw a message of any fields."""
    requests, instants = texts.map(RequestId), integers.map(Instant)
    return st.one_of(
        st.builds(Received, hostile_packets(state), instants),
        st.builds(Received, hostile_packets(state), instants),
        st.builds(Elapsed, st.sampled_from(Timer), instants),
        st.builds(Write, requests, texts.map(Command)),
        st.builds(Read, requests, instants),
        st.builds(LeaseRead, requests, instants),
        st.builds(Transfer, requests, ids),
        st.builds(Snapshotted, integers),
    )


@st.composite
def hostile_situations(
    draw: DrawFn, kinds: tuple[type[Packet], ...] | None = None
) -> Situation:
    """Draw a state, reached or drawn, that has heard hostile messages before."""
    config = draw(st.sampled_from(MESHES))
    state = draw(reached_states(config) | states(config))
    for _ in range(draw(st.integers(0, 3))):
        state, _ = step(state, draw(hostile_messages(state)))
    if kinds:
        return state, Received(draw(hostile_packets(state, kinds)), Instant(0))
    return state, draw(hostile_messages(state))


@pytest.mark.clause("message.total", "message.unchanged")
@settings(max_examples=120)
@given(hostile_situations())
def test_any_fields_are_answered_without_an_exception(situation: Situation) -> None:
    judge_step(*situation)


@pytest.mark.clause("message.term")
@settings(max_examples=60)
@given(hostile_situations(), st.integers(max_value=-1))
def test_a_negative_term_is_always_rejected(situation: Situation, term: int) -> None:
    state, message = situation
    if isinstance(message, Received):
        packet = message.packet
        object.__setattr__(packet, "term", term)
        after, (output,) = step(state, message)
        assert after == state
        assert isinstance(output, Rejected)


@pytest.mark.clause("message.total")
@settings(max_examples=60)
@given(hostile_situations())
def test_a_step_makes_a_bounded_number_of_calls(situation: Situation) -> None:
    assert calls_of(lambda: step(*situation)) < MOST_CALLS


@pytest.mark.parametrize("kind", PACKETS)
def test_packets_of_each_kind_get_past_the_guards(kind: type[Packet]) -> None:
    find(
        hostile_situations((kind,)),
        lambda at: not any(isinstance(done, Rejected) for done in step(*at)[1]),
        random=Random(0),  # noqa: S311 - the same search in every run
        settings=settings(max_examples=1_000, database=None, phases=[Phase.generate]),
    )


# The checks check.


def test_calls_are_counted_those_of_built_in_functions_too() -> None:
    assert calls_of(lambda: [abs(number) for number in range(MOST_CALLS)]) > MOST_CALLS


def test_a_step_that_changes_a_state_and_rejects_is_noticed() -> None:
    def hasty(state: State, message: Message) -> Result:
        after, _ = step(state, Elapsed(Timer.ELECTION, Instant(0)))
        return after, step(state, message)[1]

    state, _ = initial(MESHES[0])
    stranger = Claim(state.config.mesh, AgentId("zz"), Term(0))
    message = Received(stranger, Instant(0))
    assert judge_step(state, message) == state
    with pytest.raises(AssertionError):
        judge_step(state, message, hasty)
