"""Every transcript is played: what it says happens is what happens.

`python -m pytest tests/scenarios --rewrite` writes what happens now into the files. It
is for a person who has looked at the difference and means it.
"""

import re
from pathlib import Path

import pytest

from tests.scenarios.commands import COMMANDS
from tests.scenarios.files import FOLDER, REWRITE, TRANSCRIPTS, difference
from tests.scenarios.language import blocks, put_together
from tests.scenarios.player import play
from tests.support.traceability import SPECIFICATION, clauses

PAGE = FOLDER.parents[1] / "docs" / "scenarios.md"
HEAD = re.compile(r"# (\S.*)\n# Shows: (.+)\n# Source: (.+)\n#\n# \S")

each_transcript = pytest.mark.parametrize(
    "path", TRANSCRIPTS, ids=lambda path: path.stem
)


def head(path: Path) -> tuple[str, list[str], str]:
    """Read the title of a transcript, what it shows, and where it comes from."""
    found = HEAD.match(path.read_text("utf-8"))
    assert found, f"{path.name} does not begin with: title, Shows, Source, a story"
    return found[1], found[2].split(", "), found[3]


@each_transcript
def test_what_a_transcript_says_happens(path: Path, is_rewriting: bool) -> None:
    played = put_together(play(path))
    if is_rewriting:
        path.write_text(played, "utf-8", newline="\n")
    told = difference(path, played)
    assert not told, f"{told}\n\nIf this is meant: {REWRITE}"


@each_transcript
def test_a_transcript_tells_its_story_and_cites_clauses(path: Path) -> None:
    title, shown, source = head(path)
    assert len(title) <= 86
    assert source
    assert set(shown) <= {*clauses(SPECIFICATION), "S1", "S9"}
    told = [block for block in blocks(path) if block.happened is not None]
    assert len(told) > 1


def test_the_page_lists_every_transcript() -> None:
    rows = re.findall(
        r"^\| \[`(.+?)`\]\(.+/(.+?)\) \| (.+?) \| (.+?) \|$",
        PAGE.read_text("utf-8"),
        flags=re.MULTILINE,
    )
    assert len(TRANSCRIPTS) >= 20
    assert rows == [
        (path.stem, path.name, *(head(path)[0], head(path)[2])) for path in TRANSCRIPTS
    ]


def test_the_page_shows_a_block_as_it_stands() -> None:
    page = PAGE.read_text("utf-8")
    ((name, shown),) = re.findall(
        r"block of `(.+?)`:\n\n```text\n(.+?)```", page, re.DOTALL
    )
    assert shown in (FOLDER / name).read_text("utf-8")


def test_the_page_explains_every_command_in_its_form() -> None:
    explained = re.findall(
        r"^\| `(.+?)` \|", PAGE.read_text("utf-8"), flags=re.MULTILINE
    )
    written = [form.written.replace("|", "\\|") for form in COMMANDS.values()]
    assert [form for form in explained if form.split()[0] in COMMANDS] == written


def test_every_command_is_used_by_a_transcript() -> None:
    used = {
        line.words[0]
        for path in TRANSCRIPTS
        for block in blocks(path)
        for line in block.commands
    }
    assert used == set(COMMANDS)
