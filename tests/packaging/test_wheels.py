"""The distributions: what is built is what is meant, and the core works by itself.

The sdists are built from the clone and the wheels from the sdists. The core is put into
an environment that holds nothing else; the rest joins it there with what is installed
here. No step needs a network.
"""

import email.message
import email.parser
import importlib.util
import json
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).parents[2]
CORE = "primacy"
TOOLS = "primacy_tools"
FOLDERS = {CORE: ROOT / "core", TOOLS: ROOT}
PACKAGES = {
    CORE: {"primacy"},
    TOOLS: {"primacy_model", "primacy_proofs", "primacy_runtime"},
}
HOMES = {
    "primacy": ROOT / "core",
    "primacy_model": ROOT / "model",
    "primacy_proofs": ROOT / "proofs",
    "primacy_runtime": ROOT / "runtime",
}
VERSION = "0.1.0"
EMBEDDING = Path(__file__).with_name("embedding.py")

IMPORTED = """
import json, sys
before = set(sys.modules)
import primacy
after = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(after - set(sys.stdlib_module_names))))
"""

CompletedCommand = subprocess.CompletedProcess[str]


def run(*command: str | Path, cwd: Path) -> CompletedCommand:
    """Run a command in an environment that names no package index and no folder."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON", "UV_"))
    }
    environment["PIP_CONFIG_FILE"] = os.devnull
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def succeed(*command: str | Path, cwd: Path) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(python: Path, *wheels: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    command = (uv, "pip", "install", "--quiet", "--offline", "--no-deps")
    succeed(*command, "--python", python, *wheels, cwd=python.parent)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    for source in FOLDERS.values():
        build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder)
        succeed(*build, source, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheels(dist: Path) -> dict[str, Path]:
    found = {path.name.partition("-")[0]: path for path in dist.glob("*.whl")}
    assert set(found) == {CORE, TOOLS}
    return found


@pytest.fixture(scope="module")
def core_alone(
    wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Make an environment that holds the core and nothing else."""
    folder = tmp_path_factory.mktemp("core-alone")
    succeed(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    install(python, wheels[CORE])
    return folder


@pytest.fixture(scope="module")
def without_extras(
    wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Make an environment with both distributions and what they need always."""
    folder = tmp_path_factory.mktemp("without-extras")
    succeed(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    install(python, *wheels.values())
    (packages,) = (folder / "venv" / "lib").glob("*/site-packages")
    for name in ("click", "rich", "markdown_it", "mdurl", "pygments"):
        found = importlib.util.find_spec(name)
        assert found is not None
        (packages / name).symlink_to(Path(str(found.origin)).parent)
    return folder


def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return email.parser.Parser().parsestr(archive.read(name).decode())


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def tracked(package: str) -> set[str]:
    """List the files of a package in the clone, as the wheel should name them."""
    home = HOMES[package]
    listed = succeed("git", "ls-files", package, cwd=home)
    return set(listed.splitlines())


@pytest.mark.parametrize("name", [CORE, TOOLS])
def test_a_wheel_holds_its_packages_and_nothing_else(
    wheels: dict[str, Path], name: str
) -> None:
    info = f"{name}-{VERSION}.dist-info"
    held = {each for each in names(wheels[name]) if not each.startswith(info)}
    assert held == set().union(*map(tracked, PACKAGES[name]))


@pytest.mark.parametrize("name", [CORE, TOOLS])
def test_a_wheel_says_that_its_packages_are_typed(
    wheels: dict[str, Path], name: str
) -> None:
    marks = {f"{package}/py.typed" for package in PACKAGES[name]}
    assert marks <= names(wheels[name])


@pytest.mark.parametrize("name", [CORE, TOOLS])
def test_a_wheel_carries_its_licence(wheels: dict[str, Path], name: str) -> None:
    told = metadata(wheels[name])
    assert told["License-Expression"] == "Apache-2.0"
    assert told["License-File"] == "LICENSE"
    assert f"{name}-{VERSION}.dist-info/licenses/LICENSE" in names(wheels[name])
    assert (FOLDERS[name] / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_core_requires_nothing_but_by_its_extras(wheels: dict[str, Path]) -> None:
    told = metadata(wheels[CORE])
    extras = set(told.get_all("Provides-Extra", []))
    assert extras == {"fast", "model", "plots", "proofs", "runtime"}
    assert set(told.get_all("Requires-Dist", [])) == {
        f"primacy-tools[{extra}]=={VERSION}; extra == '{extra}'" for extra in extras
    }
    assert extras <= set(metadata(wheels[TOOLS]).get_all("Provides-Extra", []))


def test_both_distributions_have_one_version(wheels: dict[str, Path]) -> None:
    assert {metadata(wheel)["Version"] for wheel in wheels.values()} == {VERSION}
    required = metadata(wheels[TOOLS]).get_all("Requires-Dist", [])
    assert f"primacy=={VERSION}" in required


def test_the_build_backend_is_bounded() -> None:
    for folder in FOLDERS.values():
        text = (folder / "pyproject.toml").read_text(encoding="utf-8")
        (required,) = tomllib.loads(text)["build-system"]["requires"]
        assert required == "hatchling>=1.27,<2"


def test_the_sdist_holds_what_a_packager_needs(dist: Path) -> None:
    (path,) = dist.glob("primacy_tools-*.tar.gz")
    with tarfile.open(path) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert held >= {
        ".ci/run",
        "CHANGELOG.md",
        "CITATION.cff",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "core/primacy/__init__.py",
        "docs/conf.py",
        "docs/specification.md",
        "model/primacy_model/__init__.py",
        "proofs/primacy_proofs/__init__.py",
        "pyproject.toml",
        "requirements.lock",
        "tests/packaging/test_wheels.py",
    }
    unwanted = ("docs/_build", ".venv", ".hypothesis", "__pycache__", ".pyc")
    assert not [name for name in held if any(part in name for part in unwanted)]


def test_the_core_imports_nothing_but_the_standard_library(core_alone: Path) -> None:
    python = core_alone / "venv" / "bin" / "python"
    assert json.loads(succeed(python, "-c", IMPORTED, cwd=core_alone)) == ["primacy"]


def test_a_user_of_the_core_gets_the_core_and_nothing_else(core_alone: Path) -> None:
    (packages,) = (core_alone / "venv" / "lib").glob("*/site-packages")
    assert {path.name for path in packages.iterdir()} == {
        "primacy",
        f"primacy-{VERSION}.dist-info",
    }
    assert not (core_alone / "venv" / "bin" / "primacy").exists()


def test_the_core_tells_its_version_and_where_the_command_is(core_alone: Path) -> None:
    python = core_alone / "venv" / "bin" / "python"
    told = succeed(python, "-m", "primacy", "--version", cwd=core_alone)
    assert told == f"primacy, version {VERSION}\n"
    done = run(python, "-m", "primacy", "check", cwd=core_alone)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "The core has no command: install one with  pip install 'primacy[model]'\n"
    )


def test_a_user_of_the_core_runs_it(core_alone: Path) -> None:
    python = core_alone / "venv" / "bin" / "python"
    assert succeed(python, EMBEDDING, cwd=core_alone) == "1\n"


@pytest.mark.parametrize(
    "checker",
    [("mypy", "--strict", "--python-executable"), ("pyright", "--pythonpath")],
)
def test_a_program_of_a_user_is_free_of_type_errors(
    core_alone: Path, checker: tuple[str, ...], tmp_path: Path
) -> None:
    """Both see the wheel: a wrong type of an argument is found."""
    program, *options = checker
    python = core_alone / "venv" / "bin" / "python"
    command = (str(Path(sys.executable).with_name(program)), *options, str(python))
    mine = tmp_path / "mine.py"
    mine.write_text(EMBEDDING.read_text(encoding="utf-8"), encoding="utf-8")
    succeed(*command, mine, cwd=tmp_path)
    wrong = mine.read_text(encoding="utf-8").replace("Instant(0)))\n", '"now"))\n')
    mine.write_text(wrong, encoding="utf-8")
    done = run(*command, mine, cwd=tmp_path)
    assert done.returncode == 1
    assert "Instant" in done.stdout


def test_the_command_works_without_extras(without_extras: Path) -> None:
    script = without_extras / "venv" / "bin" / "primacy"
    told = succeed(script, "--version", cwd=without_extras)
    assert told == f"primacy, version {VERSION}\n"
    python = without_extras / "venv" / "bin" / "python"
    by_module = succeed(python, "-m", "primacy", "--version", cwd=without_extras)
    assert by_module.endswith(f"version {VERSION}\n")


def test_a_missing_extra_is_named_in_one_sentence(without_extras: Path) -> None:
    script = without_extras / "venv" / "bin" / "primacy"
    done = run(script, "check", cwd=without_extras)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("primacy check needs ")
    assert line.endswith(": install the extra with  pip install 'primacy[model]'")
