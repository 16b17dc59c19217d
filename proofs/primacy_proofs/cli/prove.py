"""The command `primacy prove`: which theorems are proved, and how the program ends.

Contract: 0 proved, 1 not inductive, 2 bad usage, 3 unknown, 4 vacuous. z3 is imported
only when the command runs, so that the help of `primacy` needs no extra.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from primacy_model.cli.command import OneSentenceCommand
from primacy_model.cli.options import jobs_option, json_option, list_option
from primacy_model.errors import UsageError, require_writable_file, write
from primacy_model.mutation.catalog.mutants import UnknownMutantError
from primacy_model.mutation.catalog.table import CatalogError
from primacy_model.mutation.mutant import EditError


@click.command(cls=OneSentenceCommand)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@list_option("the theorems")
@json_option("the verdicts")
@jobs_option("obligations are proved")
@click.option(
    "--mutants",
    "of_mutants",
    is_flag=True,
    help="Mutation-test the theorems instead; IDs name mutants.",
)
@click.option(
    "--paths",
    "of_paths",
    is_flag=True,
    help="Check that the hypotheses are satisfiable instead; IDs name messages.",
)
def prove(
    *,
    ids: tuple[str, ...],
    is_listing: bool,
    json: Path | None,
    jobs: int,
    of_mutants: bool,
    of_paths: bool,
) -> None:
    """Prove theorems about the shipped core, for every mesh.

    With --mutants: show that the proofs refuse a core with a fault. With --paths: show
    that the hypotheses exclude nothing that a mesh may do.

    Exit codes: 0 proved, 1 not inductive (a law fails in a step from a mesh that keeps
    all laws; whether a mesh gets there is not said), 2 bad usage, 3 unknown (z3 found
    neither a proof nor a counterexample), 4 vacuous (the hypotheses contradict each
    other).
    """
    if of_mutants or of_paths:
        if is_listing or json is not None or (of_mutants and of_paths):
            told = "--mutants and --paths stand alone: no --list, no --json, not both."
            raise click.UsageError(told)
        (_run_mutants if of_mutants else _find_ways)(ids, jobs)
    from primacy_proofs.cli import evidence, session  # noqa: PLC0415 - needs the extra

    try:
        theorems = session.select(ids)
    except session.UnknownTheoremError as error:
        raise click.UsageError(str(error)) from None
    if is_listing:
        if ids or json is not None:
            raise click.UsageError("--list stands alone: no ID, no --json.")
        click.echo(session.render_list())
        return
    if json is not None:
        require_writable_file(json)
    with click.progressbar(
        session.prove_units(theorems, jobs),
        length=session.count_units(),
        file=sys.stderr,
    ) as units:
        findings = session.conclude(theorems, units)
    click.echo(session.render(findings))
    if json is not None:
        write(json, evidence.render_json(findings))
    sys.exit(session.combine_verdicts(findings).exit_code)


def _run_mutants(ids: tuple[str, ...], jobs: int) -> NoReturn:
    """Prove about mutants; end with 0 if each outcome is the expected one, else 1.

    End with 2 if there is no such mutant, or core no longer has its text.
    """
    from primacy_proofs.mutation import runner  # noqa: PLC0415 - needs the extra

    try:
        tasks = runner.select(ids)
        outcomes = runner.run_tasks(tasks, jobs)
    except (UnknownMutantError, CatalogError, EditError) as error:
        raise UsageError(str(error)) from None
    with click.progressbar(outcomes, length=len(tasks), file=sys.stderr) as finished:
        found = tuple(finished)
    click.echo(runner.render(found, in_full=bool(ids)))
    sys.exit(runner.exit_code(found))


def _find_ways(ids: tuple[str, ...], jobs: int) -> NoReturn:
    """Find a world for each path; the program ends with 0 if none is open."""
    from primacy_proofs.counterexamples import satisfiability  # noqa: PLC0415 - needs the extra

    try:
        messages = satisfiability.select(ids)
    except satisfiability.UnknownMessageError as error:
        raise UsageError(str(error)) from None
    with click.progressbar(
        satisfiability.find_fates(messages, jobs), length=len(messages), file=sys.stderr
    ) as judged:
        found = tuple(judged)
    is_rich = satisfiability.rich_world() is not None
    click.echo(satisfiability.render(found, is_rich=is_rich))
    sys.exit(satisfiability.exit_code(found, is_rich=is_rich))
