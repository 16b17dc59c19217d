"""A coverage-guided campaign against `loads` and `step`, run by hand.

`python -m tests.core.campaign -max_total_time=300` needs atheris, which no extra
brings: its wheels are for Linux and some versions of Python. Options are libFuzzer's.
An input is lines that reach one agent, one after the other: a single letter is a timer
or a request, anything else is what came from the network. The seeds are the golden
texts, sent by a peer to a follower and to a leader. A finding is an input that a judge
of `hostile` does not let pass; libFuzzer writes it to a file and ends.

Source: docs/hostile-input.md tells what a campaign found.
"""

import importlib
import re
import sys
import tempfile
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden" / "format-2.jsonl"
MESH = "m(a,b,c)"
ELECTED = [
    "E",
    "E",
    (
        f'{{"primacy":2,"kind":"PreVoteReply","value":{{"mesh":"{MESH}","sender":"b",'
        '"term":0,"proposed":1,"granted":true}}'
    ),
    (
        f'{{"primacy":2,"kind":"VoteReply","value":{{"mesh":"{MESH}","sender":"b",'
        '"term":1,"granted":true}}'
    ),
    "H",
]
"""What makes an agent the leader of term 1."""


def seeds() -> list[bytes]:
    """Make an input of each golden text, alone and to a leader."""
    found: list[bytes] = []
    for text in GOLDEN.read_text("utf-8").splitlines():
        own = re.sub(r'"mesh":"[^"]*"', f'"mesh":"{MESH}"', text)
        own = re.sub(r'"sender":"[^"]*"', '"sender":"b"', own)
        found += [text.encode(), own.encode(), "\n".join([*ELECTED, own]).encode()]
    return found


def words() -> list[str]:
    """List what the format is made of: libFuzzer puts it together anew."""
    return sorted(set(re.findall(r'"[^"]*":?|-?\d+', GOLDEN.read_text("utf-8"))))


def main() -> None:
    """Run until libFuzzer ends."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["primacy"]):
        hostile = importlib.import_module("tests.support.hostile")
        core = importlib.import_module("primacy")
    config = core.Config("m", "a", core.agents("a", "b", "c"))
    local = {
        b"E": core.Elapsed(core.Timer.ELECTION, 0),
        b"H": core.Elapsed(core.Timer.HEARTBEAT, 0),
        b"W": core.Write("w", "x"),
        b"R": core.Read("r", 0),
        b"L": core.LeaseRead("l", 0),
        b"T": core.Transfer("t", "b"),
    }

    def judge(given: bytes) -> None:
        state, _ = core.initial(config)
        for line in given.split(b"\n"):
            hostile.judge_text(line)
            if line in local:
                state = hostile.judge_step(state, local[line])
            else:
                state = hostile.hear(state, line)
        if state.term <= hostile.MOST:  # a liar can lead an agent beyond it
            hostile.judge_text(core.dumps(state), core.State)

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for place, seed in enumerate(seeds()):
            (corpus / f"{place:04}").write_bytes(seed)
        known = Path(folder) / "words"
        known.write_text(
            "\n".join(
                '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
                for word in words()
                if word.isascii()
            ),
            "utf-8",
        )
        atheris.Setup(
            [*sys.argv, f"-dict={known}", "-max_len=4096", str(corpus)], judge
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
