"""A runtime in another language passes the vectors, and bugs in it are caught."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from primacy_model.cli import commands

HERE: Final = Path(__file__).parent / "node"
NODE: Final = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def node(program: str, *words: object) -> str:
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(HERE / program), *(str(word) for word in words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def passed(made: Path, *core: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(node("vectors.mjs", made, *core))
    return found


def judged(folder: Path, *words: object) -> tuple[int, str]:
    trace = folder / "trace.jsonl"
    trace.write_text(node("mesh.mjs", *words), encoding="utf-8")
    done = CliRunner().invoke(commands.main, ["conform", str(trace)])
    return done.exit_code, done.output


def test_node_passes_every_vector_and_every_scenario(made: Path) -> None:
    told = passed(made)
    files = json.loads((made / "manifest.json").read_text())["files"].values()
    heads = sum(row["holds"] == "trace" for row in files)
    assert told == {"passed": sum(row["lines"] for row in files) - heads, "failed": {}}


@pytest.mark.parametrize("states", ["full", "digest"])
def test_a_trace_of_a_mesh_in_node_is_allowed(tmp_path: Path, states: str) -> None:
    code, told = judged(tmp_path, states)
    assert (code, "allowed. " in told) == (0, True), told
    text = (tmp_path / "trace.jsonl").read_text()
    for event in ('"crash"', '"recover"', '"Forward"', '"TransferNow"', '"ServeRead"'):
        assert event in text
    for event in ('"Snapshotted"', '"Discard"', '"Install"', '"Restore"'):
        assert event in text
    for change in ("admit", "promote", "demote", "dismiss"):
        assert f'"kind":"{change}"' in text
    assert text.count('"Replace"') * text.count('"RollChanged"') > 0


@dataclass(frozen=True)
class Bug:
    """A text of core.mjs, what stands there instead, and where it is seen first."""

    name: str
    before: str
    after: str
    seen_in: str


BUGS: Final = (
    Bug(
        "a grant of an older term counts",
        "if (reply.term < term(state)) return [state, []]; // vote.stale-grant",
        "",
        "step-VoteReply.jsonl",
    ),
    Bug(
        "a vote is answered before it is durable",
        "const outputs = [persistTerm(durable), answer(true)]; // vote.durable",
        "const outputs = [answer(true), persistTerm(durable)];",
        "step-VoteRequest.jsonl",
    ),
    Bug(
        "an older term is committed by counting",
        "if (!accepts(state.durable.log, index, term(state))) "
        "return [state, []]; // commit.own-term",
        "",
        "step-AppendReply.jsonl",
    ),
    Bug(
        "two votes in a term",
        "if (vote !== NOBODY) return [state, [answer(false)]]; // vote.one-per-term",
        "",
        "step-VoteRequest.jsonl",
    ),
    Bug(
        "half is a quorum",
        "2 * common(electors, agents).length > electors.length",
        "2 * common(electors, agents).length >= electors.length",
        "step-Elapsed.jsonl",
    ),
    Bug(
        "logs are compared by length first",
        "if (request.last_term !== lastTerm(log)) "
        "return request.last_term > lastTerm(log);",
        "",
        "step-PreVoteRequest.jsonl",
    ),
    Bug(
        "an append always truncates",
        "if (end <= lastIndex(log) && isSame(held, append.entries))",
        "if (false)",
        "step-Append.jsonl",
    ),
    Bug(
        "the match index falls",
        "if (index < held) return [state, []]; // commit.match-never-falls",
        "",
        "step-AppendReply.jsonl",
    ),
    Bug(
        "a lease is counted from the acknowledgement",
        "const until = known.lease_start + config.lease_ms; // lease.from-start",
        "const until = state.last_heartbeat + config.lease_ms;",
        "step-HeartbeatReply.jsonl",
    ),
    Bug(
        "a transfer keeps the lease",
        "lease_void: true, transferee: target",
        "transferee: target",
        "step-Transfer.jsonl",
    ),
    Bug(
        "a restart forgets the promise",
        '[wait, timers] = ["promise", [promiseTimer(config)]];',
        '[wait, timers] = ["stand", [promiseTimer(config)]];',
        "recover.jsonl",
    ),
    Bug(
        "a read is served before an entry of the term is committed",
        "if (!hasCommittedInTerm(state)) "
        "return [state, [stale(state, request, UNCOMMITTED)]];\n"
        "  return askRound",
        "return askRound",
        "step-Read.jsonl",
    ),
    Bug(
        "a stale heartbeat is dropped",
        "if (heartbeat.term < term(state)) "
        "return [state, [answer(0)]]; // heartbeat.stale-answered",
        "if (heartbeat.term < term(state)) return [state, []];",
        "step-Heartbeat.jsonl",
    ),
    Bug(
        "a forwarded write needs no token",
        "if (of !== term(state) || whyNoWrite(state))",
        "if (whyNoWrite(state))",
        "step-Forward.jsonl",
    ),
    Bug(
        "entries that conflict with a snapshot are kept",
        "const keeps_rest = accepts(durable.log, index, index_term);",
        "const keeps_rest = index <= lastIndex(durable.log);",
        "step-Install.jsonl",
    ),
    Bug(
        "an older snapshot takes what is committed back",
        "if (index <= state.commit_index) { // snapshot.known",
        "if (index <= startOf(durable.log)) {",
        "step-Install.jsonl",
    ),
    Bug(
        "a snapshot stands for what is not committed",
        "if (index > state.commit_index) "
        "return [state, []]; // snapshot.committed-only",
        "if (index > lastIndex(log)) return [state, []];",
        "step-Snapshotted.jsonl",
    ),
    Bug(
        "a snapshot is sent again while it is on its way",
        "if (numberOf(installing, target) > held) "
        "return [state, []]; // snapshot.once-at-a-time",
        "",
        "step-HeartbeatReply.jsonl",
    ),
    Bug(
        "a restart forgets that what a snapshot stands for is committed",
        "commit_index: startOf(durable.log), granted: [],",
        "commit_index: 0, granted: [],",
        "recover.jsonl",
    ),
    Bug(
        "an append from below the commit index is compared",
        "if (append.prev_index < state.commit_index) { // log.below-commit",
        "if (false) {",
        "step-Append.jsonl",
    ),
    Bug(
        "a lower token is admitted",
        "given < 1 || given < fence.highest",
        "given < 1",
        "admit.jsonl",
    ),
    Bug(
        "a lease may be as long as a promise",
        "(election * (1_000_000 - drift)) / (1_000_000 + drift)",
        "election",
        "config.jsonl",
    ),
    Bug(
        "a change waits for no entry of the term",
        'return hasCommittedInTerm(state) ? "" : UNCOMMITTED; // change.own-term',
        'return "";',
        "step-Change.jsonl",
    ),
    Bug(
        "a change does not wait for the one before",
        "if (isJoint(roll) || roll.index > state.commit_index) {",
        "if (isJoint(roll)) {",
        "step-Change.jsonl",
    ),
    Bug(
        "a change does not wait for the joint roll to be settled",
        "if (isJoint(roll) || roll.index > state.commit_index) {",
        "if (roll.index > state.commit_index) {",
        "step-Replace.jsonl",
    ),
    Bug(
        "half of a joint roll elects",
        "isMajority(agents, roll.electors) && isMajority(agents, roll.outgoing);",
        "isMajority(agents, roll.electors);",
        "step-VoteReply.jsonl",
    ),
    Bug(
        "half of a joint roll commits",
        "Math.min(middle(map, roll.electors), middle(map, roll.outgoing))",
        "middle(map, roll.electors)",
        "step-AppendReply.jsonl",
    ),
    Bug(
        "the other half of a joint roll commits",
        "Math.min(middle(map, roll.electors), middle(map, roll.outgoing))",
        "middle(map, roll.outgoing)",
        "step-AppendReply.jsonl",
    ),
    Bug(
        "a truncated roll stays in force",
        "const roll = rollOf(grownLog, firstRoll(state.config)); // roll.of-log",
        'const isSet = append.entries.some((entry) => entry.kind === "roll");\n'
        "  const [first, old] = [firstRoll(state.config), state.roll];\n"
        "  const roll = isSet ? rollOf(grownLog, first) : old;",
        "step-Append.jsonl",
    ),
    Bug(
        "a restart forgets the roll",
        "const roll = rollOf(durable.log, firstRoll(config));",
        "const roll = firstRoll(config);",
        "recover.jsonl",
    ),
    Bug(
        "a leader off the roll is refused",
        "if (value.sender === NOBODY || value.sender === me(state)) {",
        "if (!members(state).includes(value.sender)) {",
        "step-Heartbeat.jsonl",
    ),
    Bug(
        "a voter asks its own roll for the candidate",
        "if (!isVoter(request.roll, me(state))) return false;",
        "if (!isElector(state, request.sender)) return false;",
        "step-VoteRequest.jsonl",
    ),
    Bug(
        "what is below the roll is committed by counting",
        "if (index < state.roll.index) return [state, []]; // commit.own-roll",
        "",
        "step-AppendReply.jsonl",
    ),
    Bug(
        "the answer of an agent that was dismissed counts",
        "if (!isMember(state, sender)) return [state, []]; // roll.members-only\n"
        "  if (index < held)",
        "if (index < held)",
        "step-AppendReply.jsonl",
    ),
    Bug(
        "the round of an agent that was dismissed counts",
        "if (!isMember(state, sender)) return [state, []]; // roll.members-only\n"
        "  if (round <=",
        "if (round <=",
        "step-HeartbeatReply.jsonl",
    ),
    Bug(
        "a change keeps the lease",
        "lease_given: false, // change.voids-lease",
        "",
        "step-Change.jsonl",
    ),
    Bug(
        "a change keeps the progress of an agent that it takes out",
        "match: within(match, all), // change.forgets",
        "match,",
        "step-Change.jsonl",
    ),
    Bug(
        "a leader off the roll stays",
        "if (isLeaving(state)) return leave(state); // change.removed-leader",
        "",
        "step-Elapsed.jsonl",
    ),
    Bug(
        "a leader leaves before its removal is committed",
        "state.roll.index <= state.commit_index && !isElector(state, me(state));",
        "!isElector(state, me(state));",
        "step-Elapsed.jsonl",
    ),
    Bug(
        "nobody stands off the roll",
        "return isVoter(before, me(state)); // stand.taken-off",
        "return false;",
        "step-Elapsed.jsonl",
    ),
    Bug(
        "a roll may be ahead of the log that it came from",
        " || roll.index > last",
        "",
        "step-VoteRequest.jsonl",
    ),
    Bug(
        "agents that are not alive support a change",
        "const alive = [...atLeast(seen, checked), me(state)];",
        "const alive = membersOf(state.roll);",
        "step-Change.jsonl",
    ),
)


def with_bug(folder: Path, bug: Bug) -> Path:
    source = (HERE / "core.mjs").read_text(encoding="utf-8")
    assert source.count(bug.before) == 1, bug.name
    place = folder / "core.mjs"
    place.write_text(source.replace(bug.before, bug.after), encoding="utf-8")
    return place


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_fails_in_the_vectors_that_tell_of_it(
    made: Path, tmp_path: Path, bug: Bug
) -> None:
    failed = passed(made, with_bug(tmp_path, bug))["failed"]
    assert bug.seen_in in failed


IN_A_RUN: Final = (
    "a vote is answered before it is durable",
    "an append always truncates",
    "a lease is counted from the acknowledgement",
    "a restart forgets the promise",
    "a leader off the roll stays",
    "a change keeps the lease",
    "a restart forgets the roll",
)


@pytest.mark.parametrize("name", IN_A_RUN)
def test_a_bug_that_shows_in_a_run_is_not_allowed(tmp_path: Path, name: str) -> None:
    (bug,) = (each for each in BUGS if each.name == name)
    code, told = judged(tmp_path, "full", with_bug(tmp_path, bug))
    assert code == 1
    assert "trace.jsonl:" in told
    assert "not allowed: agent" in told
    assert "clauses: " in told
