"""The JSON format: what it looks like, and that nothing is lost.

`golden/format-2.jsonl` holds a text of every kind. It is the format: a line is changed
on purpose, by hand, and after the first release only together with the version.
`golden/format-1.jsonl` holds what is still read of the version before it.
"""

import importlib
import json
import pkgutil
import warnings
from dataclasses import is_dataclass
from enum import Enum
from inspect import getmembers, isclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import primacy
from primacy import (
    AgentSet,
    Config,
    Fence,
    MeshState,
    Reason,
    Received,
    Send,
    Timer,
    Verdict,
    Write,
    agents,
    dumps,
    loads,
    mesh_state,
)
from primacy.agents import AgentMap
from primacy.codec import LEAST, MOST, PACKETS, Storable
from primacy.config import EvenElectorateWarning
from primacy.electorate import Roll
from primacy.log import CHUNK, Entry, EntryKind, Log, Segment
from primacy.messages import ChangeKind, Packet, VoteReply, VoteRequest
from primacy.role import Role, Wait
from primacy.types import (
    AgentId,
    Command,
    Index,
    Instant,
    MeshKey,
    RequestId,
    Term,
)
from tests.support import strategies as drawn
from tests.support.golden import TEXTS
from tests.support.situations import situations

A = AgentId("a")
AB = agents("a", "b")
ABC = Config("m", "a", agents("a", "b", "c"))
REQUEST = VoteRequest(
    MeshKey("m(a,b,c)"), A, Term(3), Index(2), Term(1), Roll(AB, AB), False
)
REQUEST_TEXT = (
    '{"primacy":2,"kind":"VoteRequest","value":{"mesh":"m(a,b,c)","sender":"a",'
    '"term":3,"last_index":2,"last_term":1,'
    '"roll":{"electors":["a","b"],"outgoing":["a","b"],"workers":[],"index":0,"term":0},"transfer":false}}'
)
CONFIG_TEXT = dumps(ABC)


# The format.


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: json.loads(text)["kind"])
def test_a_golden_text_is_read_and_written_as_it_stands(text: str) -> None:
    assert dumps(loads(text)) == text


def test_every_class_of_core_that_holds_data_has_a_golden_text() -> None:
    classes: set[str] = {"Verdict"}
    for module in pkgutil.iter_modules(primacy.__path__, "primacy."):
        classes.update(
            name
            for name, kind in getmembers(importlib.import_module(module.name), isclass)
            if kind.__module__.startswith("primacy.")
            and is_dataclass(kind)
            and not name.startswith("_")
        )
    assert {json.loads(text)["kind"] for text in TEXTS} == classes


@pytest.mark.clause("codec.version")
def test_a_record_is_written_field_by_field() -> None:
    assert dumps(REQUEST) == REQUEST_TEXT


def test_a_packet_inside_another_value_carries_its_kind() -> None:
    reply = VoteReply(MeshKey("m"), A, Term(1), True)
    assert dumps(Send(A, reply)) == (
        '{"primacy":2,"kind":"Send","value":{"target":"a","packet":{"kind":"VoteReply",'
        '"value":{"mesh":"m","sender":"a","term":1,"granted":true}}}}'
    )


def test_sets_maps_logs_and_enumerations_have_forms_of_their_own() -> None:
    numbers = AgentMap(agents("a", "b"), (7, -1))
    noop = Entry(Term(1), EntryKind.NOOP)
    entries = '[{"term":1,"kind":"noop","command":"","request":""}]'
    for value, written in (
        (AgentSet.of(["b", "a"]), '"AgentSet","value":["a","b"]'),
        (numbers, '"AgentMap","value":{"a":7,"b":-1}'),
        (Log.of([noop]), f'"Log","value":{entries}'),
        (
            Log.starting(Index(2), Term(1), Roll(AB, AB)).append(noop),
            (
                '"Log","value":{"start":2,"start_term":1,"start_roll":{'
                '"electors":["a","b"],"outgoing":["a","b"],"workers":[],"index":0,'
                f'"term":0}},"entries":{entries}}}'
            ),
        ),
        (Segment((noop,)), f'"Segment","value":{entries}'),
        (Verdict.REFUSED, '"Verdict","value":"refused"'),
        (
            AgentMap().set(AgentId("b"), 7).set(A, 0),
            '"AgentMap","value":{"b":7}',
        ),
        (
            Entry(Term(1), EntryKind.ROLL, Command("x"), RequestId("r"), AB, AB, AB),
            (
                '"Entry","value":{"term":1,"kind":"roll","command":"x","request":"r",'
                '"electors":["a","b"],"outgoing":["a","b"],"workers":["a","b"]}'
            ),
        ),
        (
            MeshState(False, None, Term(0), Instant(0), True),
            (
                '"MeshState","value":{"has_leader":false,"leader_id":null,"term":0,'
                '"last_leader_heartbeat":0,"initial_leader_election_in_progress":true}'
            ),
        ),
    ):
        assert isinstance(value, Storable)
        assert dumps(value) == f'{{"primacy":2,"kind":{written}}}'


def test_no_two_members_of_an_enumeration_share_a_value() -> None:
    kinds: tuple[type[Enum], ...] = (
        Role,
        Wait,
        Timer,
        Reason,
        EntryKind,
        Verdict,
        ChangeKind,
    )
    for kind in kinds:
        assert len(kind) == len(kind.__members__)


# Nothing is lost.


def anything() -> st.SearchStrategy[Storable]:
    """Draw a value of any family."""
    configs = drawn.configs()
    return st.one_of(
        configs,
        configs.flatmap(drawn.states),
        configs.flatmap(drawn.messages),
        configs.flatmap(drawn.packets),
        configs.flatmap(drawn.states).map(lambda state: state.leadership),
        drawn.outputs(),
        drawn.agent_sets(),
        drawn.agent_maps(),
        drawn.rolls(),
        drawn.logs().flatmap(drawn.begun),
        drawn.segments(),
        situations().map(lambda at: mesh_state(at[0])),
        st.sampled_from(Verdict),
        st.builds(Fence, st.integers(LEAST, MOST).map(Term)),
    )


@pytest.mark.clause("codec.round-trip")
@settings(max_examples=300)
@given(anything())
def test_a_value_comes_back_equal_and_with_the_same_hash(value: Storable) -> None:
    text = dumps(value)
    assert "\n" not in text
    assert text.isascii()
    assert loads(text) == value
    assert hash(loads(text)) == hash(value)
    assert dumps(loads(text)) == text


@settings(max_examples=100)
@given(st.text(), st.text())
def test_any_text_of_a_client_comes_back(request: str, command: str) -> None:
    write = Write(RequestId(request), Command(command))
    assert loads(dumps(write), Write) == write


@settings(max_examples=50)
@given(drawn.configs())
def test_what_a_configuration_derives_comes_back(config: Config) -> None:
    copy = loads(dumps(config), Config)
    assert copy.me == config.me
    assert copy.mesh == config.mesh
    assert copy.first_roll == config.first_roll


def test_a_log_of_several_chunks_comes_back() -> None:
    log = Log.of([Entry(Term(1), EntryKind.NOOP)] * (2 * CHUNK + 3))
    assert loads(dumps(log), Log) == log


@pytest.mark.clause("codec.numbers")
@pytest.mark.parametrize("number", [LEAST, MOST])
def test_numbers_come_back_up_to_the_stated_limits(number: int) -> None:
    assert loads(dumps(Fence(Term(number)))) == Fence(Term(number))


def shuffled(raw: object) -> object:
    """Turn the order of all keys around."""
    if isinstance(raw, dict):
        return {key: shuffled(raw[key]) for key in reversed(raw)}
    return [shuffled(one) for one in raw] if isinstance(raw, list) else raw


@pytest.mark.clause("codec.canonical")
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: json.loads(text)["kind"])
def test_the_order_of_keys_and_white_space_do_not_matter(text: str) -> None:
    other = json.dumps(shuffled(json.loads(text)), indent=2, ensure_ascii=False)
    assert loads(other) == loads(text)


def test_a_packet_is_asked_for_by_its_kinds() -> None:
    packet: Packet = loads(REQUEST_TEXT, *PACKETS)
    assert packet == REQUEST
    assert loads(dumps(Received(packet, Instant(0))), Received).packet == REQUEST


def test_reading_an_even_electorate_is_silent() -> None:
    with pytest.warns(EvenElectorateWarning):
        config = Config("m", "a", agents("a", "b"))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert loads(dumps(config)) == config
    assert heard == []
