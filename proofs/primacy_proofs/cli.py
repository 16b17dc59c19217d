"""The command `primacy prove`: which theorems are proved, and how the program ends.

Its law: 0 proved, 1 refuted, 2 bad usage, 3 unknown, 4 vacuous. z3 is imported only
when the command runs, so that the help of `primacy` needs no extra.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--list", "is_listing", is_flag=True, help="Show the theorems and stop.")
@click.option("--json", type=Path, metavar="FILE", help="Write the verdicts as JSON.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="How many processes prove side by side.",
)
@click.option(
    "--mutants",
    "of_mutants",
    is_flag=True,
    help="Prove about bent copies of core instead; IDs name mutants.",
)
def prove(
    *,
    ids: tuple[str, ...],
    is_listing: bool,
    json: Path | None,
    jobs: int,
    of_mutants: bool,
) -> None:
    """Prove theorems about the shipped core, for every mesh.

    With --mutants: show that the proofs refuse a core with a guard that is bent.

    Exit codes: 0 proved, 1 refuted, 2 bad usage, 3 unknown (z3 neither proved nor
    refuted something), 4 vacuous (the hypotheses contradict each other).
    """
    if of_mutants:
        if is_listing or json is not None:
            raise click.UsageError("--mutants goes with neither --list nor --json.")
        _judge_mutants(ids, jobs)
    from primacy_proofs import session  # noqa: PLC0415 - needs the extra

    try:
        chosen = session.chosen(ids)
    except session.UnknownTheoremError as error:
        raise click.UsageError(str(error)) from None
    if is_listing:
        click.echo(session.listing())
        return
    if json is not None:
        _require_writable(json)
    with click.progressbar(
        session.units_of(chosen, jobs), length=session.count(), file=sys.stderr
    ) as units:
        findings = session.judged(chosen, units)
    click.echo(session.shown(findings))
    if json is not None:
        json.write_text(session.as_json(findings), encoding="utf-8", newline="\n")
    sys.exit(session.overall(findings).exit_code)


def _judge_mutants(ids: tuple[str, ...], jobs: int) -> NoReturn:
    """Judge mutants; the program ends with 0 if all are as they should be, else 1."""
    from primacy_proofs import bending  # noqa: PLC0415 - needs the extra

    try:
        mutants = bending.chosen(ids)
    except bending.UnknownMutantError as error:
        raise click.UsageError(str(error)) from None
    try:
        with click.progressbar(
            bending.outcomes(mutants, jobs), length=len(mutants), file=sys.stderr
        ) as judged:
            found = tuple(judged)
    except bending.MissingTextError as error:
        raise click.ClickException(str(error)) from None
    click.echo(bending.shown(found, in_full=bool(ids)))
    sys.exit(bending.exit_code(found))


def _require_writable(path: Path) -> None:
    """Refuse, before anything is proved, a file that could not be written later."""
    was_there = path.exists()
    try:
        path.open("a").close()
        if not was_there:
            path.unlink()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise click.UsageError(f"{path} cannot be written: {reason}.") from None
