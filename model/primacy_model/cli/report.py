"""What `primacy check` tells other programs: JSON and JUnit XML.

Contract: the shape of the JSON is fixed, and a property that was not decided never
reads as one that holds.

Source: the JUnit XML that continuous integration reads (junitparser).
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from primacy_model.checker.model import Kind, Property, Scope
from primacy_model.checker.reference_bfs import Exploration, Verdict
from primacy_model.reporting.transcript import render_transcript


@dataclass(frozen=True, slots=True)
class Finding:
    """One explored scope, and where its counterexample lies."""

    scope: Scope[Hashable]
    exploration: Exploration[Hashable]
    """Without its graph, which may be large."""
    folder: Path | None


def worst_verdict(findings: Sequence[Finding]) -> Verdict:
    """Tell the worst verdict: violated, then incomplete, then vacuous, then holds."""
    verdicts = [finding.exploration.verdict for finding in findings]
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.HOLDS)


def render_json(findings: Sequence[Finding]) -> str:
    """Write what was found as JSON."""
    scopes = [
        {
            "name": found.model,
            "verdict": found.verdict.value,
            "states": found.states,
            "transitions": found.transitions,
            "depth": found.depth,
            "seconds": round(found.seconds, 3),
            "bounds": dict(found.bounds),
            **({} if found.images is None else {"images": found.images}),
        }
        for found in (finding.exploration for finding in findings)
    ]
    found = {"verdict": worst_verdict(findings).value, "scopes": scopes}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def render_junit(findings: Sequence[Finding]) -> str:
    """Write what was found as JUnit XML: a suite for each scope."""
    xml = JUnitXml("primacy check")
    for finding in findings:
        suite = TestSuite(finding.exploration.model)
        suite.add_testcases(list(_cases(finding)))
        xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]  # junitparser's
    text: bytes | str = xml.tostring()  # type: ignore[no-untyped-call]  # likewise
    return (text.decode("utf-8") if isinstance(text, bytes) else text) + "\n"


def _cases(finding: Finding) -> Iterator[TestCase]:
    """Make a case of the search itself, of each property, and of the actions."""
    found = finding.exploration
    name = found.model
    search = TestCase("every reachable state is explored", name, found.seconds)
    if found.is_bounded:
        search.result = [
            Failure(f"stopped at {found.stopped_at or f'{found.states} states'}")
        ]
    elif found.violation is not None:
        search.result = [Skipped("stopped at a violation")]
    yield search
    for claim in finding.scope.properties:
        case = TestCase(f"{claim.id}: {claim.name} ({claim.kind.value})", name, 0)
        case.result = list(_results(finding, claim))
        yield case
    actions = TestCase("every kind of action happens", name, 0)
    if found.never_fired:
        never = ", ".join(found.never_fired)
        result = Skipped if _has_ended_early(finding) else Failure
        actions.result = [result(f"never happened: {never}")]
    yield actions


def _results(
    finding: Finding, claim: Property[Hashable]
) -> Iterator[Failure | Skipped]:
    found = finding.exploration
    violation = found.violation
    if violation is not None and violation.claim.id == claim.id:
        failure = Failure(f"violated after {len(violation.trace.steps)} steps")
        failure.text = render_transcript(violation)
        yield failure
    elif any(witness.claim.id == claim.id for witness in found.witnesses):
        return
    elif _has_ended_early(finding):
        yield Skipped("not decided: the search stopped early")
    elif claim.kind is Kind.SOMETIMES:
        yield Failure("vacuous: it holds in no reachable state")


def _has_ended_early(finding: Finding) -> bool:
    found = finding.exploration
    return found.is_bounded or found.violation is not None
