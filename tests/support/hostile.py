"""What must hold of any bytes that reach an agent: the checks of all fuzzing.

`judge_text` holds `loads` to its word: a value that is exactly what the text says, or
one sentence. `judge_step` holds `step` to its own: no exception, outputs of the right
kind, and a state that a `Rejected` left alone. `hear` is the way of a packet through
both. tests/core/test_fuzz_texts.py and test_fuzz_steps.py draw what is judged from
hypothesis, tests/core/campaign.py from a coverage-guided fuzzer.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from types import FrameType

from primacy import (
    FormatError,
    Message,
    Output,
    Received,
    Rejected,
    State,
    dumps,
    loads,
    step,
)
from primacy.codec import MOST, PACKETS, Storable
from primacy.messages import Packet
from primacy.state import Durable, Leadership, Result
from primacy.types import START

__all__ = ["MOST", "calls_of", "hear", "is_same", "judge_step", "judge_text", "parsed"]

LONGEST_SENTENCE = 2_000
"""The list of all kinds is the longest thing that is ever said."""


def judge_text(text: str | bytes, *kinds: type[Storable]) -> Storable | None:
    """Read a text as `loads` must; give what was read, None if it was refused."""
    try:
        value = loads(text, *kinds)
    except FormatError as error:
        said = str(error)
        assert said.isascii(), said
        assert said.isprintable(), said
        assert len(said) < LONGEST_SENTENCE, said
        return None
    assert not kinds or type(value) in kinds
    assert not has_stray_truth(value), value
    written = dumps(value)
    assert loads(written, type(value)) == value
    assert is_same(parsed(text), parsed(written)), written
    return value


def has_stray_truth(value: object) -> bool:
    """Tell whether a truth stands where a number belongs: to Python `True` is 1."""
    if isinstance(value, tuple):
        return any(isinstance(one, bool) or has_stray_truth(one) for one in value)
    if not is_dataclass(value):
        return False
    parts = [(str(part.type), getattr(value, part.name)) for part in fields(value)]
    return any(
        kind != "bool" if isinstance(held, bool) else has_stray_truth(held)
        for kind, held in parts
    )


def parsed(text: str | bytes) -> object:
    """Parse JSON without the codec; a key that is given twice is an error."""
    decoded = text.decode("utf-8") if isinstance(text, bytes) else text
    return json.loads(decoded, object_pairs_hook=_paired)


def _paired(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    assert len(found) == len(pairs), pairs
    return found


def is_same(one: object, other: object) -> bool:
    """Tell whether two JSON values are the same, of the same types throughout."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        names = one.keys()
        is_alike = names == other.keys()
        return is_alike and all(is_same(one[name], other[name]) for name in names)
    if isinstance(one, list) and isinstance(other, list):
        is_alike = len(one) == len(other)
        return is_alike and all(map(is_same, one, other))
    return one == other


def judge_step(
    state: State, message: Message, judged: Callable[[State, Message], Result] = step
) -> State:
    """Take a step as `step` must; give the state after it."""
    after, outputs = judged(state, message)
    assert type(after) is State
    assert type(after.durable) is Durable
    assert type(after.leadership) is Leadership
    assert type(outputs) is tuple
    assert all(isinstance(output, Output) for output in outputs), outputs
    assert after.term >= state.term
    if any(isinstance(output, Rejected) for output in outputs):
        assert after == state
        assert len(outputs) == 1
    return after


def hear(state: State, text: str | bytes) -> State:
    """Let an agent hear what came from a network; give its state then."""
    packet = judge_text(text, *PACKETS)
    if packet is None:
        return state
    assert isinstance(packet, Packet)
    return judge_step(state, Received(packet, START))


def calls_of(work: Callable[[], object]) -> int:
    """Count the functions that are called, built-in ones included."""
    count = 0

    def counting(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
