"""How sockets are set: small frames leave at once, dead connections are noticed.

Contract: what was sent and not acknowledged for so long ends the connection. Without
it, TCP would try again ever more rarely, and a healed network would stay silent for
minutes. And who goes away while something is written to it ends the connection, not the
process.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import Final

HIGH_WATER: Final = 2**18
"""How many bytes may wait in a writer before a link holds back."""


def outlive_broken_pipes() -> None:
    """Have a write to an end that is gone fail, where a program let it end itself."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def settle(writer: asyncio.StreamWriter, patience: float) -> None:
    """Set the options of a connection; `patience` is in seconds."""
    writer.transport.set_write_buffer_limits(high=HIGH_WATER)
    sock = writer.get_extra_info("socket")
    if sock is None:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    whole = max(1, round(patience))
    for name, length in (
        ("TCP_USER_TIMEOUT", max(1, round(patience * 1000))),  # Linux; milliseconds
        ("TCP_KEEPIDLE", whole),
        ("TCP_KEEPINTVL", whole),
        ("TCP_KEEPCNT", 3),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, length)
