"""What cannot be valid changes nothing, and is answered by `Rejected` with a reason."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import find

from primacy.dispatch import step
from primacy.electorate import Roll
from primacy.log import Log
from primacy.messages import (
    ChangeKind,
    Claim,
    LeaseRead,
    Message,
    Packet,
    PreVoteReply,
    PreVoteRequest,
    Read,
    ReadIndexReply,
    ReadIndexRequest,
    Transfer,
    VoteRequest,
    Write,
)
from primacy.outputs import Reason, Rejected
from primacy.state import State
from primacy.types import (
    NOBODY,
    START,
    Command,
    MeshKey,
    RequestId,
    Term,
)
from tests.support.builders import (
    EVERY_PACKET,
    A,
    B,
    X,
    a_candidate,
    a_follower,
    a_leader,
    a_newcomer,
    a_pre_candidate,
    an_idle_elector,
    append,
    append_reply,
    begun,
    change,
    claim,
    config,
    election_elapsed,
    forward_reply,
    heartbeat,
    heartbeat_elapsed,
    heartbeat_reply,
    install,
    kind_of,
    noop,
    pre_vote_request,
    read_index_reply,
    received,
    replacement,
    roll,
    roll_entry,
    segment,
    snapshotted,
    transfer_now,
    vote_request,
)
from tests.support.strategies import packets

each_kind = pytest.mark.parametrize("packet", EVERY_PACKET, ids=kind_of)


def test_there_is_an_example_of_every_kind() -> None:
    assert [type(packet) for packet in EVERY_PACKET] == list(get_args(Packet))


@pytest.mark.parametrize("kind", get_args(Packet))
def test_every_kind_is_drawn(kind: type[Packet]) -> None:
    find(packets(config()), lambda packet: isinstance(packet, kind))


def is_rejected(state: State, packet: Packet, reason: Reason) -> bool:
    """Tell whether a packet changes nothing and is answered by that reason alone."""
    return step(state, received(packet)) == (
        state,
        (Rejected(reason, packet.sender),),
    )


@pytest.mark.clause("message.kind", "message.unchanged")
def test_message_of_an_unknown_kind_is_rejected() -> None:
    before = a_follower()
    stranger = "no message"
    assert step(before, stranger) == (  # type: ignore[arg-type] # the point
        before,
        (Rejected(Reason.UNKNOWN_KIND, NOBODY),),
    )


@pytest.mark.clause("message.kind", "message.unchanged")
def test_packet_of_an_unknown_kind_is_rejected() -> None:
    before = a_follower()
    stranger = received("no packet")  # type: ignore[arg-type] # the point
    assert step(before, stranger) == (
        before,
        (Rejected(Reason.UNKNOWN_KIND, NOBODY),),
    )


@each_kind
def test_sound_packet_is_not_rejected(packet: Packet) -> None:
    _, outputs = step(a_follower("b"), received(packet))
    assert not any(isinstance(output, Rejected) for output in outputs)


@each_kind
@pytest.mark.clause("message.mesh", "message.unchanged")
def test_packet_of_another_mesh_is_rejected(packet: Packet) -> None:
    other = replace(packet, mesh=MeshKey("n(a,b,c)"))
    assert is_rejected(a_follower("b"), other, Reason.WRONG_MESH)


@each_kind
@pytest.mark.clause("message.mesh")
def test_packet_of_other_initial_leaders_is_rejected(packet: Packet) -> None:
    other = replace(packet, mesh=MeshKey("m(a,b)"))
    assert is_rejected(a_follower("b"), other, Reason.WRONG_MESH)


@each_kind
@pytest.mark.clause("message.sender", "message.unchanged")
def test_packet_of_nobody_is_rejected(packet: Packet) -> None:
    other = replace(packet, sender=NOBODY)
    assert is_rejected(a_follower("b"), other, Reason.UNKNOWN_SENDER)


@each_kind
@pytest.mark.clause("message.sender", "claim.initial-leaders-only")
def test_packet_of_an_agent_that_is_no_member_is_valid(packet: Packet) -> None:
    """It may be one by an entry that is not known here yet; but none that claims."""
    other = replace(packet, sender=X)
    if isinstance(other, PreVoteRequest | VoteRequest):
        other = replace(other, roll=roll("abx", index=1, term=1))
    _, outputs = step(a_follower("b", leader=""), received(other))
    rejected = any(isinstance(output, Rejected) for output in outputs)
    assert rejected == isinstance(other, Claim)


@each_kind
@pytest.mark.clause("message.sender")
def test_packet_that_names_its_receiver_as_sender_is_rejected(packet: Packet) -> None:
    own = replace(packet, sender=B)
    assert is_rejected(a_follower("b"), own, Reason.UNKNOWN_SENDER)


@each_kind
@pytest.mark.clause("message.term", "message.unchanged")
def test_negative_term_is_rejected(packet: Packet) -> None:
    bad = replace(packet, term=Term(-1))
    assert is_rejected(a_newcomer("b"), bad, Reason.BAD_TERM)


@each_kind
@pytest.mark.clause("message.term")
def test_term_0_is_rejected_where_an_election_must_have_been(packet: Packet) -> None:
    early = Claim | PreVoteReply | ReadIndexRequest | ReadIndexReply
    bare = replace(packet, term=Term(0))
    if isinstance(bare, early):
        _, outputs = step(a_newcomer("b"), received(bare))
        assert not any(isinstance(output, Rejected) for output in outputs)
    else:
        assert is_rejected(a_newcomer("b"), bare, Reason.BAD_TERM)


@pytest.mark.clause("message.position", "message.unchanged")
@pytest.mark.parametrize(
    "packet",
    [
        vote_request(last_index=-1),
        vote_request(last_term=-1),
        vote_request(last_index=0, last_term=1),
        vote_request(last_index=1, last_term=0),
        vote_request(term=2, last_term=2),
        pre_vote_request(last_index=-1),
        pre_vote_request(last_index=0, last_term=1),
        pre_vote_request(term=2, last_term=3),
        heartbeat(number=0),
        heartbeat(commit=-1),
        heartbeat(commit=1, commit_term=-1),
        heartbeat(commit=0, commit_term=1),
        heartbeat(commit=1, commit_term=0),
        heartbeat(term=1, commit=1, commit_term=2),
        heartbeat_reply("a", number=-1),
        heartbeat_reply("a", last_index=-1),
        heartbeat_reply("a", last_term=-1),
        heartbeat_reply("a", last_index=0, last_term=1),
        heartbeat_reply("a", last_index=1, last_term=0),
        heartbeat_reply("a", term=1, last_term=2),
        append(prev=-1),
        append(prev=1, prev_term=-1),
        append(prev=0, prev_term=1),
        append(prev=1, prev_term=0),
        append(term=1, prev=1, prev_term=2),
        append(commit=-1),
        install(index=-1),
        install(index=0),
        install(index=0, index_term=0),
        install(index_term=-1),
        install(index=1, index_term=0),
        install(term=1, index=1, index_term=2),
        append_reply("a", index=-1),
        append_reply("a", index_term=-1),
        append_reply("a", index=0, index_term=1),
        append_reply("a", index=1, index_term=0),
        append_reply("a", term=1, index_term=2),
        read_index_reply("a", index=-1),
        forward_reply("a", index=-1),
    ],
    ids=kind_of,
)
def test_position_that_cannot_be_is_rejected(packet: Packet) -> None:
    assert is_rejected(a_follower("b"), packet, Reason.BAD_POSITION)


@pytest.mark.clause("message.position")
def test_acknowledgement_of_a_round_that_was_never_begun_is_rejected() -> None:
    leader = a_leader(rounds=1)
    assert is_rejected(leader, heartbeat_reply("b", number=2), Reason.BAD_POSITION)


@pytest.mark.clause("message.position")
def test_acknowledgement_of_entries_that_were_never_sent_is_rejected() -> None:
    leader = a_leader(terms=(1,))
    assert is_rejected(leader, append_reply("b", index=2), Reason.BAD_POSITION)


@pytest.mark.clause("message.entries", "message.unchanged")
@pytest.mark.parametrize(
    "packet",
    [
        append(term=1, entries=segment(2)),
        append(term=2, entries=segment(2, 1)),
        append(term=2, prev=1, prev_term=2, entries=segment(1)),
        append(term=1, entries=segment(0)),
    ],
    ids=kind_of,
)
def test_entries_whose_terms_cannot_be_are_rejected(packet: Packet) -> None:
    assert is_rejected(a_follower("b"), packet, Reason.BAD_ENTRIES)


@pytest.mark.clause("message.one-leader", "message.unchanged")
@pytest.mark.parametrize(
    "packet", [heartbeat("c"), append("c"), install("c")], ids=kind_of
)
def test_second_leader_of_a_term_is_rejected(packet: Packet) -> None:
    assert is_rejected(a_follower("b", leader="a"), packet, Reason.SECOND_LEADER)
    assert is_rejected(a_leader(), packet, Reason.SECOND_LEADER)


@pytest.mark.clause("message.one-leader")
@pytest.mark.parametrize(
    "packet",
    [heartbeat("c", term=2), append("c", term=2), install("c", term=2)],
    ids=kind_of,
)
def test_leader_of_another_term_is_no_second_leader(packet: Packet) -> None:
    for term in (1, 3):
        before = a_follower("b", leader="a", term=term)
        _, outputs = step(before, received(packet))
        assert not any(isinstance(output, Rejected) for output in outputs)


@pytest.mark.clause("claim.initial-leaders-only", "message.unchanged")
def test_claim_of_a_worker_is_rejected() -> None:
    assert is_rejected(a_newcomer("b"), claim("w"), Reason.NOT_AN_ELECTOR)


@pytest.mark.clause("stand.electors-only", "message.unchanged")
@pytest.mark.parametrize(
    "packet", [vote_request("w"), pre_vote_request("w")], ids=kind_of
)
def test_candidate_that_is_not_on_its_own_roll_is_rejected(
    packet: PreVoteRequest,
) -> None:
    assert is_rejected(a_candidate("a"), packet, Reason.NOT_AN_ELECTOR)


def bringing(brought: Roll) -> tuple[Packet, ...]:
    """Bring a roll in each way, in term 3, with two entries, the last of term 2."""
    return (
        install(term=3, index=2, index_term=2, roll=brought),
        vote_request(term=3, last_index=2, last_term=2, roll=brought),
        pre_vote_request(term=3, last_index=2, last_term=2, roll=brought),
    )


@pytest.mark.clause("roll.first", "message.unchanged")
@pytest.mark.parametrize(
    "brought",
    [
        roll("a"),
        roll("abcd"),
        roll("ab", "abc"),
        roll("abc", "ab"),
        roll("abcd", "abc"),
        roll("abc", "abcd"),
    ],
    ids=str,
)
def test_first_roll_that_is_not_the_initial_leaders_is_rejected(brought: Roll) -> None:
    for packet in bringing(brought):
        assert is_rejected(a_follower("b"), packet, Reason.WRONG_ROLL)


@pytest.mark.clause("roll.position", "message.unchanged")
@pytest.mark.parametrize(
    ("index", "term"), [(1, 0), (0, 1), (-1, 0), (-1, 1), (1, -1), (1, 3), (3, 2)]
)
def test_roll_at_a_position_that_cannot_be_is_rejected(index: int, term: int) -> None:
    for packet in bringing(roll("abc", index=index, term=term)):
        assert is_rejected(a_follower("b"), packet, Reason.WRONG_ROLL)


@pytest.mark.clause("roll.position", "roll.first", "message.late-is-valid")
@pytest.mark.parametrize(
    "brought",
    [
        roll("abc", workers=""),
        roll("abc", workers="vw"),
        roll("ab", index=1, term=1),
        roll("a", "abc", index=2, term=2),
        roll("abcde", index=2, term=1),
    ],
    ids=str,
)
def test_roll_that_a_log_can_have_is_taken(brought: Roll) -> None:
    for packet in bringing(brought):
        _, outputs = step(an_idle_elector("b", term=2), received(packet))
        assert not any(isinstance(output, Rejected) for output in outputs)


@pytest.mark.clause("change.never-empty", "message.unchanged")
@pytest.mark.parametrize(
    "brought",
    [
        roll("", index=1, term=1),
        roll("", "ab", index=1, term=1),
        roll("ab", "", index=1, term=1),
    ],
    ids=str,
)
def test_snapshot_whose_roll_has_no_elector_is_rejected(brought: Roll) -> None:
    assert is_rejected(a_follower("b"), install(roll=brought), Reason.WRONG_ROLL)


@pytest.mark.clause("message.sender", "leader.followed")
@pytest.mark.parametrize("leader", ["w", "x"])
@pytest.mark.parametrize("term", [1, 2])
def test_leader_that_is_off_the_roll_is_followed(leader: str, term: int) -> None:
    """Its roll may be news to this agent."""
    for before in (a_follower("b", leader=""), an_idle_elector("b")):
        for packet in (
            heartbeat(leader, term=term),
            append(leader, term=term, prev=1, prev_term=1),
            install(leader, term=term),
        ):
            after, outputs = step(before, received(packet))
            assert (after.leader, after.term) == (leader, term)
            assert not any(isinstance(output, Rejected) for output in outputs)


@pytest.mark.clause("transfer.from-leader")
def test_word_of_a_transfer_from_an_agent_that_is_not_followed_is_ignored() -> None:
    for sender in ("w", "x", "c"):
        before = a_follower("b", leader="a")
        assert step(before, received(transfer_now(sender))) == (before, ())


@pytest.mark.clause("heartbeat.stale-answered", "message.late-is-valid")
def test_answer_that_acknowledges_no_round_is_sound() -> None:
    leader = a_leader()
    assert step(leader, received(heartbeat_reply("b", number=0))) == (leader, ())


@each_kind
@pytest.mark.clause("message.late-is-valid")
def test_late_packet_is_never_rejected(packet: Packet) -> None:
    for before in (
        a_follower("b", term=9, terms=(1, 9)),
        a_leader(term=9, terms=(1, 9), given=a_follower("b").config),
    ):
        late = replace(packet, sender=A if before.me == B else B)
        _, outputs = step(before, received(late))
        assert not any(isinstance(output, Rejected) for output in outputs)


EVERY_STATE = (
    a_newcomer(),
    a_newcomer("w"),
    a_follower("b"),
    a_follower("w"),
    an_idle_elector("b"),
    a_pre_candidate("b"),
    a_candidate("b"),
    a_leader(),
    a_leader(given=config("a", electors="a", workers="")),
    a_newcomer("x"),
    a_follower("b", held=begun(2, 1), commit=2),
    a_follower("b", held=begun(2, 1, noop(1), noop(1)), commit=3),
    a_leader(held=begun(2, 1, noop(1), noop(1)), commit=3),
    a_leader(held=Log.of([noop(1), roll_entry(1, "abw", "abc", "c")]), commit=1),
    a_leader(held=Log.of([noop(1), roll_entry(1, "bc", workers="aw")]), commit=2),
)
REQUEST = RequestId("r")
EVERY_MESSAGE: tuple[Message, ...] = (
    *(received(packet) for packet in EVERY_PACKET),
    *(received(replace(packet, sender=B)) for packet in EVERY_PACKET),
    *(received(replace(packet, term=Term(9))) for packet in EVERY_PACKET),
    election_elapsed(),
    heartbeat_elapsed(),
    Write(REQUEST, Command("x")),
    Read(REQUEST, START),
    LeaseRead(REQUEST, START),
    Transfer(REQUEST, B),
    *(snapshotted(index) for index in (-1, 0, 1, 2, 3, 9)),
    *(change(kind, target) for kind in ChangeKind for target in "abwx"),
    *(replacement(electors) for electors in ("", "a", "abc", "abw", "abx")),
)


@pytest.mark.clause("message.total", "message.pure")
@pytest.mark.parametrize("message", EVERY_MESSAGE, ids=kind_of)
def test_every_message_is_answered_the_same_way_each_time(message: Message) -> None:
    for state in EVERY_STATE:
        before = hash(state)
        once = step(state, message)
        assert step(state, message) == once
        assert hash(state) == before
