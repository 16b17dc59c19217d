"""Hostile texts: any bytes are read exactly, or refused in a sentence.

Bytes of any kind, JSON of any shape, and texts of the format with damage: bytes that
are flipped, cut out or repeated, values of another type, keys twice, bombs.
"""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from primacy import Config, FormatError, agents, codec, initial, loads
from primacy.codec import DEPTH, LEAST, MOST, PACKETS, VERSION
from tests.support.golden import TEXTS
from tests.support.hostile import hear, is_same, judge_text, parsed

STATE, _ = initial(Config("m", "a", agents("a", "b", "c")))
KINDS = [json.loads(text)["kind"] for text in TEXTS]
PACKET_TEXTS = [
    text
    for text, kind in zip(TEXTS, KINDS, strict=True)
    if kind in {packet.__name__ for packet in PACKETS}
]

numbers = st.sampled_from(
    [0, 1, 2, 7, -1, MOST, MOST + 1, LEAST, LEAST - 1, 10**30, -(10**700)]
)
strings = st.sampled_from(
    ["", "7", "a", "b", "c", "true", "null", "m(a,b,c)", "\ud800", "x" * 99, "\0\n"]
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    strings,
    st.sampled_from([0.0, 1.0, 1.5, 1e300, float("nan"), float("inf")]),
)
names = st.sampled_from(
    ["primacy", "kind", "value", "mesh", "sender", "term", "roll", "index", "a", "\0"]
)


def shapes() -> SearchStrategy[object]:
    """Draw JSON of any shape, of names that the format knows."""
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4)
        ),
        max_leaves=12,
    )


def places(
    raw: object, path: tuple[str | int, ...] = ()
) -> list[tuple[str | int, ...]]:
    """List where a JSON value has values, itself included."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(raw, dict):
        inner = list(raw.items())
    elif isinstance(raw, list):
        inner = list(enumerate(raw))
    return [path, *(at for name, one in inner for at in places(one, (*path, name)))]


def put(raw: object, path: tuple[str | int, ...], change: object) -> object:
    """Put another value in a place."""
    if not path:
        return change
    name, *rest = path
    if isinstance(raw, dict):
        assert isinstance(name, str)
        return raw | {name: put(raw[name], tuple(rest), change)}
    assert isinstance(raw, list)
    assert isinstance(name, int)
    return [*raw[:name], put(raw[name], tuple(rest), change), *raw[name + 1 :]]


def at(raw: object, path: tuple[str | int, ...]) -> object:
    """Look at a place."""
    for name in path:
        raw = raw[name]  # type: ignore[index]  # the path leads through containers
    return raw


@st.composite
def misshapen(draw: DrawFn, texts: list[str] = TEXTS) -> str:
    """Draw a text of the format in which some values are others."""
    raw = json.loads(draw(st.sampled_from(texts)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(raw)))
        old = at(raw, path)
        other = at(raw, draw(st.sampled_from(places(raw))))
        change = draw(
            scalars
            | shapes()
            | st.sampled_from([other, [old], {"kind": old}, str(old), [old, old]])
        )
        raw = put(raw, path, change)
    return json.dumps(raw)


@st.composite
def damaged(draw: DrawFn, texts: list[str] = TEXTS) -> bytes:
    """Draw a text of the format whose bytes were flipped, cut out or repeated."""
    text = draw(st.sampled_from(texts)).encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        piece = text[start:end]
        put_in = draw(
            st.sampled_from(
                [b"", piece * 2, b'"', b"[", b"}", b",", b"\\", b"\xff", b"9" * 30]
            )
            | st.binary(max_size=3)
        )
        text = text[:start] + put_in + text[end:]
    return text


@pytest.mark.clause("codec.strict", "codec.bytes")
@settings(max_examples=300)
@given(st.binary() | st.text())
@example(b"")
@example(b"\x00")
@example(b"\xef\xbb\xbf{}")
@example("\ud800")
@example('"\\')
def test_anything_at_all_is_refused_in_a_sentence(text: str | bytes) -> None:
    judge_text(text)
    assert hear(STATE, text) == STATE


@pytest.mark.clause("codec.strict")
@settings(max_examples=300)
@given(shapes(), st.sampled_from(KINDS))
def test_json_of_any_shape_is_read_exactly_or_refused(raw: object, kind: str) -> None:
    judge_text(json.dumps(raw))
    judge_text(json.dumps({"primacy": VERSION, "kind": kind, "value": raw}))


@pytest.mark.clause("codec.strict", "codec.numbers")
@settings(max_examples=300)
@given(misshapen())
def test_a_text_with_other_values_is_read_exactly_or_refused(text: str) -> None:
    judge_text(text)


@pytest.mark.clause("codec.strict", "codec.bytes")
@settings(max_examples=300)
@given(damaged())
def test_a_damaged_text_is_read_exactly_or_refused(text: bytes) -> None:
    judge_text(text)


@pytest.mark.clause("message.total", "codec.strict")
@settings(max_examples=120)
@given(st.lists(misshapen(PACKET_TEXTS) | damaged(PACKET_TEXTS), max_size=6))
def test_an_agent_hears_any_packets_without_an_exception(
    texts: list[str | bytes],
) -> None:
    state = STATE
    for text in texts:
        state = hear(state, text)


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 10**6,
        "{" * 10**6,
        '{"a":' * 10**6,
        "[" * DEPTH + "{" * 10**6,
        "[[" + "]" * 10**6,
        '{"primacy":' + "9" * 10**6 + "}",
        '{"primacy":-' + "9" * 10**6 + "}",
        '{"primacy":0.' + "9" * 10**6 + "}",
        '{"primacy":1e' + "9" * 10**6 + "}",
        '{"primacy":2,"kind":"Fence","value":{"' + "\\u0000" * 10**5 + '":1}}',
        '{"' + "\ud800" * 10**5 + '":1}',
        "\\" * 10**6,
        '"' * 10**6,
        '"\\' * 10**6,
        " " * 10**6,
    ],
    ids=lambda bomb: str(bomb[:12]),
)
def test_a_bomb_is_refused_in_a_short_sentence(bomb: str) -> None:
    for kinds in ((), PACKETS):
        with pytest.raises(FormatError) as caught:
            loads(bomb, *kinds)
        assert len(str(caught.value)) < 600


# The checks check.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7", '"7"'),
        ("true", "1"),
        ("1", "1.0"),
        ("null", "0"),
        ("[1]", "[1,1]"),
        ('{"a":1}', '{"a":true}'),
        ('{"a":1}', '{"a":1,"b":1}'),
    ],
)
def test_what_differs_in_type_alone_is_not_the_same(one: str, other: str) -> None:
    assert is_same(parsed(one), parsed(one))
    assert not is_same(parsed(one), parsed(other))


def test_a_reader_that_drops_a_key_given_twice_is_noticed() -> None:
    with pytest.raises(AssertionError):
        parsed('{"a":1,"a":1}')


def test_a_reader_that_takes_truth_for_a_number_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lenient(hint: object, raw: object, path: str) -> object:
        return raw if hint is int and raw is True else strict(hint, raw, path)

    strict = codec._read_plain
    true = re.sub(r'"term":\d', '"term":true', PACKET_TEXTS[0], count=1)
    assert judge_text(true) is None
    monkeypatch.setattr(codec, "_read_plain", lenient)
    with pytest.raises(AssertionError):
        judge_text(true)


def test_a_reader_that_coerces_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def lenient(text: str, *_: object) -> object:
        return loads(text.replace('"7"', "7"))

    seven = re.sub(r'"term":\d', '"term":"7"', PACKET_TEXTS[0], count=1)
    assert judge_text(seven) is None
    monkeypatch.setattr("tests.support.hostile.loads", lenient)
    with pytest.raises(AssertionError):
        judge_text(seven)
