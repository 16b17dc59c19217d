"""A bent copy of core, and a program that runs with it instead of the real one.

`python -m MODULE WORDS` runs in a process of its own and prints JSON. Of what it prints
`core` names the file of the package that it imported: it must be the copy.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from primacy_model.mutation.detectors import copy_of_core, environment

__all__ = ["CORE", "ROOT", "copy_of_core", "told_under"]

ROOT: Final = Path(__file__).parents[2]
CORE: Final = ROOT / "core" / "primacy"


def told_under(folder: Path, module: str, *words: str) -> dict[str, Any]:
    """Run a module with the core that lies in a folder; give what it tells."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", module, *words],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert Path(told.pop("core")) == folder / "primacy" / "__init__.py"
    return told
