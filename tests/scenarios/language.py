"""The language of transcripts: what a file is made of, and what its commands are.

A file is a sequence of blocks. A block is some lines that tell or command, then `----`,
then what happened, up to an empty line or the end of the file. A line that begins with
`#` tells. Every other line is a command: words, separated by white space.

Contract: what is not understood is refused in one sentence that names file and line,
and a file whose blocks are put together again is the file, byte for byte.

Source: docs/scenarios.md; the datadriven tests of CockroachDB and etcd raft.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SEPARATOR = "----"


class NotUnderstood(ValueError):  # noqa: N818 - it tells, as `NotPossible` does
    """A transcript that cannot be played: where and why, in one sentence."""


class BadFormError(Exception):
    """The words of a command are not of its form."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file."""

    number: int
    text: str

    @property
    def words(self) -> tuple[str, ...]:
        """Split a command; a line that only tells has no words."""
        return () if self.text.startswith("#") else tuple(self.text.split())


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that tell or command, and what happens then."""

    head: tuple[Line, ...]
    happened: tuple[str, ...] | None
    """None at the end of a file, where lines may only tell."""

    @property
    def commands(self) -> Iterator[Line]:
        """List the commands."""
        return (line for line in self.head if line.words)


def blocks(path: Path) -> list[Block]:
    """Read a file."""
    found: list[Block] = []
    head: list[Line] = []
    happened: list[str] | None = None
    for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if happened is None:
            if text != SEPARATOR:
                head.append(Line(number, text))
                continue
            if not any(line.words for line in head):
                raise NotUnderstood(f"{path.name}:{number}: ---- without a command")
            happened = []
        elif text:
            happened.append(text)
        else:
            found.append(Block(tuple(head), tuple(happened)))
            head, happened = [], None
    if happened is not None:
        found.append(Block(tuple(head), tuple(happened)))
    elif head:
        for line in head:
            if line.words:
                raise NotUnderstood(
                    f"{path.name}:{line.number}: a command without ---- behind it"
                )
        found.append(Block(tuple(head), None))
    return found


def put_together(parts: Sequence[Block]) -> str:
    """Write a file of blocks."""
    lines: list[str] = []
    for part in parts:
        lines += [line.text for line in part.head]
        if part.happened is not None:
            lines += [SEPARATOR, *part.happened, ""]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


# --- words ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rest of a command: which packets it means, and how they are handled."""

    kind: str = ""
    sender: str = ""
    target: str = ""
    term: int | None = None
    round: int | None = None
    which: str = ""
    """`first` or `last` of several."""
    now: int = 0
    is_kept: bool = False
    outputs_done: int | None = None


def chosen(words: Sequence[str], kinds: Sequence[str], agents: Sequence[str]) -> Chosen:
    """Read the rest of a command."""
    found: dict[str, str | int | bool] = {}

    def take(field: str, value: str | int | bool) -> None:
        if field in found:
            raise NotUnderstood(f"{field} is given twice")
        found[field] = value

    rest = list(words)
    while rest:
        match rest:
            case ["from", name, *rest]:
                take("sender", _agent(name, agents))
            case ["to", name, *rest]:
                take("target", _agent(name, agents))
            case ["term", count, *rest]:
                take("term", number(count))
            case ["round", count, *rest]:
                take("round", number(count))
            case ["at", count, *rest]:
                take("now", number(count))
            case ["crash", "after", count, *rest]:
                take("outputs_done", number(count))
            case ["keep", *rest]:
                take("is_kept", True)
            case ["first" | "last" as which, *rest]:
                take("which", which)
            case [name, *rest] if name in kinds:
                take("kind", name)
            case [name, *rest] if name in agents:
                take("target", name)
            case [word, *_]:
                raise NotUnderstood(
                    f"{word!r} is no agent ({', '.join(agents)}), no kind of packet "
                    "and none of: from, to, term, round, first, last, at, keep, "
                    "crash after"
                )
    return Chosen(**found)  # type: ignore[arg-type]  # each field is taken by its type


def _agent(name: str, agents: Sequence[str]) -> str:
    if name not in agents:
        raise NotUnderstood(f"{name!r} is no agent: {', '.join(agents)}")
    return name


def number(word: str) -> int:
    """Read a whole number."""
    if not (word.isascii() and word.isdecimal()):
        raise NotUnderstood(f"a whole number is needed, got {word!r}")
    return int(word)
