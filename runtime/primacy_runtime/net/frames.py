"""What is on a connection: frames, and the two that introduce the ends to each other.

A frame is four bytes with the length, highest first, then that many bytes. An agent
connects to each peer and sends there; answers come on the peer's own connection. The
first frame on a connection is the caller's `Hello`, the second is the `Welcome` that
answers it, and all that follow hold one packet each, as `primacy.dumps` writes it, from
the caller to the listener. Both greetings are JSON objects of texts, and of the version
of this protocol.

An `Install` is the one packet that is not a frame of its own: it comes with a snapshot,
see `transfers`. Frames of that kind begin with a byte that no JSON begins with.

Contract: nothing is read beyond a stated length, and whatever is not of the format is a
`FrameError` that says so; the connection ends there.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass, fields
from typing import Final, TypeVar, get_args

from primacy import FormatError, loads
from primacy.messages import Install, Packet

VERSION: Final = 2
"""The version of the greetings and the frames."""
LONGEST_PACKET: Final = 4 * 2**20
"""The most bytes of a packet, see codec.packet in docs/specification.md."""
LONGEST_GREETING: Final = 2**16
PACKETS: Final[tuple[type[Packet], ...]] = tuple(
    kind for kind in get_args(Packet) if kind is not Install
)
"""What a frame may hold by itself."""


class FrameError(Exception):
    """What came is not of the format. `kind` is what it is counted as."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Hello:
    """Who calls, whom it means to call, on which disk it runs, and where it listens."""

    mesh: str
    sender: str
    target: str
    store: str
    address: str
    """Where the caller is reached, empty if it does not know."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who was called, on which disk it runs, and why nothing is taken, if so."""

    agent: str
    store: str
    refused: str
    """The kind of refusal, empty if the caller is welcome."""
    reason: str
    """The refusal in words."""


Greeting = TypeVar("Greeting", Hello, Welcome)


def frame(body: bytes) -> bytes:
    """Put the length in front."""
    return len(body).to_bytes(4, "big") + body


def greeting(said: Hello | Welcome) -> bytes:
    """Write a greeting as a frame."""
    text = json.dumps({"primacy-mesh": VERSION, **asdict(said)})
    return frame(text.encode())


async def read_frame(reader: asyncio.StreamReader, longest: int) -> bytes:
    """Read one frame; raise `EOFError` where the other end is done."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        if not 0 < length <= longest:
            raise FrameError(
                "oversized" if length else "garbage",
                f"a frame of 1 to {longest} bytes is needed, got one of {length}",
            )
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise FrameError("garbage", "the connection ended in a frame") from None
        raise EOFError from None


async def read_greeting(reader: asyncio.StreamReader, kind: type[Greeting]) -> Greeting:
    """Read the first frame of an end."""
    body = await read_frame(reader, LONGEST_GREETING)
    try:
        said: object = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise FrameError("garbage", "the greeting is no JSON") from None
    if not isinstance(said, dict) or "primacy-mesh" not in said:
        raise FrameError("garbage", "the greeting is none of a mesh")
    version = said.pop("primacy-mesh")
    if version != VERSION or isinstance(version, bool):
        raise FrameError(
            "version", f"version {VERSION} is spoken here, got {str(version)[:20]}"
        )
    wanted = {part.name for part in fields(kind)}
    is_text = all(isinstance(one, str) for one in said.values())
    if said.keys() != wanted or not is_text:
        needed = ", ".join(sorted(wanted))
        raise FrameError("garbage", f"a {kind.__name__} has the texts {needed}")
    return kind(**said)


def read_packet(
    body: bytes, sender: str, kinds: tuple[type[Packet], ...] = PACKETS
) -> Packet:
    """Read a packet of the peer that introduced itself."""
    try:
        packet = loads(body, *kinds)
    except FormatError as error:
        raise FrameError("garbage", str(error)) from None
    if packet.sender != sender:
        raise FrameError(
            "impostor", f"a packet of {packet.sender[:40]!r} came from {sender!r}"
        )
    return packet
