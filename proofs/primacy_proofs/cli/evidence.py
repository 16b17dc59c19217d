"""The file of `primacy prove --json`: what was proved, of which bytes, by which means.

Contract: it names all that the verdicts depend on, so that a reader can cite them and
prove them again: the bytes of core and of this package, the versions of primacy, of
Python and of z3, and of each theorem what it says, the laws that it is made of and what
it assumes. But for `seconds`, the same run writes the same file. `FORMAT` changes when
a reader of the file would have to.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Sequence
from typing import Final

from primacy_model.version import core_version
from primacy_proofs.cli.session import (
    TheoremFinding,
    combine_verdicts,
    core_sha256,
    proofs_sha256,
)
from primacy_proofs.smt.solver import VERSION, Status
from primacy_proofs.theorems.catalog import EVERY_MESH

FORMAT: Final = 1


def render_json(findings: Sequence[TheoremFinding]) -> str:
    """Write the verdicts down."""
    document = {
        "format": FORMAT,
        "verdict": combine_verdicts(findings).value,
        "versions": {
            "primacy": core_version(),
            "python": platform.python_version(),
            "z3": VERSION,
        },
        "core_sha256": core_sha256(),
        "proofs_sha256": proofs_sha256(),
        "theorems": [_describe(finding) for finding in findings],
    }
    return json.dumps(document, indent=2) + "\n"


def _describe(finding: TheoremFinding) -> dict[str, object]:
    theorem, owed = finding.theorem, finding.obligations
    return {
        "id": theorem.id,
        "name": theorem.name,
        "statement": theorem.statement,
        "verdict": finding.verdict.value,
        "scope": EVERY_MESH,
        "claims": list(theorem.claims),
        "clauses": list(theorem.clauses),
        "assumes": list(theorem.assumes),
        "laws": dict(sorted(Counter(each.law for each in owed).items())),
        "obligations": len(owed),
        "not_proved": [
            {
                "law": each.law,
                "unit": each.unit,
                "where": each.where,
                "status": each.status,
            }
            for each in owed
            if each.status != Status.PROVED.value
        ],
        "seconds": round(finding.seconds, 3),
    }
