"""The kill matrix: which finder kills which mutant, and whether that is enough.

Its law: a safety mutant is killed by two finders of those that ran, one of liveness by
one. A mutant that is not is explained in `survivors`, or the matrix has a hole. One
that nobody was asked about is neither killed nor alive.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from primacy_model.mutation.catalog.survivors import SURVIVORS
from primacy_model.mutation.detectors import CORE, FINDERS, Answer, Status
from primacy_model.mutation.mutant import Bend, Harm

COUNTED: Final = tuple(finder.name for finder in FINDERS if finder.counts)
"""The finders of which two must find a safety mutant."""
MARKS: Final = {
    Status.SURVIVED: "-",
    Status.UNDECIDED: "undecided",
    Status.SKIPPED: "skipped",
    Status.NOT_ASKED: "",
}
"""How an answer is shown that is no kill."""
NOBODY_ASKED: Final = Answer(Status.NOT_ASKED)


class OtherCoreError(Exception):
    """A matrix speaks of another core than the one that is bent."""


def enough(bend: Bend) -> int:
    """Tell how many finders should kill a mutant."""
    return 2 if bend.harm is Harm.SAFETY else 1


@dataclass(frozen=True, slots=True)
class Row:
    """What all finders said of a mutant."""

    bend: Bend
    answers: Mapping[str, Answer]

    @property
    def killed_by(self) -> tuple[str, ...]:
        """Name the counted finders that found it."""
        return tuple(
            name
            for name in COUNTED
            if name in self.answers and self.answers[name].is_kill
        )

    @property
    def broke(self) -> str:
        """Name what broke, in the words of the first that found it."""
        return next((each.broke for each in self.answers.values() if each.is_kill), "")

    @property
    def needed(self) -> int:
        """Tell how many must find it: two, or all that ran if those are fewer."""
        told = [self.answers[name] for name in COUNTED if name in self.answers]
        idle = (Status.SKIPPED, Status.NOT_ASKED)
        ran = sum(each.status not in idle for each in told)
        return min(ran, enough(self.bend))

    @property
    def is_killed(self) -> bool:
        """Tell whether enough of them found it."""
        return 0 < self.needed <= len(self.killed_by)

    @property
    def is_alive(self) -> bool:
        """Tell whether finders were asked, and not enough of them found it."""
        return len(self.killed_by) < self.needed

    @property
    def reason(self) -> str:
        """Tell why it survives, if that is known."""
        return SURVIVORS.get(self.bend.id, "")

    @property
    def is_open(self) -> bool:
        """Tell whether a finder did not come to its end that could still matter."""
        wanting = (Status.SKIPPED, Status.UNDECIDED)
        told = (self.answers[name] for name in COUNTED if name in self.answers)
        return self.is_alive and any(each.status in wanting for each in told)


def exit_code(rows: Sequence[Row]) -> int:
    """Give 1 for a survivor that is not explained, 3 for what is undecided, else 0.

    But 4 if none of them was asked about any mutant.
    """
    holes = [row for row in rows if row.is_alive and not row.reason]
    if any(not row.is_open for row in holes):
        return 1
    told = [answer for row in rows for answer in row.answers.values()]
    skipped = any(answer.status is Status.SKIPPED for answer in told)
    if holes or skipped:
        return 3
    return 0 if any(row.needed for row in rows) else 4


# --- for people -----------------------------------------------------------------------


def shown(rows: Sequence[Row]) -> str:
    """Write the matrix as an aligned table, the survivors, and what it comes to."""
    names = list(dict.fromkeys(name for row in rows for name in row.answers))
    table = [("mutant", "kind", *names, "by"), *(_cells(row, names) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(map(str.ljust, cells, widths)).rstrip() for cells in table]
    return "\n".join([*lines, "", *_notes(rows), _summary(rows)])


def _cells(row: Row, names: Sequence[str]) -> tuple[str, ...]:
    kills = str(len(row.killed_by)) if row.needed else ""
    if row.is_alive:
        kills += " *" if row.reason else " !"
    cells = (_cell(row.answers.get(name, NOBODY_ASKED)) for name in names)
    return row.bend.id, row.bend.harm.value, *cells, kills


def _cell(answer: Answer) -> str:
    if not answer.is_kill:
        return MARKS[answer.status]
    short = answer.broke.rpartition("::")[2]
    return short if len(short) <= 28 else f"{short[:25]}..."


def _notes(rows: Sequence[Row]) -> Iterable[str]:
    skipped = {
        f"{name}: skipped, {answer.told}"
        for row in rows
        for name, answer in row.answers.items()
        if answer.status is Status.SKIPPED
    }
    yield from sorted(skipped)
    for row in rows:
        if not row.is_alive:
            continue
        for name, answer in row.answers.items():
            if answer.status is Status.UNDECIDED:
                yield f"{row.bend.id}: {name} is undecided: {answer.told}"
        mark, why = ("*", row.reason) if row.reason else ("!", "not explained")
        yield f"{mark} {row.bend.id}: {why}"


def _summary(rows: Sequence[Row]) -> str:
    told = []
    for harm in Harm:
        some = [row for row in rows if row.bend.harm is harm]
        killed = sum(row.is_killed for row in some)
        told.append(f"{killed} of {len(some)} {harm.value} mutants")
    left = [row for row in rows if row.is_alive]
    holes = sum(not row.reason for row in left)
    unasked = sum(row.needed == 0 for row in rows)
    return (
        f"killed by enough of who was asked: {', '.join(told)}; "
        f"{len(left) - holes} survivors explained, {holes} not"
        + (f"; about {unasked} nobody was asked who counts" if unasked else "")
    )


# --- for programs ---------------------------------------------------------------------


def core_sha256() -> str:
    """Digest the core that is bent, without comments, and how values are written.

    A comment bends nothing, and no finder rests on how a value is written as text.
    """
    digest = hashlib.sha256()
    for file in sorted(
        set(CORE.glob("*.py")) - {CORE / "codec.py", CORE / "__main__.py"}
    ):
        text = re.sub(r"[ \t]*#.*", "", file.read_text(encoding="utf-8"))
        digest.update(f"{file.name}\0{text}\0".encode())
    return digest.hexdigest()


def as_json(rows: Sequence[Row]) -> str:
    """Write the matrix for programs."""
    told = {
        "core_sha256": core_sha256(),
        "mutants": [_row_as_json(row) for row in rows],
    }
    return json.dumps(told, indent=1) + "\n"


def _row_as_json(row: Row) -> dict[str, object]:
    bend = row.bend
    return {
        "id": bend.id,
        "guard": bend.guard,
        "kind": bend.harm.value,
        "killed_by": list(row.killed_by),
        "property": row.broke,
        "source": bend.source,
        "module": bend.module,
        "reason": row.reason if row.is_alive else "",
        "bend_sha256": bend_sha256(bend),
        "finders": {
            name: {
                "status": answer.status.value,
                "property": answer.broke,
                "told": answer.told,
                "seconds": round(answer.seconds, 1),
                "figures": answer.figures or {},
            }
            for name, answer in row.answers.items()
        },
    }


def bend_sha256(bend: Bend) -> str:
    """Digest what a bend does."""
    told = json.dumps([bend.module, bend.before, bend.after, bend.harm.value])
    return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier matrix holds."""

    bends: frozenset[str] = frozenset()
    """The digests of its bends, of those that nobody was asked about, too."""
    answers: Mapping[tuple[str, str], Answer] = field(default_factory=dict)
    """By the digest of the bend and the finder."""


def kept(text: str) -> Kept:
    """Read an earlier matrix about the same core.

    What was skipped or not asked is not kept.
    """
    told = json.loads(text)
    if told["core_sha256"] != core_sha256():
        raise OtherCoreError
    asked = (Status.KILLED.value, Status.SURVIVED.value, Status.UNDECIDED.value)
    answers = {
        (row["bend_sha256"], name): Answer(
            Status(each["status"]),
            each["property"],
            each["told"],
            float(each["seconds"]),
            dict(each["figures"]),
        )
        for row in told["mutants"]
        for name, each in row["finders"].items()
        if each["status"] in asked
    }
    return Kept(frozenset(row["bend_sha256"] for row in told["mutants"]), answers)
