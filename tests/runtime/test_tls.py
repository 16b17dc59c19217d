"""Mutual TLS: who cannot show who it is is refused, and counted."""

import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from primacy_runtime import SettingsError, Tls
from tests.runtime.callers import called, hello
from tests.runtime.meshes import Mesh, run, until


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
        mesh = Mesh(tmp_path)
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
        mesh = Mesh(tmp_path)
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
        agent = Mesh(tmp_path).make("ada", tls=Tls(nothing, nothing, nothing))
        with pytest.raises(SettingsError, match="must be readable and in PEM"):
            await agent.start()
        assert agent.health().status == "stopped"

    run(work())


def test_tls_that_is_too_old_is_not_spoken(certificates: Certificates) -> None:
    context = certificates.tls("ada").server()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_REQUIRED
