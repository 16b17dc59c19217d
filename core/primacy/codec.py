r"""JSON and back without loss: for the disk, for the wire, for observers.

    >>> from primacy.agents import AgentMap, AgentSet
    >>> dumps(AgentSet.of(["b", "a"]))
    '{"primacy":2,"kind":"AgentSet","value":["a","b"]}'
    >>> loads('{"primacy":2,"kind":"AgentMap","value":{"a":7,"b":"x"}}', AgentMap)
    Traceback (most recent call last):
    primacy.codec.FormatError: AgentMap.b: a whole number is needed, got "x"

The format, version 2. A text is one JSON object with three fields: `primacy` is the
version, `kind` names a class of `Storable`, `value` is that class's value:

- A *record*, which is every class not named below, is an object with exactly the fields
  of the class, each present and none besides. Of a `Config` these are what it is given,
  not what it derives. An `Entry` has `electors`, `outgoing` and `workers` exactly if
  its kind is "roll", and then at least one elector and one outgoing elector.
- An `AgentSet` is an array of ids, ascending by code point, each once. A `Segment`,
  `LeaderReads` and `FollowerReads` are arrays of their entries or reads.
- A `Log` is an array of its entries if it is whole. If it begins behind a snapshot it
  is an object with the fields `start`, from 1 on, `start_term`, `start_roll`, whose
  index is not above `start` and whose electorates are not empty, and `entries`.
- An `AgentMap` is an object with an id for each key and a whole number other than 0 for
  each value.
- A packet inside another value is an object with the two fields `kind` and `value`. A
  `leader_id` is null where there is none.
- An enumeration (`role`, `reason`, `Verdict`) is the string that is its value.
- Numbers are whole, without fraction or exponent, from `LEAST` to `MOST`: those of 64
  bits. Truth is `true` or `false`. Text is Unicode without surrogates, so it survives
  UTF-8.

A reader takes a text, or bytes that are UTF-8; the keys of an object in any order and
any white space. It refuses a key that is given twice. A writer emits one line of ASCII:
the fields in the order of the class, ids ascending, no white space; equal values give
equal texts.

Version 1 had no entries of the kind "roll" and no logs but whole ones. What is on disks
of that version, the kinds in `OLDER`, is read as if it were of this one; no other text
of version 1 is.

The limits. No text nests deeper than `DEPTH`. A packet comes from a network: its text
is at most `PACKET_LENGTH` long, with at most `PACKET_VALUES` values in it, and that is
known before anything is made of it. A state comes from its own disk and is as long as
its log is. Reading takes memory in proportion to the text.

Neither side guesses: what is missing, unknown, of another type or another version is a
`FormatError` that names the field. `dumps` reads what it wrote before it hands it out,
so whatever is stored can be read back, and is then equal. Types, the law of a `Config`
and the order of ids are checked; other laws of the protocol are not, for `step` finds
the defects of a packet, a negative term among them, and a state comes from its own
disk. The warning of an even electorate is for authors of configurations: reading one
back is silent.

Source: clauses `codec.*` of docs/specification.md.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from itertools import pairwise
from types import NoneType
from typing import Final, NewType, TypeVar, get_args, get_type_hints, overload

from primacy.agents import AgentMap, AgentSet
from primacy.config import Config, ConfigError, EvenElectorateWarning
from primacy.electorate import Roll
from primacy.fencing import Fence, Verdict
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.messages import Message, Packet
from primacy.observation import MeshState
from primacy.outputs import Output
from primacy.pending_reads import FollowerRead, FollowerReads, LeaderRead, LeaderReads
from primacy.state import Durable, Leadership, State
from primacy.types import AgentId, Index, Term

VERSION: Final = 2
"""The version of the format; the field `primacy` carries it."""
OLDER: Final[Mapping[int, frozenset[str]]] = {
    1: frozenset({"Durable", "Entry", "Log", "Segment"})
}
"""Which kinds are read of older versions, too: those that are on disks."""
MOST: Final = 2**63 - 1
"""The highest number."""
LEAST: Final = -(2**63)
"""The lowest number; what a field may mean by one is for `step` to judge."""
DEPTH: Final = 8
"""How deep arrays and objects may nest; the deepest kind has 7."""
PACKET_LENGTH: Final = 4 * 2**20
"""The most characters of a packet's text, and the most bytes."""
PACKET_VALUES: Final = 2**18
"""The most arrays, objects and commas outside of strings in a packet's text."""

_Container = AgentSet | AgentMap | Log | Segment | LeaderReads | FollowerReads
_Part = (
    _Container | Entry | LeaderRead | FollowerRead | Roll | Leadership | Fence | Verdict
)
Storable = State | Durable | Config | MeshState | Message | Packet | Output | _Part
"""What can be stored: each class is a kind of the format."""

PACKETS: Final[tuple[type[Packet], ...]] = get_args(Packet)
"""The kinds of packets: `loads(text, *PACKETS)` reads what a peer has sent."""

Kind = TypeVar("Kind", bound=Storable)

_KINDS: Final[dict[str, type]] = {kind.__name__: kind for kind in get_args(Storable)}
_ARRAYS: Final[Mapping[type, tuple[str, type | NewType]]] = {
    AgentSet: ("members", AgentId),
    LeaderReads: ("reads", LeaderRead),
    FollowerReads: ("reads", FollowerRead),
    Segment: ("entries", Entry),
}
"""The classes that are arrays: of which of their parts, and of what."""


_OF_ROLLS: Final = frozenset({"electors", "outgoing", "workers"})
"""The fields of an entry that only one that sets a roll has."""
_OF_LOGS: Final = ("start", "start_term", "start_roll", "entries")
"""The fields of a log that begins behind a snapshot."""


class FormatError(ValueError):
    """What is not of the format: in which field, what was got, what is allowed."""


def dumps(value: Storable) -> str:
    """Write a value as one line of JSON.

    Raise `FormatError` for a value that would not come back equal: a field of another
    type, ids out of order, a number, a text or a packet outside the format's limits.
    """
    kind: str = type(value).__name__
    if _KINDS.get(kind) is not type(value):
        raise FormatError(
            f"the value: a kind of the format is needed, got class {kind}"
        )
    written = _written(value)
    if _read(_KINDS[kind], written, kind) != value:
        raise FormatError(f"{kind}: it holds what its own methods never make")
    envelope = {"primacy": VERSION, "kind": kind, "value": written}
    text = json.dumps(envelope, separators=(",", ":"))
    if type(value) in PACKETS:
        _check_length(text)
        _check_shape(text, PACKET_VALUES)
    return text


@overload
def loads(text: str | bytes) -> Storable: ...
@overload
def loads(text: str | bytes, *kinds: type[Kind]) -> Kind: ...
def loads(text: str | bytes, *kinds: type[Kind]) -> Storable:
    """Read a value of any of some kinds, of any kind if none is named.

    Raise `FormatError`, in one sentence, for whatever else the text is. The limits of
    packets hold where all kinds are packets, as in `loads(heard, *PACKETS)`.
    """
    is_packet = kinds != () and all(kind in PACKETS for kind in kinds)
    if is_packet:
        _check_length(text)
    decoded = _decoded(text)
    _check_shape(decoded, PACKET_VALUES if is_packet else None)
    envelope = _object(_parsed(decoded), "the text")
    version, named = (envelope.get(name, _NOTHING) for name in ("primacy", "kind"))
    _check_names(envelope, ("primacy", "kind", "value"), "")
    if not _is_readable(version, named):
        raise _misfit("primacy", f"version {VERSION} of the format", version)
    allowed = {kind.__name__: kind for kind in kinds} or _KINDS
    kind = _chosen(named, allowed, "kind")
    value = _read(allowed[kind], envelope.get("value", _NOTHING), kind)
    assert isinstance(value, Storable)
    return value


def _is_readable(version: object, kind: object) -> bool:
    """Tell whether a kind is read of a version."""
    if type(version) is not int:
        return False
    is_older = isinstance(kind, str) and kind in OLDER.get(version, frozenset())
    return version == VERSION or is_older


def _written(value: object) -> object:
    """Write a value without its kind; what cannot be written is left to the reader."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, AgentMap):
        return dict(zip(value.agents.members, value.values, strict=False))
    kind: type = type(value)
    if isinstance(value, Log):
        return _written_log(value)
    if kind in _ARRAYS:
        part, _ = _ARRAYS[kind]
        return [_written(item) for item in getattr(value, part)]
    if _KINDS.get(kind.__name__) is not kind:
        return _Unread(f"class {kind.__name__}")
    parts: Iterable[str] = _parts(kind)
    if isinstance(value, Entry) and value.kind is not EntryKind.ROLL:
        parts = (name for name in parts if name not in _OF_ROLLS)
    return {name: _nested(getattr(value, name)) for name in parts}


def _written_log(log: Log) -> object:
    entries = [_written(entry) for entry in log.entries]
    if log.start == 0:
        return entries
    values = (log.start, log.start_term, _written(log.start_roll), entries)
    return dict(zip(_OF_LOGS, values, strict=True))


def _nested(value: object) -> object:
    """Write the value of a field; a packet with its kind."""
    if type(value) in PACKETS:
        return {"kind": type(value).__name__, "value": _written(value)}
    return _written(value)


@cache
def _parts(kind: type) -> dict[str, object]:
    """Resolve what a class is given, field by field, once."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    return {part.name: hints[part.name] for part in fields(kind) if part.init}


def _read(hint: object, raw: object, path: str) -> object:
    """Read a value of a type: a class of core, a plain one, or a union."""
    if isinstance(hint, NewType):
        return _read(hint.__supertype__, raw, path)
    if hint in (bool, int, str):
        return _read_plain(hint, raw, path)
    if not isinstance(hint, type):
        return _read_union(get_args(hint), raw, path)
    if hint is AgentMap:
        return _read_map(raw, path)
    if hint is Log:
        return _read_log(raw, path)
    if hint in _ARRAYS:
        return _read_array(hint, raw, path)
    if issubclass(hint, Enum):
        members = {str(member.value): member for member in hint}
        return members[_chosen(raw, members, path)]
    return _read_record(hint, raw, path)


def _read_plain(hint: object, raw: object, path: str) -> object:
    if hint is bool:
        if not isinstance(raw, bool):
            raise _misfit(path, "true or false", raw)
        return raw
    if hint is str:
        if not isinstance(raw, str):
            raise _misfit(path, "a text", raw)
        if not raw.isascii() and any("\ud800" <= sign <= "\udfff" for sign in raw):
            raise _misfit(path, "a text without surrogates", raw)
        return raw
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise _misfit(path, "a whole number", raw)
    if not LEAST <= raw <= MOST:
        raise _misfit(path, f"a whole number from {LEAST} to {MOST}", raw)
    return raw


def _read_union(hints: tuple[object, ...], raw: object, path: str) -> object:
    if NoneType in hints:
        (hint,) = (hint for hint in hints if hint is not NoneType)
        return None if raw is None else _read(hint, raw, path)
    wrapper = _object(raw, path)
    _check_names(wrapper, ("kind", "value"), path)
    allowed = {name: kind for name, kind in _KINDS.items() if kind in hints}
    kind = _chosen(wrapper.get("kind", _NOTHING), allowed, f"{path}.kind")
    return _read(allowed[kind], wrapper.get("value", _NOTHING), path)


def _read_map(raw: object, path: str) -> AgentMap:
    numbers: dict[str, int] = {}
    for agent, number in _object(raw, path).items():
        place = _inside(path, agent)
        _read_plain(str, agent, place)
        value = _read_plain(int, number, place)
        assert isinstance(value, int)
        if value == 0:
            raise _misfit(place, "a number other than 0", value)
        numbers[agent] = value
    agents = AgentSet.of(numbers)
    return AgentMap(agents, tuple(numbers[agent] for agent in agents.members))


def _read_array(kind: type, raw: object, path: str) -> object:
    if not isinstance(raw, list):
        raise _misfit(path, "an array", raw)
    _, item = _ARRAYS[kind]
    items = tuple(_read(item, one, f"{path}[{at}]") for at, one in enumerate(raw))
    value: object = kind(items)
    if isinstance(value, AgentSet):
        for before, after in pairwise(value.members):
            if before >= after:
                got = f"{_shown(after)} after {_shown(before)}"
                raise FormatError(f"{path}: ids need to ascend, got {got}")
    return value


def _read_log(raw: object, path: str) -> Log:
    if not isinstance(raw, dict):
        return Log.of(_read_entries(raw, path))
    _check_names(raw, _OF_LOGS, path)
    index, term, roll = (
        _read(hint, raw.get(name, _NOTHING), f"{path}.{name}")
        for name, hint in (("start", Index), ("start_term", Term), ("start_roll", Roll))
    )
    assert isinstance(index, int)
    assert isinstance(term, int)
    assert isinstance(roll, Roll)
    if index < 1:
        raise _misfit(f"{path}.start", "a whole number from 1 on", index)
    if roll.index > index:
        at = f"{path}.start_roll.index"
        raise _misfit(at, f"a whole number up to {index}", roll.index)
    _check_roll(roll, f"{path}.start_roll")
    entries = _read_entries(raw.get("entries", _NOTHING), f"{path}.entries")
    return Log.starting(Index(index), Term(term), roll).extended(entries)


def _read_entries(raw: object, path: str) -> tuple[Entry, ...]:
    segment = _read_array(Segment, raw, path)
    assert isinstance(segment, Segment)
    return segment.entries


def _read_record(kind: type, raw: object, path: str) -> object:
    got, parts = _object(raw, path), _parts(kind)
    if kind is Entry and got.get("kind") != EntryKind.ROLL.value:
        parts = {name: hint for name, hint in parts.items() if name not in _OF_ROLLS}
    _check_names(got, parts, path)
    values = {
        name: _read(hint, got.get(name, _NOTHING), f"{path}.{name}")
        for name, hint in parts.items()
    }
    if kind is not Config:
        value: object = kind(**values)
        if isinstance(value, Entry) and value.kind is EntryKind.ROLL:
            _check_roll(value, path)
        return value
    try:
        return _configured(values)
    except ConfigError as error:
        raise FormatError(f"{path}: {error}") from None


def _check_roll(entry: Entry | Roll, path: str) -> None:
    """Refuse an electorate without electors: nobody could ever lead again."""
    for name, electors in (("electors", entry.electors), ("outgoing", entry.outgoing)):
        if electors.size == 0:
            raise FormatError(f"{path}.{name}: at least one id is needed, got none")


def _configured(values: Mapping[str, object]) -> object:
    """Make a configuration again, without the warning that its maker was given."""
    make: type = Config
    electors = values["initial_leaders"]
    if isinstance(electors, AgentSet) and electors.size % 2 == 1:
        return make(**values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvenElectorateWarning)
        return make(**values)


@dataclass(frozen=True, slots=True)
class _Unread:
    """What no field can be, in words: a fraction, too many digits, a key twice."""

    text: str


_NOTHING: Final = _Unread("nothing")
"""What is got where a field is missing."""
_DIGITS: Final = len(str(LEAST)) - 1
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A string, or the rest of a text if it is not closed; it never looks back."""
_BRACKET: Final = re.compile(r"[\[\]{}]")


def _check_length(text: str | bytes) -> None:
    if len(text) > PACKET_LENGTH:
        raise FormatError(
            f"the text: a packet of at most {PACKET_LENGTH} characters is needed, "
            f"got one of {len(text)}"
        )


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"the text: UTF-8 is needed ({error.reason} at byte {error.start})"
        ) from None


def _check_shape(text: str, most: int | None) -> None:
    """Refuse what has too many values, or nests too deep, before it is parsed."""
    bare = _STRING.sub("", text)
    if most is not None and sum(bare.count(sign) for sign in "[{,") > most:
        raise FormatError(f"the text: a packet of at most {most} values is needed")
    depth = 0
    for bracket in _BRACKET.finditer(bare):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > DEPTH:
            raise FormatError(f"the text: arrays and objects nest deeper than {DEPTH}")
        if depth < 0:
            return  # no JSON from here on: the parser says so


def _parsed(text: str) -> object:
    try:
        raw: object = json.loads(
            text,
            object_pairs_hook=_paired,
            parse_float=_Unread,
            parse_int=_counted,
            parse_constant=_Unread,
        )
    except ValueError as error:
        raise FormatError(f"the text: JSON is needed ({error})") from None
    return raw


def _paired(pairs: list[tuple[str, object]]) -> dict[str, object] | _Unread:
    found: dict[str, object] = {}
    for name, raw in pairs:
        if name in found:
            return _Unread(f"the field {_shown(name)} twice")
        found[name] = raw
    return found


def _counted(digits: str) -> int | _Unread:
    size = len(digits.removeprefix("-"))
    return int(digits) if size <= _DIGITS else _Unread(f"one of {size} digits")


def _object(raw: object, path: str) -> dict[str, object]:
    if not isinstance(raw, dict):
        raise _misfit(path, "an object with each field once", raw)
    return raw


def _chosen(raw: object, allowed: Iterable[str], path: str) -> str:
    if isinstance(raw, str) and raw in allowed:
        return raw
    raise _misfit(path, " or ".join(f'"{name}"' for name in allowed), raw)


def _check_names(got: Iterable[str], allowed: Iterable[str], path: str) -> None:
    for name in got:
        if name not in allowed:
            needed = f"one of the fields {', '.join(allowed)}"
            raise _misfit(_inside(path, name), needed, name)


def _inside(path: str, name: str) -> str:
    """Name a field that a text made up: in ASCII and not at any length."""
    shown = json.dumps(name[:40])[1:-1]
    return f"{path}.{shown}" if path else shown


def _misfit(path: str, needed: str, got: object) -> FormatError:
    return FormatError(f"{path}: {needed} is needed, got {_shown(got)}")


def _shown(got: object) -> str:
    """Show what was got, short, whatever it is."""
    if isinstance(got, str):
        return json.dumps(got) if len(got) <= 40 else f"{json.dumps(got[:40])}..."
    if isinstance(got, _Unread):
        return got.text if len(got.text) <= 60 else f"{got.text[:40]}..."
    if got is None or isinstance(got, bool):
        return json.dumps(got)
    if isinstance(got, int):
        return str(got) if abs(got) < 10**_DIGITS else "a longer one"
    return "an array" if isinstance(got, list) else "an object"
