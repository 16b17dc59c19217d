"""The player of transcripts: obeys each command, and tells what happened.

The same file gives the same answers. A command that is not understood, or cannot
happen, ends the play in one sentence that names file and line; so does a claim that is
broken.

Source: docs/scenarios.md.
"""

from dataclasses import replace
from pathlib import Path

from primacy.config import ConfigError
from primacy_model.simulation.cluster import Broken, NotPossible
from tests.scenarios.commands import obeyed
from tests.scenarios.language import Block, Line, NotUnderstood, blocks
from tests.scenarios.stage import Stage


def play(path: Path) -> list[Block]:
    """Play a file; give its blocks with what really happened."""
    stage = Stage()
    played: list[Block] = []
    for block in blocks(path):
        told: list[str] = []
        for line in block.commands:
            told += _obeyed(stage, line, path)
        is_end = block.happened is None
        played.append(replace(block, happened=None if is_end else tuple(told)))
    return played


def _obeyed(stage: Stage, line: Line, path: Path) -> list[str]:
    where = f"{path.name}:{line.number}"
    try:
        return obeyed(stage, line.words)
    except (NotUnderstood, NotPossible, ConfigError) as error:
        raise NotUnderstood(f"{where}: {error}") from None
    except Broken as error:
        raise AssertionError(f"{where}: {error}") from error
