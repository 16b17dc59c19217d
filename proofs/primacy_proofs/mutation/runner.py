"""Proving about mutants: a changed copy of core, and a process that imports it.

Contract: nothing in core knows of this. The copy stands first where the process looks
for modules, so the process proves about the copy what is proved here about core.
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
from primacy_model.mutation.catalog.mutants import UnknownMutantError
from primacy_model.mutation.mutant import apply
from primacy_proofs.counterexamples import rendering
from primacy_proofs.counterexamples.rendering import Shown
from primacy_proofs.laws.law import RESTS_ON
from primacy_proofs.mutation.mutants import ProofTask, load_expected
from primacy_proofs.smt.solver import RLIMIT, Prover, Status
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.prover import Obligation

CORE: Final = Path(primacy.__file__).parent
SEARCH_PATH: Final = tuple(
    str(Path(str(package.__file__)).parents[1])
    for package in (primacy_model, primacy_proofs)
)
ENOUGH: Final = 6
"""The number of obligations that are not proved after which a mutant is killed."""
HASTE: Final = RLIMIT // 20
"""The budget of an obligation of a mutant, at first."""
ANY: Final = "without a name all are run."
"""What is said where no name is near."""
FIRST: Final = rendering.SEARCHED[:2]
"""The worlds that are searched for each obligation that is not proved."""
REST: Final = rendering.SEARCHED[2:]
"""The worlds that are searched once, when no more obligations are posed."""
PROGRAM: Final = "from primacy_proofs.mutation.runner import main; main()"

ObligationKey = tuple[str, str, str]
"""An obligation, without what became of it: the unit, the path in it, and the law."""
Report = dict[str, str | int]
"""What `ProofOutcome` says, without its task."""


@dataclass(frozen=True, slots=True)
class ProofOutcome:
    """The outcome of a mutant."""

    task: ProofTask
    obligations: int
    law: str
    """The first law that was not proved, or was shown to fail; empty if none."""
    unit: str
    agents: int
    """How many agents the counterexample has; 0 if there is none."""
    text: str

    @property
    def is_as_expected(self) -> bool:
        """Tell whether a law broke just if it was to."""
        return self.obligations > 0 and self.task.must_die == bool(self.law)


def select(ids: Sequence[str]) -> tuple[ProofTask, ...]:
    """Find the mutants that are named; all of them if none is."""
    known = {task.id: task for task in load_expected()}
    for name in ids:
        if name not in known:
            near = difflib.get_close_matches(name.lower(), known)
            meant = f"did you mean {' or '.join(near)}?" if near else ANY
            raise UnknownMutantError(f"no mutant is named {name!r}; {meant}")
    return tuple(known[name] for name in dict.fromkeys(ids) or known)


def run_tasks(tasks: Sequence[ProofTask], jobs: int) -> Iterator[ProofOutcome]:
    """Run tasks in parallel, in their order; first, apply every mutant."""
    for task in tasks:
        _source(task)
    return _run_tasks(tasks, jobs)


def _run_tasks(tasks: Sequence[ProofTask], jobs: int) -> Iterator[ProofOutcome]:
    with ThreadPoolExecutor(min(jobs, len(tasks))) as pool:
        yield from pool.map(run_task, tasks)


def _source(task: ProofTask) -> str:
    file = CORE / f"{task.mutant.module}.py"
    return apply(task.mutant, file.read_text(encoding="utf-8"))


def run_task(task: ProofTask) -> ProofOutcome:
    """Prove about a mutant in a process of its own."""
    with TemporaryDirectory() as place:
        copy = Path(place) / "primacy"
        shutil.copytree(CORE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / f"{task.mutant.module}.py"
        file.write_text(_source(task), encoding="utf-8", newline="\n")
        groups = task.groups or tuple(RESTS_ON)
        done = subprocess.run(  # noqa: S603 - this interpreter, and text of this module
            [sys.executable, "-B", "-c", PROGRAM, ",".join(task.units), *groups],
            cwd=place,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([place, *SEARCH_PATH])},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"mutant {task.id} cannot be run: {done.stderr}")
    return ProofOutcome(task, **json.loads(done.stdout))


def main() -> None:
    """Prove what the command line names, until a law breaks, and print the outcome."""
    units, groups = sys.argv[1].split(","), frozenset(sys.argv[2:])
    sys.stdout.write(json.dumps(find_broken_law(units, groups)))


def find_broken_law(units: Sequence[str], groups: frozenset[str]) -> Report:
    """Prove of the core that is imported what is named, until a law breaks.

    The first budget is small: a law with a finite counterexample is broken, whatever z3
    says within it.
    """
    Prover.patience = HASTE
    report, searched = _prove(units, groups, frozenset())
    if report["law"] and not report["agents"]:
        Prover.patience = RLIMIT
        report, _ = _prove(units, groups, searched)
    return report


def _prove(
    units: Sequence[str], groups: frozenset[str], searched: frozenset[ObligationKey]
) -> tuple[Report, frozenset[ObligationKey]]:
    """Prove until a law breaks; what was searched once is not searched again."""
    failed: list[Obligation] = []
    found: Shown | None = None
    proved = 0
    for each in (owed for unit in units for owed in prover.obligations(unit, groups)):
        if each.status == Status.PROVED.value:
            proved += 1
            continue
        failed.append(each)
        if _key_of(each) not in searched:
            found = rendering.find([each], FIRST)
        if found is not None or len(failed) == ENOUGH:
            break
    fresh = [each for each in failed if _key_of(each) not in searched]
    if found is None and fresh:
        found = rendering.find(fresh, REST)
    broken = found.obligation if found else failed[0] if failed else None
    report: Report = {
        "obligations": proved + len(failed),
        "law": broken.law if broken else "",
        "unit": broken.unit if broken else "",
        "agents": found.agents if found else 0,
        "text": found.text if found else "",
    }
    return report, searched.union(map(_key_of, failed))


def _key_of(obligation: Obligation) -> ObligationKey:
    return obligation.unit, obligation.where, obligation.law


def render(found: Sequence[ProofOutcome], *, in_full: bool) -> str:
    """Render a line for each mutant, and a summary."""
    heads = ("mutant", "module", "law that broke", "message", "agents")
    rows = [heads, *(_row(each) for each in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    for each in found:
        if in_full and each.text:
            lines += ["", f"{each.task.id}:", each.text]
    lines += ["", *_reasons(found), _summary(found)]
    return "\n".join(lines)


def _row(outcome: ProofOutcome) -> tuple[str, str, str, str, str]:
    task = outcome.task
    none = "NONE" if task.must_die else "none, as expected"
    law = outcome.law or none
    if outcome.law and not task.must_die:
        law = f"{law}, NOT EXPECTED"
    agents = str(outcome.agents) if outcome.agents else "-"
    unit = outcome.unit or ", ".join(task.units)
    return task.id, f"{task.mutant.module}.py", law, unit, agents


def _reasons(found: Sequence[ProofOutcome]) -> Iterator[str]:
    """Say why the mutants that are expected to survive break nothing."""
    for each in found:
        if not each.task.must_die:
            yield f"{each.task.id}: {each.task.reason}"


def _summary(found: Sequence[ProofOutcome]) -> str:
    doomed = [each for each in found if each.task.must_die]
    killed = [each for each in doomed if each.is_as_expected]
    small = [each for each in killed if each.agents]
    others = [each for each in found if not each.task.must_die]
    kept = [each for each in others if each.is_as_expected]
    return (
        f"{len(killed)} of {len(doomed)} safety mutants killed, {len(small)} with a "
        f"counterexample to induction; {len(kept)} of {len(others)} liveness mutants "
        f"keep every law of their messages"
    )


def exit_code(found: Sequence[ProofOutcome]) -> int:
    """Give the code with which the program ends."""
    return 0 if all(each.is_as_expected for each in found) else 1
