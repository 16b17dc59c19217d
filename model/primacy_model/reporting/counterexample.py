"""The folder that a violation leaves behind.

It decides which files show a counterexample and how they are named. Contract: the same
violation gives the same bytes; no file holds a time or a path.

Source: the formats cite theirs, each in its own module.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from primacy_model.checker.model import Model, State
from primacy_model.checker.trace import Violation
from primacy_model.reporting.itf import render_itf
from primacy_model.reporting.mermaid import render_mermaid
from primacy_model.reporting.pytest_case import render_pytest
from primacy_model.reporting.svg import render_svg
from primacy_model.reporting.transcript import render_transcript

FOLDER = Path("counterexamples")
"""Where the folders of counterexamples are written by default."""


TRACEBACK = "traceback.txt"
"""The file of what raised."""


def folder_name(scope: str, claim: str) -> str:
    """Name the folder of a violation, without what a file system would refuse."""
    return re.sub(r"[^\w.-]+", "-", f"{scope}-{claim}", flags=re.ASCII)


def write_violation(
    model: Model[State], violation: Violation[State], parent: Path
) -> Path:
    """Write the files of a violation into a folder of their own, and name it."""
    name = folder_name(model.name, violation.claim.id)
    test = re.sub(r"\W+", "_", name, flags=re.ASCII).lower()
    files = _render(violation)
    files[f"test_{test}.py"] = render_pytest(model, violation)
    return _write(parent / name, files)


def write_failure(
    scope: str, error: Exception, violation: Violation[Any] | None, parent: Path
) -> Path:
    """Write the traceback of an error, and the run to it, and name their folder."""
    files = {TRACEBACK: "".join(traceback.format_exception(error))}
    if violation is not None:
        files |= _render(violation)
    return _write(parent / folder_name(scope, "raises"), files)


def _render(violation: Violation[Any]) -> dict[str, str]:
    return {
        "trace.txt": render_transcript(violation),
        "trace.mmd": render_mermaid(violation),
        "trace.svg": render_svg(violation),
        "trace.itf.json": render_itf(violation),
    }


def _write(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    return folder
