"""The theorems hold of the core that ships, and each bites.

A twin is a core with one assumption of a theorem taken out. It is a changed copy of
core, and a law must fail in it that holds in the real one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from primacy_proofs import laws, lifting, prover, session
from primacy_proofs._z3 import FALSE, Prover, Status
from primacy_proofs.contracts import CONTRACTS
from primacy_proofs.prover import FIRST, RESOURCE
from primacy_proofs.steps import steps
from primacy_proofs.theorems import THEOREMS
from primacy_proofs.world import World, mesh_facts

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "primacy"

JUDGE = """
import json, sys
from primacy_proofs.prover import prove_unit
unit, group = sys.argv[1:]
found = prove_unit(unit, frozenset([group])).obligations
print(json.dumps([[each.law, each.status] for each in found]))
"""


@dataclass(frozen=True)
class Twin:
    """A core without one assumption, and the law that fails in it."""

    name: str
    theorem: str
    module: str
    before: str
    after: str
    unit: str
    law: str


TWINS = (
    Twin("half is a majority", "S1", "roll", "> self.electors.size",
         ">= self.electors.size", "VoteReply", "a leader was elected"),
    Twin("workers count", "S1", "roll", "self.electors.common(agents).size",
         "agents.size", "VoteReply", "a leader was elected"),
    Twin("two votes a term", "S4", "election",
         "if state.durable.voted_for != NOBODY:",
         "if state.durable.voted_for == request.sender:",
         "VoteRequest", "an agent casts one vote a term"),
    Twin("a vote that is not written", "S4", "election",
         "outputs = (persist_term(durable), *answer)", "outputs = answer",
         "VoteRequest", "a granted vote was cast"),
    Twin("a vote in memory alone", "S13", "election",
         "outputs = (persist_term(durable), *answer)", "outputs = answer",
         "VoteRequest", "the disk has the vote"),
    Twin("sent, then written", "S13", "election",
         "outputs = (persist_term(durable), *answer)",
         "outputs = (*answer, persist_term(durable))",
         "VoteRequest", laws.PERSISTS_FIRST),
    Twin("a term in memory alone", "S13", "following",
         "return follower, (persist_term(durable),)", "return follower, ()",
         "Append", "the disk has the term"),
    Twin("entries in memory alone", "S13", "replication",
         "        Persist(durable.term, durable.voted_for, append.prev_index, "
         "append.entries),\n", "", "Append", "the disk has the log"),
    Twin("a restart without its disk", "S3", "recovery", "durable=durable,",
         "durable=NOTHING_DURABLE,", "Restart", "terms never fall"),
    Twin("a lower term is adopted", "S3", "stepping",
         "if packet.term <= state.term:", "if packet.term == state.term:",
         "Append", "terms never fall"),
    Twin("a stale grant counts", "S1", "election",
         "    if reply.term < state.term:\n        return state, ()  # vote.stale",
         "    if reply.term < 0:\n        return state, ()  # vote.stale",
         "VoteReply", "a counted vote was cast"),
    Twin("a refusal counts", "S1", "election",
         "    if not reply.granted:\n        return state, ()\n", "",
         "VoteReply", "a counted vote was cast"),
    Twin("a pre-vote wins", "S1", "election",
         "    return campaign(supported, transfer=False)\n\n\ndef on_vote_reply",
         "    return open_term(supported)\n\n\ndef on_vote_reply",
         "PreVoteReply", "a leader was elected"),
    Twin("another mesh votes", "S1", "validity",
         "if packet.mesh != state.config.mesh:", "if packet.term < 0:",
         "VoteReply", "a counted vote was cast"),
    Twin("a worker stands", "S2", "election",
         "if not state.roll.has(state.me):", "if state.term < 0:",
         "Elapsed", "who stands or leads is an elector"),
    Twin("a worker is voted for", "S2", "validity",
         "if not request.roll.has(request.sender):", "if request.term < 1:",
         "VoteRequest", "a cast is among electors"),
    Twin("a worker votes", "S2", "election",
         "if not request.roll.has(state.me):", "if request.term < 1:",
         "VoteRequest", "a cast is among electors"),
    Twin("leadership outlives a crash", "S1", "recovery", "role=Role.FOLLOWER,",
         "role=Role.LEADER,", "Restart", "a leader was elected"),
    Twin("an append that does not fit", "S5", "replication",
         "if not state.log.accepts(append.prev_index, append.prev_term):",
         "if append.prev_index > state.log.last_index:",
         "Append", "logs agree with leaders"),
    Twin("entries in any order", "S5", "replication",
         "before,\n        log.last_term,\n        segment,",
         "before,\n        log.last_term,\n        "
         "Segment.of(Entry(state.term, EntryKind.NOOP)),",
         "Write", "an append is cut from its leaders log"),
    Twin("a leader begins anew", "S6", "replication", "log.append(entry))",
         "log.spliced(Index(0), segment))", "Write", "a leader only appends"),
    Twin("an older log gets a vote", "S7", "election",
         "return request.last_index >= state.log.last_index  # vote.log",
         "return True", "VoteRequest", "a voter saw what it held"),
    Twin("entries of older terms are counted", "S8", "replication",
         "    if not state.log.accepts(index, state.term):\n"
         "        return state, ()  # commit.own-term",
         "    if index > state.log.last_index:\n        return state, ()",
         "AppendReply", "a quorum held what was chosen"),
    Twin("half of the electors commit", "S8", "replication",
         "if not state.roll.is_quorum(match.at_least(index)):",
         "if 2 * match.at_least(index).size < state.roll.electors.size:",
         "AppendReply", "a quorum held what was chosen"),
    Twin("a lease is never void", "S10", "reads",
         "is_kept = not lead.lease_void and now", "is_kept = now",
         "LeaseRead", "a leased read is fresh"),
    Twin("a voter is not bound", "S11", "election",
         "is_bound = state.role == Role.LEADER or state.wait == Wait.PROMISE",
         "is_bound = state.role == Role.LEADER",
         "VoteRequest", "a later vote comes after the promise"),
    Twin("a restart forgets the promise", "S11", "recovery",
         "if durable.term > 0:", "if durable.term > 1:",
         "Restart", "a promise lasts"),
    Twin("a stranger is counted", "NR", "validity",
         "    if not state.config.peers.has(packet.sender):\n"
         "        return Reason.UNKNOWN_SENDER  # message.sender\n",
         "", "HeartbeatReply", laws.NEVER_RAISES),
    Twin("a lower token is admitted", "S9", "fencing",
         "token < 1 or token < fence.highest", "token < 1",
         RESOURCE, "no token is admitted after a higher one"),
    Twin("a fence forgets", "S9", "fencing", "return Fence(token), Verdict",
         "return fence, Verdict", RESOURCE,
         "what is admitted is not above the fence"),
    Twin("a follower has a token", "S9", "fencing",
         "return state.term if state.role == Role.LEADER else NO_TERM",
         "return state.term", RESOURCE, "a token was its leaders"),
)  # fmt: skip


def judged(core: Path, unit: str, group: str) -> list[tuple[str, str]]:
    paths = [str(core), str(ROOT / "model"), str(ROOT / "proofs")]
    done = subprocess.run(
        [sys.executable, "-B", "-c", JUDGE, unit, group],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [(law, status) for law, status in json.loads(done.stdout)]


def group_of(twin: Twin) -> str:
    if twin.law == laws.PERSISTS_FIRST:
        return "durable"
    if twin.law == laws.NEVER_RAISES:
        return laws.TOTAL
    among = laws.INVARIANTS | laws.STEP_LAWS
    return among[twin.law].group


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_without_an_assumption_a_law_fails(twin: Twin, tmp_path: Path) -> None:
    copy = tmp_path / "primacy"
    shutil.copytree(CORE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    file = copy / f"{twin.module}.py"
    source = file.read_text(encoding="utf-8")
    assert source.count(twin.before) == 1
    file.write_text(source.replace(twin.before, twin.after), encoding="utf-8")
    found = judged(tmp_path, twin.unit, group_of(twin))
    failed = {status for law, status in found if law == twin.law} - {"proved"}
    assert failed
    assert Status.LIMIT.value not in failed


def test_every_theorem_has_a_twin() -> None:
    shown_elsewhere = {"PC"}  # test_without_one_path_the_others_are_not_all
    proved = {theorem.id for theorem in THEOREMS}
    assert {twin.theorem for twin in TWINS} | shown_elsewhere == proved


def test_two_leaders_a_term_need_majorities_that_meet() -> None:
    known = [
        contract.axiom
        for contract in CONTRACTS
        if contract.name != "two parts larger than the whole share a member"
    ]
    stated = [
        law.hypothesis(World())
        for law in laws.INVARIANTS.values()
        if law.group in prover.RESTS_ON["election"]
    ]
    goal = laws.CONSEQUENCES["a term has one leader"].goal(World())
    without = Prover([*known, *mesh_facts(), *stated])
    assert without.prove([], goal).status is Status.OPEN


@pytest.mark.parametrize("group", prover.RESTS_ON)
def test_what_is_taken_for_granted_is_no_contradiction(group: str) -> None:
    assert not prover.is_contradictory(group)


UNREACHABLE = {
    "PreVoteReply": 2,
    "VoteRequest": 4,
    "Append": 2,
    "TransferNow": 14,
    "Elapsed": 2,
}
"""Steps that the invariants exclude, by message.

A crash between the persists of a step is followed by a restart, which asks whether the
disk has a term: at that place it always has. A request of a higher term meets no vote
of that term. The word of a transfer in a higher term finds no leader that is followed.
"""


def test_every_step_is_possible_but_those_that_are_listed() -> None:
    stated = [
        law.hypothesis(World())
        for law in laws.INVARIANTS.values()
        if law.group in prover.RESTS_ON["fencing"]
    ]
    known = Prover([*(each.axiom for each in CONTRACTS), *mesh_facts(), *stated])
    excluded: dict[str, int] = {}
    for name in lifting.cases():
        for step in steps(lifting.lift(name)):
            if known.prove([step.condition], FALSE).status is Status.PROVED:
                excluded[name] = excluded.get(name, 0) + 1
    assert excluded == UNREACHABLE


def test_fencing_is_proved_and_told() -> None:
    theorems = session.chosen(["S9", "S13"])
    findings = session.judged(theorems, session.units_of(theorems, 2))
    assert session.overall(findings) is session.Verdict.PROVED
    told = session.shown(findings)
    assert "S9 fencing: proved for every mesh (" in told
    written = json.loads(session.as_json(findings))
    assert written["verdict"] == "proved"
    assert written["core_sha256"] == session.core_sha256()
    assert [each["id"] for each in written["theorems"]] == ["S9", "S13"]
    assert written["theorems"][0]["obligations"] > 2_000


def test_the_law_of_a_theorem_that_is_not_stated_makes_it_vacuous() -> None:
    theorems = session.chosen(["S1"])
    units = [prover.prove_unit(FIRST, frozenset(["durable"]))]
    assert session.judged(theorems, units)[0].verdict is session.Verdict.VACUOUS
