"""The vectors: what they say is what core says, they cover it, and they are stable."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

import primacy
from primacy import dumps, loads
from primacy.codec import PACKETS
from primacy.messages import Message, Received
from primacy_model.cli import commands
from primacy_model.conformance.coverage_statement import NO_VECTOR, UNPASSED
from primacy_model.conformance.situations import name_results
from primacy_model.conformance.vectors import core_digest
from primacy_model.mutation.catalog.mutants import find_mutant
from primacy_model.mutation.mutant import apply
from tests.support.traceability import ROOT, SPECIFICATION, clauses, uncited
from tests.support.vectors import MutatedCore, lines_of, vectors_of


def manifest(made: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((made / "manifest.json").read_text())
    return found


def test_each_vector_says_what_core_says(made: Path) -> None:
    count = 0
    for vector in vectors_of(made):
        if vector["call"] == "config":
            continue
        given = [
            each if isinstance(each, int) else loads(json.dumps(each))
            for each in vector["given"].values()
        ]
        answer = name_results(vector["call"], getattr(primacy, vector["call"])(*given))
        for name, value in answer.items():
            assert raw(value) == vector["expected"][name], vector["vector"]
        count += 1
    assert count > 1_000


def raw(value: Any) -> object:  # noqa: ANN401 - what a call gives
    if isinstance(value, tuple):
        return [raw(each) for each in value]
    return value if isinstance(value, bool | int) else json.loads(dumps(value))


def test_no_two_vectors_ask_the_same(made: Path) -> None:
    asked = [json.dumps([v["call"], v["given"]]) for v in vectors_of(made)]
    assert len(asked) == len(set(asked))


def test_every_kind_of_message_has_a_file(made: Path) -> None:
    kinds = [*PACKETS, *(each for each in get_args(Message) if each is not Received)]
    for kind in kinds:
        assert f"step-{kind.__name__}.jsonl" in manifest(made)["files"]


def test_every_clause_has_a_vector_or_a_reason(made: Path) -> None:
    told = manifest(made)["coverage"]
    citations = [(name, "a vector") for name in told["clauses"]]
    assert uncited(citations, SPECIFICATION, NO_VECTOR) == []
    assert set(told["clauses"]) <= set(clauses(SPECIFICATION))
    assert told["clauses_without"] == NO_VECTOR
    assert not set(told["clauses"]) & set(NO_VECTOR)


def test_every_place_of_every_handler_is_passed_or_has_a_reason(made: Path) -> None:
    told = manifest(made)["coverage"]
    missing = {name: row["places"] for name, row in told["unpassed"].items()}
    assert missing == {name: count for name, (count, _) in UNPASSED.items()}
    assert told["places"] - told["passed"] == sum(missing.values())


def test_the_manifest_names_every_file_with_its_digest(made: Path) -> None:
    told = manifest(made)
    written = {file.name for file in made.glob("*.jsonl")}
    assert written == set(told["files"])
    for name, row in told["files"].items():
        text = (made / name).read_bytes()
        assert sha256(text).hexdigest() == row["sha256"]
        assert text.count(b"\n") == row["lines"]
    assert told["core_sha256"] == core_digest()


def test_another_seed_of_hashes_gives_the_same_bytes(made: Path) -> None:
    paths = [str(ROOT), str(ROOT / "core"), str(ROOT / "model")]
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-c",
                "from primacy_model.cli.commands import main; main()",
            ),
            *("vectors", "--out", str(made), "--check"),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all as they would be written" in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        "second-vote-in-a-term",
        "stale-grant-counted",
        "grants-counted-as-a-number",
        "older-term-committed-by-counting",
        "leads-after-restart",
        "round-of-an-older-term-counted",
        "every-waiting-read-confirmed",
        "match-of-a-stale-acknowledgement",
    ],
)
def test_a_mutant_does_not_pass(made: Path, name: str) -> None:
    mutant = find_mutant(name)
    source = (ROOT / "core" / "primacy" / f"{mutant.module}.py").read_text()
    with MutatedCore({mutant.module: apply(mutant, source)}) as teller:
        assert any(not teller.passes(vector) for vector in vectors_of(made))


def test_the_core_itself_passes_as_a_twin(made: Path) -> None:
    with MutatedCore({}) as teller:
        assert all(teller.passes(vector) for vector in vectors_of(made))


# --- where they go --------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    coverage = {"clauses": {}, "paths": {}, "passed": 0, "places": 0}
    told = {
        "manifest": "primacy-vectors/1",
        "vectors": 1,
        "files": {"token.jsonl": {"holds": "vectors"}},
        "schemas": [],
        "coverage": coverage,
    }
    texts = {"token.jsonl": "{}\n", "manifest.json": json.dumps(told)}
    target = "primacy_model.cli.vectors.files"
    monkeypatch.setattr(target, lambda _watch: texts)
    return texts


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(commands.main, ["vectors", *map(str, words)])
    return done.exit_code, done.output


def test_vectors_replace_older_vectors_and_nothing_else(
    tmp_path: Path, small: dict[str, str]
) -> None:
    out = tmp_path / "out"
    assert run("--out", out)[0] == 0
    old = json.loads(small["manifest.json"])
    old["files"]["gone.jsonl"] = {"holds": "vectors"}
    (out / "manifest.json").write_text(json.dumps(old))
    (out / "gone.jsonl").write_text("")
    assert run("--out", out)[0] == 0
    assert sorted(lines_of(out)) == ["manifest.json", "token.jsonl"]
    (out / "mine.txt").write_text("kept")
    code, told = run("--out", out)
    assert (code, "holds mine.txt, which is no vector" in told) == (2, True)
    assert (out / "mine.txt").read_text() == "kept"


@pytest.mark.usefixtures("small")
def test_what_differs_from_the_vectors_is_said(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("--out", out)
    assert run("--out", out, "--check")[0] == 0
    (out / "token.jsonl").write_text("{ }\n")
    (out / "more.jsonl").write_text("")
    code, told = run("--out", out, "--check")
    assert code == 1
    assert "more.jsonl is too much." in told
    assert "token.jsonl differs." in told


@pytest.mark.usefixtures("small")
def test_a_folder_without_vectors_cannot_be_checked(tmp_path: Path) -> None:
    code, told = run("--out", tmp_path, "--check")
    assert code == 2
    assert "holds no vectors" in told


@pytest.mark.usefixtures("small")
def test_a_file_is_no_folder(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    code, told = run("--out", place)
    assert (code, len(told.splitlines())) == (2, 1)
    assert place.read_text() == ""
