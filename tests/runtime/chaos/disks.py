"""Disks that can be full: a small file system for each agent, or a limit in SQLite."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from primacy_runtime.demo.cluster import Gone, Member, RequestRefused
from tests.runtime.chaos.namespaces import mount, unmount

SIZE: Final = "24m"
BLOCK: Final = bytes(2**16)
ASK_S: Final = 1.0


class Disks(Protocol):
    """Where the files of the agents are."""

    kind: str

    def folder(self, name: str) -> Path:
        """Give the place for the file of an agent."""

    async def fill(self, victim: Member) -> None:
        """Leave no space on the disk of an agent."""

    async def free(self, victim: Member) -> None:
        """Give the space back."""

    def close(self) -> None:
        """Leave nothing that is mounted."""


class Mounted:
    """A file system in memory for each agent, which is filled with a file."""

    kind = f"a tmpfs of {SIZE}"

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "disks"

    def folder(self, name: str) -> Path:
        place = self._folder / name
        if not place.exists():
            place.mkdir(parents=True)
            mount(place, SIZE)
        return place

    async def fill(self, victim: Member) -> None:
        with suppress(OSError), self._filler(victim).open("wb", buffering=0) as file:
            while file.write(BLOCK) == len(BLOCK):
                pass
            while file.write(BLOCK[:1]):
                pass

    async def free(self, victim: Member) -> None:
        self._filler(victim).unlink(missing_ok=True)

    def close(self) -> None:
        for place in self._folder.iterdir():
            unmount(place)

    def _filler(self, victim: Member) -> Path:
        return self._folder / victim.name / "filler"


class Limited:
    """One folder for all; SQLite is given a limit to the file of an agent."""

    kind = "PRAGMA max_page_count"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, name: str) -> Path:  # noqa: ARG002 - one for all
        return self._folder

    async def fill(self, victim: Member) -> None:
        await self._tell(victim, is_full=True)

    async def free(self, victim: Member) -> None:
        await self._tell(victim, is_full=False)

    def close(self) -> None:
        pass

    async def _tell(self, victim: Member, *, is_full: bool) -> None:
        with suppress(Gone, RequestRefused, ConnectionError, TimeoutError):
            async with asyncio.timeout(ASK_S):
                await victim.ask("full", is_full=is_full)
