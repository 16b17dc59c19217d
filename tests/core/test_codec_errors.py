"""The JSON format: nothing is guessed, and every error names its field."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy import (
    AgentSet,
    Config,
    Durable,
    Elapsed,
    Fence,
    FormatError,
    Role,
    State,
    Write,
    agents,
    dumps,
    initial,
    loads,
)
from primacy.agents import AgentMap
from primacy.codec import LEAST, MOST, OLDER, PACKETS, Storable
from primacy.electorate import NO_ROLL, Roll
from primacy.log import CHUNK, Entry, EntryKind, Log
from primacy.messages import VoteRequest
from primacy.types import AgentId, Command, Index, MeshKey, RequestId, Term
from tests.support.golden import OLDER_TEXTS, TEXTS

A = AgentId("a")
ABC = Config("m", "a", agents("a", "b", "c"))
CONFIG_TEXT = dumps(ABC)
REQUEST_TEXT = dumps(
    VoteRequest(
        MeshKey("m(a,b,c)"),
        A,
        Term(3),
        Index(2),
        Term(1),
        Roll(agents("a", "b"), agents("a", "b")),
        False,
    )
)
AB_ROLL = Roll(agents("a", "b"), agents("a", "b"))
A_CHANGE = Entry(
    Term(1), EntryKind.ROLL, electors=agents("a"), outgoing=agents("a", "b")
)
A_NUMBER = "a whole number from -9223372036854775808 to 9223372036854775807"
PACKET_NAMES = " or ".join(f'"{kind.__name__}"' for kind in PACKETS)


def envelope(kind: str, value: str) -> str:
    return f'{{"primacy":2,"kind":"{kind}","value":{value}}}'


def an_entry(kind: str, **sets: list[str]) -> str:
    """Write an entry with some of the fields of one that sets a roll."""
    plain = {"term": 1, "kind": kind, "command": "", "request": ""}
    return json.dumps({**plain, **sets})


def a_log(**fields: object) -> str:
    """Write a log that begins behind a snapshot, with other fields than it has."""
    log = Log.starting(Index(2), Term(1), AB_ROLL)
    raw = {**json.loads(dumps(log))["value"], **fields}
    return envelope(
        "Log", json.dumps({name: raw[name] for name in raw if raw[name] != "left out"})
    )


def a_roll(**fields: object) -> dict[str, object]:
    raw = {"electors": ["a"], "outgoing": ["a"], "workers": [], "index": 0, "term": 0}
    return {**raw, **fields}


def refusal(text: str, *kinds: type[Storable]) -> str:
    with pytest.raises(FormatError) as caught:
        loads(text, *kinds)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('"term":3', '"term":"x"', '.term: a whole number is needed, got "x"'),
        ('"term":3', '"term":1.5', ".term: a whole number is needed, got 1.5"),
        ('"term":3', '"term":3.0', ".term: a whole number is needed, got 3.0"),
        ('"term":3', '"term":3e0', ".term: a whole number is needed, got 3e0"),
        ('"term":3', '"term":NaN', ".term: a whole number is needed, got NaN"),
        (
            '"term":3',
            '"term":-Infinity',
            ".term: a whole number is needed, got -Infinity",
        ),
        ('"term":3', '"term":true', ".term: a whole number is needed, got true"),
        ('"term":3', '"term":null', ".term: a whole number is needed, got null"),
        ('"term":3', '"term":[]', ".term: a whole number is needed, got an array"),
        ('"term":3', '"term":{}', ".term: a whole number is needed, got an object"),
        ('"term":3,', "", ".term: a whole number is needed, got nothing"),
        (
            '"term":3',
            f'"term":{"9" * 20}',
            ".term: a whole number is needed, got one of 20 digits",
        ),
        (
            '"term":3',
            f'"term":{2**63}',
            f".term: {A_NUMBER} is needed, got 9223372036854775808",
        ),
        (
            '"transfer":false',
            '"transfer":0',
            ".transfer: true or false is needed, got 0",
        ),
        ('"sender":"a"', '"sender":1', ".sender: a text is needed, got 1"),
        (
            '"sender":"a"',
            '"sender":"\\ud800"',
            '.sender: a text without surrogates is needed, got "\\ud800"',
        ),
        (
            '"sender":"a"',
            f'"sender":["{"x" * 99}"]',
            ".sender: a text is needed, got an array",
        ),
        (
            '"term":3',
            '"term":3,"term":3',
            (': an object with each field once is needed, got the field "term" twice'),
        ),
        (
            '"term":3',
            '"term":3,"extra":1',
            (
                ".extra: one of the fields mesh, sender, "
                'term, last_index, last_term, roll, transfer is needed, got "extra"'
            ),
        ),
        (
            '["a","b"]',
            '["b","a"]',
            '.roll.electors: ids need to ascend, got "a" after "b"',
        ),
        (
            '["a","b"]',
            '["a","a"]',
            '.roll.electors: ids need to ascend, got "a" after "a"',
        ),
        ('["a","b"]', '["a",2]', ".roll.electors[1]: a text is needed, got 2"),
        ('["a","b"]', '"a"', '.roll.electors: an array is needed, got "a"'),
        ('"index":0,', "", ".roll.index: a whole number is needed, got nothing"),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    before: str, after: str, sentence: str
) -> None:
    assert before in REQUEST_TEXT
    assert refusal(REQUEST_TEXT.replace(before, after, 1)) == "VoteRequest" + sentence


@pytest.mark.clause("codec.strict", "codec.version")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the text: JSON is needed (Expecting value: line 1 column 1 (char 0))"),
        (
            "\ufeff{}",
            (
                "the text: JSON is needed (Unexpected UTF-8 BOM (decode using "
                "utf-8-sig): line 1 column 1 (char 0))"
            ),
        ),
        ("[1]", "the text: an object with each field once is needed, got an array"),
        ("[" * 200_000, "the text: arrays and objects nest deeper than 8"),
        ('{"a":' * 200_000, "the text: arrays and objects nest deeper than 8"),
        (
            "9" * 5_000,
            (
                "the text: an object with each field once is needed, "
                "got one of 5000 digits"
            ),
        ),
        ("{}", "primacy: version 2 of the format is needed, got nothing"),
        (
            '{"primacy":3,"kind":"Log"}',
            "primacy: version 2 of the format is needed, got 3",
        ),
        ('{"primacy":true}', "primacy: version 2 of the format is needed, got true"),
        ('{"primacy":2.0}', "primacy: version 2 of the format is needed, got 2.0"),
        (
            '{"primacy":2,"kind":"Fence"}',
            "Fence: an object with each field once is needed, got nothing",
        ),
        (
            '{"primacy":2,"kind":"Fence","value":{"highest":1},"more":0}',
            'more: one of the fields primacy, kind, value is needed, got "more"',
        ),
        (
            envelope("Verdict", '"maybe"'),
            'Verdict: "admitted" or "refused" is needed, got "maybe"',
        ),
        (
            envelope("AgentMap", '{"a":"x"}'),
            'AgentMap.a: a whole number is needed, got "x"',
        ),
        (
            envelope("AgentMap", '{"a":7,"b":0}'),
            "AgentMap.b: a number other than 0 is needed, got 0",
        ),
        (
            envelope("AgentMap", '["a",1]'),
            "AgentMap: an object with each field once is needed, got an array",
        ),
        (
            envelope("Disarm", '{"timer":"lunch"}'),
            'Disarm.timer: "election" or "heartbeat" is needed, got "lunch"',
        ),
        (
            envelope("Received", '{"packet":{"kind":"VoteReply","value":{}},"now":0}'),
            "Received.packet.mesh: a text is needed, got nothing",
        ),
        (
            envelope("Received", '{"packet":{"kind":"Fence","value":{}},"now":0}'),
            f'Received.packet.kind: {PACKET_NAMES} is needed, got "Fence"',
        ),
        (
            envelope("Received", '{"packet":{"kind":[],"value":{}},"now":0}'),
            f"Received.packet.kind: {PACKET_NAMES} is needed, got an array",
        ),
        (
            envelope("Log", '[{"term":1}]'),
            'Log[0].kind: "noop" or "command" or "roll" is needed, got nothing',
        ),
        (
            envelope("Log", f"[{an_entry('noop', electors=['a'])}]"),
            (
                "Log[0].electors: one of the fields term, kind, command, request "
                'is needed, got "electors"'
            ),
        ),
        (
            envelope("Entry", an_entry("roll", electors=["a"], workers=[])),
            "Entry.outgoing: an array is needed, got nothing",
        ),
        (
            envelope(
                "Entry", an_entry("roll", electors=[], outgoing=["a"], workers=[])
            ),
            "Entry.electors: at least one id is needed, got none",
        ),
        (
            envelope(
                "Log", f"[{an_entry('roll', electors=['a'], outgoing=[], workers=[])}]"
            ),
            "Log[0].outgoing: at least one id is needed, got none",
        ),
        (
            envelope("Log", '"a"'),
            'Log: an array is needed, got "a"',
        ),
        (a_log(start=0), "Log.start: a whole number from 1 on is needed, got 0"),
        (a_log(start="x"), 'Log.start: a whole number is needed, got "x"'),
        (a_log(start="left out"), "Log.start: a whole number is needed, got nothing"),
        (
            a_log(start_term="left out"),
            "Log.start_term: a whole number is needed, got nothing",
        ),
        (
            a_log(start_roll="left out"),
            "Log.start_roll: an object with each field once is needed, got nothing",
        ),
        (a_log(entries="left out"), "Log.entries: an array is needed, got nothing"),
        (
            a_log(entries=[1]),
            "Log.entries[0]: an object with each field once is needed, got 1",
        ),
        (
            a_log(rolls=[]),
            (
                "Log.rolls: one of the fields start, start_term, start_roll, entries "
                'is needed, got "rolls"'
            ),
        ),
        (
            a_log(start_roll=a_roll(index=3)),
            "Log.start_roll.index: a whole number up to 2 is needed, got 3",
        ),
        (
            a_log(start_roll=a_roll(electors=[])),
            "Log.start_roll.electors: at least one id is needed, got none",
        ),
        (
            a_log(start_roll=a_roll(outgoing=[])),
            "Log.start_roll.outgoing: at least one id is needed, got none",
        ),
    ],
)
def test_a_text_that_is_not_of_the_format_is_refused(text: str, sentence: str) -> None:
    assert refusal(text) == sentence


def test_an_unknown_kind_is_refused_and_the_known_ones_are_named() -> None:
    sentence = refusal(envelope("Fnece", "{}"))
    assert sentence.startswith('kind: "State" or "Durable" or "Config" or ')
    assert sentence.endswith(' is needed, got "Fnece"')


def test_another_kind_than_the_one_asked_for_is_refused() -> None:
    assert refusal(REQUEST_TEXT, Durable) == (
        'kind: "Durable" is needed, got "VoteRequest"'
    )
    assert refusal(REQUEST_TEXT, Elapsed, Write) == (
        'kind: "Elapsed" or "Write" is needed, got "VoteRequest"'
    )


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            '"election_timeout_ms":10000',
            '"election_timeout_ms":5',
            (
                "Config: "
                "election_timeout_ms must be above heartbeat_interval_ms (5000), got 5"
            ),
        ),
        (
            '"agent_id":"a"',
            '"agent_id":"z z"',
            "Config: agent_id must be letters, digits, '.', '_' and '-', got 'z z'",
        ),
        (
            '"workers":[]',
            '"workers":["a"]',
            ("Config: an agent is an initial leader or a worker, got 'a' as both"),
        ),
        (
            '"workers":[]',
            '"workers":["?"]',
            (
                "Config: "
                "workers must be named by letters, digits, '.', '_' and '-', got '?'"
            ),
        ),
        (
            '"batch":64',
            f'"batch":-{"9" * 5000}',
            ("Config.batch: a whole number is needed, got one of 5000 digits"),
        ),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_by_field(
    before: str, after: str, sentence: str
) -> None:
    assert before in CONFIG_TEXT
    assert refusal(CONFIG_TEXT.replace(before, after)) == sentence


def test_what_is_shown_of_a_long_text_is_short() -> None:
    sentence = refusal(REQUEST_TEXT.replace('"term":3', f'"term":"{"x" * 10_000}"'))
    assert len(sentence) < 120
    sentence = refusal(REQUEST_TEXT.replace('"term":3', f'"{"x" * 10_000}":3'))
    assert len(sentence) < 250


@settings(max_examples=300)
@given(st.sampled_from(TEXTS), st.data())
def test_a_text_with_a_flaw_is_read_or_refused_and_never_raises_else(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 6)))
    flaw = data.draw(
        st.sampled_from(['"', "}", "[", "null", "1e9", ",", "true", '"x"'])
    )
    try:
        value = loads(text[:start] + flaw + text[end:])
    except FormatError:
        return
    assert loads(dumps(value)) == value


# What cannot be read back is not written.


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            Write(RequestId("\ud800"), Command("")),
            'Write.request: a text without surrogates is needed, got "\\ud800"',
        ),
        (
            Write(RequestId(""), Command("\ud83d\ude00")),
            (
                "Write.command: a text without surrogates is needed, "
                'got "\\ud83d\\ude00"'
            ),
        ),
        (
            Fence(Term(MOST + 1)),
            f"Fence.highest: {A_NUMBER} is needed, got 9223372036854775808",
        ),
        (
            Fence(Term(LEAST - 1)),
            f"Fence.highest: {A_NUMBER} is needed, got -9223372036854775809",
        ),
        (
            Fence(Term(10**5_000)),
            f"Fence.highest: {A_NUMBER} is needed, got a longer one",
        ),
        (
            Fence(Term(True)),  # bool is an int to mypy, not to the format
            "Fence.highest: a whole number is needed, got true",
        ),
        (
            AgentSet((AgentId("b"), A)),
            'AgentSet: ids need to ascend, got "a" after "b"',
        ),
        (
            AgentMap(agents("a", "b"), (1,)),
            "AgentMap: it holds what its own methods never make",
        ),
        (
            AgentMap(agents("a", "b"), (1, 0)),
            "AgentMap.b: a number other than 0 is needed, got 0",
        ),
        (
            Entry(Term(1), EntryKind.NOOP, electors=agents("a")),
            "Entry: it holds what its own methods never make",
        ),
        (
            Entry(Term(1), EntryKind.ROLL),
            "Entry.electors: at least one id is needed, got none",
        ),
        (
            replace(Log.of([A_CHANGE]), rolls=()),
            "Log: it holds what its own methods never make",
        ),
        (
            AgentMap(AgentSet((A, A)), (1, 2)),
            "AgentMap: it holds what its own methods never make",
        ),
        (
            replace(Log(), tail=(Entry(Term(1), EntryKind.NOOP),) * CHUNK),
            "Log: it holds what its own methods never make",
        ),
        (
            Log(start_term=Term(1)),
            "Log: it holds what its own methods never make",
        ),
        (
            Log.starting(Index(1), Term(1), NO_ROLL),
            "Log.start_roll.electors: at least one id is needed, got none",
        ),
        (
            Log.starting(Index(-1), Term(1), AB_ROLL),
            "Log.start: a whole number from 1 on is needed, got -1",
        ),
        (Fence(1.5), "Fence.highest: a whole number is needed, got class float"),  # type: ignore[arg-type]  # the wrong type is the test
        (3, "the value: a kind of the format is needed, got class int"),
        (Role.LEADER, "the value: a kind of the format is needed, got class Role"),
    ],
)
def test_a_value_that_would_not_come_back_is_not_written(
    value: Storable, sentence: str
) -> None:
    with pytest.raises(FormatError) as caught:
        dumps(value)
    assert str(caught.value) == sentence


def test_a_state_that_carries_a_broken_part_is_not_written() -> None:
    state, _ = initial(ABC)
    broken = replace(state, alive=AgentSet((AgentId("b"), A)))
    with pytest.raises(FormatError, match=r"State\.alive: ids need to ascend"):
        dumps(broken)
    assert isinstance(loads(dumps(state)), State)


# Disks of the version before.


@pytest.mark.clause("codec.version")
@pytest.mark.parametrize("text", OLDER_TEXTS, ids=lambda text: json.loads(text)["kind"])
def test_a_disk_of_the_version_before_is_read(text: str) -> None:
    kind = type(loads(text.replace('"primacy":1', '"primacy":2')))
    value = loads(text, kind)
    assert value == loads(text) == loads(dumps(value))
    assert dumps(value) == text.replace('"primacy":1', '"primacy":2')
    assert refusal(text, Fence) == (f'kind: "Fence" is needed, got "{kind.__name__}"')


@pytest.mark.clause("codec.version")
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: json.loads(text)["kind"])
def test_any_other_text_of_the_version_before_is_refused(text: str) -> None:
    older = text.replace('"primacy":2', '"primacy":1')
    kind = json.loads(text)["kind"]
    if kind in OLDER[1]:
        assert loads(older) == loads(text)
    else:
        assert refusal(older) == "primacy: version 2 of the format is needed, got 1"
        assert refusal(older, *PACKETS) == refusal(older)
    assert refusal(text.replace('"primacy":2', '"primacy":0')) == (
        "primacy: version 2 of the format is needed, got 0"
    )
    nameless = json.dumps({**json.loads(older), "kind": [kind]})
    assert refusal(nameless) == "primacy: version 2 of the format is needed, got 1"
