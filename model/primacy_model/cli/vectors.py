"""The command `primacy vectors`.

It decides where vectors go.

Contract: it writes into a folder that is not there, is empty, or holds vectors and
nothing else, and replaces it as a whole. A file that it did not make is never touched.
With `--check` nothing is written.

Source: docs/conformance.md, "Vectors".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console

from primacy_model.cli.command import OneSentenceCommand
from primacy_model.cli.progress import ProgressWatch
from primacy_model.conformance.atomic_folder import (
    list_files,
    recover_folder,
    replace,
    require_replaceable,
)
from primacy_model.conformance.vectors import MANIFEST, files
from primacy_model.errors import (
    INTERRUPTED,
    UsageError,
    reason,
    replace_what_cannot_be_encoded,
)


@click.command(cls=OneSentenceCommand)
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
    usage; 130 interrupted, and nothing is half.
    """
    replace_what_cannot_be_encoded()
    if is_checking and not (out / MANIFEST).is_file():
        raise UsageError(f"{out} holds no vectors: there is no {MANIFEST}.")
    try:
        if not is_checking:
            _prepare(out)
        errors = Console(stderr=True, markup=False, emoji=False, highlight=False)
        with ProgressWatch("situations", errors) as watch:
            made = files(watch)
        if is_checking:
            _compare(out, made)
            return
        replace(out, made)
    except KeyboardInterrupt:
        click.echo(f"Interrupted; nothing in {out} is half.", err=True)
        sys.exit(INTERRUPTED)
    manifest = json.loads(made[MANIFEST])
    coverage = manifest["coverage"]
    runs = sum(each["holds"] == "trace" for each in manifest["files"].values())
    size = sum(map(len, made.values())) / 2**20
    click.echo(
        f"{out}: {manifest['vectors']:,} vectors and {runs} scenarios, {size:.1f} MiB."
    )
    click.echo(
        f"They go through {len(coverage['clauses'])} clauses,"
        f" {sum(coverage['paths'].values())} paths and"
        f" {coverage['passed']} of {coverage['places']} places of the handlers."
    )


def _prepare(out: Path) -> None:
    """Put right what a run left that was killed, and refuse what cannot be replaced."""
    try:
        recover_folder(out)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {reason(error)}.") from None
    require_replaceable(out)


def _compare(out: Path, made: Mapping[str, str]) -> None:
    """Say what differs from what would be written."""
    found = list_files(out)
    wrong = [f"{name} is too much" for name in sorted(found - made.keys())]
    for name, text in made.items():
        if name not in found:
            wrong.append(f"{name} is missing")
        elif (out / name).read_bytes() != text.encode():
            wrong.append(f"{name} differs")
    for line in wrong:
        click.echo(f"{out}: {line}.")
    if wrong:
        sys.exit(1)
    click.echo(f"{out}: {len(made)} files, all as they would be written.")
