"""`primacy agent` and `primacy demo`, as programs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from primacy_runtime.demo import Show
from primacy_runtime.resource import Effect, Resource

RUN = "from primacy_model.entry import main; main()"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
MESH = """
mesh_id = "mesh"
agent_id = "ada"
heartbeat_interval = 0.05
election_timeout = 0.1
leader_timeout = 0.2
folder = "{folder}"
[agents.ada]
address = "127.0.0.1:0"
"""


def primacy(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_agent_runs_until_it_is_told_to_stop(
    tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "mesh.toml"
    file.write_text(MESH.format(folder=tmp_path).replace(":0", ":7999"))
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
        assert agent.wait(30) == 0
    assert events[0]["event"] == "started"
    assert events[-1]["event"] == "stopped"
    assert all(one["mesh"] == "mesh" and one["agent"] == "ada" for one in events)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["agent"], "Missing option '--config'"),
        (["agent", "--config", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["agent", "--config", "{file}", "--id", "eve"], "agent_id must be one of ada"),
        (["agent", "--config", "{file}", "--reset", "eve"], "reset must name peers"),
        (["agent", "--config", "{file}"], "port from 0 to 65535"),
        (["demo"], "demo needs a terminal"),
        (["demo", "--headless", "--seconds", "-1"], "--seconds must be a number"),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    file = tmp_path / "mesh.toml"
    text = MESH.format(folder=tmp_path)
    if arguments[-1] == "{file}":
        text = text.replace("127.0.0.1:0", "127.0.0.1:99999")
    else:
        text = text.replace(":0", ":7999")
    file.write_text(text)
    done = primacy(*(each.replace("{file}", str(file)) for each in arguments))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_disk_is_one_sentence_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "mesh.toml"
    file.write_text(MESH.format(folder=tmp_path).replace(":0", ":7999"))
    (tmp_path / "mesh.ada.sqlite3").write_text("a letter")
    done = primacy("agent", "--config", file)
    assert done.returncode == 2
    assert "is damaged" in done.stderr
    assert "'A lost disk' in docs/runtime.md" in done.stderr


HIDDEN = """
import sys
for name in ("click", "rich", "prometheus_client"):
    sys.modules[name] = None
from primacy_model.entry import main
main()
"""


@pytest.mark.parametrize("command", ["agent", "demo"])
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
    show.effects = [Effect(1, "ada", 2, "admitted"), Effect(2, "bob", 1, "refused")]
    assert show.is_fenced()
    show.effects.append(Effect(3, "bob", 1, "admitted"))
    assert not show.is_fenced()
    show.resource.close()
