"""A folder of vectors is all old or all new, wherever the program is killed."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from primacy_model.cli import commands, vectors
from primacy_model.conformance import atomic_folder
from primacy_model.conformance.atomic_folder import list_files, recover_folder, replace
from primacy_model.errors import UsageError

TOUCHING = ("rename", "unlink", "mkdir", "rmdir", "chmod", "open")
"""What a path does to a disk here."""


def texts(*names: str) -> dict[str, str]:
    told = {"manifest": "primacy-vectors/1", "files": names, "schemas": ["s.json"]}
    return {
        **{name: f"{name} of {len(names)}\n" for name in names},
        "schema/s.json": f"{len(names)}\n",
        "manifest.json": json.dumps(told),
    }


OLD = texts("a.jsonl", "gone.jsonl")
NEW = texts("a.jsonl", "b.jsonl", "c.jsonl")


def held(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in list_files(folder)}


class Killed(BaseException):
    """The program is no more: nothing that it does from now on is done."""


@contextmanager
def ending(at: int, how: type[BaseException], *, is_dead: bool) -> Iterator[None]:
    """End the program at a touch of the disk; one that is dead does not clean up."""
    touches = count()

    def touching(real: Callable[..., Any]) -> Callable[..., Any]:
        def touch(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - of any touch
            number = next(touches)
            if number == at or (is_dead and number > at):
                raise how
            return real(*given, **named)

        return touch

    with pytest.MonkeyPatch.context() as patch:
        for name in TOUCHING:
            patch.setattr(Path, name, touching(getattr(Path, name)))
        patch.setattr(os, "fsync", touching(os.fsync))
        yield


def replaced_until(at: int, how: type[BaseException], out: Path, is_dead: bool) -> bool:
    """Replace the old by the new, and end at a touch; tell whether it came so far."""
    try:
        with ending(at, how, is_dead=is_dead):
            replace(out, NEW)
    except how:
        return True
    return False


def test_wherever_it_is_killed_all_is_old_or_all_is_new(tmp_path: Path) -> None:
    seen = set()
    for at in count():
        out = tmp_path / f"{at}" / "out"
        replace(out, OLD)
        if not replaced_until(at, Killed, out, is_dead=True):
            break
        seen.add("absent" if not out.exists() else "old" if held(out) == OLD else "new")
        if out.exists():
            assert held(out) in (OLD, NEW)
        else:  # both are there, whole, beside it
            beside = [held(each) for each in out.parent.iterdir()]
            assert OLD in beside
            assert NEW in beside
        recover_folder(out)
        assert held(out) in (OLD, NEW)
        assert list(out.parent.iterdir()) == [out]
        replace(out, NEW)
        assert held(out) == NEW
    assert at > 20
    assert seen == {"old", "absent", "new"}
    assert held(out) == NEW


def test_wherever_it_is_interrupted_it_leaves_all_old_or_all_new(
    tmp_path: Path,
) -> None:
    for at in count():
        out = tmp_path / f"{at}" / "out"
        replace(out, OLD)
        if not replaced_until(at, KeyboardInterrupt, out, is_dead=False):
            break
        assert held(out) in (OLD, NEW)
        replace(out, NEW)
        assert list(out.parent.iterdir()) == [out]
    assert at > 20


def test_a_folder_that_was_not_there_is_there_as_a_whole(tmp_path: Path) -> None:
    for at in count():
        out = tmp_path / f"{at}" / "deep" / "out"
        out.parent.mkdir(parents=True)
        if not replaced_until(at, Killed, out, is_dead=True):
            break
        assert not out.exists() or held(out) == NEW
        recover_folder(out)
        assert list(out.parent.iterdir()) == ([out] if out.exists() else [])
    assert held(out) == NEW


def test_a_file_that_comes_while_it_writes_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    replace(out, OLD)
    write = atomic_folder._write

    def slow(new: Path, made: dict[str, str]) -> None:
        write(new, made)
        (out / "mine.txt").write_text("kept")

    monkeypatch.setattr(atomic_folder, "_write", slow)
    with pytest.raises(UsageError, match=r"holds mine\.txt, which is no vector"):
        replace(out, NEW)
    assert held(out) == {**OLD, "mine.txt": "kept"}
    assert list(tmp_path.iterdir()) == [out]


def test_what_only_looks_like_a_remnant_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    replace(out, OLD)
    mine = tmp_path / ".out.vectors-old-mine"
    (mine / "inner").mkdir(parents=True)
    (mine / "inner" / "diary.txt").write_text("kept")
    link = tmp_path / ".out.vectors-new-link"
    link.symlink_to(mine)
    replace(out, NEW)
    assert held(out) == NEW
    assert held(mine) == {"inner/diary.txt": "kept"}
    assert link.is_symlink()


def test_a_link_still_leads_to_the_folder_and_its_mode_is_kept(tmp_path: Path) -> None:
    out, link = tmp_path / "out", tmp_path / "link"
    replace(out, OLD)
    out.chmod(0o750)
    link.symlink_to(out)
    replace(link, NEW)
    assert (link.is_symlink(), held(out)) == (True, NEW)
    assert out.stat().st_mode & 0o777 == 0o750


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(commands.main, ["vectors", *map(str, words)])
    return done.exit_code, done.output


def test_the_folder_that_one_is_in_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "files", pytest.fail)
    out = tmp_path / "out"
    replace(out, OLD)
    for here in (out, out / "schema"):
        monkeypatch.chdir(here)
        code, told = run("--out", out)
        assert code == 2
        assert "must not be the folder that you are in" in " ".join(told.split())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os.path, "ismount", lambda place: place == out)
    assert run("--out", out)[0] == 2
    assert held(out) == OLD


def test_an_interrupt_says_that_nothing_is_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_watch: object) -> dict[str, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(vectors, "files", interrupted)
    out = tmp_path / "out"
    replace(out, OLD)
    assert run("--out", out) == (130, f"Interrupted; nothing in {out} is half.\n")
    assert held(out) == OLD


def test_a_run_puts_right_what_a_killed_one_left_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    replace(out, OLD)
    out.rename(tmp_path / ".out.vectors-old-12345678")
    (tmp_path / ".out.vectors-new-12345678").mkdir()

    def looked_at(_watch: object) -> dict[str, str]:
        assert held(out) == OLD
        assert list(tmp_path.iterdir()) == [out]
        raise KeyboardInterrupt

    monkeypatch.setattr(vectors, "files", looked_at)
    assert run("--out", out)[0] == 130
