"""Mutual TLS: who cannot show who it is is refused, and counted."""

import asyncio
import json
import os
import pty
import re
import select
import shutil
import ssl
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from primacy_runtime import SettingsError, StoreForeign, Tls
from primacy_runtime.net.frames import VERSION, frame
from primacy_runtime.settings import address
from tests.support.agents import NAMES, PATIENCE_S, RunningMesh, run, until
from tests.support.callers import called, hello


@dataclass
class Certificates:
    """What an authority gives out."""

    folder: Path
    authority: trustme.CA

    def tls(self, agent: str, *, named: str = "") -> Tls:
        """Issue a certificate for an agent, or for whom it is named."""
        issued = self.authority.issue_cert(named or agent)
        trusted, shown, key = (
            self.folder / f"{agent}.{part}.pem" for part in ("ca", "cert", "key")
        )
        self.authority.cert_pem.write_to_path(trusted)
        issued.cert_chain_pems[0].write_to_path(shown)
        issued.private_key_pem.write_to_path(key)
        return Tls(trusted, shown, key)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path, trustme.CA(key_type=trustme.KeyType.ECDSA))


def test_agents_with_certificates_of_one_authority_form_a_mesh(
    tmp_path: Path, certificates: Certificates
) -> None:
    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        async with AsyncExitStack() as stack:
            for name in mesh.where:
                agent = mesh.make(name, tls=certificates.tls(name))
                await stack.enter_async_context(agent)
            leader = await mesh.leader()
            other = next(a for a in mesh.agents.values() if a is not leader)
            assert await other.propose("colour=red") == "red"
            async with called(leader) as call:  # without TLS
                call.writer.write(hello())
                assert await call.is_ended()
            await until(lambda: leader.counts.rejected["tls"] == 1)

    run(work())


@pytest.mark.parametrize("how", ["another authority", "another name"])
def test_who_cannot_show_who_it_is_is_refused(
    tmp_path: Path, certificates: Certificates, how: str
) -> None:
    stranger = Certificates(tmp_path / "b", trustme.CA(key_type=trustme.KeyType.ECDSA))
    stranger.folder.mkdir()

    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        ada = mesh.make("ada", tls=certificates.tls("ada"))
        if how == "another authority":
            tls, kind = stranger.tls("bob"), "tls"
        else:
            tls, kind = certificates.tls("bob", named="cyd"), "certificate"
        bob = mesh.make("bob", tls=tls)
        async with ada, bob:
            await until(lambda: ada.counts.rejected[kind] > 0)
            assert ada.health().connected == bob.health().connected == ()
            assert ada.counts.packets_received == 0

    run(work())


def test_files_that_hold_no_certificates_are_refused_in_one_sentence(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        nothing = tmp_path / "nothing.pem"
        nothing.write_text("")
        agent = RunningMesh(tmp_path).make("ada", tls=Tls(nothing, nothing, nothing))
        with pytest.raises(SettingsError, match="must be readable and in PEM"):
            await agent.start()
        assert agent.health().status == "stopped"

    run(work())


LOCKED = """
import fcntl, sys, termios
from pathlib import Path
from primacy_runtime import SettingsError, Tls
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
try:
    Tls(*map(Path, sys.argv[1:])).server()
except SettingsError as error:
    print(error)
"""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="it needs openssl")
def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(
    certificates: Certificates,
) -> None:
    tls = certificates.tls("ada")
    locked = subprocess.run(
        [*("openssl", "pkcs8", "-topk8", "-passout", "pass:secret"), "-in", tls.key],
        check=True,
        capture_output=True,
    )
    tls.key.write_bytes(locked.stdout)
    mine, its = pty.openpty()  # where somebody could be asked
    told = [str(path) for path in (tls.authority, tls.certificate, tls.key)]
    done = subprocess.run(
        [sys.executable, "-c", LOCKED, *told],
        stdin=its,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "must be readable and in PEM" in done.stdout
    assert select.select([mine], [], [], 0)[0] == []
    os.close(mine)
    os.close(its)


def test_tls_that_is_too_old_is_not_spoken(certificates: Certificates) -> None:
    context = certificates.tls("ada").server()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.skipif(shutil.which("openssl") is None, reason="it needs openssl")
def test_the_commands_of_the_page_make_certificates_that_are_taken(
    tmp_path: Path,
) -> None:
    page = (Path(__file__).parents[3] / "docs" / "runtime.md").read_text("utf-8")
    (commands,) = (
        block
        for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL)
        if "authority.pem" in block
    )
    authority, _, each = commands.partition("openssl req -newkey")
    for script in (
        authority,
        *(("openssl req -newkey" + each).replace("agent-1", name) for name in NAMES),
    ):
        subprocess.run(
            ["bash", "-ec", script],  # noqa: S607 - the one of the system
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )

    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        async with AsyncExitStack() as stack:
            for name in mesh.where:
                tls = Tls(
                    tmp_path / "authority.pem",
                    tmp_path / f"{name}.pem",
                    tmp_path / f"{name}.key",
                )
                agent = mesh.make(name, tls=tls)
                await stack.enter_async_context(agent)
            leader = await mesh.leader()
            assert await leader.propose("colour=red") == "red"

    run(work())


@pytest.mark.parametrize("is_named", [True, False])
def test_only_who_is_meant_may_tell_an_agent_that_its_disk_is_another(
    tmp_path: Path, certificates: Certificates, is_named: bool
) -> None:
    """This answer ends an agent, so no other agent of the mesh may give it."""
    context = certificates.tls("bob", named="bob" if is_named else "cyd").server()

    async def refuse(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read(10)
        said = {"agent": "bob", "store": "", "refused": "other-disk", "reason": "x"}
        writer.write(frame(json.dumps({"primacy-mesh": VERSION, **said}).encode()))
        with suppress(OSError):
            await writer.drain()
            await reader.read()
        writer.close()

    async def work() -> None:
        mesh = RunningMesh(tmp_path)
        at = address("bob", mesh.where["bob"])
        server = await asyncio.start_server(refuse, at.host, at.port, ssl=context)
        ada = mesh.make("ada", tls=certificates.tls("ada"))
        await ada.start()
        if is_named:
            with pytest.raises(StoreForeign, match="bob refuses this agent"):
                await ada.closed()
        else:
            await until(lambda: ada.counts.rejected["certificate"] > 1)
            assert ada.health().status == "running"
        await ada.stop()
        server.close()
        await server.wait_closed()

    run(work())
