"""`primacy agent` and `primacy demo`, as programs."""

import json
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from primacy_runtime.demo.display import Show
from primacy_runtime.demo.fenced_resource import Resource, ResourceEffect
from primacy_runtime.settings import address
from tests.support.agents import NAMES, PATIENCE_S, places
from tests.support.callers import hello
from tests.support.command import ENVIRONMENT, RUN
from tests.support.mesh_files import MESH_ALONE


def primacy(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_agent_runs_until_it_is_told_to_stop(
    tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "mesh.toml"
    file.write_text(MESH_ALONE.format(folder=tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "agent", "--config", file, "--json-logs"],
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as agent:
        assert agent.stderr is not None
        events = []
        for line in agent.stderr:
            events.append(json.loads(line))
            if events[-1].get("after") == "leader":
                agent.send_signal(number)
        assert agent.wait(PATIENCE_S) == 0
    assert events[0]["event"] == "started"
    assert events[-1]["event"] == "stopped"
    assert all(one["mesh"] == "mesh" and one["agent"] == "ada" for one in events)


def test_a_stranger_who_goes_away_while_it_is_answered_does_not_end_the_program(
    tmp_path: Path,
) -> None:
    """The command line lets a pipe that is broken end it; an agent may not."""
    file, place = tmp_path / "mesh.toml", places(["ada"])["ada"]
    file.write_text(MESH_ALONE.format(folder=tmp_path).replace("127.0.0.1:0", place))
    at = address("place", place)
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "agent", "--config", file, "--json-logs"],
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as agent:
        assert agent.stderr is not None
        next(line for line in agent.stderr if '"leader"' in line)
        for _ in range(300):
            with socket.create_connection((at.host, at.port)) as stranger:
                stranger.sendall(hello(mesh="x"))
                stranger.shutdown(socket.SHUT_WR)
                stranger.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
        assert agent.poll() is None
        agent.terminate()
        assert agent.wait(PATIENCE_S) == 0


@pytest.mark.clause("runtime.own-disk", "runtime.own-id")
def test_a_lost_disk_is_noticed_and_its_agent_replaced_by_what_the_page_says(
    tmp_path: Path,
) -> None:
    """The steps of 'A lost disk' in docs/runtime.md, with programs alone."""
    where = places([*NAMES, "dan"])
    tables = "".join(
        f'[agents.{name}]\naddress = "{place}"\nfolder = "{tmp_path / name}"\n'
        for name, place in where.items()
    )
    tables += 'role = "joiner"\n'
    file = tmp_path / "mesh.toml"
    file.write_text(
        MESH_ALONE[: MESH_ALONE.index("[agents")].format(folder=tmp_path) + tables
    )

    def start(name: str) -> subprocess.Popen[str]:
        log = (tmp_path / f"{name}.log").open("a")
        with log:
            return subprocess.Popen(
                [
                    *(sys.executable, "-c", RUN),
                    *("agent", "--config", file, "--id", name),
                ],
                stderr=log,
                text=True,
                env=ENVIRONMENT,
            )

    agents = {name: start(name) for name in NAMES}
    try:
        deadline = time.monotonic() + PATIENCE_S
        for name in NAMES:
            log = tmp_path / f"{name}.log"
            while log.read_text().count("connected") < 2:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
        agents["cyd"].kill()
        agents["cyd"].wait()
        shutil.rmtree(tmp_path / "cyd")
        agents["cyd"] = start("cyd")
        assert agents["cyd"].wait(PATIENCE_S) == 1
        said = (tmp_path / "cyd.log").read_text()
        assert "refuses this agent: cyd ran before with disk" in said
        assert "'A lost disk' in docs/runtime.md" in said
        assert "Traceback" not in said
        assert agents["ada"].poll() is agents["bob"].poll() is None
        change(file, "demote", "cyd")
        change(file, "dismiss", "cyd")
        agents["dan"] = start("dan")
        change(file, "admit", "dan", where["dan"])
        change(file, "promote", "dan")
        agents["bob" if led_by(file) == "ada" else "ada"].kill()  # one may fail again
        assert "workers   eve\n" in change(file, "admit", "eve", "127.0.0.1:9")
        assert "electors  ada bob dan\n" in members(file, "dan").stdout
    finally:
        for agent in agents.values():
            agent.kill()
            agent.wait()


def members(file: Path, name: str, *change: str) -> subprocess.CompletedProcess[str]:
    return primacy("members", "--config", file, "--id", name, *change)


def led_by(file: Path) -> str:
    """Find the agent of ada, bob and dan that leads, in its own opinion."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for name in ("ada", "bob", "dan"):
            if f"leader    {name}\n" in members(file, name).stdout:
                return name
        time.sleep(0.1)
    raise AssertionError(members(file, "ada"))


def change(file: Path, *wish: str) -> str:
    """Ask the agent that leads for a change, until one has done it."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        done = members(file, led_by(file), *wish)
        if done.returncode == 0:
            return done.stdout
        if "does not allow" in done.stderr:  # an answer was lost: it is done already
            return members(file, led_by(file)).stdout
    raise AssertionError(done)


def test_members_are_shown_and_changed_from_another_program(tmp_path: Path) -> None:
    file = tmp_path / "mesh.toml"
    folder = tmp_path / ("deep" * 50)  # deeper than the address of a socket
    file.write_text(MESH_ALONE.format(folder=folder))
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "agent", "--config", file],
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as agent:
        assert agent.stderr is not None
        next(line for line in agent.stderr if "after=leader" in line)
        socket_file = folder / "mesh.ada.control"
        assert socket_file.stat().st_mode & 0o777 == 0o600
        done = members(file, "ada", "admit", "dan", "127.0.0.1:9")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[:2] == ["electors  ada", "workers   dan"]
        assert re.search(r"^log       whole, to entry \d+$", done.stdout, re.MULTILINE)
        assert re.search(r"^set by    entry \d+, committed$", done.stdout, re.MULTILINE)
        for wish, sentence in (
            (["admit", "dan", "127.0.0.1:9"], "Cannot admit dan: a change that the"),
            (["admit", "eve", "nowhere"], "address must be host:port"),
            (["replace", "e e"], "electors must be letters"),
        ):
            done = members(file, "ada", *wish)
            assert (done.returncode, done.stdout) == (1, "")
            assert sentence in done.stderr
        shown = members(file, "ada")
        assert "workers   dan\n" in shown.stdout
        assert "leader    ada\n" in shown.stdout
        agent.terminate()
        assert agent.wait(PATIENCE_S) == 0
        assert not socket_file.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["agent"], "Missing option '--config'"),
        (["agent", "--config", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["agent", "--config", "{file}", "--id", "eve"], "agent_id must be one of ada"),
        (["members"], "Missing option '--config'"),
        (["members", "--config", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["members", "--config", "{file}", "--id", "eve"], "agent_id must be one of"),
        (["members", "--config", "{file}", "--id", "ada"], "No agent takes requests"),
        (["members", "--config", "{file}", "promote"], "promote needs AGENT, got 0"),
        (
            ["members", "--config", "{file}", "admit", "dan"],
            "admit needs AGENT ADDRESS, got 1 arguments",
        ),
        (["members", "--config", "{file}", "elect", "dan"], "'elect' is not one of"),
        (["agent", "--config", "{file}"], "port from 0 to 65535"),
        (["demo"], "demo needs a terminal"),
        (["demo", "--headless", "--seconds", "-1"], "--seconds must be a number"),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    file = tmp_path / "mesh.toml"
    text = MESH_ALONE.format(folder=tmp_path)
    if arguments[-1] == "{file}":
        text = text.replace("127.0.0.1:0", "127.0.0.1:99999")
    file.write_text(text)
    done = primacy(*(each.replace("{file}", str(file)) for each in arguments))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_disk_is_one_sentence_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "mesh.toml"
    file.write_text(MESH_ALONE.format(folder=tmp_path))
    (tmp_path / "mesh.ada.sqlite3").write_text("a letter")
    done = primacy("agent", "--config", file)
    assert done.returncode == 2
    assert "is damaged" in done.stderr
    assert "'A lost disk' in docs/runtime.md" in done.stderr


HIDDEN = """
import sys
for name in ("click", "rich", "prometheus_client"):
    sys.modules[name] = None
from primacy_model.cli.entry import main
main()
"""


@pytest.mark.parametrize("command", ["agent", "members", "demo"])
def test_without_the_extra_the_command_names_it(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDDEN, command],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"primacy {command} needs ")
    assert line.endswith("pip install 'primacy[runtime]'")


def test_the_demonstration_does_its_faults_and_holds() -> None:
    done = primacy("demo", "--headless", "--seconds", "0.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is killed" in done.stdout
    assert "yes  In the end all agents follow one leader." in done.stdout
    assert "yes  No token was admitted after a higher one." in done.stdout


def test_a_demonstration_that_nobody_reads_ends_like_other_programs() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "demo", "--headless"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        demo.stdout.readline()
        demo.stdout.close()
        assert demo.wait(PATIENCE_S) == -signal.SIGPIPE
        assert demo.stderr.read() == ""


@pytest.mark.clause("runtime.fence")
def test_the_resource_refuses_a_token_below_the_highest(tmp_path: Path) -> None:
    first, second = (Resource(tmp_path / "resource") for _ in range(2))
    assert first.act("ada", 1)
    assert second.act("bob", 3)
    assert not first.act("ada", 1)
    assert not first.act("ada", 0)
    assert second.act("bob", 3)
    assert [effect.verdict for effect in first.effects(1)] == [
        "admitted",
        "refused",
        "refused",
        "admitted",
    ]
    for one in (first, second):
        one.close()


def test_the_verdict_of_the_demonstration_can_be_no(tmp_path: Path) -> None:
    show = Show(tmp_path)
    show.effects = [
        ResourceEffect(1, "ada", 2, "admitted"),
        ResourceEffect(2, "bob", 1, "refused"),
    ]
    assert show.is_fenced()
    show.effects.append(ResourceEffect(3, "bob", 1, "admitted"))
    assert not show.is_fenced()
    show.resource.close()
