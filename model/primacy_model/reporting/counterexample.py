"""The folder that a violation leaves behind.

It decides which files show a counterexample and how they are named. Contract: the same
violation gives the same bytes; no file holds a time or a path.

Source: the formats cite theirs, each in its own module.
"""

from __future__ import annotations

import re
from pathlib import Path

from primacy_model.checker.model import Model, State
from primacy_model.checker.trace import Violation
from primacy_model.reporting.itf import render_itf
from primacy_model.reporting.mermaid import render_mermaid
from primacy_model.reporting.pytest_case import render_pytest
from primacy_model.reporting.svg import render_svg
from primacy_model.reporting.transcript import render_transcript

FOLDER = Path("counterexamples")
"""Where the folders of counterexamples are written by default."""


def folder_name(scope: str, claim: str) -> str:
    """Name the folder of a violation, without what a file system would refuse."""
    return re.sub(r"[^\w.-]+", "-", f"{scope}-{claim}", flags=re.ASCII)


def leave(model: Model[State], violation: Violation[State], parent: Path) -> Path:
    """Write the files of a violation into a folder of their own, and name it."""
    name = folder_name(model.name, violation.claim.id)
    test = re.sub(r"\W+", "_", name, flags=re.ASCII).lower()
    files = {
        "trace.txt": render_transcript(violation),
        "trace.mmd": render_mermaid(violation),
        "trace.svg": render_svg(violation),
        "trace.itf.json": render_itf(violation),
        f"test_{test}.py": render_pytest(model, violation),
    }
    folder = parent / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    return folder
