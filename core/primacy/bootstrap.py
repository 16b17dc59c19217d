"""The initial election: claims, the claim window, and the tie-break by id.

It runs only while no leader was ever known. It decides nothing but who stands first:
standing, voting and winning are those of every election, so its timeouts and its
tie-break spare a split vote and carry no safety.

Source: seed, "Initial Leader Election"; clauses `claim.*`.
"""

from __future__ import annotations

from primacy.messages import Claim
from primacy.outputs import Broadcast
from primacy.records import replace
from primacy.role import Role, Wait
from primacy.state import Result, State
from primacy.timers import election_timer, window_timer
from primacy.types import NOBODY, precedes


def is_bootstrapping(state: State) -> bool:
    """Tell whether this is an elector without an entry that knows no leader."""
    is_blank = state.log.last_index == 0 and state.leader == NOBODY
    return is_blank and state.roll.has(state.me)  # claim.only-at-first


def claim(state: State) -> Result:
    """Announce that no leader was heard, and open the claim window."""
    mine = Claim(state.config.mesh, state.me, state.term)
    claiming = replace(state, wait=Wait.WINDOW, lowest_claim=state.me)
    others = state.roll.voters.without(state.me)
    return claiming, (
        window_timer(state.config),
        Broadcast(others, mine),  # claim.announced
    )


def on_claim(state: State, heard: Claim) -> Result:
    """Join the initial election that another agent began; never begin a second one."""
    if not is_bootstrapping(state):
        return state, ()  # claim.only-at-first
    if state.role != Role.FOLLOWER:
        return state, ()  # claim.one-election
    if state.wait == Wait.CLAIM:
        if precedes(state.me, heard.sender):
            return claim(state)  # claim.lower-claims-too
        joined = replace(state, wait=Wait.WINDOW, lowest_claim=heard.sender)
        return joined, (window_timer(state.config),)  # claim.joins
    if state.wait == Wait.WINDOW and precedes(heard.sender, state.lowest_claim):
        return replace(state, lowest_claim=heard.sender), ()  # claim.lowest-stands
    return state, ()  # claim.one-election


def defer(state: State) -> Result:
    """Leave the first attempt to the lowest claimant; stand if it does not win."""
    return replace(state, wait=Wait.STAND), (election_timer(state.config),)
