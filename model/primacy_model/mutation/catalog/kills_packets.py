"""Where the bends of rejection are killed: each packet that cannot be is heard."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.expectation import Kill

PACKET_KILLS: Final = (
    Kill("rejected-packet-brings-its-term", "impossible-packets", "rejection", 1),
    Kill("rejected-packet-not-told", "impossible-packets", "rejection", 1),
    Kill("claim-of-a-worker-heard", "impossible-packets", "rejection", 1),
)
