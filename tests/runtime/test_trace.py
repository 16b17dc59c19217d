"""Each start of an agent leaves a trace that `primacy conform` allows."""

import re
import signal
import subprocess
import sys
from io import FileIO
from pathlib import Path

import pytest

from primacy import Config
from primacy_runtime import AgentStopped, SettingsError
from primacy_runtime.errors import StoreBroken
from primacy_runtime.mesh_file import agent, read_mesh_file
from primacy_runtime.trace import TraceFile, finish, traces
from tests.runtime.chaos.restarts import TIMER, WRITES, of_restarts
from tests.runtime.chaos.verdict import conformed, lines, of_traces
from tests.support.agents import PATIENCE_S, alone, run, until
from tests.support.command import ENVIRONMENT, RUN
from tests.support.mesh_files import MESH_ALONE


def start_and_stop(folder: Path, times: int = 1) -> list[Path]:
    async def work() -> None:
        for number in range(times):
            async with alone(folder, record=traces(folder / "traces")) as one:
                await one.propose(f"x={number}")

    run(work())
    return sorted((folder / "traces").iterdir())


def test_each_start_has_a_trace_of_its_own_that_is_allowed(tmp_path: Path) -> None:
    found = start_and_stop(tmp_path, 2)
    assert [path.name for path in found] == ["mesh.ada.1.jsonl", "mesh.ada.2.jsonl"]
    assert conformed(found) == []
    assert lines(tmp_path / "traces") > 5


def test_a_trace_that_was_changed_or_is_missing_would_be_noticed(
    tmp_path: Path,
) -> None:
    (trace,) = start_and_stop(tmp_path)
    assert of_traces(trace.parent, ["ada"]) == []
    assert of_traces(trace.parent, ["ada", "bob"]) == ["bob left no trace"]
    text = trace.read_text()
    trace.write_text(text.replace('"voted_for":"ada"', '"voted_for":""', 1))
    assert "not allowed" in of_traces(trace.parent, ["ada"])[0]


def test_the_trace_of_a_process_that_was_killed_is_ended(tmp_path: Path) -> None:
    (trace,) = start_and_stop(tmp_path)
    text = trace.read_text()
    begin, end = text.index("\n") + 1, text.rindex("\n", 0, -1) + 1
    cuts = [begin, *range(begin + 100, end, len(text) // 9), end - 1, end]
    found = [trace.with_name(f"{cut}.jsonl") for cut in cuts]
    for cut, path in zip(cuts, found, strict=True):
        path.write_text(text[:cut])
        finish(path)
        ended = path.read_text()
        finish(path)
        assert path.read_text() == ended
    assert conformed(found) == []


def test_the_next_start_ends_the_trace_of_the_last(tmp_path: Path) -> None:
    (trace,) = start_and_stop(tmp_path)
    text = trace.read_text()
    trace.write_text(text[: text.index('"event":"end"')])  # as `kill -9` may leave it
    found = start_and_stop(tmp_path)
    assert len(found) == 2
    assert conformed(found) == []
    assert trace.read_text() == text


def test_a_trace_without_a_head_is_taken_away(tmp_path: Path) -> None:
    folder = tmp_path / "traces"
    folder.mkdir()
    (folder / "mesh.ada.1.jsonl").write_text('{"trace":')
    (folder / "mesh.ada.x.jsonl").write_text("a letter")
    (folder / "mesh.adam.7.jsonl").write_text("another")
    found = start_and_stop(tmp_path)
    assert [path.name for path in found] == [
        "mesh.ada.2.jsonl",
        "mesh.ada.x.jsonl",
        "mesh.adam.7.jsonl",
    ]


def test_what_cannot_be_written_down_ends_the_agent(tmp_path: Path) -> None:
    begun: list[TraceFile] = []
    full = FileIO("/dev/full", "wb")

    def record(config: Config) -> TraceFile:
        begun.append(TraceFile(tmp_path / "traces", config))
        return begun[0]

    async def work() -> None:
        one = alone(tmp_path, record=record)
        await one.start()
        await one.propose("x=1")
        (file,) = (trace._file for trace in begun)
        assert file is not None
        file.close()
        begun[0]._file = full
        with pytest.raises(AgentStopped, match=r"trace in .* cannot be written"):
            await one.propose("x=2")
        with pytest.raises(StoreBroken, match="No space left on device"):
            await one.closed()

    run(work())
    (trace,) = (tmp_path / "traces").iterdir()
    finish(trace)
    assert conformed([trace]) == []


def test_a_place_that_is_no_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("a letter")

    async def work() -> None:
        with pytest.raises(SettingsError, match="trace must be a folder"):
            await alone(tmp_path, record=traces(place)).start()

    run(work())


def test_a_start_that_finds_an_older_disk_would_be_noticed(tmp_path: Path) -> None:
    first, second = start_and_stop(tmp_path, 2)
    assert of_restarts([second, first]) == []
    second.unlink()
    (tmp_path / "mesh.ada.sqlite3").unlink()
    start_and_stop(tmp_path)  # with an empty disk, which must never be
    head, *steps, end = first.read_text().splitlines(keepends=True)
    at = next(n for n, line in enumerate(steps) if WRITES[0] in line) + 1
    void, timer = "{}\n", f"{{{TIMER}}}\n"
    for rest, is_possible in (
        ([], True),
        ([void] * 100, True),  # all of it may have been one batch
        ([void] * 200, False),
        ([void, timer], False),
    ):
        first.write_text("".join([head, *steps[:at], *rest, end]))
        assert (of_restarts([first, second]) == []) == is_possible
    (sentence,) = of_restarts([first, second])
    assert sentence == (
        "mesh.ada.2.jsonl began with term 0, a vote for nobody, 0 entries, and before "
        "it the disk had term 1, a vote for ada, 1 entries"
    )


def test_snapshots_are_in_traces_that_are_allowed(tmp_path: Path) -> None:
    async def work() -> None:
        for _ in range(2):
            record = traces(tmp_path / "traces")
            async with alone(tmp_path, record=record, snapshot_every=3) as one:
                for number in range(10):
                    await one.propose(f"x={number}")
                await until(lambda one=one: one.health().log_start > 3)  # type: ignore[misc]  # bound at once

    run(work())
    first, second = sorted((tmp_path / "traces").iterdir())
    assert conformed([first, second]) == []
    assert of_restarts([first, second]) == []
    texts = first.read_text(), second.read_text()
    assert all('"kind":"Discard"' in text for text in texts)
    head, *steps, end = texts[0].splitlines(keepends=True)
    without = [line for line in steps if '"kind":"Discard"' not in line]
    first.write_text("".join([head, *without, f"{{{TIMER}}}\n", end]))
    (sentence,) = of_restarts([first, second])
    assert re.search(r"entries \d+ to 11, and .* vote for ada, 11 entries", sentence)


@pytest.mark.parametrize("is_given", [True, False], ids=["by --trace", "in the file"])
def test_an_agent_that_runs_as_a_program_writes_its_trace(
    tmp_path: Path, is_given: bool
) -> None:
    file, folder = tmp_path / "mesh.toml", tmp_path / "traces"
    text = MESH_ALONE.format(folder=tmp_path)
    given = ["--trace", str(folder)] if is_given else []
    file.write_text(text if is_given else f'trace = "{folder}"\n{text}')
    command = [sys.executable, "-c", RUN, "agent", "--config", str(file), *given]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as one:
        assert one.stderr is not None
        for line in one.stderr:
            if "after=leader" in line:
                one.send_signal(signal.SIGTERM)
        assert one.wait(PATIENCE_S) == 0
    (trace,) = folder.iterdir()
    assert trace.name == "mesh.ada.1.jsonl"
    assert conformed([trace]) == []
    assert lines(folder) >= 2


def test_a_trace_of_the_file_of_a_mesh_must_be_text(tmp_path: Path) -> None:
    file = tmp_path / "mesh.toml"
    file.write_text(f"trace = 1\n{MESH_ALONE.format(folder=tmp_path)}")
    with pytest.raises(SettingsError, match="trace must be text, got 1"):
        agent(read_mesh_file(file), None)
