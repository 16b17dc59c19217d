"""The lines of a trace, read one after the other and refused where they are malformed.

What is refused here is no trace at all: broken JSON, a field that is missing or too
much, a number out of its place, an agent that the first line does not know, an end that
is missing or comes too early.

Contract: the end is accepted only where the file ends, so a trace that was cut off is
never taken for a shorter one; and each refusal names its line.

Source: docs/conformance.md, "Traces"; pitfall 48, a trace validator that accepts a
trace it did not read to its end.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar, get_args

from primacy import (
    AgentId,
    Config,
    Durable,
    EvenElectorateWarning,
    FormatError,
    Message,
    Output,
    State,
    loads,
)
from primacy.codec import Storable
from primacy_model.conformance.recorder import FORMAT, States

LONGEST: Final = 16 * 2**20
"""The most bytes of a line."""
MOST_LINES: Final = 10_000_000
"""The most lines of a trace."""
MOST_AGENTS: Final = 1_000
"""The most agents of a trace."""
STATES: Final[tuple[str, ...]] = get_args(States)
EVENTS: Final = ("start", "recover", "step", "crash", "end")

MESSAGES: Final[tuple[type[Message], ...]] = get_args(Message)
OUTPUTS: Final[tuple[type[Output], ...]] = tuple(
    kind for part in get_args(Output) for kind in (get_args(part) or (part,))
)
HEAD: Final = ("trace", "runtime", "states", "whole", "clocks", "configs")

Some = TypeVar("Some", bound=Storable)


class MalformedError(Exception):
    """A line that no trace can have there: its number, and one sentence."""

    def __init__(self, number: int, sentence: str) -> None:
        super().__init__(f"line {number}: {sentence}")
        self.number, self.sentence = number, sentence


@dataclass(frozen=True, slots=True)
class Head:
    """The first line."""

    runtime: str
    states: str
    whole: bool
    clocks: bool
    configs: Mapping[AgentId, Config]


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A line of an agent, all but the first and the last."""

    number: int
    """In the file, from 1."""
    agent: AgentId
    event: str
    message: Message | None = None
    durable: Durable | None = None
    outputs: tuple[Output, ...] = ()
    state: State | None = None
    digest: str = ""
    performed: int | None = None


class TraceReader:
    """Reads a trace; the first line at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._number = file, 0
        fields = self._fields()
        if fields is None:
            raise MalformedError(1, "the first line is missing, the file is empty.")
        self.head = self._head(fields)

    def lines(self) -> Iterator[TraceLine]:
        """Read line by line up to the end, which must be where the file ends."""
        while (fields := self._fields()) is not None:
            event = fields.get("event")
            if event not in EVENTS:
                raise self._refused(f"the event {', '.join(EVENTS)}", event)
            expected = self._number - 1
            if type(fields.get("seq")) is not int or fields["seq"] != expected:
                told = "a line was lost, repeated or moved"
                got = _shown(fields.get("seq", "nothing"))
                raise self._wrong(f"seq {expected} is needed, got {got}: {told}.")
            if event == "end":
                self._end(fields)
                return
            yield self._line(fields, str(event))
        raise MalformedError(
            self._number + 1,
            "the end is missing: the trace was cut off before its last line.",
        )

    # --- one line ---------------------------------------------------------------------

    def _fields(self) -> dict[str, object] | None:
        """Read the next line as an object; None where the file ends."""
        raw = self._file.readline(LONGEST + 1)
        if not raw:
            return None
        self._number += 1
        if len(raw) > LONGEST:
            raise self._wrong(f"a line has at most {LONGEST:,} bytes, this has more.")
        if self._number > MOST_LINES:
            raise self._wrong(f"a trace has at most {MOST_LINES:,} lines.")
        try:
            found = json.loads(
                raw.decode("utf-8"),
                object_pairs_hook=_paired,
                parse_int=_counted,
                parse_float=_no_number,
                parse_constant=_no_number,
            )
        except UnicodeDecodeError:
            raise self._wrong("it is no UTF-8.") from None
        except RecursionError:
            raise self._wrong("arrays and objects nest too deep.") from None
        except json.JSONDecodeError as error:
            if not raw.endswith(b"\n"):
                told = "JSON is needed, the file ends in the middle of this line."
                raise self._wrong(told) from None
            why = _lowered(error.msg).removesuffix(" at")
            told = f"JSON is needed, {why} at column {error.colno}."
            raise self._wrong(told) from None
        except ValueError as error:
            raise self._wrong(f"{error}.") from None
        if not isinstance(found, dict):
            raise self._wrong(f"an object is needed, got {_shown(found)}.")
        return found

    def _wrong(self, sentence: str) -> MalformedError:
        return MalformedError(self._number, sentence)

    def _refused(self, needed: str, got: object) -> MalformedError:
        return self._wrong(f"{needed} is needed, got {_shown(got)}.")

    def _exactly(self, fields: Mapping[str, object], *names: str) -> None:
        for name in fields:
            if name not in names:
                allowed = ", ".join(names)
                raise self._wrong(
                    f"no field {_shown(name)} is allowed here, only {allowed}."
                )
        for name in names:
            if name not in fields:
                raise self._wrong(f"the field {name} is missing.")

    def _head(self, fields: Mapping[str, object]) -> Head:
        if fields.get("trace") != FORMAT:
            got = _shown(fields.get("trace", "nothing"))
            raise self._wrong(f'the first line needs "trace": "{FORMAT}", got {got}.')
        self._exactly(fields, *HEAD)
        runtime, states, configs = (fields[n] for n in ("runtime", "states", "configs"))
        if not isinstance(runtime, str):
            raise self._refused("a text as runtime", runtime)
        if states not in STATES:
            raise self._refused(f"states {', '.join(STATES)}", states)
        for name in ("whole", "clocks"):
            if not isinstance(fields[name], bool):
                raise self._refused(f"true or false as {name}", fields[name])
        if not isinstance(configs, list) or not 0 < len(configs) <= MOST_AGENTS:
            raise self._wrong(
                f"configs needs to be an array of 1 to {MOST_AGENTS:,} configurations."
            )
        found: dict[AgentId, Config] = {}
        for raw in configs:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", EvenElectorateWarning)
                config = self._value(raw, "configs", Config)
            if config.me in found:
                raise self._wrong(f"agent {config.me} is configured twice.")
            found[config.me] = config
        if len({(each.mesh, each.workers) for each in found.values()}) > 1:
            raise self._wrong("the configurations are of different meshes.")
        is_whole, has_clocks = bool(fields["whole"]), bool(fields["clocks"])
        return Head(runtime, str(states), is_whole, has_clocks, found)

    def _line(self, fields: Mapping[str, object], event: str) -> TraceLine:
        agent = fields.get("agent")
        if not isinstance(agent, str) or agent not in self.head.configs:
            known = ", ".join(self.head.configs)
            raise self._wrong(
                f"the first line configures {known}; this line is of {_shown(agent)}."
            )
        name = AgentId(agent)
        if event == "crash":
            rest = ("performed",) if "performed" in fields else ()
            self._exactly(fields, "seq", "agent", "event", *rest)
            done = fields.get("performed")
            if rest and (type(done) is not int or done < 0):
                raise self._refused("a number of outputs as performed", done)
            performed = done if isinstance(done, int) else None
            return TraceLine(self._number, name, event, performed=performed)
        given = {"step": ("message",), "recover": ("durable",), "start": ()}[event]
        after = {"full": ("state",), "digest": ("digest",), "none": ()}
        kept = after[self.head.states]
        self._exactly(fields, "seq", "agent", "event", *given, "outputs", *kept)
        outputs = fields["outputs"]
        if not isinstance(outputs, list):
            raise self._refused("an array as outputs", outputs)
        told = fields.get("digest", "")
        if not isinstance(told, str) or (kept == ("digest",) and not _is_digest(told)):
            raise self._refused("64 digits of SHA-256 as digest", told)
        return TraceLine(
            self._number,
            name,
            event,
            self._value(fields["message"], "message", *MESSAGES)
            if event == "step"
            else None,
            self._value(fields["durable"], "durable", Durable)
            if event == "recover"
            else None,
            tuple(
                self._value(one, f"outputs[{at}]", *OUTPUTS)
                for at, one in enumerate(outputs)
            ),
            self._value(fields["state"], "state", State) if "state" in fields else None,
            told,
        )

    def _value(self, raw: object, where: str, *kinds: type[Some]) -> Some:
        """Read a value in the format of core."""
        try:
            return loads(json.dumps(raw), *kinds)
        except FormatError as error:
            raise self._wrong(f"{where}: {error}.") from None
        except RecursionError:
            raise self._wrong("arrays and objects nest too deep.") from None

    def _end(self, fields: Mapping[str, object]) -> None:
        self._exactly(fields, "seq", "event", "lines")
        counted = self._number - 2
        if type(fields["lines"]) is not int or fields["lines"] != counted:
            got = _shown(fields["lines"])
            raise self._wrong(
                f"the end needs to count {counted} lines before it, got {got}."
            )
        if self._file.readline(1):
            raise MalformedError(self._number + 1, "nothing may follow the end.")


# --- what JSON allows and a trace does not --------------------------------------------


def _paired(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {_shown(twice)} stands twice")
    return found


def _counted(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError(f"a number of {len(digits)} digits is too long")
    return int(digits)


def _no_number(text: str) -> object:
    raise ValueError(f"numbers are whole, got {text[:40]}")


def _is_digest(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{64}", text) is not None


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _shown(got: object) -> str:
    """Show what was got, in ASCII and not at any length."""
    if isinstance(got, list | dict):
        return "an array" if isinstance(got, list) else "an object"
    shown = json.dumps(got)
    return shown if len(shown) <= 60 else f"{shown[:60]}..."
