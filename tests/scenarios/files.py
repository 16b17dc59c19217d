"""The files of transcripts, and how one differs from what happened."""

from difflib import unified_diff
from pathlib import Path

FOLDER = Path(__file__).parent

TRANSCRIPTS = sorted(FOLDER.glob("*.txt"))

REWRITE = "python -m pytest tests/scenarios --rewrite"


def difference(path: Path, played: str) -> str:
    """Show how a file and what happened differ; nothing if they do not."""
    said = path.read_text("utf-8").splitlines()
    lines = unified_diff(
        said, played.splitlines(), f"{path.name}: it says", "what happened", lineterm=""
    )
    return "\n".join(lines)
