"""Where terms end: the highest that a packet and a disk can hold.

Elections never come that far. Such a term was made up: by a peer that lies, or by
whatever wrote the disk.

Contract: an agent that would stand above it ends before anything of that step is done,
and says why.

Source: clause codec.numbers; docs/hostile-input.md, "The limits".
"""

from __future__ import annotations

from typing import Final

from primacy import Broadcast, State
from primacy.messages import PreVoteRequest
from primacy.outputs import Outputs
from primacy_runtime.errors import TermsUsedUp

HIGHEST: Final = 2**63 - 1
"""The highest term that there is: the highest number of the format."""


def require_a_term(after: State, outputs: Outputs) -> None:
    """Refuse a step that stands, or asks to stand, in a term beyond the highest."""
    asked = (
        output.packet.term
        for output in outputs
        if isinstance(output, Broadcast) and isinstance(output.packet, PreVoteRequest)
    )
    term = max((after.term, *asked))
    if term > HIGHEST:
        raise TermsUsedUp(
            f"This agent would stand for election in term {term}, but {HIGHEST} is the "
            "highest that there is: see 'Terms that are used up' in docs/runtime.md."
        )
