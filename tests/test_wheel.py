"""The distribution: what is built is what is meant, and it works without extras.

The sdist is built from the clone and the wheel from the sdist, then the wheel is put
into an environment that holds nothing else. No step here needs a network.
"""

import email.message
import email.parser
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).parents[1]
PACKAGES = {"primacy", "primacy_model", "primacy_proofs", "primacy_runtime"}

IMPORTED = """
import json, sys
before = set(sys.modules)
import primacy
after = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(after - set(sys.stdlib_module_names))))
"""


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in an environment that names no package index and no folder."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON"))
    }
    environment["PIP_CONFIG_FILE"] = os.devnull
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def succeed(*command: str | Path, cwd: Path) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    succeed(*build, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    succeed(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    succeed(*pip, "install", "--quiet", "--no-index", wheel, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return email.parser.Parser().parsestr(archive.read(name).decode())


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def modules(folder: str, package: str) -> set[str]:
    """List the modules of a package in the clone, as the wheel should name them."""
    base = ROOT / folder
    return {str(path.relative_to(base)) for path in (base / package).rglob("*.py")}


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names(wheel)}
    assert tops == PACKAGES | {"primacy-0.1.0.dist-info"}


def test_the_wheel_holds_every_module(wheel: Path) -> None:
    expected = (
        modules("core", "primacy")
        | modules("model", "primacy_model")
        | modules("proofs", "primacy_proofs")
        | modules("runtime", "primacy_runtime")
    )
    assert {name for name in names(wheel) if name.endswith(".py")} == expected


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_the_wheel_says_that_its_packages_are_typed(wheel: Path, package: str) -> None:
    assert f"{package}/py.typed" in names(wheel)


def test_the_wheel_carries_its_licence(
    wheel: Path, metadata: email.message.Message
) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    assert "primacy-0.1.0.dist-info/licenses/LICENSE" in names(wheel)


def test_every_requirement_belongs_to_an_extra(
    metadata: email.message.Message,
) -> None:
    requirements = metadata.get_all("Requires-Dist", [])
    assert requirements
    assert all("extra ==" in requirement for requirement in requirements)
    assert {"model", "proofs"} <= set(metadata.get_all("Provides-Extra", []))


def test_the_sdist_holds_what_a_packager_needs(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
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
        "tests/test_wheel.py",
    }
    unwanted = ("docs/_build", ".venv", ".hypothesis", "__pycache__", ".pyc")
    assert not [name for name in held if any(part in name for part in unwanted)]


def test_the_core_imports_nothing_but_the_standard_library(environment: Path) -> None:
    python = environment / "venv" / "bin" / "python"
    assert json.loads(succeed(python, "-c", IMPORTED, cwd=environment)) == ["primacy"]


def test_only_this_distribution_is_installed(environment: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--python", environment / "venv/bin/python")
    listed = succeed(*pip, "list", "--format=freeze", cwd=environment)
    assert listed.split() == ["primacy==0.1.0"]


def test_a_missing_extra_is_named_in_one_sentence(environment: Path) -> None:
    done = run(environment / "venv" / "bin" / "primacy", "check", cwd=environment)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("primacy check needs ")
    assert line.endswith(": install the extra with  pip install 'primacy[model]'")
