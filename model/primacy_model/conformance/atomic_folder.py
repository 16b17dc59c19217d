"""A folder of vectors that is replaced as a whole.

It decides what stands in the folder when the program is killed. The new folder is
written beside the old one and made durable, then the old one is renamed away and the
new one into its place.

Contract: a reader of the folder finds all of the old vectors, or all of the new ones,
or, for the moment between two renames, no folder; and what neither this program nor an
earlier run of it made is never touched.

What a killed run left beside the folder is put right by the next: a folder that was
renamed away and not replaced comes back, everything else is deleted.

Source: docs/conformance.md, "Where they go".
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from primacy_model.conformance.vectors import FORMAT, MANIFEST, SCHEMAS
from primacy_model.errors import UsageError, reason, require_writable_folder

NEW: Final = "new"
"""The mark of a folder that is being written."""
OLD: Final = "old"
"""The mark of a whole folder that was renamed away."""


def require_replaceable(out: Path) -> None:
    """Refuse a folder that cannot be replaced, or that holds more than vectors."""
    place = _resolved(out)
    require_writable_folder(place.parent)
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError(f"{out} is no folder.")
    if Path.cwd().is_relative_to(place) or os.path.ismount(place):
        raise UsageError(
            f"{out} would be replaced as a whole, so it must not be the folder that you"
            " are in, or a mount point: name a folder in it."
        )
    require_writable_folder(out)
    try:
        found, known = list_files(out), _known(out)
    except OSError as error:
        raise UsageError(f"{out} cannot be read: {reason(error)}.") from None
    for name in sorted(found):
        if name not in known:
            raise UsageError(
                f"{out} holds {name}, which is no vector: name a folder that is empty,"
                " or one that holds vectors and nothing else."
            )


def list_files(out: Path) -> set[str]:
    """List the files of a folder, and of the folders in it."""
    return {
        file.relative_to(out).as_posix() for file in out.rglob("*") if not file.is_dir()
    }


def _known(out: Path) -> set[str]:
    """List the files that an older manifest names; none if there is no manifest."""
    try:
        manifest: Any = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        if manifest["manifest"].partition("/")[0] != FORMAT.partition("/")[0]:
            return set()
        schemas = {f"{SCHEMAS}/{name}" for name in manifest["schemas"]}
        return {MANIFEST, *manifest["files"], *schemas}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return set()


# --- replaced -------------------------------------------------------------------------


def replace(out: Path, texts: Mapping[str, str]) -> None:
    """Put these files, and no others, in the place of a folder that may be replaced."""
    place = _resolved(out)
    new, old = _beside(place, NEW), _beside(place, OLD)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(new, texts)
            require_replaceable(out)  # again: writing took a while
            if place.exists():
                new.chmod(place.stat().st_mode & 0o7777)
                place.rename(old)
            new.rename(place)
        finally:
            recover_folder(out)
        _sync(place.parent)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {reason(error)}.") from None


def recover_folder(out: Path) -> None:
    """Undo what a run that was killed left half done, and delete what it left."""
    place = _resolved(out)
    for left in _remnants(place, OLD):
        if not place.exists():
            left.rename(place)
    for left in (*_remnants(place, OLD), *_remnants(place, NEW)):
        if list_files(left) <= {MANIFEST, *_known(left)}:
            _delete(left)


def _resolved(out: Path) -> Path:
    """Follow links: the folder is replaced, not a link to it."""
    return Path(os.path.realpath(out))


def _beside(place: Path, mark: str) -> Path:
    """Name a folder beside: with a name of its own, for two runs may meet."""
    return place.with_name(f".{place.name}.vectors-{mark}-{secrets.token_hex(4)}")


def _remnants(place: Path, mark: str) -> list[Path]:
    head = f".{place.name}.vectors-{mark}-"
    beside = place.parent.iterdir() if place.parent.is_dir() else ()
    return [
        each
        for each in sorted(beside)
        if each.name.startswith(head) and each.is_dir() and not each.is_symlink()
    ]


def _write(new: Path, texts: Mapping[str, str]) -> None:
    """Write a folder and have it on the disk; the manifest first, so it is known."""
    (new / SCHEMAS).mkdir(parents=True)
    for name in (MANIFEST, *(each for each in texts if each != MANIFEST)):
        with (new / name).open("w", encoding="utf-8", newline="\n") as file:
            file.write(texts[name])
            file.flush()
            os.fsync(file.fileno())
    _sync(new / SCHEMAS)
    _sync(new)


def _delete(folder: Path) -> None:
    """Delete a folder; the manifest last, so that what is left is known."""
    files = sorted(list_files(folder) - {MANIFEST})
    for name in files:
        (folder / name).unlink()
    (folder / MANIFEST).unlink(missing_ok=True)
    for inner in sorted(folder.rglob("*"), reverse=True):
        inner.rmdir()
    folder.rmdir()


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk, where a system can do that."""
    with suppress(OSError):  # of Windows: a folder cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
