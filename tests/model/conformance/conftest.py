"""The vectors, made once for all tests and all of their processes."""

import os
import time
from pathlib import Path

import pytest

from primacy_model.conformance.vectors import MANIFEST, files


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / "made-vectors"
    try:
        folder.mkdir()
    except FileExistsError:
        while not (folder / MANIFEST).exists():  # another process makes them
            time.sleep(0.1)
        return folder
    (folder / "schema").mkdir()
    for name, text in files().items():  # the manifest is the last
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder
