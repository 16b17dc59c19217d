"""Every kill that the checker is held to, theme by theme."""

from __future__ import annotations

from typing import Final

from primacy_model.mutation.catalog.kills_elections import ELECTION_KILLS
from primacy_model.mutation.catalog.kills_logs import LOG_KILLS
from primacy_model.mutation.catalog.kills_packets import PACKET_KILLS
from primacy_model.mutation.catalog.kills_reads import READ_KILLS
from primacy_model.mutation.catalog.kills_runs import LASSOS, TIMED_KILLS
from primacy_model.mutation.catalog.kills_scopes import SCOPE_KILLS

UNTIMED: Final = (*ELECTION_KILLS, *LOG_KILLS, *READ_KILLS, *PACKET_KILLS)
"""Kills in worlds without clocks, by a property of states."""

KILLS: Final = (*UNTIMED, *TIMED_KILLS, *SCOPE_KILLS, *LASSOS)
"""All of them. Of several of one bend the first is what `primacy mutants` shows."""
