"""A bent copy of core, and a program that runs with it instead of the real one.

`python -m MODULE WORDS` runs in a process of its own and prints JSON. Of what it prints
`core` names the file of the package that it imported: it must be the copy.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from primacy_model.mutants.bend import Bend, bent

ROOT: Final = Path(__file__).parent.parent
CORE: Final = ROOT / "core" / "primacy"


def copy_of_core(folder: Path, bend: Bend | None = None) -> None:
    """Copy core into a folder, and bend it there."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CORE, folder / "primacy", ignore=ignored)
    if bend is not None:
        module = folder / "primacy" / f"{bend.module}.py"
        text = bent(bend, module.read_text(encoding="utf-8"))
        module.write_text(text, encoding="utf-8", newline="\n")


def told_under(folder: Path, module: str, *words: str) -> dict[str, Any]:
    """Run a module with the core that lies in a folder; give what it tells."""
    paths = [str(folder), str(ROOT), str(ROOT / "model")]
    done = subprocess.run(
        [sys.executable, "-B", "-m", module, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert Path(told.pop("core")) == folder / "primacy" / "__init__.py"
    return told
