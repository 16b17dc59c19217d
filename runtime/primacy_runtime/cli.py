"""`primacy agent` runs one agent of a mesh; `primacy members` asks it for changes.

Exit codes of the first: 0 stopped by a signal, 1 the agent failed, 2 bad usage or
input. Of the second: 0 done, 1 refused or not known to be done, 2 bad usage or input,
or the agent does not run here.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from primacy_runtime.agent import Agent
from primacy_runtime.control import Control, Json, ask
from primacy_runtime.errors import SettingsError, StoreError
from primacy_runtime.log import LOGGER, JsonLines
from primacy_runtime.mesh_file import agent as agent_of
from primacy_runtime.mesh_file import read_mesh_file
from primacy_runtime.net.sockets import outlive_broken_pipes

FAILED: Final = 1
ENDED: Final = "The agent ended before it answered."
ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "admit": ("agent", "address"),
    "promote": ("agent",),
    "demote": ("agent",),
    "dismiss": ("agent",),
    "replace": (),
}
"""The changes of members, and what goes with each; a replacement takes any number."""

MEMBERS: Final = """Show the members as an agent here knows them, or change them.

A change is asked of the agent that leads:

\b
admit ID HOST:PORT   make an agent that is no member a worker
promote ID           make a worker an elector, once it has caught up
demote ID            make an elector a worker
dismiss ID           make a worker no member
replace ID...        replace the electorate by these members
"""


class BadInput(click.ClickException):
    """A mistake of the user, told in one sentence."""

    exit_code = 2


@click.command("agent", short_help="Run one agent of a mesh.")
@click.option(
    "--config",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    help="The mesh, in TOML; see docs/runtime.md.",
)
@click.option("--id", "agent_id", help="Which agent of the mesh; else the file's.")
@click.option(
    "--trace",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write a trace of this start there, for primacy conform.",
)
@click.option("--json-logs", is_flag=True, help="Write logs as lines of JSON.")
def agent(
    file: Path,
    agent_id: str | None,
    trace: Path | None,
    json_logs: bool,
) -> None:
    """Run one agent of a mesh until Ctrl-C or SIGTERM; logs go to standard error."""
    outlive_broken_pipes()
    _log(json_logs)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            one = agent_of(read_mesh_file(file), agent_id, trace)
        for warning in caught:
            LOGGER.warning("%s", warning.message)
        asyncio.run(_run(one))
    except (SettingsError, StoreError) as error:
        raise BadInput(str(error)) from None


@click.command(
    "members", short_help="Show or change the members of a mesh.", help=MEMBERS
)
@click.option(
    "--config",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    help="The mesh, in TOML, as for primacy agent.",
)
@click.option("--id", "agent_id", help="Which agent is asked; else the file's.")
@click.option("--timeout", type=float, help="Seconds; else the agent's own.")
@click.argument(
    "action", required=False, type=click.Choice([*ACTIONS]), metavar="[ACTION]"
)
@click.argument("names", nargs=-1, metavar="[ID]...")
def members(
    file: Path,
    agent_id: str | None,
    timeout: float | None,
    action: str | None,
    names: tuple[str, ...],
) -> None:
    """Show the members as an agent on this machine knows them, or change them."""
    try:
        with warnings.catch_warnings(action="ignore"):  # the agent has said it
            path = agent_of(read_mesh_file(file), agent_id).control_path
        if action is not None:
            told = _told(action, names)
            answer = ask(path, action, timeout=timeout, **told)
            if "result" not in answer:
                click.echo(answer.get("message", ENDED), err=True)
                sys.exit(FAILED)
        answer = ask(path, "health")
    except SettingsError as error:
        raise BadInput(str(error)) from None
    except OSError as error:
        raise BadInput(
            f"No agent takes requests at {path}: {error.strerror}."
        ) from None
    if "result" not in answer:
        click.echo(ENDED, err=True)
        sys.exit(FAILED)
    _show(answer["result"])


def _show(health: Json) -> None:
    for part in ("electors", "outgoing", "workers"):
        if part != "outgoing" or health["outgoing"] != health["electors"]:
            click.echo(f"{part:9} {' '.join(health[part]) or 'none'}")
    state = "committed" if health["is_roll_committed"] else "not committed yet"
    click.echo(f"{'set by':9} entry {health['roll_index']}, {state}")
    start = health["log_start"]
    log = f"from entry {start + 1}" if start else "whole"
    click.echo(f"{'log':9} {log}, to entry {health['last_index']}")
    click.echo(f"{'leader':9} {health['leader'] or 'not known'}")


def _told(action: str, names: tuple[str, ...]) -> dict[str, object]:
    """Read the arguments of an action."""
    keys = ACTIONS[action]
    if not keys:
        return {"electors": list(names)}
    if len(names) != len(keys):
        needed = " ".join(key.upper() for key in keys)
        raise click.UsageError(f"{action} needs {needed}, got {len(names)} arguments.")
    return dict(zip(keys, names, strict=True))


async def _run(one: Agent) -> None:
    loop, control = asyncio.get_running_loop(), Control(one)
    await one.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: stops.add(loop.create_task(one.stop())))
    stops: set[asyncio.Task[None]] = set()
    try:
        await control.open()
        await _closed(one)
    finally:
        await control.close()
        await one.stop()
    await asyncio.gather(*stops)


async def _closed(one: Agent) -> None:
    try:
        await one.closed()
    except Exception:  # noqa: BLE001 - the log has said why
        sys.exit(FAILED)


def _log(json_logs: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonLines()
        if json_logs
        else logging.Formatter("%(asctime)s %(levelname)-7s %(message)s")
    )
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
