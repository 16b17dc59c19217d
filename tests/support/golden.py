"""The texts of the format, as they were first written, by version."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[1] / "core" / "golden"
TEXTS: Final = (FOLDER / "format-2.jsonl").read_text("utf-8").splitlines()
"""One of every kind, and an entry that sets a roll."""
OLDER_TEXTS: Final = (FOLDER / "format-1.jsonl").read_text("utf-8").splitlines()
"""What is still read of version 1."""
