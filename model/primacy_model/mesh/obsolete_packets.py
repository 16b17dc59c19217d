"""Packets that can never matter again, so that the world may forget them.

Under set semantics a packet stays in flight for ever. One that its target ignores now
and would ignore in every later state only multiplies states that differ in nothing
else. Each rule below rests on one fact that never changes back: a term never falls, a
log that is not empty never becomes empty again, a candidate or leader of a term that
has become a follower never stands in that term again.
`tests/model/mesh/test_obsolete_packets.py` shows on whole state graphs that forgetting
them loses no state of any agent.

Source: docs/decisions/013-obsolete-packets.md.
"""

from __future__ import annotations

from typing import assert_never

from primacy.agents import NO_AGENTS, AgentSet
from primacy.messages import (
    Append,
    AppendReply,
    Claim,
    Forward,
    ForwardReply,
    Heartbeat,
    HeartbeatReply,
    Install,
    Packet,
    PreVoteReply,
    PreVoteRequest,
    ReadIndexReply,
    ReadIndexRequest,
    TransferNow,
    VoteReply,
    VoteRequest,
)
from primacy.role import Role
from primacy.state import State
from primacy.types import Term


def is_obsolete(target: State, packet: Packet, returning: AgentSet = NO_AGENTS) -> bool:
    """Tell whether a packet does nothing to its target, now and for ever.

    Of agents that may be dismissed and admitted again a leader forgets meanwhile what
    they acknowledged: from those that are `returning` it may matter twice.
    """
    match packet:
        case VoteReply():
            if packet.term > target.term:
                return False
            is_awaited = target.role == Role.CANDIDATE and packet.term == target.term
            is_counted = target.granted.has(packet.sender)
            return not (is_awaited and packet.granted) or is_counted
        case PreVoteReply():
            if not packet.granted:
                return packet.term <= target.term
            return packet.proposed <= target.term
        case AppendReply():
            if packet.term > target.term or may_yet_lead(target, packet.term):
                return False
            if target.role != Role.LEADER or packet.term < target.term:
                return True
            if returning.has(packet.sender):
                return False
            held = target.leadership.match.get(packet.sender)
            return packet.index < held or (packet.accepted and packet.index == held)
        case HeartbeatReply():
            if packet.term > target.term or may_yet_lead(target, packet.term):
                return False
            if target.role != Role.LEADER or packet.term < target.term:
                return True
            if returning.has(packet.sender):
                return False
            return packet.round <= target.leadership.seen.get(packet.sender)
        case TransferNow():
            return packet.term < target.term
        case Claim():
            return target.log.last_index > 0 and packet.term <= target.term
        case (
            PreVoteRequest()
            | VoteRequest()
            | Heartbeat()
            | Append()
            | Install()
            | ReadIndexRequest()
            | ReadIndexReply()
            | Forward()
            | ForwardReply()
        ):
            return False
        case _:
            assert_never(packet)


def may_yet_lead(target: State, term: Term) -> bool:
    """Tell whether an agent is a candidate of a term, which it may yet win."""
    return target.role == Role.CANDIDATE and target.term == term
