"""A search that stopped goes on as if it had not: nothing is lost or counted twice."""

import json
import os
import pickle
import shlex
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from primacy_model import runner
from primacy_model.baselines.plain_raft import PlainRaft
from primacy_model.checker.actors import Actors, Assembled, Claim
from primacy_model.checker.limits import Limit, Limits, Saving
from primacy_model.checker.model import Kind
from primacy_model.checker.reference_bfs import Verdict
from primacy_model.checker.trace import replay
from primacy_model.cli import commands
from primacy_model.engines import bfs, checkpoint, search
from primacy_model.engines.assumption_check import PromiseBrokenError
from primacy_model.engines.bfs import Search, SearchResult
from primacy_model.engines.checkpoint import RefusedError
from primacy_model.engines.python_engine import Memo
from primacy_model.engines.search import Engine, explore
from primacy_model.engines.transition_tables import Tables
from primacy_model.mesh.agent import Node
from primacy_model.scopes import SCOPES
from tests.support.worlds import Relay, Start, Tabled, drawn, rich

ENGINES = [
    pytest.param(
        engine,
        marks=pytest.mark.skipif(not engine.is_installed, reason="not installed"),
        id=engine.value,
    )
    for engine in Engine
]
every_engine = pytest.mark.parametrize("engine", ENGINES)
RAFT = PlainRaft(3, 2)
LEVELS = explore(RAFT, Engine.MEMO).levels
BOUNDARY = sum(LEVELS[:6])

AnyActors = Actors[Any, Any, Any, Any]


@dataclass(frozen=True)
class FinishedSearch:
    """What a search found, and all that it had in its hands then."""

    found: SearchResult[Any, Any, Any, Any]
    search: Search
    tables: Tables

    def worlds(self) -> list[set[Start]]:
        levels, end = [], 0
        for count in self.found.levels:
            rows = [self.search.store.row(at) for at in range(end, end + count)]
            levels.append({self.tables.whole(row) for row in rows})
            end += count
        return levels

    def images(self) -> list[set[Start]]:
        """Give all worlds for which those of a symmetric search stand."""
        symmetries = self.search._symmetries
        assert symmetries is not None
        return [
            {
                symmetries.whole(way, self.tables.row(world))
                for world in worlds
                for way in range(symmetries.count)
            }
            for worlds in self.worlds()
        ]

    def figures(self) -> dict[str, object]:
        """Give all that must not depend on whether the search stopped in between."""
        found, trace = self.found, None
        if found.violation is not None:
            trace = found.violation.claim.id, len(found.violation.trace.steps)
        return {
            "verdict": found.verdict,
            "levels": found.levels,
            "calls": found.calls,
            "kinds": found.kinds,
            "never": found.never_fired,
            "unreached": [claim.id for claim in found.unreached],
            "reached": [(each.claim.id, each.depth) for each in found.witnesses],
            "bounded": (found.is_bounded, found.stopped_at),
            "violation": trace,
        }


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FinishedSearch]:
    """Explore, and keep the search."""
    made: list[tuple[Search, Tables]] = []

    class Noted(Search):
        def __init__(self, tables: Tables, *rest: Any) -> None:  # noqa: ANN401 - passed on
            super().__init__(tables, *rest)
            made.append((self, tables))

    monkeypatch.setattr(search, "Search", Noted)

    def explored(*arguments: Any, **options: Any) -> FinishedSearch:  # noqa: ANN401 - passed on
        found = explore(*arguments, **options)
        return FinishedSearch(found, *made.pop())

    return explored


@pytest.fixture
def hundreds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a search stop within levels, too."""
    monkeypatch.setattr(bfs, "AT_ONCE", 100)


@every_engine
@pytest.mark.usefixtures("hundreds")
@pytest.mark.parametrize("prunes", [True, False], ids=["pruned", "whole"])
@pytest.mark.parametrize("most", [1, 2, 777, BOUNDARY, BOUNDARY + 1, 5_962])
def test_a_search_that_stopped_goes_on_as_if_it_had_not(
    seen: Callable[..., FinishedSearch],
    engine: Engine,
    prunes: bool,
    most: int,
    tmp_path: Path,
) -> None:
    whole = seen(RAFT, engine, prunes=prunes)
    stopped = explore(RAFT, engine, prunes=prunes, max_states=most, save=tmp_path)
    assert stopped.verdict is Verdict.INCOMPLETE
    assert stopped.states == most
    assert stopped.saving == Saving(tmp_path / "plain-raft")
    gone_on = seen(RAFT, engine, prunes=prunes, resume=tmp_path)
    assert gone_on.figures() == whole.figures()
    assert gone_on.worlds() == whole.worlds()
    if not (engine is Engine.NUMBA and prunes):  # there it depends on who came first
        assert gone_on.found.moves == whole.found.moves


@every_engine
@pytest.mark.parametrize("most", [2, 300, 800])
def test_a_symmetric_search_goes_on(
    seen: Callable[..., FinishedSearch], engine: Engine, most: int, tmp_path: Path
) -> None:
    whole = seen(RAFT, engine, symmetric=True)
    assert whole.found.states < sum(LEVELS) / 4
    stopped = explore(RAFT, engine, symmetric=True, max_states=most, save=tmp_path)
    assert stopped.states == most
    gone_on = seen(RAFT, engine, symmetric=True, resume=tmp_path)
    assert gone_on.figures() == whole.figures()
    assert gone_on.images() == whole.images()


@every_engine
def test_a_search_may_stop_again_and_again(
    seen: Callable[..., FinishedSearch], engine: Engine, tmp_path: Path
) -> None:
    found = explore(RAFT, engine, max_states=10, save=tmp_path)
    for most in (10, 11, 500, 500, 3_000):
        found = explore(RAFT, engine, max_states=most, save=tmp_path, resume=tmp_path)
        assert found.states == most
        assert len(list((tmp_path / "plain-raft").glob("rows-*"))) == 1
    last = seen(RAFT, engine, save=tmp_path, resume=tmp_path)
    assert last.figures() == seen(RAFT, engine).figures()
    assert last.found.saving is None


def after(asked: int) -> Limit:
    """Make a limit that is hit when it is asked once more than a number of times."""
    answers = iter([""] * asked)
    return lambda: next(answers, "so much")


@every_engine
@pytest.mark.usefixtures("hundreds")
@pytest.mark.parametrize("asked", [0, 1, 20, 50])
def test_a_limit_between_two_expansions_loses_nothing(
    seen: Callable[..., FinishedSearch], engine: Engine, asked: int, tmp_path: Path
) -> None:
    whole = seen(RAFT, engine)
    stopped = explore(RAFT, engine, limit=after(asked), save=tmp_path)
    assert stopped.stopped_at == "so much"
    assert stopped.saving is not None
    gone_on = seen(RAFT, engine, resume=tmp_path)
    assert gone_on.figures() == whole.figures()
    assert gone_on.worlds() == whole.worlds()


@every_engine
@pytest.mark.parametrize("make", [drawn, rich])
def test_worlds_of_all_sorts_go_on(
    seen: Callable[..., FinishedSearch],
    engine: Engine,
    make: Callable[[int], Tabled],
    tmp_path: Path,
) -> None:
    verdicts: Counter[Verdict] = Counter()
    for seed in range(0, 320, 4):
        whole = seen(make(seed), engine, max_states=800)
        half = whole.found.states // 2
        if half == 0:
            continue
        stopped = explore(make(seed), engine, max_states=half, save=tmp_path)
        if stopped.saving is None:  # the violation was found before
            assert stopped.violation is not None
            continue
        gone_on = seen(make(seed), engine, max_states=800, resume=tmp_path)
        verdicts[gone_on.found.verdict] += 1
        if whole.found.is_bounded:
            assert gone_on.found.levels == whole.found.levels
            continue
        assert gone_on.figures() == whole.figures(), seed
        assert gone_on.worlds() == whole.worlds(), seed
    for verdict in (Verdict.HOLDS, Verdict.VACUOUS, Verdict.VIOLATED):
        assert verdicts[verdict] > 2, verdicts


def _own_count(_: int, local: tuple[str, int]) -> int:
    return local[1]


def _few(views: tuple[Any, ...]) -> bool:
    return bool(sum(views) < 7)


@every_engine
@pytest.mark.parametrize("most", [1, 5, 10])
def test_a_violation_that_comes_later_has_a_whole_trace(
    engine: Engine, most: int, tmp_path: Path
) -> None:
    claim: Claim[Any, Any, Any] = Claim(
        "few", "few moves", Kind.ALWAYS, _own_count, _few
    )
    world = Relay(claims=(claim,))
    stopped = explore(world, engine, max_states=most, save=tmp_path)
    assert stopped.verdict is Verdict.INCOMPLETE
    found = explore(world, engine, resume=tmp_path)
    assert found.verdict is Verdict.VIOLATED
    assert found.violation is not None
    assert len(found.violation.trace.steps) == 7
    replay(Assembled(world), found.violation.trace)


def test_a_search_that_is_done_saves_nothing(tmp_path: Path) -> None:
    found = explore(RAFT, Engine.MEMO, save=tmp_path / "new")
    assert found.saving is None
    assert not (tmp_path / "new").exists()


def test_the_time_of_both_runs_is_told(tmp_path: Path) -> None:
    explore(RAFT, Engine.MEMO, max_states=100, save=tmp_path)
    _change_header(tmp_path, lambda header: header["stop"].update(seconds=1e6))
    assert explore(RAFT, Engine.MEMO, resume=tmp_path).seconds > 1e6


# --- another process ------------------------------------------------------------------

GOING_ON = """
import sys
from pathlib import Path
from primacy_model.engines.search import Engine, explore
from primacy_model.scopes import SCOPES

name, engine, most, save, resume = sys.argv[1:]
found = explore(
    SCOPES.find(name).actors,
    Engine(engine),
    max_states=int(most) or None,
    save=Path(save) if save else None,
    resume=Path(resume) if resume else None,
)
reached = [(each.claim.id, each.depth) for each in found.witnesses]
kinds = sorted(found.kinds.items())
print(found.verdict.value, found.levels, found.calls, kinds, reached)
"""


def in_a_process(seed: int, *arguments: str) -> str:
    command = [sys.executable, "-c", GOING_ON, *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@every_engine
@pytest.mark.parametrize(
    ("name", "most"),
    [("fencing", "1500"), ("lossy-network", "900"), ("lease-read", "300")],
)
def test_another_process_with_other_hashes_goes_on(
    engine: Engine, name: str, most: str, tmp_path: Path
) -> None:
    folder, by = str(tmp_path), engine.value
    stopped = in_a_process(1, name, by, most, folder, "")
    assert stopped.startswith("incomplete")
    gone_on = in_a_process(2, name, by, "0", "", folder)
    assert gone_on == in_a_process(3, name, by, "0", "", "")
    assert not gone_on.startswith("incomplete")


def test_a_digest_is_made_anew_where_a_value_is_read_back() -> None:
    world: Any = SCOPES.find("fencing")
    (node, *_) = world.actors.initial().locals
    assert isinstance(node, Node)
    digest = hash(node)
    object.__setattr__(node, "digest", digest + 1)  # as another process may have it
    again = pickle.loads(pickle.dumps(node))  # noqa: S301 - it is our own
    assert again == node
    assert hash(again) == digest
    object.__setattr__(node, "digest", digest)


# --- what is refused ------------------------------------------------------------------


def _change_header(folder: Path, change: Callable[[Any], object]) -> None:
    (file,) = folder.glob("*/header.json")
    header = json.loads(file.read_text(encoding="utf-8"))
    change(header)
    file.write_text(json.dumps(header), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Save a search; from then on nothing may be unpickled."""
    explore(RAFT, Engine.MEMO, max_states=500, save=tmp_path)

    def unpickled(_: object) -> None:
        raise AssertionError("what is refused must not be unpickled")

    monkeypatch.setattr(pickle, "load", unpickled)
    return tmp_path


def refusal(folder: Path, world: AnyActors = RAFT, **options: Any) -> str:  # noqa: ANN401
    with pytest.raises(RefusedError) as refused:
        explore(world, options.pop("engine", Engine.MEMO), resume=folder, **options)
    told = str(refused.value)
    assert told.endswith(".")
    assert "\n" not in told
    return told


def test_others_may_not_go_on(folder: Path) -> None:
    here = folder / "plain-raft"
    assert refusal(folder, PlainRaft(3, 3)) == (
        f"{here} cannot be resumed: its bounds is {{'agents': 3, 'terms': 2}}, and"
        " allowed is {'agents': 3, 'terms': 3}."
    )
    assert "its engine is 'memo', and allowed is 'numpy'" in refusal(
        folder, engine=Engine.NUMPY
    )
    assert "its reductions is {'prunes': True" in refusal(folder, prunes=False)
    assert "its reductions is {'prunes': True" in refusal(folder, forgets=False)
    assert "its reductions is {'prunes': True" in refusal(folder, symmetric=True)
    assert "it has 500 states, and the bound is 499, which is less" in refusal(
        folder, max_states=499
    )


def test_another_scope_is_refused(folder: Path) -> None:
    other = replace(RAFT, name="other")
    assert refusal(folder, other) == f"{folder} holds nothing of other."
    shutil.copytree(folder / "plain-raft", folder / "other")
    told = refusal(folder, other)
    assert "its scope is 'plain-raft', and allowed is 'other'" in told


def test_a_changed_core_or_model_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "_source", lambda _: "changed")
    assert "and allowed is 'changed'" in refusal(folder)
    assert "its source of core and model is" in refusal(folder)


@pytest.mark.parametrize(
    "name", ["core/primacy/state.py", "model/primacy_model/mesh/model.py"]
)
def test_the_digest_is_of_core_and_model_and_of_the_world(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = list(checkpoint._texts(Relay))
    assert [file for file in texts if file.as_posix().endswith(name.split("/", 1)[1])]
    assert texts[-1].name == "worlds.py"
    assert len(texts) > 50
    before = checkpoint._source.__wrapped__(Relay)
    read = Path.read_bytes

    def changed(path: Path) -> bytes:
        is_it = path.as_posix().endswith(name.split("/", 1)[1])
        return read(path) + (b"#" if is_it else b"")

    monkeypatch.setattr(Path, "read_bytes", changed)
    assert checkpoint._source.__wrapped__(Relay) != before


@pytest.mark.parametrize(
    ("field", "got"),
    [("format", 2), ("python", "2.7"), ("primacy", "0"), ("scope", None)],
)
def test_another_format_or_python_is_refused(
    folder: Path, field: str, got: object
) -> None:
    _change_header(folder, lambda header: header.update({field: got}))
    assert f"its {field} is {got!r}, and allowed is" in refusal(folder)


def test_every_file_must_be_as_it_was_saved(folder: Path) -> None:
    files = [file for file in folder.glob("*/rows-*/*") if file.is_file()]
    assert {file.name for file in files} == {
        "rows.bin",
        "parents.bin",
        "movers.bin",
        "tables.pickle",
    }
    for file in files:
        held = file.read_bytes()
        file.write_bytes(held[:-1])
        told = f"{file.name} is missing or not as it was saved"
        assert told in refusal(folder)
        file.unlink()
        assert told in refusal(folder)
        file.write_bytes(held)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', "\0\xff"])
def test_a_foreign_header_is_refused(folder: Path, text: str) -> None:
    (folder / "plain-raft" / "header.json").write_bytes(text.encode("latin-1"))
    assert "cannot be resumed" in refusal(folder)


@pytest.mark.parametrize("field", ["rows", "states", "files", "stop"])
def test_a_header_without_a_field_is_refused(folder: Path, field: str) -> None:
    _change_header(folder, lambda header: header.pop(field))
    assert "header.json is not one that primacy writes" in refusal(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    told = f"{gone} is no folder: nothing can be resumed from it."
    assert refusal(gone) == told
    assert refusal(tmp_path) == f"{tmp_path} holds nothing of plain-raft."


def test_a_model_that_answers_otherwise_is_refused(tmp_path: Path) -> None:
    world = drawn(5)
    explore(world, Engine.MEMO, max_states=10, save=tmp_path)
    changed = replace(
        world,
        table={
            key: tuple(replace(move, after=move.after + 7) for move in moves)
            for key, moves in world.table.items()
        },
    )
    assert "the model now answers otherwise" in refusal(tmp_path, changed)
    begun = replace(world.begun, locals=(99,) * len(world.agents))
    moved = replace(world, begun=begun)
    assert "the world now begins otherwise" in refusal(tmp_path, moved)


# --- a crash while saving -------------------------------------------------------------


def _broken(error: BaseException) -> Callable[[Memo, Path], None]:
    def save(_: Memo, folder: Path) -> None:
        (folder / "rows.bin").write_bytes(b"half")
        raise error

    return save


def test_where_saving_fails_what_was_saved_before_still_stands(
    seen: Callable[..., FinishedSearch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explore(RAFT, Engine.MEMO, max_states=500, save=tmp_path)
    before = sorted(tmp_path.rglob("*"))
    full = OSError(28, "No space left on device")
    with monkeypatch.context() as patched:
        patched.setattr(Memo, "save", _broken(full))
        found = explore(
            RAFT, Engine.MEMO, max_states=600, save=tmp_path, resume=tmp_path
        )
        assert found.states == 600
        assert found.saving == Saving(
            tmp_path / "plain-raft", "No space left on device"
        )
        patched.setattr(Memo, "save", _broken(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            explore(RAFT, Engine.MEMO, max_states=700, save=tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    gone_on = seen(RAFT, Engine.MEMO, resume=tmp_path)
    assert gone_on.figures() == seen(RAFT, Engine.MEMO).figures()


def test_what_cannot_be_pickled_is_said(tmp_path: Path) -> None:
    world = drawn(5)
    locals_ = (lambda: None, *world.begun.locals[1:])
    odd = replace(world, begun=replace(world.begun, locals=locals_), claims=())
    found = explore(odd, Engine.MEMO, max_states=1, save=tmp_path)
    assert found.saving is not None
    assert found.saving.problem.startswith("its values cannot be pickled: ")


def test_a_broken_promise_is_still_said(tmp_path: Path) -> None:
    class Fickle(Relay):
        asked = 0

        def acts(self, place: int, local: tuple[str, int], shared: None) -> Any:  # noqa: ANN401
            Fickle.asked += 1
            for move in super().acts(place, local, shared):
                yield replace(
                    move, label=move.label, after=(move.after[0], Fickle.asked)
                )

    with pytest.raises(PromiseBrokenError):
        explore(Fickle(), Engine.MEMO, max_states=9, save=tmp_path)


# --- the command line -----------------------------------------------------------------


def check(*arguments: object) -> Result:
    return CliRunner().invoke(commands.main, ["check", *map(str, arguments)])


@every_engine
def test_the_command_that_is_shown_goes_on(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    names, by = ("fencing", "plain-raft-3x2"), ("--engine", engine.value)
    found = check(*names, *by, "--max-states", 4000, "--save", folder)
    assert found.exit_code == 3, found.output
    assert f"saved: plain-raft-3x2 in {folder / 'plain-raft-3x2'}" in found.output
    assert "saved: fencing" not in found.output
    (line,) = [
        line for line in found.output.splitlines() if line.startswith("to go on: ")
    ]
    command = shlex.split(line.removeprefix("to go on: "))
    assert command[:3] == ["primacy", "check", "plain-raft-3x2"]
    gone_on = CliRunner().invoke(commands.main, command[1:])
    assert gone_on.exit_code == 0, gone_on.output
    assert " 5,963 " in gone_on.output
    assert "to go on:" not in gone_on.output
    both = check(*names, *by, "--resume", folder)
    assert both.exit_code == 0
    assert "holds\n2 scopes, 9,055 states" in both.output


def test_the_command_that_is_shown_asks_for_the_same_reductions(
    tmp_path: Path,
) -> None:
    asked = ("--engine", "memo", "--without", "obsolete", "--symmetry")
    found = check("plain-raft-3x2", *asked, "--max-states", 99, "--save", tmp_path)
    assert found.exit_code == 3, found.output
    command = shlex.split(found.output.splitlines()[-1].removeprefix("to go on: "))
    assert "--without=obsolete" in command
    assert "--symmetry" in command
    gone_on = CliRunner().invoke(commands.main, command[1:])
    assert gone_on.exit_code == 0, gone_on.output


def test_an_interruption_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting(Limits):
        def __call__(self) -> str:
            if not self.is_interrupted:
                signal.raise_signal(signal.SIGINT)
            return super().__call__()

    with monkeypatch.context() as patched:
        patched.setattr(runner, "Limits", Interrupting)
        found = check("plain-raft-3x2", "--engine", "memo", "--save", tmp_path)
    assert found.exit_code == 130
    assert "to go on: primacy check plain-raft-3x2 --engine=memo" in found.output
    assert (
        check("plain-raft-3x2", "--engine", "memo", "--resume", tmp_path).exit_code == 0
    )


def test_why_it_was_not_saved_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memo, "save", _broken(OSError(28, "No space left on device")))
    found = check("fencing", "--engine", "memo", "--max-states", 9, "--save", tmp_path)
    assert found.exit_code == 3
    assert "not saved: fencing: No space left on device" in found.output
    assert "to go on:" not in found.output


@pytest.mark.parametrize("option", ["--save", "--resume"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fencing", "--engine", "oracle"), "none of --engine oracle, --graph, --walk"),
        (("fencing", "--walk"), "none of --engine oracle, --graph, --walk"),
        (("fencing", "--jobs", "2"), "they go with none of"),
        (("fencing", "--graph", "."), "they go with none of"),
        (("literal-seed-partition",), "literal-seed-partition is not explored by an"),
        (("emerges",), "emerges is not explored by an engine"),
    ],
)
def test_what_cannot_be_saved_is_refused(
    option: str, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    found = check(*arguments, option, tmp_path)
    assert found.exit_code == 2
    assert said in " ".join(found.output.split())
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_resumed_is_refused_before_anything_is_explored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check("plain-raft-3x2", "--engine", "memo", "--max-states", 9, "--save", tmp_path)

    def explored(*_: object) -> None:
        raise AssertionError("something was explored")

    monkeypatch.setattr(runner, "explore_scope", explored)
    asked = ("plain-raft-3x2", "--engine", "memo", "--resume")
    for arguments, said in (
        ((*asked, tmp_path / "gone"), "is no folder"),
        ((*asked, tmp_path, "--without", "commuting"), "its reductions is"),
        ((*asked, tmp_path, "--max-states", 8), "the bound is 8, which is less"),
        (("fencing", *asked[1:], tmp_path), "holds nothing of fencing."),
    ):
        found = check(*arguments)
        assert found.exit_code == 2, found.output
        assert said in " ".join(found.output.split())
        assert "Traceback" not in found.output
    for file in tmp_path.rglob("tables.pickle"):
        file.write_bytes(b"")
    found = check("fencing", *asked, tmp_path)
    assert found.exit_code == 2
    assert "tables.pickle is missing or not as it was saved" in found.output
