"""The texts of format 1, as they were first written."""

from pathlib import Path

GOLDEN = (Path(__file__).parents[1] / "core" / "golden" / "format-1.jsonl").read_text(
    "utf-8"
)

TEXTS = GOLDEN.splitlines()
