"""A run of `primacy prove`: from theorem ids to verdicts on screen."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

import primacy
import primacy_proofs
from primacy_proofs.counterexamples import rendering
from primacy_proofs.counterexamples.rendering import Shown
from primacy_proofs.laws.catalog import LAWS
from primacy_proofs.laws.law import Laws
from primacy_proofs.smt.solver import VERSION, Status
from primacy_proofs.theorems import prover
from primacy_proofs.theorems.catalog import EVERY_MESH, THEOREMS, Theorem
from primacy_proofs.theorems.prover import Obligation, Unit

SHOWN_FAILURES: Final = 5
"""How many obligations of a theorem are shown that were not proved."""


class TheoremVerdict(Enum):
    """What became of a theorem, best first.

    Not inductive: a law of it fails in a step from a world that keeps all laws. Whether
    a mesh reaches that world is not said, so the theorem need not be false.
    """

    PROVED = "proved"
    VACUOUS = "vacuous"
    UNKNOWN = "unknown"
    NOT_INDUCTIVE = "not inductive"

    @property
    def exit_code(self) -> int:
        """Give the code with which the program ends."""
        return {"proved": 0, "not inductive": 1, "unknown": 3, "vacuous": 4}[self.value]


class UnknownTheoremError(ValueError):
    """No theorem has that id."""


@dataclass(frozen=True, slots=True)
class TheoremFinding:
    """A theorem and what was found of it."""

    theorem: Theorem
    verdict: TheoremVerdict
    obligations: tuple[Obligation, ...]
    units: tuple[Unit, ...]
    counterexample: Shown | None = None
    """In a small world, to the first obligation that has one."""

    @property
    def seconds(self) -> float:
        """Add up the time that z3 took."""
        return sum(each.seconds for each in self.obligations)


def select(ids: Sequence[str]) -> tuple[Theorem, ...]:
    """Find the theorems that are named, in either case; all of them if none is."""
    known = {theorem.id: theorem for theorem in THEOREMS}
    for name in ids:
        if name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known)
            meant = f"; did you mean {' or '.join(near)}?" if near else "."
            raise UnknownTheoremError(
                f"no theorem is named {name!r}, there are {', '.join(known)}{meant}"
            )
    named = dict.fromkeys(name.upper() for name in ids) or dict.fromkeys(known)
    return tuple(known[name] for name in named)


def render_list() -> str:
    """Show all theorems."""
    return "\n".join(
        f"{each.id:<4} {each.name}: {each.statement} ({EVERY_MESH})"
        for each in THEOREMS
    )


def count_units() -> int:
    """Count the units of work."""
    return len(prover.units())


def prove_units(theorems: Sequence[Theorem], jobs: int) -> Iterator[Unit]:
    """Prove what some theorems owe, unit by unit."""
    wanted = frozenset().union(*(theorem.groups for theorem in theorems))
    return prover.run(prover.units(), wanted, jobs)


def conclude(
    theorems: Sequence[Theorem], units: Iterable[Unit], known: Laws = LAWS
) -> tuple[TheoremFinding, ...]:
    """Decide what became of theorems, from what the units found."""
    found = tuple(units)
    every = [each for unit in found for each in unit.obligations]
    return tuple(_conclude(theorem, every, found, known) for theorem in theorems)


def _conclude(
    theorem: Theorem,
    every: Sequence[Obligation],
    units: tuple[Unit, ...],
    known: Laws,
) -> TheoremFinding:
    owed = tuple(each for each in every if theorem.owns(each))
    said = {each.status for each in owed}
    failed = [each for each in owed if each.status != Status.PROVED.value]
    found = rendering.find(failed, known=known)
    is_stated = {each.law for each in owed}.issuperset(theorem.claims)
    if Status.REFUTED.value in said or found is not None:
        verdict = TheoremVerdict.NOT_INDUCTIVE
    elif said != {Status.PROVED.value}:
        verdict = TheoremVerdict.UNKNOWN if said else TheoremVerdict.VACUOUS
    elif not is_stated or prover.is_contradictory(theorem.group):
        verdict = TheoremVerdict.VACUOUS
    else:
        verdict = TheoremVerdict.PROVED
    return TheoremFinding(theorem, verdict, owed, units, found)


def combine_verdicts(findings: Sequence[TheoremFinding]) -> TheoremVerdict:
    """Take the worst verdict."""
    order = list(TheoremVerdict)
    return max((each.verdict for each in findings), key=order.index)


def render(findings: Sequence[TheoremFinding]) -> str:
    """Show a sentence for each theorem, then a table of the work."""
    lines: list[str] = []
    for finding in findings:
        lines.append(_sentence(finding))
        lines += _failures(finding)
    return "\n".join([*lines, "", *_table(findings)])


def _sentence(finding: TheoremFinding) -> str:
    theorem, verdict = finding.theorem, finding.verdict
    for_whom = f" for {EVERY_MESH}" if verdict is TheoremVerdict.PROVED else ""
    work = f"{len(finding.obligations):,} obligations, {finding.seconds:.1f} s"
    return f"{theorem.id} {theorem.name}: {verdict.value}{for_whom} ({work})"


def _failures(finding: TheoremFinding) -> Iterator[str]:
    failed = [
        each for each in finding.obligations if each.status != Status.PROVED.value
    ]
    for each in failed[:SHOWN_FAILURES]:
        yield f"    {each.status}: {each.law}; {each.unit}, {each.where} {each.reason}"
    if len(failed) > SHOWN_FAILURES:
        yield f"    and {len(failed) - SHOWN_FAILURES} more"
    if failed and finding.counterexample is None:
        yield f"  {rendering.NONE_WITHIN}"
    if finding.counterexample is not None:
        yield from (f"  {line}" for line in finding.counterexample.text.splitlines())


def _table(findings: Sequence[TheoremFinding]) -> Iterator[str]:
    """Show the work, unit by unit; what several theorems share is counted once."""
    heads = ("message", "paths", "obligations", "solver", "slowest")
    yield "{:<18}{:>6}{:>13}{:>10}{:>10}".format(*heads)
    paths, seconds = 0, list[float]()
    theorems = [finding.theorem for finding in findings]
    for unit in findings[0].units:
        owed = (e for e in unit.obligations if any(t.owns(e) for t in theorems))
        own = [each.seconds for each in owed]
        paths += unit.paths
        seconds += own
        yield _row(unit.name, unit.paths, own)
    yield _row("all", paths, seconds)
    yield f"z3 {VERSION}; core {core_sha256()[:12]}"


def _row(name: str, paths: int, seconds: Sequence[float]) -> str:
    slowest = 1000 * max(seconds, default=0.0)
    return (
        f"{name:<18}{paths:>6}{len(seconds):>13,}{sum(seconds):>8.2f} s"
        f"{slowest:>7.0f} ms"
    )


def core_sha256() -> str:
    """Name the bytes of core that the theorems speak of."""
    core = Path(primacy.__file__).parent
    return _sha256(core, set(core.glob("*.py")) - {core / "__main__.py"})


def proofs_sha256() -> str:
    """Name the bytes of the proofs: laws, theorems, and what poses the obligations."""
    proofs = Path(primacy_proofs.__file__).parent
    return _sha256(proofs, proofs.rglob("*.py"))


def _sha256(folder: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for name, file in sorted(
        (file.relative_to(folder).as_posix(), file) for file in files
    ):
        digest.update(f"{name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
