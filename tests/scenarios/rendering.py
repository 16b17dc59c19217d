"""How a transcript tells what happened: packets, outputs and states in few words.

Nothing here decides anything. A position of a log is written `index@term`. An entry is
its term, and behind a colon its command, `-` for the no-op of a new leader, and the
roll of one that sets it. A roll is its electors in brackets, `[a,b]`, behind `<` those
that they replace, and behind `;` its workers. A log that begins behind a snapshot shows
where that stands, `behind 3@1: 1:x`, with the roll there if it is not the first. Of the
outputs that only tell an observer those are left out that the changes of the state say
again: role, leader, grants, claims.

Source: the manner of the transcripts in etcd raft's `testdata`.
"""

from collections.abc import Iterable

from primacy.agents import AgentSet
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Log
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
from primacy.outputs import (
    Apply,
    Arm,
    Broadcast,
    Disarm,
    Discard,
    Output,
    Outputs,
    PartitionHealed,
    PartitionSuspected,
    Persist,
    PresenceChanged,
    Refused,
    Rejected,
    Restore,
    Send,
    ServeRead,
    Stale,
    WriteAccepted,
)
from primacy.role import Role
from primacy.state import Durable, State
from primacy_model.mesh.agent import Node


def told_packet(packet: Packet) -> str:
    """Write a packet: its kind, its term and what it says."""
    said = ", ".join([f"term {packet.term}", *_said(packet)])
    return f"{type(packet).__name__}({said})"


def _said(packet: Packet) -> list[str]:
    match packet:
        case Claim() | TransferNow():
            return []
        case PreVoteRequest():
            return [_last(packet), *_roll_of(packet)]
        case VoteRequest():
            word = ["transfer"] if packet.transfer else []
            return [_last(packet), *_roll_of(packet), *word]
        case PreVoteReply():
            return [f"asked for {packet.proposed}", _yes(packet.granted)]
        case VoteReply():
            return [_yes(packet.granted)]
        case Heartbeat():
            position = f"{packet.commit_index}@{packet.commit_term}"
            return [f"round {packet.round}", f"commit {position}"]
        case HeartbeatReply():
            return [f"round {packet.round}", _last(packet)]
        case Append():
            after = f"after {packet.prev_index}@{packet.prev_term}"
            entries = told_entries(packet.entries.entries)
            return [f"{after}: {entries}", f"commit {packet.commit_index}"]
        case Install():
            position = f"{packet.index}@{packet.index_term}"
            return [f"snapshot of {position}", *_roll_of(packet)]
        case AppendReply():
            position = f"{packet.index}@{packet.index_term}"
            return [f"{_yes(packet.accepted)} {position}"]
        case ReadIndexRequest():
            return [packet.request]
        case ReadIndexReply():
            return [packet.request, f"{_yes(packet.granted)} {packet.index}"]
        case Forward():
            return [f"write {packet.command}"]
        case ForwardReply():
            return [packet.request, f"{_yes(packet.accepted)} {packet.index}"]


def _last(packet: PreVoteRequest | VoteRequest | HeartbeatReply) -> str:
    return f"log ends {packet.last_index}@{packet.last_term}"


def _roll_of(
    said: PreVoteRequest | VoteRequest | Install | Discard | Restore,
) -> list[str]:
    return [f"roll {_told_roll(said.roll)}"] if said.roll.index else []


def _told_roll(roll: Roll) -> str:
    """Write a roll with its position; `-` for the first, which no entry has set."""
    parts = roll.electors, roll.outgoing, roll.workers
    return f"{told_parts(*parts)} of {roll.index}@{roll.term}" if roll.index else "-"


def told_parts(electors: AgentSet, outgoing: AgentSet, workers: AgentSet) -> str:
    """Write who has which part, without spaces."""
    told = ",".join(electors.members)
    if outgoing != electors:
        told += f"<{','.join(outgoing.members)}"
    if workers.size:
        told += f";{','.join(workers.members)}"
    return f"[{told}]"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def told_entries(entries: Iterable[Entry]) -> str:
    """Write entries, `none` if there are none."""
    return " ".join(_told_entry(entry) for entry in entries) or "none"


def _told_entry(entry: Entry) -> str:
    match entry.kind:
        case EntryKind.NOOP:
            what = "-"
        case EntryKind.ROLL:
            what = told_parts(entry.electors, entry.outgoing, entry.workers)
        case _:
            what = entry.command
    return f"{entry.term}:{what}" if what else f"{entry.term}"


def told_outputs(outputs: Outputs) -> list[str]:
    """Write outputs in their order, a line each."""
    return [line for line in map(_told_output, outputs) if line]


def _told_output(output: Output) -> str:
    match output:
        case Persist():
            told = f"persist term {output.term}, vote {output.voted_for or '-'}"
            entries = told_entries(output.entries.entries)
            is_log = output.entries.size > 0
            return f"{told}, log after {output.after}: {entries}" if is_log else told
        case Discard():
            position = f"{output.index}@{output.index_term}"
            return ", ".join([f"drop the log up to {position}", *_roll_of(output)])
        case Restore():
            told = f"restore term {output.term}, vote {output.voted_for or '-'}"
            position = f"snapshot of {output.index}@{output.index_term}"
            rest = "keep the rest" if output.keeps_rest else "drop the rest"
            return ", ".join([told, position, *_roll_of(output), rest])
        case Send():
            return f"send {told_packet(output.packet)} to {output.target}"
        case Broadcast():
            targets = output.targets
            is_any = targets.size > 0
            told = f"send {told_packet(output.packet)} to {told_names(targets)}"
            return told if is_any else ""
        case Arm():
            span = f"{output.least} to {output.most}"
            wait = f"{output.least}" if output.least == output.most else span
            return f"arm {output.timer.value} {wait} ms"
        case Disarm():
            return f"disarm {output.timer.value}"
        case Apply():
            return f"apply from {output.first}: {told_entries(output.entries.entries)}"
        case WriteAccepted():
            position = f"{output.index}@{output.token}"
            return f"tell the client: {output.request} accepted at {position}"
        case ServeRead():
            return f"tell the client: {output.request} served up to {output.index}"
        case Refused() | Stale():
            kind = "refused" if isinstance(output, Refused) else "stale"
            told = f"tell the client: {output.request} {kind}, {output.reason.value}"
            return f"{told}; leader {output.leader or '-'}, term {output.token}"
        case Rejected():
            return f"reject {output.sender or 'it'}: {output.reason.value}"
        case PartitionSuspected():
            reached, others = told_names(output.reached), told_names(output.unreached)
            return f"observe: partition suspected, reached {reached}, not {others}"
        case PartitionHealed():
            return "observe: partition healed"
        case PresenceChanged():
            back, dead = told_names(output.back), told_names(output.dead)
            return f"observe: presence, back {back}, dead {dead}"
        case _:
            return ""  # the changes of the state say it


def told_names(names: AgentSet) -> str:
    """Write the names of agents."""
    return " ".join(names.members) or "-"


def told_log(log: Log) -> str:
    """Write the entries of a log, and where it begins if it is not whole."""
    entries = told_entries(log.entries)
    if log.start == 0:
        return entries
    roll = f" roll {_told_roll(log.start_roll)}" if log.start_roll.index else ""
    return f"behind {log.start}@{log.start_term}{roll}: {entries}"


def told_disk(disk: Durable) -> str:
    """Write what a disk holds."""
    vote = disk.voted_for or "-"
    return f"term {disk.term}, vote {vote}, log {told_log(disk.log)}"


def told_fields(state: State) -> dict[str, str]:
    """Write each field of a state that a transcript shows."""
    lead = state.leadership
    is_leader = state.role == Role.LEADER
    shown = {
        "role": state.role.value,
        "term": f"{state.term}",
        "vote": state.durable.voted_for or "-",
        "leader": state.leader or "-",
        "roll": _told_roll(state.roll),
        "log": told_log(state.log),
        "commit": f"{state.commit_index}",
        "waits for": "quorum" if is_leader else state.wait.value,
        "granted by": told_names(state.granted),
        "lowest claim": state.lowest_claim or "-",
        "parked": " ".join(f"{r.request}<={r.index}" for r in state.parked.reads)
        or "-",
        "cut off": _yes(state.is_cut_off),
    }
    if is_leader:
        match, agents = lead.match, state.roll.members.members
        shown["match"] = " ".join(f"{name}:{match.get(name)}" for name in agents)
        shown["round"] = f"{lead.round}"
        shown["confirmed"] = f"{lead.confirmed_round}"
        reads = lead.reads.reads
        shown["reads"] = (
            " ".join(f"{r.request}>={r.index} in round {r.round}" for r in reads) or "-"
        )
        shown["transfer to"] = lead.transferee or "-"
        if state.config.lease_ms:
            until = f"{lead.lease_until}" if lead.lease_given else "-"
            shown["lease until"] = "void" if lead.lease_void else until
    return shown


IDLE = {"-", "no", "none", "0"}
"""What a field begins with; it needs no word in a picture of a whole state."""


def told_changes(before: State | None, after: State) -> str:
    """Write the fields that changed, with their new values; nothing if none did."""
    if before is None:
        return told_state(after)
    old, new = told_fields(before), told_fields(after)
    return ", ".join(
        f"{name} {value}"
        for name, value in new.items()
        if value != old.get(name) and (name in old or value not in IDLE)
    )


def told_state(state: State) -> str:
    """Write a whole state."""
    shown = told_fields(state).items()
    return ", ".join(f"{name} {value}" for name, value in shown if value not in IDLE)


def told_node(node: Node) -> str:
    """Write an agent in the world: its state, its timers, a token that it took."""
    if node.state is None:
        return f"down; disk: {told_disk(node.disk)}"
    armed = " ".join(sorted(timer.value for timer in node.armed)) or "-"
    token = f", token taken {node.effect}" if node.effect else ""
    return f"{told_state(node.state)}, armed {armed}{token}"
