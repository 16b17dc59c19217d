"""The detectors: programs that look for the fault of a mutant, and how they are run.

Contract: each runs in a process of its own, whose `primacy` is a changed copy of core,
and prints one line of JSON, in which `core` names the file of the package that it
imported: it must be the copy. Nothing in core knows of this, and nothing here imports
the proofs or the tests: a detector that is not installed is skipped, with the reason.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Event
from typing import Final

import primacy
import primacy_model
from primacy_model.mutation.mutant import Harm, Mutant, apply

CORE: Final = Path(primacy.__file__).parent
MODEL: Final = Path(primacy_model.__file__).parents[1]
CHECKOUT: Final = MODEL.parent


PATIENCE_S: Final = 120.0
"""How much longer than four times its budget a program may take, by the clock."""
GLANCE_S: Final = 0.2
"""How often a stop is looked for while a program runs."""


class MutantStatus(Enum):
    """The outcome of a mutant at a detector."""

    KILLED = "killed"
    SURVIVED = "survived"
    """The detector came to its end and found nothing."""
    UNDECIDED = "undecided"
    """It did not come to its end."""
    SKIPPED = "skipped"
    """It could not be run."""
    NOT_RUN = "not run"
    """It finds nothing of this kind, or enough others killed the mutant."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a detector reports of a mutant."""

    status: MutantStatus
    broken: str = ""
    """What broke, in the words of the detector."""
    detail: str = ""
    """Where and how soon, or why not."""
    seconds: float = 0.0
    figures: dict[str, object] | None = None
    """The line that was printed."""

    @property
    def is_kill(self) -> bool:
        """Tell whether something broke."""
        return self.status is MutantStatus.KILLED


@dataclass(frozen=True, slots=True)
class Detector:
    """A program that looks for what breaks."""

    name: str
    module: str
    arguments: tuple[str, ...]
    """With `{id}`, `{clause}`, `{seconds}`, `{examples}` and `{seeds}` filled in."""
    needs: tuple[str, str]
    """A module that must be installed, or a file of a checkout, and what it is."""
    kill_format: str
    """How a kill is shown, with what was printed filled in."""
    counts: bool = True
    """It is one of those of which two must kill a safety mutant."""
    finds_liveness: bool = False
    """It finds faults of liveness, too."""
    is_timed: bool = False
    """Its budget may stop it: it came to its end only if it prints `is_whole`."""


DETECTORS: Final = (
    Detector(
        "check",
        "primacy_model.mutation.check_detector",
        ("{id}", "{seconds}"),
        ("primacy_model", ""),
        "{where}, depth {depth}, {states:,} states",
        finds_liveness=True,
    ),
    Detector(
        "prove",
        "primacy_proofs.mutation.detector",
        ("{id}",),
        ("z3", "z3 is not installed"),
        "{unit}, {agents} agents",
    ),
    Detector(
        "simulation",
        "primacy_model.simulation.detector",
        ("--seeds", "{seeds}", "--seconds", "{seconds}"),
        ("primacy_model", ""),
        "{seeds:,} seeds, {steps:,} steps",
        finds_liveness=True,  # by `convergence`
        is_timed=True,
    ),
    Detector(
        "hypothesis",
        "tests.stateful.detector",
        ("--examples", "{examples}"),
        ("tests/stateful/detector.py", "only in a checkout"),
        "{examples:,} examples, {steps} steps",
    ),
    Detector(
        "tests",
        "tests.support.programs.clause_tests",
        ("{clause}",),
        ("tests/support/programs/clause_tests.py", "only in a checkout"),
        "{tests} tests of the clause",
        counts=False,
        finds_liveness=True,
    ),
)
"""All of them, the one that kills most first."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a detector may look for one mutant."""

    seconds: float
    examples: int
    seeds: int


def missing(detector: Detector) -> str:
    """Say why a detector cannot be run, nothing if it can."""
    what, why = detector.needs
    if what.endswith(".py"):
        return "" if (CHECKOUT / what).is_file() else why
    return "" if importlib.util.find_spec(what) is not None else why


def copy_core(folder: Path, mutant: Mutant | None = None) -> None:
    """Copy core into a folder, and apply a mutant to the copy."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CORE, folder / "primacy", ignore=ignored)
    if mutant is not None:
        module = folder / "primacy" / f"{mutant.module}.py"
        text = apply(mutant, module.read_text(encoding="utf-8"))
        module.write_text(text, encoding="utf-8", newline="\n")


def environment(folder: Path) -> dict[str, str]:
    """Put a copy of core before everything else that can be imported."""
    search_path = [str(folder), str(CHECKOUT), str(MODEL), str(CHECKOUT / "proofs")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(search_path)}


def run_detector(
    detector: Detector, mutant: Mutant, folder: Path, budget: Budget, stop: Event
) -> Outcome:
    """Run a detector with the copy of core in a folder, until it ends or a stop."""
    if mutant.harm is Harm.LIVENESS and not detector.finds_liveness:
        return Outcome(MutantStatus.NOT_RUN, detail="it finds faults of safety alone")
    if why := missing(detector):
        return Outcome(MutantStatus.SKIPPED, detail=why)
    arguments = [
        word.format(
            id=mutant.id,
            clause=mutant.clause,
            seconds=budget.seconds,
            examples=budget.examples,
            seeds=budget.seeds,
        )
        for word in detector.arguments
    ]
    begun = time.monotonic()
    most = 4 * budget.seconds + PATIENCE_S
    with subprocess.Popen(  # noqa: S603 - this interpreter, and modules named above
        [sys.executable, "-B", "-m", detector.module, *arguments],
        cwd=folder if detector.needs[1] != "only in a checkout" else CHECKOUT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        streams = _wait(child, begun + most, stop)
    if streams is None:
        why = "it was stopped" if stop.is_set() else f"not within {most:.0f} seconds"
        return Outcome(
            MutantStatus.UNDECIDED, detail=why, seconds=time.monotonic() - begun
        )
    printed, errors = streams
    if child.returncode != 0:
        last = (errors.strip().splitlines() or ["no message"])[-1][:200]
        return Outcome(MutantStatus.UNDECIDED, detail=f"it failed: {last}")
    return read_outcome(detector, folder, printed)


def _wait(
    child: subprocess.Popen[str], end: float, stop: Event
) -> tuple[str, str] | None:
    """Wait for what a program prints; kill it at a stop, or when its time is over.

    Ctrl-C alone does not end all of them: a prover takes it for "unknown" and goes on.
    """
    while True:
        try:
            return child.communicate(timeout=GLANCE_S)
        except subprocess.TimeoutExpired:
            if stop.is_set() or time.monotonic() >= end:
                child.kill()
                return None


def read_outcome(detector: Detector, folder: Path, printed: str) -> Outcome:
    """Read what a detector printed; it must have run with the copy."""
    figures: dict[str, object] = json.loads(printed.strip().splitlines()[-1])
    if Path(str(figures.pop("core"))) != folder / "primacy" / "__init__.py":
        return Outcome(MutantStatus.UNDECIDED, detail="it ran with another core")
    seconds = float(str(figures.pop("seconds", 0)))
    broken = figures.get("property")
    if broken:
        detail = detector.kill_format.format(**figures)
        return Outcome(MutantStatus.KILLED, str(broken), detail, seconds, figures)
    is_whole = bool(figures.get("is_whole", not detector.is_timed))
    status = MutantStatus.SURVIVED if is_whole else MutantStatus.UNDECIDED
    why = str(figures.get("why") or ("nothing broke" if is_whole else "out of time"))
    return Outcome(status, "", why, seconds, figures)
