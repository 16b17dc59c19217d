"""A run of the detectors over mutants, which may continue an earlier one.

Contract: each mutant is a copy of the installed core in a folder of its own; an outcome
that an earlier matrix decided is not asked for again.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from primacy_model.mutation import detectors
from primacy_model.mutation.catalog.mutants import load_mutants
from primacy_model.mutation.detectors import (
    DETECTORS,
    Budget,
    Detector,
    MutantStatus,
    Outcome,
)
from primacy_model.mutation.kill_matrix import (
    MatrixRow,
    PreviousMatrix,
    required_kills,
)
from primacy_model.mutation.mutant import Mutant, mutant_sha256


@dataclass(frozen=True, slots=True)
class MutationRun:
    """Which detectors are run on a mutant, and for how long."""

    selected: tuple[Detector, ...]
    budget: Budget
    previous: PreviousMatrix
    """What the file holds of an earlier run."""
    is_enough: bool = False
    """No further detector is run once enough have killed a mutant."""
    stop: Event = field(default_factory=Event)
    """No further detector is run once this is set."""

    def run_mutant(self, mutant: Mutant) -> MatrixRow:
        """Run each detector that has not decided a mutant before."""
        outcomes = self.previous_outcomes(mutant)
        with TemporaryDirectory() as place:
            folder = Path(place).resolve()
            detectors.copy_core(folder, mutant)
            for detector in self.selected:
                if self.stop.is_set():
                    break
                earlier = outcomes.get(detector.name)
                if earlier is None or earlier.status is MutantStatus.UNDECIDED:
                    outcome = self._run(detector, mutant, folder, outcomes)
                    is_idle = outcome.status is MutantStatus.NOT_RUN
                    outcomes[detector.name] = (
                        earlier if earlier and is_idle else outcome
                    )
        return MatrixRow(mutant, outcomes)

    def previous_outcomes(self, mutant: Mutant) -> dict[str, Outcome]:
        """Look up the earlier outcomes of a mutant."""
        digest = mutant_sha256(mutant)
        keys = ((each.name, (digest, each.name)) for each in DETECTORS)
        known = self.previous.outcomes
        return {name: known[key] for name, key in keys if key in known}

    def merge(self, rows: Sequence[MatrixRow]) -> list[MatrixRow]:
        """Put the earlier outcomes of the mutants that were not run beside rows."""
        every = {
            mutant.id: MatrixRow(mutant, self.previous_outcomes(mutant))
            for mutant in load_mutants()
            if mutant_sha256(mutant) in self.previous.mutants
        } | {row.mutant.id: row for row in rows}
        return [every[each.id] for each in load_mutants() if each.id in every]

    def _run(
        self,
        detector: Detector,
        mutant: Mutant,
        folder: Path,
        outcomes: dict[str, Outcome],
    ) -> Outcome:
        kills = MatrixRow(mutant, outcomes).killed_by
        if self.is_enough and detector.counts and len(kills) >= required_kills(mutant):
            return Outcome(
                MutantStatus.NOT_RUN, detail="enough detectors have killed it"
            )
        return detectors.run_detector(detector, mutant, folder, self.budget, self.stop)


def run_mutants(
    mutants: Sequence[Mutant], run: MutationRun, jobs: int
) -> Generator[MatrixRow, None, None]:
    """Run mutants in parallel; give their rows in order."""
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(run.run_mutant, mutants)
    finally:
        run.stop.set()
        pool.shutdown(cancel_futures=True)
