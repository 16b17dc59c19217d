"""Whole meshes, run by the runtime of the tests: one scenario a test."""

import pytest

from primacy.agents import AgentSet
from primacy.config import agents
from primacy.log import Entry
from primacy.messages import (
    Append,
    Change,
    ChangeKind,
    LeaseRead,
    PreVoteRequest,
    Read,
    Replace,
    Transfer,
    VoteReply,
    VoteRequest,
    Write,
)
from primacy.outputs import (
    PartitionHealed,
    PartitionSuspected,
    PresenceChanged,
    RoleChanged,
    ServeRead,
    Stale,
    WriteAccepted,
)
from primacy.role import Role
from primacy.types import AgentId, Command, Instant, RequestId
from tests.support.builders import ELECTION_MS, LEADER_MS, change, replacement
from tests.support.virtual_runtime import VirtualMesh

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
each_seed = pytest.mark.parametrize("seed", range(8))


def started(
    electors: str, workers: str = "", *, seed: int = 0, batch: int = 64
) -> VirtualMesh:
    """Start every agent at once."""
    mesh = VirtualMesh(electors, workers, seed=seed, batch=batch)
    mesh.start()
    return mesh


def write(mesh: VirtualMesh, name: str, *commands: str) -> None:
    for command in commands:
        mesh.give(name, Write(RequestId(command), Command(command)))


def commands(entries: list[Entry]) -> list[str]:
    return [entry.command for entry in entries if entry.command]


def stood(mesh: VirtualMesh, role: Role) -> list[str]:
    """Name the agents that came to be in a role, once for each time."""
    return [
        name
        for name, output in mesh.told
        if isinstance(output, RoleChanged)
        and output.after == role
        and output.before != role
    ]


# The initial election


@each_seed
@pytest.mark.parametrize("electors", ["abc", "abcde", "abcdefg"])
@pytest.mark.clause("claim.lowest-stands", "claim.joins", "claim.lower-claims-too")
def test_lowest_id_wins_term_1_without_a_split_vote(electors: str, seed: int) -> None:
    """L2: all initial leaders start, in any order, before the first one claims."""
    mesh = VirtualMesh(electors, "w", seed=seed)
    order = electors[seed % len(electors) :] + electors[: seed % len(electors)]
    for name in order:
        mesh.start(name)
        mesh.run((seed * 7) % (LEADER_MS // len(electors)))
    mesh.start("w")
    assert mesh.elect() == "a"
    assert {state.term for state in mesh.states.values()} == {1}
    assert stood(mesh, Role.CANDIDATE) == ["a"]
    votes = [packet for _, _, packet in mesh.sent if isinstance(packet, VoteReply)]
    assert all(vote.granted for vote in votes)


@each_seed
@pytest.mark.clause("claim.others-defer", "stand.again")
def test_others_elect_a_leader_if_the_lowest_claimant_dies(seed: int) -> None:
    mesh = started("abc", seed=seed)
    mesh.run(LEADER_MS + ELECTION_MS // 2)
    mesh.crash("a")
    assert mesh.elect() in ("b", "c")


@pytest.mark.clause("quorum.majority", "stand.pre-vote")
def test_minority_of_initial_leaders_elects_nobody() -> None:
    mesh = VirtualMesh("abcde", "vw")
    mesh.start("a", "b", "v", "w")
    mesh.run(5_000)
    assert mesh.leaders() == []
    assert {state.term for state in mesh.states.values()} == {0}


# A lost leader, and what it costs


@pytest.mark.clause("stand.electors-only")
def test_worker_never_sends_when_the_leader_is_lost() -> None:
    mesh = started("abc", "vw")
    leader = mesh.elect()
    mesh.crash(leader)
    mesh.run(2)  # the last acknowledgements arrive
    mesh.sent.clear()
    for name in "abc":
        if name != leader:
            mesh.crash(name)
    mesh.run(5_000)
    assert mesh.sent == []
    assert all(mesh.states[name].leader == "" for name in "vw")


def cost_of_a_lost_leader(electors: int, everyone: int, seed: int) -> tuple[int, int]:
    """Count packets to the next win, and candidacies; no worker sends any of them."""
    names = LETTERS[:everyone]
    mesh = started(names[:electors], names[electors:], seed=seed)
    lost = mesh.elect()
    mesh.crash(lost)
    mesh.run(2)
    mesh.sent.clear()
    mesh.told.clear()
    assert mesh.until(lambda: mesh.leaders() != [], mesh.now + 5_000)
    (winner,) = mesh.leaders()
    sent = [
        (sender, packet)
        for sender, _, packet in mesh.sent
        if not isinstance(packet, Append)
    ]
    assert all(sender in names[:electors] for sender, _ in sent)
    appends = [target for _, target, packet in mesh.sent if isinstance(packet, Append)]
    assert len(appends) == everyone - 1
    assert winner in names[:electors]
    mesh.elect()
    return len(sent), len(stood(mesh, Role.PRE_CANDIDATE))


@each_seed
@pytest.mark.parametrize("everyone", [3, 5, 9, 27, 52])
@pytest.mark.clause("stand.electors-only", "timer.randomised")
def test_lost_leader_costs_the_electors_alone(everyone: int, seed: int) -> None:
    """With 3 electors the election costs the same in a mesh of any size.

    The winner then sends its no-op to each agent, which is linear in the mesh.
    """
    packets, candidacies = cost_of_a_lost_leader(3, everyone, seed)
    assert packets <= 4 * 2 * candidacies
    assert candidacies <= 2 * 3  # a vote may be split


@each_seed
@pytest.mark.parametrize("electors", [3, 5, 9])
@pytest.mark.clause("stand.electors-only", "timer.randomised")
def test_each_candidacy_is_linear_in_the_electors(electors: int, seed: int) -> None:
    """Two requests to, and two answers from, each other elector.

    How many stand at once is a matter of the draw: at most all of them.
    """
    packets, candidacies = cost_of_a_lost_leader(electors, 27, seed)
    assert packets <= 4 * (electors - 1) * candidacies
    assert candidacies <= 2 * electors  # a vote may be split


@each_seed
@pytest.mark.clause("timer.randomised", "stand.again", "vote.log")
def test_lost_leader_is_replaced(seed: int) -> None:
    mesh = started("abcde", "w", seed=seed)
    lost = mesh.elect()
    write(mesh, lost, "x")
    mesh.run(50)
    mesh.crash(lost)
    winner = mesh.elect()
    assert winner != lost
    assert mesh.states[winner].term > 1
    assert commands(mesh.applied[winner]) == ["x"]


@each_seed
@pytest.mark.clause("restart.follower", "restart.from-disk")
def test_restarted_leader_does_not_resume_leadership(seed: int) -> None:
    mesh = started("abc", "w", seed=seed)
    lost = mesh.elect()
    term = mesh.states[lost].term
    mesh.crash(lost)
    mesh.start(lost)
    state = mesh.states[lost]
    assert (state.role, state.leader, state.term) == (Role.FOLLOWER, "", term)
    after = mesh.elect()
    assert mesh.states[after].term > term


@pytest.mark.clause("restart.from-disk", "vote.after-restart", "runtime.apply")
def test_whole_mesh_restarts_from_its_disks() -> None:
    mesh = started("abc", "w")
    leader = mesh.elect()
    write(mesh, leader, "x", "y")
    mesh.run(50)
    before = dict(mesh.disks)
    for name in "abcw":
        mesh.crash(name)
    mesh.start()
    assert {name: state.durable for name, state in mesh.states.items()} == before
    mesh.elect()
    assert all(commands(entries) == ["x", "y"] for entries in mesh.applied.values())


# Partitions


@each_seed
@pytest.mark.clause("leader.quorum-check", "watch.partition")
def test_leader_that_is_cut_off_tells_whom_it_reached_and_that_it_healed(
    seed: int,
) -> None:
    mesh = started("abc", "w", seed=seed)
    leader = mesh.elect()
    mesh.run(20)
    mesh.isolate(leader)
    mesh.run(2 * LEADER_MS + 10)
    others = agents(*(name for name in "abc" if name != leader))
    assert mesh.outputs(PartitionSuspected, leader) == [
        PartitionSuspected(AgentSet.of(leader), others)
    ]
    assert mesh.until(lambda: len(mesh.leaders()) == 1, mesh.now + 2_000)
    mesh.heal()
    assert mesh.elect() != leader
    assert mesh.outputs(PartitionHealed, leader) == [PartitionHealed()]


@pytest.mark.clause("leader.quorum-check", "watch.partition")
def test_leader_on_the_minor_side_names_the_agents_on_its_side() -> None:
    mesh = started("abcde", "vw")
    assert mesh.elect() == "a"
    mesh.run(20)
    mesh.cut(*(one + other for one in "abv" for other in "cdew"))
    mesh.run(2 * LEADER_MS + 10)
    assert mesh.outputs(PartitionSuspected, "a")[0] == PartitionSuspected(
        agents("a", "b", "v"), agents("c", "d", "e")
    )


@each_seed
@pytest.mark.clause("stand.pre-vote", "vote.sticky", "vote.unanswered")
def test_returning_agent_does_not_depose_a_live_leader(seed: int) -> None:
    """L3."""
    mesh = started("abc", "w", seed=seed)
    leader = mesh.elect()
    follower = "b" if leader != "b" else "c"
    mesh.isolate(follower)
    write(mesh, leader, "x")
    mesh.run(3_000)
    assert mesh.states[follower].role == Role.PRE_CANDIDATE
    mesh.heal()
    mesh.run(1_000)
    assert mesh.is_settled()
    assert (mesh.leaders(), mesh.states[leader].term) == ([leader], 1)
    assert mesh.outputs(PartitionHealed, follower) == [PartitionHealed()]


@each_seed
@pytest.mark.clause("quorum.majority", "log.conflict", "commit.own-term")
def test_healed_mesh_agrees_and_loses_no_acknowledged_write(seed: int) -> None:
    """L4: the old leader's writes on the minor side are overwritten."""
    mesh = started("abcde", "w", seed=seed)
    old = mesh.elect()
    write(mesh, old, "kept")
    mesh.run(50)
    minor = old + next(name for name in "abcde" if name != old)
    major = [name for name in "abcde" if name not in minor]
    mesh.cut(*(one + other for one in minor for other in [*major, "w"]))
    write(mesh, old, "lost")
    assert mesh.until(
        lambda: any(name in major for name in mesh.leaders()), mesh.now + 5_000
    )
    new = next(name for name in mesh.leaders() if name in major)
    write(mesh, new, "new")
    mesh.run(500)
    mesh.heal()
    mesh.elect()
    mesh.run(200)
    assert mesh.is_settled()
    assert {tuple(commands(done)) for done in mesh.applied.values()} == {
        ("kept", "new")
    }


@each_seed
@pytest.mark.parametrize("electors", ["abc", "abcde"])
@pytest.mark.clause("vote.sticky", "stand.pre-vote")
def test_hub_topology_ends_with_one_leader(electors: str, seed: int) -> None:
    """Only the hub c reaches everyone; elections come to an end all the same."""
    mesh = VirtualMesh(electors, seed=seed)
    leaves = electors.replace("c", "")
    mesh.cut(*(one + other for one in leaves for other in leaves if one < other))
    mesh.start()
    assert mesh.until(lambda: mesh.leaders() != [], 5_000)
    mesh.run(1_000)
    (leader,) = mesh.leaders()
    term = mesh.states[leader].term
    mesh.run(3_000)
    assert mesh.leaders() == [leader]
    assert mesh.states[leader].term == term


@each_seed
@pytest.mark.clause("vote.sticky", "leader.quorum-check")
def test_mesh_that_becomes_a_hub_keeps_or_replaces_its_leader_once(seed: int) -> None:
    mesh = started("abcde", seed=seed)
    assert mesh.elect() == "a"
    mesh.cut(*(one + other for one in "abde" for other in "abde" if one < other))
    mesh.run(2_000)
    assert mesh.leaders() == ["c"]
    term = mesh.states["c"].term
    mesh.run(2_000)
    assert (mesh.leaders(), mesh.states["c"].term) == (["c"], term)


# Presence


@pytest.mark.clause("presence.missed-rounds", "presence.back", "presence.travels")
def test_dead_agent_is_shown_as_dead_and_back_by_everyone() -> None:
    mesh = started("abc", "vw")
    mesh.elect()
    mesh.told.clear()
    mesh.crash("w")
    mesh.run(2 * LEADER_MS + 20)
    for name in "abcv":
        assert mesh.outputs(PresenceChanged, name) == [
            PresenceChanged(agents(), agents("w"))
        ]
        assert not mesh.states[name].alive.has(AgentId("w"))
    mesh.told.clear()
    mesh.start("w")
    mesh.run(100)
    for name in "abcv":
        assert mesh.outputs(PresenceChanged, name) == [
            PresenceChanged(agents("w"), agents())
        ]


@pytest.mark.clause("presence.decides-nothing")
def test_dead_worker_disturbs_nobody() -> None:
    mesh = started("abc", "w")
    leader = mesh.elect()
    mesh.crash("w")
    mesh.run(2_000)
    assert (mesh.leaders(), mesh.states[leader].term) == ([leader], 1)


# The log


@each_seed
@pytest.mark.clause("log.batch", "log.resent", "log.hint")
def test_lagging_agent_catches_up_over_several_batches(seed: int) -> None:
    mesh = started("abc", "w", seed=seed, batch=4)
    leader = mesh.elect()
    mesh.crash("w")
    written = [f"x{number}" for number in range(30)]
    write(mesh, leader, *written)
    mesh.run(50)
    mesh.start("w")
    mesh.sent.clear()
    mesh.run(100)
    assert commands(mesh.applied["w"]) == written
    batches = [
        packet.entries.size
        for _, target, packet in mesh.sent
        if target == "w" and isinstance(packet, Append)
    ]
    assert max(batches) == 4
    assert len(batches) >= 8


@each_seed
@pytest.mark.clause("log.conflict", "log.hint", "log.resent")
def test_agent_with_a_long_diverging_log_is_mended(seed: int) -> None:
    mesh = started("abc", seed=seed, batch=3)
    old = mesh.elect()
    mesh.isolate(old)
    write(mesh, old, *(f"lost{number}" for number in range(20)))
    assert mesh.until(
        lambda: len(mesh.leaders()) == 2 or mesh.leaders() not in ([old], []),
        mesh.now + 5_000,
    )
    (new,) = (name for name in mesh.leaders() if name != old)
    kept = [f"kept{number}" for number in range(10)]
    write(mesh, new, *kept)
    mesh.run(50)
    mesh.heal()
    mesh.elect()
    mesh.run(100)
    assert commands(list(mesh.states[old].log.entries)) == kept


@pytest.mark.clause("write.accepted", "commit.quorum", "runtime.acknowledge")
def test_write_to_a_leader_with_a_quorum_is_committed_everywhere() -> None:
    """L5."""
    mesh = started("abc", "w")
    leader = mesh.elect()
    mesh.crash("b" if leader != "b" else "c")
    write(mesh, leader, "x")
    (accepted,) = mesh.outputs(WriteAccepted)
    assert isinstance(accepted, WriteAccepted)
    mesh.run(50)
    for name in mesh.states:
        assert mesh.applied[name][accepted.index - 1].term == accepted.token
        assert commands(mesh.applied[name]) == ["x"]


# Reads


@pytest.mark.clause("read.quorum-confirms", "read.follower-asks", "read.when-applied")
@pytest.mark.parametrize("reader", ["a", "b", "w"])
def test_read_by_read_index_sees_every_acknowledged_write(reader: str) -> None:
    mesh = started("abc", "w")
    assert mesh.elect() == "a"
    write(mesh, "a", "x")
    mesh.run(3)
    mesh.give(reader, Read(RequestId("r"), Instant(mesh.now)))
    assert mesh.until(lambda: mesh.outputs(ServeRead) != [], mesh.now + 100)
    assert mesh.outputs(ServeRead, reader) == mesh.outputs(ServeRead)
    assert commands(mesh.applied[reader]) == ["x"]


@each_seed
@pytest.mark.clause("lease.expires", "vote.sticky", "vote.after-restart")
def test_no_two_agents_hold_a_lease_at_once(seed: int) -> None:
    """S11, with the leader cut off and a voter restarted in between."""
    mesh = started("abc", seed=seed)
    old = mesh.elect()
    mesh.run(20)
    mesh.isolate(old)
    voter = "b" if old != "b" else "c"
    mesh.crash(voter)
    mesh.start(voter)
    held = dict.fromkeys("abc", -1)
    for _ in range(1_000):
        mesh.run(1)
        for name in mesh.leaders():
            mesh.give(name, LeaseRead(RequestId("r"), Instant(mesh.now)))
            if isinstance(mesh.told[-1][1], ServeRead):
                held[name] = mesh.now
        assert sum(instant == mesh.now for instant in held.values()) <= 1
    assert max(held.values()) > held[old]


# Transfer


@each_seed
@pytest.mark.clause("transfer.stands-at-once", "transfer.caught-up", "vote.released")
@pytest.mark.parametrize("electors", ["abc", "abcde"])
def test_leadership_is_handed_over_within_a_few_round_trips(
    electors: str, seed: int
) -> None:
    mesh = started(electors, "w", seed=seed)
    old = mesh.elect()
    write(mesh, old, "x")
    mesh.run(20)
    target = "c" if old != "c" else "b"
    mesh.give(old, Transfer(RequestId("t"), AgentId(target)))
    mesh.run(10)
    assert mesh.leaders() == [target]
    assert mesh.states[target].term == 2
    requests = [
        packet.transfer
        for _, _, packet in mesh.sent
        if isinstance(packet, VoteRequest) and packet.term == 2
    ]
    assert requests
    assert all(requests)
    hints = [1 for _, _, packet in mesh.sent if isinstance(packet, PreVoteRequest)]
    assert len(hints) == len(electors) - 1  # those of the initial election
    mesh.run(50)
    assert mesh.is_settled()


@pytest.mark.clause("transfer.gives-up", "transfer.no-write", "transfer.voids-lease")
def test_transfer_to_a_dead_elector_is_given_up() -> None:
    mesh = started("abc", "w")
    assert mesh.elect() == "a"
    mesh.run(20)
    mesh.crash("b")
    mesh.give("a", Transfer(RequestId("t"), AgentId("b")))
    write(mesh, "a", "early")
    mesh.run(LEADER_MS)
    write(mesh, "a", "late")
    mesh.run(50)
    assert commands(mesh.applied["a"]) == ["late"]
    mesh.give("a", LeaseRead(RequestId("r"), Instant(mesh.now)))
    assert isinstance(mesh.told[-1][1], Stale)


# Members that come and go


def admit(name: str) -> Change:
    return change(ChangeKind.ADMIT, name, request=f"admit {name}")


def demote(name: str) -> Change:
    return change(ChangeKind.DEMOTE, name, request=f"demote {name}")


def dismiss(name: str) -> Change:
    return change(ChangeKind.DISMISS, name, request=f"dismiss {name}")


def carry_out(mesh: VirtualMesh, *requests: Change | Replace) -> None:
    """Let a leader make changes, each as soon as it takes it."""
    for request in requests:

        def is_taken(request: Change | Replace = request) -> bool:
            for name in mesh.leaders():
                if mesh.states[name].roll.index <= mesh.states[name].commit_index:
                    mesh.give(name, request)
            return any(
                isinstance(output, WriteAccepted) and output.request == request.request
                for _, output in mesh.told
            )

        assert mesh.until(is_taken, mesh.now + 5_000), request
        mesh.elect()


def electors_of(mesh: VirtualMesh) -> set[AgentSet]:
    """Collect the electorates that the members that run know of."""
    members = mesh.states[mesh.leaders()[0]].roll.members
    return {
        mesh.states[name].roll.electors
        for name in members.members
        if name in mesh.states
    }


@each_seed
@pytest.mark.clause(
    "change.joint", "change.settles", "change.admit", "change.supported"
)
def test_dead_elector_is_replaced_by_the_two_that_live(seed: int) -> None:
    mesh = VirtualMesh("abc", "", "d", seed=seed)
    mesh.start()
    leader = mesh.elect()
    write(mesh, leader, "x")
    dead = "c" if leader != "c" else "b"
    others = [name for name in "abc" if name != dead]
    mesh.crash(dead)
    carry_out(
        mesh,
        admit("d"),
        replacement("".join([*others, "d"])),
        dismiss(dead),
    )
    assert electors_of(mesh) == {agents(*others, "d")}
    mesh.crash(others[0])
    write(mesh, mesh.elect(), "y")
    mesh.elect()
    assert all(commands(mesh.applied[name])[0] == "x" for name in (others[1], "d"))
    assert commands(mesh.applied["d"])[-1] == "y"


@each_seed
@pytest.mark.clause("change.promote", "change.in-force-at-once", "change.admit")
def test_lone_agent_grows_to_three_that_outlive_it(seed: int) -> None:
    mesh = VirtualMesh("a", "", "bc", seed=seed)
    mesh.start()
    mesh.elect()
    write(mesh, "a", "x")
    carry_out(mesh, admit("b"), admit("c"), replacement("abc"))
    assert electors_of(mesh) == {agents("a", "b", "c")}
    mesh.crash("a")
    assert mesh.elect() in "bc"
    assert commands(mesh.applied[mesh.leaders()[0]]) == ["x"]


@each_seed
@pytest.mark.clause("change.removed-leader", "change.hands-over")
def test_leader_that_demotes_itself_is_succeeded_and_follows(seed: int) -> None:
    mesh = started("abc", "w", seed=seed)
    leader = mesh.elect()
    mesh.sent.clear()
    carry_out(mesh, demote(leader))
    assert mesh.until(lambda: leader not in mesh.leaders(), mesh.now + 1_000)
    successor = mesh.elect()
    assert successor != leader
    assert mesh.states[leader].leader == successor
    assert not any(isinstance(packet, PreVoteRequest) for _, _, packet in mesh.sent)


@each_seed
@pytest.mark.clause("change.never-empty", "change.settles", "stand.electors-only")
def test_mesh_that_shrank_to_one_agent_outlives_all_others(seed: int) -> None:
    mesh = started("abc", seed=seed)
    leader = mesh.elect()
    kept = "a" if leader != "a" else "b"
    carry_out(mesh, replacement(kept))
    assert mesh.elect() == kept
    for name in "abc":
        if name != kept:
            mesh.crash(name)
    write(mesh, kept, "x")
    assert commands(mesh.applied[kept]) == ["x"]


@each_seed
@pytest.mark.clause("roll.of-log", "restart.from-disk", "restart.forgets")
def test_mesh_with_other_electors_restarts_from_its_disks(seed: int) -> None:
    mesh = VirtualMesh("abc", "w", "x", seed=seed)
    mesh.start()
    mesh.elect()
    carry_out(mesh, admit("x"), replacement("wx"))
    mesh.elect()
    for name in "abcwx":
        mesh.crash(name)
    mesh.run(1_000)
    mesh.start()
    assert mesh.elect() in "wx"
    assert electors_of(mesh) == {agents("w", "x")}


@pytest.mark.clause("change.demote-first", "stand.electors-only", "vote.sticky")
def test_dismissed_agent_disturbs_nobody() -> None:
    mesh = started("abc", seed=1)
    leader = mesh.elect()
    gone = "c" if leader != "c" else "b"
    carry_out(
        mesh,
        demote(gone),
        dismiss(gone),
    )
    term = mesh.states[leader].term
    mesh.run(2)
    mesh.sent.clear()
    mesh.run(5_000)
    assert mesh.leaders() == [leader]
    assert mesh.states[leader].term == term
    assert not any(sender == gone for sender, _, _ in mesh.sent)
