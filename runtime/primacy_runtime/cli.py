"""`primacy agent`: run one agent of a mesh until a signal stops it.

Exit codes: 0 stopped by a signal, 1 the agent failed, 2 bad usage or input.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import warnings
from pathlib import Path
from typing import Final

import click

from primacy_runtime.agent import Agent
from primacy_runtime.errors import SettingsError, StoreError
from primacy_runtime.log import LOGGER, JsonLines
from primacy_runtime.mesh_file import agent as agent_of
from primacy_runtime.mesh_file import read_mesh_file
from primacy_runtime.net.sockets import outlive_broken_pipes

FAILED: Final = 1


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
    "--reset",
    multiple=True,
    metavar="ID",
    help="Let this peer come back with another disk, once. Read docs/runtime.md first.",
)
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
    reset: tuple[str, ...],
    trace: Path | None,
    json_logs: bool,
) -> None:
    """Run one agent of a mesh until Ctrl-C or SIGTERM; logs go to standard error."""
    outlive_broken_pipes()
    _log(json_logs)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            one = agent_of(read_mesh_file(file), agent_id, reset, trace)
        for warning in caught:
            LOGGER.warning("%s", warning.message)
        asyncio.run(_run(one))
    except (SettingsError, StoreError) as error:
        raise BadInput(str(error)) from None


async def _run(one: Agent) -> None:
    loop = asyncio.get_running_loop()
    await one.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: stops.add(loop.create_task(one.stop())))
    stops: set[asyncio.Task[None]] = set()
    try:
        await one.closed()
    except Exception:  # noqa: BLE001 - the log has said why
        sys.exit(FAILED)
    await asyncio.gather(*stops)


def _log(json_logs: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonLines()
        if json_logs
        else logging.Formatter("%(asctime)s %(levelname)-7s %(message)s")
    )
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
