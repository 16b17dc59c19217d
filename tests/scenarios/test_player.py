"""The player: what it does not understand it says, and what is broken it shows."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from primacy import Message, State, step
from primacy.records import replace
from primacy.state import Durable, Result
from primacy.types import NOBODY
from primacy_model.simulation import cluster
from tests.scenarios.files import FOLDER, REWRITE, TRANSCRIPTS, difference
from tests.scenarios.language import NotUnderstood, blocks, put_together
from tests.scenarios.player import play

Write = Callable[[str], Path]


@pytest.fixture
def told(tmp_path: Path) -> Write:
    """Write commands into a file, all in one block; give its path."""

    def write(commands: str) -> Path:
        path = tmp_path / "story.txt"
        path.write_text(f"{commands}\n----\n", "utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("commands", "sentence"),
    [
        ("elect a", "1: the first command of a transcript is: mesh a b c"),
        ("dance a", "1: 'dance' is no command: mesh, disk, elect, elapse, deliver, "),
        ("mesh a a", "1: agent ids must be unique, got 'a' twice"),
        ("mesh", "1: 'mesh' is not of the form: mesh AGENT..."),
        ("mesh a b c lease", "1: 'mesh a b c lease' is not of the form: mesh "),
        ("mesh a b c batch x", "1: a whole number is needed, got 'x'"),
        ("mesh a b c lease 99", "1: clock_drift_ppm must be stated"),
        ("mesh a b c\nmesh a", "2: a transcript has one mesh"),
        ("mesh a b c\n\n# tells\ncrash z", "4: 'z' is no agent: a, b, c"),
        ("mesh a b c\ncrash a\ncrash a", "3: a is down already"),
        ("mesh a b c\nelapse a lunch", "2: 'elapse a lunch' is not of the form: ela"),
        ("mesh a b c\nelapse a heartbeat", "2: a has no heartbeat timer armed"),
        ("mesh a b c\nelapse a election keep", "2: elapse takes no packet"),
        (
            "mesh a b c\nelapse a election at -1",
            "2: a whole number is needed, got '-1'",
        ),
        (
            "mesh a b c\nelapse a election crash after 9",
            "2: the step has 3 outputs, observations included: there is no crash",
        ),
        (
            "mesh a b c\ndeliver b Claim from a",
            "2: no such packet is on its way, but: nothing",
        ),
        (
            "mesh a b c\nelapse a election\ndeliver b Claim from c",
            (
                "3: no such packet is on its way, but: Claim(term 0) from a to b; "
                "Claim(term 0) from a to c"
            ),
        ),
        (
            "mesh a b c\nelapse a election\ndeliver Claim",
            (
                "3: 2 packets are meant, say more: Claim(term 0) from a to b; "
                "Claim(term 0) from a to c"
            ),
        ),
        ("mesh a b c\ndeliver b Clam", "2: 'Clam' is no agent (a, b, c), no kind of p"),
        ("mesh a b c\ndeliver from z", "2: 'z' is no agent: a, b, c"),
        ("mesh a b c\ndeliver a b", "2: target is given twice"),
        ("mesh a b c\ndeliver all keep", "2: deliver all takes no: keep, crash after"),
        (
            "mesh a b c\nelapse a election\ncut a -> b\ndeliver b",
            "4: packet 1 cannot arrive: the link from a to b is cut",
        ),
        ("mesh a b c\ncut a b", "2: 'cut a b' is not of the form: cut AGENT... | "),
        ("mesh a b c\ncut a |", "2: 'cut a |' is not of the form: cut AGENT... | "),
        ("mesh a b c\ncut a | a b", "2: a is on both sides"),
        ("mesh a b c\ncut a -> b | c", "2: 'cut a -> b | c' is not of the form: cut"),
        ("mesh a b c\ndisk a: term 1", "2: 'disk a: term 1' is not of the form: disk"),
        (
            "mesh a b c\ndisk a: term 1, vote -, log 2",
            "2: the log of a ends above its term 1",
        ),
        (
            "mesh a b c\ndisk a: term 1, vote -, log 0",
            "2: terms of entries begin at 1, got 0",
        ),
        (
            "mesh a b c\nelapse a election\ndisk a: term 1, vote -, log",
            "3: a has acted: a disk is given before that",
        ),
        ("mesh a b c\ndisk a: term 1, vote z, log", "2: 'z' is no agent: a, b, c"),
        ("mesh a b c\nduplicate a keep", "2: at, keep and crash after are for packets"),
        ("mesh a b c\nread a x\nwrite a x", "3: x was asked for before"),
        ("mesh a b c\nelect a b", "2: 'elect a b' is not of the form: elect AGENT"),
        ("mesh a b c\nelect z", "2: no agent is named 'z'"),
        ("mesh a b c\nact a", "2: a has taken no token to act under"),
        ("mesh a b c\nresume a", "2: a is not paused"),
        ("mesh a b c\ntake-token a", "2: a has no token to act under"),
        ("mesh a b c\npause a\nwrite a x", "3: a is paused"),
        (
            "mesh a b c\ncut a | b c\nelect a",
            "3: a is not elected by letting its timer",
        ),
        ("mesh a b c\ndrop all Claim", "2: no such packet is on its way"),
        ("mesh a b c\nlease-read a r1", "2: 'lease-read a r1' is not of the form: lea"),
        ("mesh a b c\nshow", "2: 'show' is not of the form: show all|network|"),
    ],
)
def test_what_cannot_be_played_is_said_in_one_sentence(
    told: Write, commands: str, sentence: str
) -> None:
    with pytest.raises(NotUnderstood) as caught:
        play(told(commands))
    said = str(caught.value)
    assert said.startswith(f"story.txt:{sentence}")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# only told\n----\n", "story.txt:2: ---- without a command"),
        ("mesh a\n", "story.txt:1: a command without ---- behind it"),
    ],
)
def test_a_block_without_command_or_end_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "story.txt"
    path.write_text(text, "utf-8")
    with pytest.raises(NotUnderstood, match=sentence):
        blocks(path)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_file_is_what_its_blocks_are(path: Path) -> None:
    assert put_together(blocks(path)) == path.read_text("utf-8")


def test_a_line_that_is_not_so_is_shown_with_the_command_that_mends_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "story.txt"
    true = (FOLDER / "split-vote.txt").read_text("utf-8")
    path.write_text(true.replace("VoteReply(term 2, no)", "VoteReply(term 2, yes)"))
    shown = difference(path, put_together(play(path)))
    assert "-  send VoteReply(term 2, yes) to b" in shown
    assert "+  send VoteReply(term 2, no) to b" in shown
    assert difference(FOLDER / "split-vote.txt", true) == ""


def test_an_agent_that_votes_twice_ends_the_play(
    told: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S4 is judged: the step is patched so that c forgets its vote."""

    def forgetful(state: State, message: Message) -> Result:
        if state.me == "c":
            forgotten = Durable(state.term, NOBODY, state.log)
            state = replace(state, durable=forgotten)
        return step(state, message)

    commands = "\n".join(
        line.text
        for block in blocks(FOLDER / "split-vote.txt")
        for line in block.commands
    )
    play(told(commands))
    monkeypatch.setattr(cluster, "step", forgetful)
    with pytest.raises(AssertionError, match=r"story\.txt:\d+: S4 is broken: one vote"):
        play(told(commands))


def test_equal_packets_are_as_good_as_one(told: Write) -> None:
    path = told("mesh a b c\nelapse a election\nduplicate b\ndeliver b\ndeliver b")
    (block,) = play(path)
    assert block.happened is not None
    heard = [line for line in block.happened if line.startswith("b hears")]
    assert heard == ["b hears Claim(term 0) from a"] * 2


def rewriting(**environment: str) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", *REWRITE.split()[2:], "--collect-only", "-q"],
        cwd=FOLDER.parents[1],
        env=usual | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_is_rewritten_in_ci() -> None:
    assert rewriting().returncode == 0
    refused = rewriting(CI="1")
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--rewrite is refused where CI is set" in refused.stderr
