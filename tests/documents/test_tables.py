"""The tables of the specification name each class of its kind, with its fields."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Final, get_args

import pytest

from primacy.electorate import Roll
from primacy.log import Entry
from primacy.messages import Message, Packet
from primacy.outputs import Output
from primacy.state import Durable, Leadership, State

PAGE: Final = Path(__file__).parents[2] / "docs" / "specification.md"
HEADER: Final = ["mesh", "sender", "term"]
KINDS: Final[dict[str, tuple[type, ...]]] = {
    "packet": get_args(Packet),
    "message": get_args(Message),
    "output": get_args(Output),
    "value": (Durable, Entry, Roll, State, Leadership),
}


def rows(text: str, kind: str) -> dict[str, list[str]]:
    """Read the table of a kind: the fields of each class, in the order of the page."""
    table = re.search(rf"^\| {kind} \| fields.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table is not None
    cells = [line.split(" | ") for line in table[1].splitlines()[1:]]
    return {
        name.strip("| `"): re.findall(r"`(\w+)`", listed) for name, listed, _ in cells
    }


def expected(kind: str) -> dict[str, list[str]]:
    """List what the table of a kind has to say."""
    skipped = HEADER if kind == "packet" else []
    found = {}
    for each in KINDS[kind]:
        names = [field.name for field in fields(each)]
        assert names[: len(skipped)] == skipped
        found[each.__name__] = names[len(skipped) :]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_table_of_the_specification_is_that_of_the_code(kind: str) -> None:
    said = rows(PAGE.read_text(encoding="utf-8"), kind)
    assert list(said.items()) == list(expected(kind).items())


def test_field_that_is_missing_is_noticed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert rows(text.replace("`proposed`, ", "", 1), "packet") != expected("packet")
