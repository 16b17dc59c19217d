"""The set-up: newer releases on the registry change nothing, whichever installer.

An index of local files takes the place of the registry. It holds an empty wheel for
each locked package, with the dependencies that the real one has, and one of version
9999 beside it. Only what builds the distributions of this repository has its code.
No step needs a network, save the download of the oldest pip.
"""

import base64
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
OLDEST = "pip==22.3"
"""The pip that Python 3.11.0 ships."""
NEWER = "9999"
SCRIPT = ".ci/environment.py"

CompletedRun = subprocess.CompletedProcess[str]


def locked() -> list[Requirement]:
    """List what the lock asks for on this machine."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", lock, re.MULTILINE)
    found = [Requirement(line) for line in lines]
    return [each for each in found if each.marker is None or each.marker.evaluate()]


def closure(name: str) -> set[str]:
    """Collect what a package needs to run, itself included."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = canonicalize_name(waiting.pop())
        if each not in found:
            found.add(each)
            for line in importlib.metadata.requires(each) or []:
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                    waiting.append(needed.name)
    return found


def wheel(index: Path, name: str, version: str, *, whole: bool = False) -> Path:
    """Write a wheel with the metadata of an installed package, empty or whole."""
    distribution = importlib.metadata.distribution(name)
    stem = f"{re.sub(r'[-_.]+', '_', name)}-{version}"
    info = f"{stem}.dist-info"
    needs = "".join(f"Requires-Dist: {line}\n" for line in distribution.requires or [])
    extras = distribution.metadata.get_all("Provides-Extra") or []
    needs += "".join(f"Provides-Extra: {extra}\n" for extra in extras)
    files = {
        f"{info}/METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
        ).encode(),
        f"{info}/WHEEL": (
            b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    if whole:
        for file in distribution.files or []:
            is_code = ".dist-info" not in str(file) and not str(file).startswith("..")
            if is_code and file.suffix != ".pyc":
                files[file.as_posix()] = Path(file.locate()).read_bytes()
        files[f"{info}/entry_points.txt"] = (
            distribution.read_text("entry_points.txt") or ""
        ).encode()
    files[f"{info}/RECORD"] = "".join(
        f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in files.items()
    ).encode()
    path = index / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file_name, data in files.items():
            archive.writestr(file_name, data)
    return path


def _digest(data: bytes) -> str:
    digest = hashlib.sha256(data).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the local index, a lock for it, and the oldest pip if that can be had."""
    index = tmp_path_factory.mktemp("index")
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*download, "--dest", index, OLDEST], check=False)
    builders = closure("hatchling")
    lines = []
    for each in locked():
        name = canonicalize_name(each.name)
        version = str(each.specifier).removeprefix("==")
        file = wheel(index, name, version, whole=name in builders)
        wheel(index, name, NEWER)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} \\\n    --hash=sha256:{digest}\n")
    (index / "requirements.lock").write_text("".join(lines), encoding="utf-8")
    return index


@pytest.fixture
def clone(tmp_path: Path, registry: Path) -> Path:
    """Make a small clone whose lock names the wheels of the local index."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    without_caches = shutil.ignore_patterns("__pycache__")
    for name in ("core", ".ci"):
        shutil.copytree(ROOT / name, folder / name, ignore=without_caches)
    for name in ("model/primacy_model", "proofs/primacy_proofs"):
        (folder / name).mkdir(parents=True)
    (folder / "runtime/primacy_runtime").mkdir(parents=True)
    shutil.copy(registry / "requirements.lock", folder)
    return folder


def set_up(clone: Path, registry: Path, installer: str, **extra: str) -> CompletedRun:
    """Let `make` set up the environment, from the local index alone."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "PYTHON"))
    }
    offline = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(registry),
        "PIP_NO_INDEX": "1",
        "UV_CACHE_DIR": str(clone.parent / "cache"),
        "UV_FIND_LINKS": str(registry),
        "UV_NO_INDEX": "1",
    }
    command = ["make", f"PYTHON={sys.executable}", f"INSTALLER={installer}"]
    return subprocess.run(
        [*command, "environment"],
        cwd=clone,
        env={**kept, **offline, **extra},
        capture_output=True,
        text=True,
        check=False,
    )


def installed(clone: Path) -> dict[str, str]:
    """Ask the environment what it holds, seeds left out."""
    program = (
        "import importlib.metadata as m, json; print(json.dumps("
        "{d.metadata['Name']: d.version for d in m.distributions()}))"
    )
    python = clone / ".venv" / "bin" / "python"
    done = subprocess.run(
        [python, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    seeds = ("pip", "setuptools", "wheel", "primacy", "primacy-tools")
    return {canonicalize_name(n): v for n, v in found.items() if n not in seeds}


def expected() -> dict[str, str]:
    return {
        canonicalize_name(each.name): str(each.specifier).removeprefix("==")
        for each in locked()
    }


@pytest.mark.parametrize(
    "installer", [OLDEST, "pip", str(UV)], ids=["22.3", "own", "uv"]
)
def test_newer_releases_on_the_registry_change_nothing(
    clone: Path, registry: Path, installer: str
) -> None:
    if installer == OLDEST and not list(registry.glob("pip-22*")):
        pytest.skip("the oldest pip cannot be downloaded")
    done = set_up(clone, registry, installer)
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed(clone) == expected()


def test_a_lock_that_is_resolved_again_is_refused_by_the_oldest_pip(
    clone: Path, registry: Path
) -> None:
    """The net bites: this is how the set-up broke by itself."""
    if not list(registry.glob("pip-22*")):
        pytest.skip("the oldest pip cannot be downloaded")
    script = clone / SCRIPT
    text = script.read_text(encoding="utf-8")
    resolving = text.replace('locked = ["--no-deps", ', "locked = [")
    assert resolving != text
    script.write_text(resolving, encoding="utf-8")
    done = set_up(clone, registry, OLDEST)
    assert done.returncode != 0
    assert "must have their versions pinned with ==" in done.stderr


def test_a_half_made_environment_is_completed(clone: Path, registry: Path) -> None:
    lock = clone / "requirements.lock"
    whole = lock.read_text(encoding="utf-8")
    lock.write_text(whole + "missing==1 --hash=sha256:" + 64 * "0" + "\n")
    assert set_up(clone, registry, "pip").returncode != 0
    mark = clone / ".venv" / "mark"
    mark.touch()
    again = set_up(clone, registry, "pip")
    assert again.returncode != 0
    assert "Completing .venv" in again.stderr
    assert mark.exists()
    lock.write_text(whole, encoding="utf-8")  # for another lock it is begun anew
    done = set_up(clone, registry, "pip")
    assert done.returncode == 0, done.stderr
    assert not mark.exists()


def test_what_is_not_locked_is_refused(clone: Path, registry: Path) -> None:
    assert set_up(clone, registry, "pip").returncode == 0
    python = clone / ".venv" / "bin" / "python"
    superfluous = clone.parent / "stranger-1-py3-none-any.whl"
    with zipfile.ZipFile(superfluous, "w") as archive:
        info = "stranger-1.dist-info"
        head = "Metadata-Version: 2.1\nName: stranger\nVersion: 1\n"
        archive.writestr(f"{info}/METADATA", head)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-index"]
    subprocess.run([*pip, str(superfluous)], check=True)
    (clone / ".venv" / ".ready").unlink()
    done = set_up(clone, registry, "pip")
    assert done.returncode != 0
    assert "stranger is installed and not locked" in done.stderr


def test_settings_that_say_what_to_install_are_not_obeyed(
    clone: Path, registry: Path, tmp_path: Path
) -> None:
    constraint = tmp_path / "constraint.txt"
    constraint.write_text("click<1\n", encoding="utf-8")
    user = tmp_path / "pip.conf"
    user.write_text(f"[global]\nconstraint = {constraint}\nuser = true\n")
    settings = {
        "PIP_CONFIG_FILE": str(user),
        "PIP_CONSTRAINT": str(constraint),
        "PIP_NO_BINARY": ":all:",
    }
    done = set_up(clone, registry, "pip", **settings)
    assert done.returncode == 0, done.stderr
    assert installed(clone) == expected()


def test_an_installer_that_is_not_there_is_named(clone: Path, registry: Path) -> None:
    done = set_up(clone, registry, "/nowhere/uv")
    assert done.returncode != 0
    assert "There is no /nowhere/uv: try  make INSTALLER=pip" in done.stderr


def test_the_lock_has_what_the_metadata_asks_for() -> None:
    """A requirement that is added or bounded anew needs `make lock`."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    asked = [*project["dependencies"]]
    asked += [
        line for extra in project["optional-dependencies"].values() for line in extra
    ]
    known = expected()
    for line in asked:
        needed = Requirement(line)
        is_here = needed.marker is None or needed.marker.evaluate()
        if is_here and not needed.name.startswith("primacy"):
            assert known[canonicalize_name(needed.name)] in needed.specifier, line
