"""Mutual TLS: an agent is who its certificate says, to both ends of a connection.

Contract: a peer shows a certificate that the mesh's own authority signed and that names
the peer's id, as a DNS name or as the common name. Host names are not looked at: an
agent may move.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from primacy_runtime.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Tls:
    """The files, in PEM: the mesh's authority, this agent's certificate and key."""

    authority: Path
    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """Make the context of a listener."""
        return self._context(ssl.PROTOCOL_TLS_SERVER)

    def client(self) -> ssl.SSLContext:
        """Make the context of a caller."""
        return self._context(ssl.PROTOCOL_TLS_CLIENT)

    def _context(self, protocol: int) -> ssl.SSLContext:
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False  # `names` is compared with the id instead
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(self.authority)
            # Without it a terminal would be asked for the password of a key, if any.
            context.load_cert_chain(self.certificate, self.key, password="")
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"the files of tls must be readable and in PEM "
                f"({self.authority}, {self.certificate}, {self.key}): {error}"
            ) from None
        return context


def names(connection: object) -> frozenset[str]:
    """List whom the certificate at the other end of a connection names."""
    if not isinstance(connection, ssl.SSLObject | ssl.SSLSocket):
        return frozenset()
    shown = connection.getpeercert() or {}
    found: set[str] = set()
    for kind, name in _pairs(shown.get("subjectAltName", ())):
        if kind == "DNS":
            found.add(name)
    subject = shown.get("subject", ())
    for part in subject if isinstance(subject, tuple) else ():
        for kind, name in _pairs(part):
            if kind == "commonName":
                found.add(name)
    return frozenset(found)


def _pairs(shown: object) -> list[tuple[str, str]]:
    """Read pairs of texts out of what `getpeercert` gives."""
    pairs = shown if isinstance(shown, tuple) else ()
    return [
        (pair[0], pair[1])
        for pair in pairs
        if isinstance(pair, tuple)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and isinstance(pair[1], str)
    ]
