"""The command `primacy vectors`.

It decides where vectors go. Its law: it writes into a folder that is not there, is
empty, or holds vectors and nothing else; a file that it did not make is never touched.
With `--check` nothing is written.

Source: docs/conformance.md, "Vectors".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from primacy_model.conformance.vectors import FORMAT, MANIFEST, SCHEMAS, files
from primacy_model.progress import Watch
from primacy_model.usage import (
    BadUsage,
    reason,
    replace_what_cannot_be_encoded,
    require_writable_folder,
    write,
)


@click.command()
@click.option(
    "--out", type=Path, required=True, metavar="DIR", help="Where the vectors go."
)
@click.option(
    "--check",
    "is_checking",
    is_flag=True,
    help="Write nothing; compare what is there with what would be written.",
)
def vectors(*, out: Path, is_checking: bool) -> None:
    """Write vectors for other runtimes: what core answers, on each of its paths.

    Exit codes: 0 written, or the same; 1 with --check, if something differs; 2 bad
    usage.
    """
    replace_what_cannot_be_encoded()
    if is_checking and not (out / MANIFEST).is_file():
        raise BadUsage(f"{out} holds no vectors: there is no {MANIFEST}.")
    if not is_checking:
        require_writable_folder(out)
        require_room(out)
    errors = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with Watch("situations", errors) as watch:
        made = files(watch)
    if is_checking:
        _compare(out, made)
        return
    _write(out, made)
    told = json.loads(made[MANIFEST])
    coverage = told["coverage"]
    runs = sum(each["holds"] == "trace" for each in told["files"].values())
    size = sum(map(len, made.values())) / 2**20
    click.echo(
        f"{out}: {told['vectors']:,} vectors and {runs} scenarios, {size:.1f} MiB."
    )
    click.echo(
        f"They go through {len(coverage['clauses'])} clauses,"
        f" {sum(coverage['paths'].values())} paths and"
        f" {coverage['passed']} of {coverage['places']} places of the handlers."
    )


def require_room(out: Path) -> None:
    """Refuse a folder that holds something else than vectors."""
    if not out.exists():
        return
    if not out.is_dir():
        raise BadUsage(f"{out} is no folder.")
    try:
        found = _present(out)
        known = _known(out)
    except OSError as error:
        raise BadUsage(f"{out} cannot be read: {reason(error)}.") from None
    for name in sorted(found):
        if name not in known:
            raise BadUsage(
                f"{out} holds {name}, which is no vector: name a folder that is empty,"
                " or one that holds vectors and nothing else."
            )


def _present(out: Path) -> set[str]:
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


def _write(out: Path, made: Mapping[str, str]) -> None:
    """Take away what an older version wrote; the manifest comes last."""
    try:
        for name in sorted(_present(out)) if out.exists() else []:
            (out / name).unlink()
        (out / SCHEMAS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadUsage(f"{out} cannot be written: {reason(error)}.") from None
    for name, text in made.items():
        write(out / name, text)


def _compare(out: Path, made: Mapping[str, str]) -> None:
    """Say what differs from what would be written."""
    present = _present(out)
    wrong = [f"{name} is too much" for name in sorted(present - made.keys())]
    for name, text in made.items():
        if name not in present:
            wrong.append(f"{name} is missing")
        elif (out / name).read_bytes() != text.encode():
            wrong.append(f"{name} differs")
    for line in wrong:
        click.echo(f"{out}: {line}.")
    if wrong:
        sys.exit(1)
    click.echo(f"{out}: {len(made)} files, all as they would be written.")
