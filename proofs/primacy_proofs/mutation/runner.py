"""Judging mutants: a bent copy of core, proved by a process that imports it.

Nothing in core knows of this. The copy stands first where the process looks for
modules, so the process proves about the copy what is proved here about core.
"""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import primacy
import primacy_model
import primacy_proofs
from primacy_model.mutation.mutant import MissingTextError, bent
from primacy_proofs.counterexamples import rendering
from primacy_proofs.counterexamples.rendering import Shown
from primacy_proofs.mutation.mutants import MUTANTS, Mutant
from primacy_proofs.smt.solver import RLIMIT, Prover, Status
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.prover import Obligation

__all__ = ["MUTANTS", "MissingTextError", "Mutant", "Outcome", "chosen", "judged"]

CORE: Final = Path(primacy.__file__).parent
ROOMS: Final = tuple(
    str(Path(str(room.__file__)).parents[1]) for room in (primacy_model, primacy_proofs)
)
ENOUGH: Final = 6
"""After how many obligations that were not proved a mutant is refuted."""
HASTE: Final = RLIMIT // 20
"""The budget of an obligation of a mutant, at first."""
ANY: Final = "without a name all are judged."
"""What is said where no name is near."""
JUDGE: Final = "from primacy_proofs.mutation.runner import judge; judge()"


class UnknownMutantError(ValueError):
    """No mutant has that id."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant."""

    mutant: Mutant
    obligations: int
    law: str
    """The first law that was not proved, or was shown to fail; empty if none."""
    unit: str
    agents: int
    """How many agents the finite counterexample has; 0 if there is none."""
    text: str

    @property
    def is_as_said(self) -> bool:
        """Tell whether a safety mutant broke a law, and another none."""
        return self.obligations > 0 and self.mutant.is_safety == bool(self.law)


def chosen(ids: Sequence[str]) -> tuple[Mutant, ...]:
    """Find the mutants that are named; all of them if none is."""
    known = {mutant.id: mutant for mutant in MUTANTS}
    for name in ids:
        if name not in known:
            near = difflib.get_close_matches(name.lower(), known)
            meant = f"did you mean {' or '.join(near)}?" if near else ANY
            raise UnknownMutantError(f"no mutant is named {name!r}; {meant}")
    return tuple(known[name] for name in dict.fromkeys(ids) or known)


def outcomes(mutants: Sequence[Mutant], jobs: int) -> Iterator[Outcome]:
    """Judge mutants, side by side, in their order; before, find all their texts."""
    for mutant in mutants:
        _source(mutant)
    return _outcomes(mutants, jobs)


def _outcomes(mutants: Sequence[Mutant], jobs: int) -> Iterator[Outcome]:
    with ThreadPoolExecutor(min(jobs, len(mutants))) as pool:
        yield from pool.map(judged, mutants)


def _source(mutant: Mutant) -> str:
    file = CORE / f"{mutant.bend.module}.py"
    return bent(mutant.bend, file.read_text(encoding="utf-8"))


def judged(mutant: Mutant) -> Outcome:
    """Judge a mutant in a process of its own."""
    with TemporaryDirectory() as place:
        copy = Path(place) / "primacy"
        shutil.copytree(CORE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / f"{mutant.bend.module}.py"
        file.write_text(_source(mutant), encoding="utf-8", newline="\n")
        groups = mutant.groups or tuple(prover.RESTS_ON)
        done = subprocess.run(  # noqa: S603 - this interpreter, and text of this module
            [sys.executable, "-B", "-c", JUDGE, ",".join(mutant.units), *groups],
            cwd=place,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([place, *ROOMS])},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"mutant {mutant.id} cannot be judged: {done.stderr}")
    return Outcome(mutant, **json.loads(done.stdout))


def judge() -> None:
    """Prove what the command line names, until a law breaks, and write it down."""
    units, groups = sys.argv[1].split(","), frozenset(sys.argv[2:])
    sys.stdout.write(json.dumps(in_haste(units, groups)))


def in_haste(units: Sequence[str], groups: frozenset[str]) -> dict[str, str | int]:
    """Prove of the core that is imported what is named, until a law breaks.

    At first in haste: what has a finite counterexample is broken, whatever z3 says.
    """
    Prover.patience = HASTE
    told = _judged(units, groups)
    if told["law"] and not told["agents"]:
        Prover.patience = RLIMIT
        told = _judged(units, groups)
    return told


def _judged(units: Sequence[str], groups: frozenset[str]) -> dict[str, str | int]:
    failed: list[Obligation] = []
    found: Shown | None = None
    proved = 0
    for each in (owed for unit in units for owed in prover.obligations(unit, groups)):
        if each.status == Status.PROVED.value:
            proved += 1
            continue
        failed.append(each)
        found = rendering.find([each], rendering.SEARCHED[:2])
        if found is not None or len(failed) == ENOUGH:
            break
    if found is None:
        found = rendering.find(failed)
    broken = found.obligation if found else failed[0] if failed else None
    return {
        "obligations": proved + len(failed),
        "law": broken.law if broken else "",
        "unit": broken.unit if broken else "",
        "agents": found.agents if found else 0,
        "text": found.text if found else "",
    }


def shown(found: Sequence[Outcome], *, in_full: bool) -> str:
    """Show a line for each mutant, and what it comes to."""
    heads = ("mutant", "guard in", "law that broke", "message", "agents")
    rows = [heads, *(_row(each) for each in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    for each in found:
        if in_full and each.text:
            lines += ["", f"{each.mutant.id}:", each.text]
    lines += ["", *_kept(found), _summary(found)]
    return "\n".join(lines)


def _row(outcome: Outcome) -> tuple[str, str, str, str, str]:
    mutant = outcome.mutant
    none = "none, as it should be" if not mutant.is_safety else "NONE"
    law = outcome.law or none
    if outcome.law and not mutant.is_safety:
        law = f"{law}, THOUGH IT SHOULD NOT"
    agents = str(outcome.agents) if outcome.agents else "-"
    unit = outcome.unit or ", ".join(mutant.units)
    return mutant.id, f"{mutant.bend.module}.py", law, unit, agents


def _kept(found: Sequence[Outcome]) -> Iterator[str]:
    """Say why the liveness mutants break nothing."""
    for each in found:
        if not each.mutant.is_safety:
            yield f"{each.mutant.id}: {each.mutant.reason}"


def _summary(found: Sequence[Outcome]) -> str:
    safety = [each for each in found if each.mutant.is_safety]
    refuted = [each for each in safety if each.is_as_said]
    small = [each for each in refuted if each.agents]
    others = [each for each in found if not each.mutant.is_safety]
    kept = [each for each in others if each.is_as_said]
    return (
        f"{len(refuted)} of {len(safety)} safety mutants refuted, {len(small)} with a "
        f"finite counterexample; {len(kept)} of {len(others)} liveness mutants keep "
        f"every law of their messages"
    )


def exit_code(found: Sequence[Outcome]) -> int:
    """Give the code with which the program ends."""
    return 0 if all(each.is_as_said for each in found) else 1
