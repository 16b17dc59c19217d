"""A program that runs with a changed copy of core instead of the real one.

`python -m MODULE ARGUMENTS` runs in a process of its own and prints JSON. Of what it
prints `core` names the file of the package that it imported: it must be the copy.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from primacy_model.mutation.detectors import copy_core, environment

__all__ = ["CORE", "ROOT", "copy_core", "run_under"]

ROOT: Final = Path(__file__).parents[2]
CORE: Final = ROOT / "core" / "primacy"


def run_under(folder: Path, module: str, *arguments: str) -> dict[str, Any]:
    """Run a module with the core in a folder; give what it prints."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", module, *arguments],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert Path(report.pop("core")) == folder / "primacy" / "__init__.py"
    return report
