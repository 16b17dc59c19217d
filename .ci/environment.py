"""The set-up: an environment that holds the versions of the lock and nothing else.

Contract: the same lock and interpreter give the same environment, whichever installer
does it (uv, or pip of any age) and whatever is newest on the registry. Nothing is
resolved: each file is named by the lock, with its hash, and none is built from source.
Of the user's configuration only what says where and how to download is obeyed. An
environment that was left half made is completed; one for another lock or interpreter
is begun anew. What is installed is compared with the lock in the end.
Source: docs/decisions, "A lock for all platforms, installed without resolving".

It needs the standard library alone, since it runs before anything is installed.
"""

import argparse
import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - the very first program that is run
    sys.exit("primacy needs Python 3.11 or newer: try  make PYTHON=python3.11")

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
OURS = ("core", ".")
"""The folders of the distributions of this repository, by dependency."""
SEEDS = {"pip", "setuptools", "wheel"}
"""What an environment may hold from its making."""

OBEYED = {
    "cache-dir",
    "cert",
    "client-cert",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
}
"""The settings of pip that say where and how to download, not what."""
OBEYED_BY_UV = {
    "CACHE_DIR",
    "DEFAULT_INDEX",
    "EXTRA_INDEX_URL",
    "FIND_LINKS",
    "HTTP_TIMEOUT",
    "INDEX",
    "INDEX_URL",
    "INSECURE_HOST",
    "KEYRING_PROVIDER",
    "LINK_MODE",
    "NATIVE_TLS",
    "NO_INDEX",
    "OFFLINE",
    "SYSTEM_CERTS",
}
"""The same for uv, whose settings are variables that begin with `UV_`."""

INSTALLED = """
import importlib.metadata, json, re, sys
from packaging.requirements import Requirement
lines = (line.split(" \\\\")[0].strip() for line in open(sys.argv[1], encoding="utf-8"))
wanted = [Requirement(line) for line in lines if re.match(r"[A-Za-z0-9]", line)]
def name(text):
    return re.sub(r"[-_.]+", "-", text).lower()
print(json.dumps({
    "wanted": {
        name(each.name): str(each.specifier).removeprefix("==")
        for each in wanted if each.marker is None or each.marker.evaluate()
    },
    "found": {
        name(each.metadata["Name"]): each.version
        for each in importlib.metadata.distributions()
    },
}))
"""
"""A program for the interpreter of the environment: what the lock asks for, and what
is there."""


class SetupError(Exception):
    """The environment could not be made; the message says why and what to try."""


def main() -> int:
    """Make the environment that the command line asks for."""
    parser = argparse.ArgumentParser(description="Make an environment from the lock.")
    parser.add_argument("venv", type=Path)
    parser.add_argument("--installer", default="pip", help="uv, pip or pip==VERSION")
    given = parser.parse_args()
    try:
        make(given.venv.absolute(), given.installer)
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def make(venv: Path, installer: str) -> None:
    """Make or complete an environment, and compare it with the lock."""
    begun = venv / ".begun"
    purpose = _purpose()
    if not begun.exists() or begun.read_text(encoding="utf-8") != purpose:
        sys.stderr.write(f"Setting up {venv.name} with {installer} (once)\n")
        shutil.rmtree(venv, ignore_errors=True)
        _create(venv, installer)
        begun.write_text(purpose, encoding="utf-8")
    else:
        sys.stderr.write(f"Completing {venv.name} with {installer}\n")
    python = venv / "bin" / "python"
    if "pip" in Path(installer).name:
        _install_by_pip(python, installer)
    else:
        _install_by_uv(python, installer)
    check(python)


def check(python: Path) -> None:
    """Compare what is installed with the lock."""
    told = _output(python, "-I", "-c", INSTALLED, LOCK)
    wanted, found = told["wanted"], told["found"]
    wrong = [
        f"{name} is {found.get(name, 'missing')}, not {version}"
        for name, version in sorted(wanted.items())
        if found.get(name) != version
    ]
    ours = {"primacy", "primacy-tools"}
    wrong += [f"{name} is missing" for name in sorted(ours - set(found))]
    wrong += [
        f"{name} is installed and not locked"
        for name in sorted(set(found) - set(wanted) - ours - SEEDS)
    ]
    if wrong:
        sentence = "The environment is not what requirements.lock says: "
        again = "  make clean  and a second try may mend it."
        raise SetupError(sentence + "; ".join(wrong) + "." + again)


def _purpose() -> str:
    """Say for what an environment is begun: a lock and an interpreter."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    return f"{lock}\n{sys.version}\n{sys.base_prefix}\n"


def _create(venv: Path, installer: str) -> None:
    if "pip" in Path(installer).name:
        _run([sys.executable, "-m", "venv", str(venv)], dict(os.environ))
        return
    command = [installer, "venv", "--quiet", "--no-config", "--no-project"]
    _run([*command, "--python", sys.executable, str(venv)], _environment_of_uv())


def _install_by_pip(python: Path, installer: str) -> None:
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq"]
    settings = _environment_of_pip(python)
    if installer != "pip":
        _run([*pip, "install", "--no-deps", installer], settings)
    locked = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    _run([*pip, "install", *locked, "--requirement", str(LOCK)], settings)
    ours = [word for each in OURS for word in ("--editable", str(ROOT / each))]
    _run([*pip, "install", "--no-deps", "--no-build-isolation", *ours], settings)


def _install_by_uv(python: Path, installer: str) -> None:
    uv = [installer, "pip", "install", "--quiet", "--no-config"]
    settings = _environment_of_uv()
    locked = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    into = ["--python", str(python)]
    _run([*uv, *into, *locked, "--requirement", str(LOCK)], settings)
    ours = [word for each in OURS for word in ("--editable", str(ROOT / each))]
    _run([*uv, *into, "--no-deps", "--no-build-isolation", *ours], settings)


def _environment_of_pip(python: Path) -> dict[str, str]:
    """Give pip the settings that are obeyed, from files and variables, and no other."""
    listed = subprocess.run(
        [str(python), "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=False,
    )
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("PIP_")
    }
    kept["PIP_CONFIG_FILE"] = os.devnull
    for line in listed.stdout.splitlines():
        setting = re.fullmatch(
            r"(?:global|install|:env:)\.([a-z-]+)=('.*'|\".*\")", line
        )
        if setting and setting[1] in OBEYED:
            value = str(ast.literal_eval(setting[2]))
            name = "PIP_" + setting[1].upper().replace("-", "_")
            kept[name] = " ".join(value.split())
    return kept


def _environment_of_uv() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("UV_") or name.removeprefix("UV_") in OBEYED_BY_UV
    }


def _run(command: list[str], environment: dict[str, str]) -> None:
    try:
        code = subprocess.run(command, env=environment, check=False).returncode
    except FileNotFoundError:
        raise SetupError(f"There is no {command[0]}: try  make INSTALLER=pip") from None
    if code:
        raise SetupError(f"This failed with exit code {code}: {' '.join(command)}")


def _output(python: Path, *words: str | Path) -> dict[str, dict[str, str]]:
    done = subprocess.run([python, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(f"The environment does not answer: {done.stderr}")
    answer: dict[str, dict[str, str]] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    sys.exit(main())
