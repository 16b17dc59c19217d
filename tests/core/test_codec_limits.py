"""The JSON format: what a text may be at most, and what it costs to refuse more."""

import json
import re
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from primacy import (
    AgentSet,
    Config,
    Durable,
    FormatError,
    Received,
    Rejected,
    Write,
    agents,
    dumps,
    initial,
    loads,
    step,
)
from primacy.codec import DEPTH, LEAST, MOST, PACKET_LENGTH, PACKET_VALUES, PACKETS
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.messages import Append, Claim, Forward, Heartbeat
from primacy.types import (
    NOBODY,
    START,
    AgentId,
    Command,
    Index,
    RequestId,
    Round,
    Term,
)
from tests.support.golden import TEXTS

ABC = Config("m", "a", agents("a", "b", "c"))
CLAIM_TEXT = dumps(Claim(ABC.mesh, AgentId("b"), Term(0)))
PACKET_NAMES = {kind.__name__ for kind in PACKETS}
DOCUMENTS = Path(__file__).parents[2] / "docs"
SPECIFICATION = DOCUMENTS / "specification.md"
PAGE = DOCUMENTS / "hostile-input.md"
EMPTY_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')

# A text of a packet that is as large as a hostile peer may make it.
LARGEST: dict[str, Callable[[], str]] = {
    "deep": lambda: "[" * PACKET_LENGTH,
    "deep objects": lambda: '{"":' * (PACKET_LENGTH // 4),
    "empty arrays": lambda: "[" + "[]," * (PACKET_LENGTH // 3 - 1) + "[]]",
    "objects": lambda: "[" + '{"":0},' * (PACKET_LENGTH // 7 - 1) + "{}]",
    "numbers": lambda: "[" + "7," * (PACKET_LENGTH // 2 - 2) + "7]",
    "fractions": lambda: "[" + "1e9," * (PACKET_LENGTH // 4 - 1) + "1]",
    "closing": lambda: "]" * PACKET_LENGTH,
    "digits": lambda: "9" * PACKET_LENGTH,
    "one string": lambda: '"' + "x" * (PACKET_LENGTH - 2) + '"',
    "escapes": lambda: '"' + "\\u0000" * (PACKET_LENGTH // 6 - 1) + '"',
    "quotes": lambda: '"' + '\\"' * (PACKET_LENGTH // 2 - 1),
    "backslashes": lambda: '"' + "\\" * (PACKET_LENGTH - 1),
    "spaces": lambda: " " * PACKET_LENGTH,
    "keys": lambda: "{" + ",".join(f'"{n}":0' for n in range(PACKET_VALUES - 9)) + "}",
    "one key": lambda: "{" + ",".join(['"":0'] * (PACKET_VALUES - 9)) + "}",
}


def refusal(text: str | bytes, *kinds: type[Claim | Append]) -> str:
    with pytest.raises(FormatError) as caught:
        loads(text, *(kinds or PACKETS))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def an_entry(command: str, request: str) -> Entry:
    return Entry(Term(MOST), EntryKind.COMMAND, Command(command), RequestId(request))


def an_append(entries: tuple[Entry, ...]) -> Append:
    first = Index(MOST)
    return Append(ABC.mesh, ABC.me, Term(MOST), first, Term(1), Segment(entries), first)


def a_heartbeat() -> Heartbeat:
    start = Index(0)
    return Heartbeat(ABC.mesh, ABC.me, Term(1), Round(1), start, Term(0), AgentSet())


# What is stated is what is enforced.


@pytest.mark.clause("codec.depth", "codec.numbers", "codec.packet", "runtime.text")
def test_the_specification_states_the_limits_of_the_codec() -> None:
    said = SPECIFICATION.read_text(encoding="utf-8")
    for clause, figures in {
        "codec.numbers": {LEAST, MOST},
        "codec.depth": {DEPTH, deepest()},
        "codec.packet": {PACKET_LENGTH, PACKET_VALUES},
        "runtime.text": {PACKET_LENGTH},
    }.items():
        text = said.partition(f"**{clause}** (")[2].partition("\n\n")[0]
        text = text.partition("). ")[2]
        found = {
            int(number.replace(",", ""))
            for number in re.findall(r"-?\d[\d,]*\d|\b\d\b(?! \*)", text)
        }
        assert figures <= found, clause


def test_the_page_about_hostile_input_states_the_same_limits() -> None:
    rows = re.findall(
        r"^\| (?:numbers of )?([\d,]+).* \| `codec\.(\w+)`",
        PAGE.read_text("utf-8"),
        re.MULTILINE,
    )
    stated = {name: int(figure.replace(",", "")) for figure, name in rows}
    assert stated == {
        "PACKET_LENGTH": PACKET_LENGTH,
        "PACKET_VALUES": PACKET_VALUES,
        "DEPTH": DEPTH,
        "LEAST": (MOST - LEAST).bit_length(),
    }


def deepest() -> int:
    """Tell how deep the golden texts nest, which are of every kind."""
    deepest = 0
    one = agents("a")
    entry = Entry(Term(1), EntryKind.ROLL, electors=one, outgoing=one)
    nested = dumps(Received(an_append((entry,)), START))
    for text in (*TEXTS, nested):
        depth = 0
        for sign in EMPTY_STRINGS.sub("", text):
            depth += (sign in "[{") - (sign in "]}")
            deepest = max(deepest, depth)
    return deepest


@pytest.mark.clause("codec.depth")
def test_one_level_more_than_stated_is_refused_before_it_is_parsed() -> None:
    at_most = "[" * DEPTH + "]" * DEPTH
    assert refusal(at_most).startswith("the text: an object")
    assert refusal("[" + at_most + "]") == (
        f"the text: arrays and objects nest deeper than {DEPTH}"
    )
    assert refusal("[" * (DEPTH + 1) + "?") == refusal("[" + at_most + "]")


def test_brackets_in_strings_nest_nothing() -> None:
    for noise in ("[" * 99, '\\"[[[[[[[[[[', "\\\\", '\\\\\\"[[[[[[[[['):
        text = CLAIM_TEXT.replace('"b"', f'"{noise}"')
        assert loads(text, Claim).sender == noise.replace("\\\\", "\0").replace(
            "\\", ""
        ).replace("\0", "\\")


@pytest.mark.clause("codec.packet")
def test_one_character_more_than_stated_is_refused() -> None:
    longest = CLAIM_TEXT + " " * (PACKET_LENGTH - len(CLAIM_TEXT))
    sentence = (
        f"the text: a packet of at most {PACKET_LENGTH} characters is needed, "
        f"got one of {PACKET_LENGTH + 1}"
    )
    for text in (longest, longest.encode()):
        assert loads(text, *PACKETS) == loads(CLAIM_TEXT)
    for text in (longest + " ", longest.encode() + b" "):
        assert refusal(text) == sentence
        assert refusal(text, Claim) == sentence
    assert loads(longest + " ") == loads(CLAIM_TEXT)  # not asked for as a packet


@pytest.mark.clause("codec.packet")
def test_one_value_more_than_stated_is_refused() -> None:
    within = "[" + "," * (PACKET_VALUES - 1)
    assert refusal(within).startswith("the text: JSON is needed")
    assert refusal(within + ",") == (
        f"the text: a packet of at most {PACKET_VALUES} values is needed"
    )
    strings = '["' + "[{," * PACKET_VALUES + '"]'
    assert refusal(strings).startswith("the text: an object")


@pytest.mark.clause("codec.packet")
def test_a_packet_that_no_peer_would_read_is_not_written() -> None:
    with pytest.raises(FormatError, match="at most 4194304 characters"):
        dumps(Forward(ABC.mesh, ABC.me, Term(1), RequestId(""), _long()))
    with pytest.raises(FormatError, match="at most 262144 values"):
        dumps(replace(a_heartbeat(), alive=AgentSet.of(map(str, range(PACKET_VALUES)))))


def _long() -> Command:
    return Command("x" * PACKET_LENGTH)


@pytest.mark.clause("codec.packet", "codec.round-trip")
def test_a_disk_is_stored_however_long_its_log_is() -> None:
    entries = (Entry(Term(1), EntryKind.COMMAND, Command("x" * 999), RequestId("w")),)
    disk = Durable(Term(1), NOBODY, Log.of(entries * 5_000))
    text = dumps(disk)
    assert len(text) > PACKET_LENGTH
    assert loads(text, Durable) == disk
    assert loads(text.encode(), Durable) == disk


@pytest.mark.clause("runtime.text")
@pytest.mark.parametrize("batch", [1, 64, 5_000])
@pytest.mark.parametrize("sign", ["x", "\0", "\U0001f600"])
def test_a_batch_of_the_longest_writes_fits_into_a_packet(
    batch: int, sign: str
) -> None:
    room = PACKET_LENGTH // (2 * batch)
    length = len(json.dumps(sign)) - len('""')
    least = len(dumps(Write(RequestId(""), Command(""))))
    write = Write(RequestId(""), Command(sign * ((room - least) // length)))
    assert room - length < len(dumps(write)) <= room
    assert dumps(an_append((an_entry(write.command, write.request),) * batch))


# Bytes.


@pytest.mark.clause("codec.bytes")
def test_bytes_are_read_as_utf_8_and_nothing_else() -> None:
    write = Write(RequestId("\u00e9"), Command("\U0001f600"))
    text = json.dumps(json.loads(dumps(write)), ensure_ascii=False)
    assert loads(text.encode("utf-8"), Write) == write
    for codec in ("utf-16", "utf-32"):
        assert refusal(text.encode(codec)).startswith("the text: ")
    assert refusal(text.encode("latin-1", "replace")).startswith("the text: UTF-8")
    assert refusal(b"\xff") == (
        "the text: UTF-8 is needed (invalid start byte at byte 0)"
    )
    assert refusal(b'{"\xed\xa0\x80":1}') == (
        "the text: UTF-8 is needed (invalid continuation byte at byte 2)"
    )


# Numbers: what is of 64 bits is read, what cannot be is rejected by name.


@pytest.mark.clause("codec.numbers", "message.term")
@pytest.mark.parametrize(
    "text", [text for text in TEXTS if json.loads(text)["kind"] in PACKET_NAMES]
)
def test_a_negative_or_huge_term_of_a_packet_changes_nothing(text: str) -> None:
    forged = re.sub(r'"mesh":"[^"]*"', f'"mesh":"{ABC.mesh}"', text)
    forged = re.sub(r'"sender":"[^"]*"', '"sender":"b"', forged)
    for huge in (MOST + 1, LEAST - 1, 10**50):
        sentence = refusal(re.sub(r'"term":\d+', f'"term":{huge}', forged, count=1))
        assert "a whole number" in sentence
    state, _ = initial(ABC)
    for negative in (-1, LEAST):
        packet = loads(
            re.sub(r'"term":\d+', f'"term":{negative}', forged, count=1), *PACKETS
        )
        after, outputs = step(state, Received(packet, START))
        assert after == state
        assert [type(output) for output in outputs] == [Rejected]


# What it costs.


def peak(work: Callable[[], object]) -> int:
    """Measure the most bytes that were held at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.clause("codec.packet")
@pytest.mark.parametrize("name", LARGEST)
def test_no_packet_takes_more_than_24_bytes_a_character(name: str) -> None:
    text = LARGEST[name]()
    assert len(text) <= PACKET_LENGTH
    assert peak(lambda: refusal(text)) < 24 * PACKET_LENGTH


def test_without_the_limit_on_values_a_packet_takes_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("primacy.codec.PACKET_VALUES", PACKET_LENGTH)
    text = LARGEST["objects"]()
    assert peak(lambda: refusal(text)) > 24 * PACKET_LENGTH
