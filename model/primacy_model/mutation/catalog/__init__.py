"""All bends, by their ids."""

from __future__ import annotations

import difflib
from typing import Final

from primacy_model.mutation.catalog.campaigns import CAMPAIGN_BENDS
from primacy_model.mutation.catalog.claims import CLAIM_BENDS
from primacy_model.mutation.catalog.commits import COMMIT_BENDS
from primacy_model.mutation.catalog.elections import ELECTION_BENDS
from primacy_model.mutation.catalog.electorate import ELECTORATE_BENDS
from primacy_model.mutation.catalog.electors_only import ELECTORS_ONLY_BENDS
from primacy_model.mutation.catalog.headers import HEADER_BENDS
from primacy_model.mutation.catalog.leaders import LEADER_BENDS
from primacy_model.mutation.catalog.logs import LOG_BENDS
from primacy_model.mutation.catalog.packets import PACKET_BENDS
from primacy_model.mutation.catalog.progress import PROGRESS_BENDS
from primacy_model.mutation.catalog.reads import READ_BENDS
from primacy_model.mutation.catalog.served import SERVED_BENDS
from primacy_model.mutation.catalog.settings import SETTING_BENDS
from primacy_model.mutation.catalog.terms import TERM_BENDS
from primacy_model.mutation.catalog.transfers import TRANSFER_BENDS
from primacy_model.mutation.catalog.votes import VOTE_BENDS
from primacy_model.mutation.catalog.watching import WATCH_BENDS
from primacy_model.mutation.catalog.writes import WRITE_BENDS
from primacy_model.mutation.mutant import Bend

BENDS: Final = (
    *TERM_BENDS,
    *ELECTION_BENDS,
    *VOTE_BENDS,
    *CAMPAIGN_BENDS,
    *CLAIM_BENDS,
    *ELECTORATE_BENDS,
    *ELECTORS_ONLY_BENDS,
    *PACKET_BENDS,
    *HEADER_BENDS,
    *LEADER_BENDS,
    *LOG_BENDS,
    *WRITE_BENDS,
    *COMMIT_BENDS,
    *READ_BENDS,
    *SERVED_BENDS,
    *TRANSFER_BENDS,
    *PROGRESS_BENDS,
    *WATCH_BENDS,
    *SETTING_BENDS,
)
"""Every bend, theme by theme."""

_BY_ID: Final = {bend.id: bend for bend in BENDS}


class UnknownBendError(LookupError):
    """No bend has that id."""


def bend_of(name: str) -> Bend:
    """Find a bend by its id."""
    if name not in _BY_ID:
        near = difflib.get_close_matches(name, _BY_ID)
        meant = f"; did you mean {' or '.join(near)}?" if near else "."
        raise UnknownBendError(f"no bend is named {name!r}{meant}")
    return _BY_ID[name]
