"""The finders: programs that look for what breaks in a bent core, and how they are run.

Each runs in a process of its own, whose `primacy` is a changed copy of core, and prints
one line of JSON. Of what it prints `core` names the file of the package that it
imported: it must be the copy. Nothing in core knows of this, and nothing here imports
the proofs or the tests: a finder that is not there is skipped, and it is said why.
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
from primacy_model.mutation.mutant import Bend, Harm, bent

CORE: Final = Path(primacy.__file__).parent
ROOM: Final = Path(primacy_model.__file__).parents[1]
CHECKOUT: Final = ROOM.parent


PATIENCE_S: Final = 120.0
"""How much longer than four times its budget a program may take, by the clock."""
GLANCE_S: Final = 0.2
"""How often it is looked whether a program is to be stopped."""


class Status(Enum):
    """What became of a mutant at a finder."""

    KILLED = "killed"
    SURVIVED = "survived"
    """The finder came to its end and found nothing."""
    UNDECIDED = "undecided"
    """It did not come to its end."""
    SKIPPED = "skipped"
    """It could not be run."""
    NOT_ASKED = "not asked"
    """It finds nothing of this kind."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a finder says of a mutant."""

    status: Status
    broke: str = ""
    """What broke, in the words of the finder."""
    told: str = ""
    """Where and how soon, or why not."""
    seconds: float = 0.0
    figures: dict[str, object] | None = None
    """The line that was printed."""

    @property
    def is_kill(self) -> bool:
        """Tell whether something broke."""
        return self.status is Status.KILLED


@dataclass(frozen=True, slots=True)
class Finder:
    """A program that looks for what breaks."""

    name: str
    module: str
    words: tuple[str, ...]
    """With `{id}`, `{clause}` and `{seconds}` filled in."""
    needs: tuple[str, str]
    """A module that must be installed, or a file of a checkout, and what it is."""
    says: str
    """How a kill is told, with what was printed filled in."""
    counts: bool = True
    """It is one of those of which two must find a safety mutant."""
    of_liveness: bool = False
    """It finds what never happens, too."""
    is_timed: bool = False
    """Its budget may stop it: it came to its end only if it prints `is_whole`."""


FINDERS: Final = (
    Finder(
        "check",
        "primacy_model.mutation.check_detector",
        ("{id}", "{seconds}"),
        ("primacy_model", ""),
        "{where}, depth {depth}, {states:,} states",
        of_liveness=True,
    ),
    Finder(
        "prove",
        "primacy_proofs.mutation.detector",
        ("{id}",),
        ("z3", "z3 is not installed"),
        "{unit}, {agents} agents",
    ),
    Finder(
        "simulation",
        "primacy_model.simulation.detector",
        ("--seeds", "{seeds}", "--seconds", "{seconds}"),
        ("primacy_model", ""),
        "{seeds:,} seeds, {steps:,} steps",
        of_liveness=True,  # by `convergence`
        is_timed=True,
    ),
    Finder(
        "hypothesis",
        "tests.stateful.detector",
        ("--examples", "{examples}"),
        ("tests/stateful/detector.py", "only in a checkout"),
        "{examples:,} examples, {steps} steps",
    ),
    Finder(
        "tests",
        "tests.support.programs.clause_tests",
        ("{clause}",),
        ("tests/support/programs/clause_tests.py", "only in a checkout"),
        "{tests} tests of the clause",
        counts=False,
        of_liveness=True,
    ),
)
"""Who looks, the surest first."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a finder may look for one mutant."""

    seconds: float
    examples: int
    seeds: int


def missing(finder: Finder) -> str:
    """Say why a finder cannot be run, nothing if it can."""
    what, told = finder.needs
    if what.endswith(".py"):
        return "" if (CHECKOUT / what).is_file() else told
    return "" if importlib.util.find_spec(what) is not None else told


def copy_of_core(folder: Path, bend: Bend | None = None) -> None:
    """Copy core into a folder, and bend it there."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CORE, folder / "primacy", ignore=ignored)
    if bend is not None:
        module = folder / "primacy" / f"{bend.module}.py"
        text = bent(bend, module.read_text(encoding="utf-8"))
        module.write_text(text, encoding="utf-8", newline="\n")


def environment(folder: Path) -> dict[str, str]:
    """Put a copy of core before everything else that can be imported."""
    rooms = [str(folder), str(CHECKOUT), str(ROOM), str(CHECKOUT / "proofs")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(rooms)}


def ask(
    finder: Finder, bend: Bend, folder: Path, budget: Budget, stop: Event
) -> Answer:
    """Ask a finder about a bent copy of core that lies in a folder, until a stop."""
    if bend.harm is Harm.LIVENESS and not finder.of_liveness:
        return Answer(Status.NOT_ASKED, told="it speaks of safety")
    if why := missing(finder):
        return Answer(Status.SKIPPED, told=why)
    words = [
        word.format(
            id=bend.id,
            clause=bend.guard.partition(": ")[0],
            seconds=budget.seconds,
            examples=budget.examples,
            seeds=budget.seeds,
        )
        for word in finder.words
    ]
    begun = time.monotonic()
    most = 4 * budget.seconds + PATIENCE_S
    with subprocess.Popen(  # noqa: S603 - this interpreter, and modules named above
        [sys.executable, "-B", "-m", finder.module, *words],
        cwd=folder if finder.needs[1] != "only in a checkout" else CHECKOUT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        said = _said(child, begun + most, stop)
    if said is None:
        told = "it was stopped" if stop.is_set() else f"not within {most:.0f} seconds"
        return Answer(Status.UNDECIDED, told=told, seconds=time.monotonic() - begun)
    printed, complaint = said
    if child.returncode != 0:
        told = (complaint.strip().splitlines() or ["no word"])[-1][:200]
        return Answer(Status.UNDECIDED, told=f"it failed: {told}")
    return read(finder, folder, printed)


def _said(
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


def read(finder: Finder, folder: Path, printed: str) -> Answer:
    """Read what a finder printed; it must have run with the copy."""
    figures: dict[str, object] = json.loads(printed.strip().splitlines()[-1])
    if Path(str(figures.pop("core"))) != folder / "primacy" / "__init__.py":
        return Answer(Status.UNDECIDED, told="it ran with another core")
    seconds = float(str(figures.pop("seconds", 0)))
    broken = figures.get("property")
    if broken:
        told = finder.says.format(**figures)
        return Answer(Status.KILLED, str(broken), told, seconds, figures)
    is_whole = bool(figures.get("is_whole", not finder.is_timed))
    status = Status.SURVIVED if is_whole else Status.UNDECIDED
    why = str(figures.get("why") or ("nothing broke" if is_whole else "out of time"))
    return Answer(status, "", why, seconds, figures)
