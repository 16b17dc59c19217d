"""The kill matrix: which detector kills which mutant, and whether that is enough.

Contract: a safety mutant is killed by two detectors of those that ran, one of liveness
by one. One that is not has a reason in the catalogue, or the matrix has a hole. One for
which no counting detector ran is neither killed nor a survivor.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from primacy_model.mutation.detectors import CORE, DETECTORS, MutantStatus, Outcome
from primacy_model.mutation.mutant import Harm, Mutant, mutant_sha256

COUNTED: Final = tuple(each.name for each in DETECTORS if each.counts)
"""The detectors of which two must kill a safety mutant."""
MARKS: Final = {
    MutantStatus.SURVIVED: "-",
    MutantStatus.UNDECIDED: "undecided",
    MutantStatus.SKIPPED: "skipped",
    MutantStatus.NOT_RUN: "",
}
"""How an outcome is shown that is no kill."""
UNKNOWN: Final = Outcome(MutantStatus.NOT_RUN)


class OtherCoreError(Exception):
    """A matrix is about another core than the one that is installed."""


def required_kills(mutant: Mutant) -> int:
    """Tell how many detectors should kill a mutant."""
    return 2 if mutant.harm is Harm.SAFETY else 1


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """The outcomes of one mutant at all detectors."""

    mutant: Mutant
    outcomes: Mapping[str, Outcome]

    @property
    def killed_by(self) -> tuple[str, ...]:
        """Name the counting detectors that killed it."""
        return tuple(
            name
            for name in COUNTED
            if name in self.outcomes and self.outcomes[name].is_kill
        )

    @property
    def broken(self) -> str:
        """Name what broke, in the words of the first detector that killed it."""
        kills = (each.broken for each in self.outcomes.values() if each.is_kill)
        return next(kills, "")

    @property
    def needed(self) -> int:
        """Tell how many must kill it: those required, or all that ran if fewer."""
        counted = [self.outcomes[name] for name in COUNTED if name in self.outcomes]
        idle = (MutantStatus.SKIPPED, MutantStatus.NOT_RUN)
        ran = sum(each.status not in idle for each in counted)
        return min(ran, required_kills(self.mutant))

    @property
    def is_killed(self) -> bool:
        """Tell whether enough detectors killed it."""
        return 0 < self.needed <= len(self.killed_by)

    @property
    def is_survivor(self) -> bool:
        """Tell whether detectors ran, and not enough of them killed it."""
        return len(self.killed_by) < self.needed

    @property
    def is_open(self) -> bool:
        """Tell whether a detector that did not end might still kill a survivor."""
        wanting = (MutantStatus.SKIPPED, MutantStatus.UNDECIDED)
        counted = (self.outcomes[name] for name in COUNTED if name in self.outcomes)
        return self.is_survivor and any(each.status in wanting for each in counted)


def exit_code(rows: Sequence[MatrixRow]) -> int:
    """Give 1 for a survivor that is not explained, 3 for what is undecided, else 0.

    But 4 if no counting detector ran.
    """
    holes = [row for row in rows if row.is_survivor and not row.mutant.survives]
    if any(not row.is_open for row in holes):
        return 1
    outcomes = [each for row in rows for each in row.outcomes.values()]
    if holes or any(each.status is MutantStatus.SKIPPED for each in outcomes):
        return 3
    return 0 if any(row.needed for row in rows) else 4


# --- for people -----------------------------------------------------------------------


def render_matrix(rows: Sequence[MatrixRow]) -> str:
    """Render the matrix as an aligned table, the survivors, and a summary."""
    names = list(dict.fromkeys(name for row in rows for name in row.outcomes))
    table = [("mutant", "harm", *names, "kills"), *(_cells(row, names) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(map(str.ljust, cells, widths)).rstrip() for cells in table]
    return "\n".join([*lines, "", *_notes(rows), _summary(rows)])


def _cells(row: MatrixRow, names: Sequence[str]) -> tuple[str, ...]:
    kills = str(len(row.killed_by)) if row.needed else ""
    if row.is_survivor:
        kills += " *" if row.mutant.survives else " !"
    cells = (_cell(row.outcomes.get(name, UNKNOWN)) for name in names)
    return row.mutant.id, row.mutant.harm.value, *cells, kills


def _cell(outcome: Outcome) -> str:
    if not outcome.is_kill:
        return MARKS[outcome.status]
    short = outcome.broken.rpartition("::")[2]
    return short if len(short) <= 28 else f"{short[:25]}..."


def _notes(rows: Sequence[MatrixRow]) -> Iterable[str]:
    skipped = {
        f"{name}: skipped, {outcome.detail}"
        for row in rows
        for name, outcome in row.outcomes.items()
        if outcome.status is MutantStatus.SKIPPED
    }
    yield from sorted(skipped)
    for row in rows:
        if not row.is_survivor:
            continue
        for name, outcome in row.outcomes.items():
            if outcome.status is MutantStatus.UNDECIDED:
                yield f"{row.mutant.id}: {name} is undecided: {outcome.detail}"
        why = row.mutant.survives
        mark = "*" if why else "!"
        yield f"{mark} {row.mutant.id}: {why or 'not explained'}"


def _summary(rows: Sequence[MatrixRow]) -> str:
    counts = []
    for harm in Harm:
        some = [row for row in rows if row.mutant.harm is harm]
        killed = sum(row.is_killed for row in some)
        counts.append(f"{killed} of {len(some)} {harm.value} mutants")
    survivors = [row for row in rows if row.is_survivor]
    holes = sum(not row.mutant.survives for row in survivors)
    unknown = sum(row.needed == 0 for row in rows)
    return (
        f"killed by the required number of detectors: {', '.join(counts)}; "
        f"{len(survivors) - holes} survivors explained, {holes} not"
        + (f"; no counting detector ran on {unknown}" if unknown else "")
    )


# --- for programs ---------------------------------------------------------------------


def core_sha256() -> str:
    """Digest the code of core, without prose, and without how values are written.

    Comments and docstrings change nothing, and no detector rests on how a value is
    written as text.
    """
    digest = hashlib.sha256()
    left_out = {CORE / "codec.py", CORE / "__main__.py"}
    for file in sorted(set(CORE.glob("*.py")) - left_out):
        code = _without_prose(file.read_text(encoding="utf-8"))
        digest.update(f"{file.name}\0{code}\0".encode())
    return digest.hexdigest()


def _without_prose(source: str) -> str:
    r"""Leave out docstrings, comments and empty lines.

    >>> _without_prose('"One."\n\nx = 1  # two\n"Three."\n')
    'x = 1'
    """
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str()), end_lineno=int() as end):
                lines[node.lineno - 1 : end] = [""] * (end - node.lineno + 1)
    code = (re.sub(r"[ \t]*#.*", "", line).rstrip() for line in lines)
    return "\n".join(line for line in code if line)


def render_json(rows: Sequence[MatrixRow]) -> str:
    """Render the matrix for programs."""
    content = {
        "core_sha256": core_sha256(),
        "mutants": [_row_as_json(row) for row in rows],
    }
    return json.dumps(content, indent=1) + "\n"


def _row_as_json(row: MatrixRow) -> dict[str, object]:
    return {
        "id": row.mutant.id,
        "harm": row.mutant.harm.value,
        "mutant_sha256": mutant_sha256(row.mutant),
        "killed_by": list(row.killed_by),
        "property": row.broken,
        "detectors": {
            name: {
                "status": outcome.status.value,
                "property": outcome.broken,
                "detail": outcome.detail,
                "seconds": round(outcome.seconds, 1),
                "figures": outcome.figures or {},
            }
            for name, outcome in row.outcomes.items()
        },
    }


@dataclass(frozen=True, slots=True)
class PreviousMatrix:
    """What an earlier matrix holds."""

    mutants: frozenset[str] = frozenset()
    """The digests of its mutants, of those without an outcome, too."""
    outcomes: Mapping[tuple[str, str], Outcome] = field(default_factory=dict)
    """By the digest of the mutant and the detector."""


def read_previous(text: str) -> PreviousMatrix:
    """Read an earlier matrix about the same core.

    What was skipped or not run is left out.
    """
    content = json.loads(text)
    if content["core_sha256"] != core_sha256():
        raise OtherCoreError
    ran = (
        MutantStatus.KILLED.value,
        MutantStatus.SURVIVED.value,
        MutantStatus.UNDECIDED.value,
    )
    outcomes = {
        (row["mutant_sha256"], name): Outcome(
            MutantStatus(each["status"]),
            each["property"],
            each["detail"],
            float(each["seconds"]),
            dict(each["figures"]),
        )
        for row in content["mutants"]
        for name, each in row["detectors"].items()
        if each["status"] in ran
    }
    digests = frozenset(row["mutant_sha256"] for row in content["mutants"])
    return PreviousMatrix(digests, outcomes)
