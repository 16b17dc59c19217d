"""Leadership transfer: a leader asks a caught-up elector to stand at once.

The votes of a transfer pass the promise that voters gave to the leader, so from then on
the leader serves no lease read in its term, whether the transfer succeeds or not.

Source: Ongaro 2014, section 3.10; clauses `transfer.*`.
"""

from __future__ import annotations

from primacy.election import campaign
from primacy.messages import Transfer, TransferNow
from primacy.outputs import Reason, Refused, Send
from primacy.records import replace
from primacy.role import Role
from primacy.state import Result, State
from primacy.types import NOBODY


def on_transfer(state: State, transfer: Transfer) -> Result:
    """Begin to hand leadership over, or say why not."""
    reason = _why_no_transfer(state, transfer)
    if reason != Reason.NONE:
        return state, (Refused(transfer.request, reason, state.leader, state.term),)
    lead = replace(
        state.leadership,
        transferee=transfer.target,
        lease_void=True,  # transfer.voids-lease
    )
    now = TransferNow(state.config.mesh, state.me, state.term)
    return replace(state, leadership=lead), (Send(transfer.target, now),)


def _why_no_transfer(state: State, transfer: Transfer) -> Reason:
    """Say why leadership is not handed over, `Reason.NONE` if it is."""
    if state.leader == NOBODY:
        return Reason.NO_LEADER
    if state.role != Role.LEADER:
        return Reason.NOT_LEADER  # transfer.leader-only
    if state.leadership.transferee != NOBODY:
        return Reason.TRANSFERRING  # transfer.one-at-a-time
    if transfer.target == state.me or not state.roll.has(transfer.target):
        return Reason.NOT_AN_ELECTOR  # transfer.to-elector
    if state.leadership.match.get(transfer.target) < state.log.last_index:
        return Reason.NOT_CAUGHT_UP  # transfer.caught-up
    return Reason.NONE


def on_transfer_now(state: State, packet: TransferNow) -> Result:
    """Stand at once, at the word of the leader that is followed."""
    if packet.term < state.term:
        return state, ()  # transfer.stale
    if state.role != Role.FOLLOWER:
        return state, ()
    if state.leader != packet.sender:
        return state, ()  # transfer.from-leader
    if not state.roll.has(state.me):
        return state, ()  # stand.electors-only
    return campaign(state, transfer=True)  # transfer.stands-at-once
