"""A certificate authority of one test run, and what it signs. For tests: it is made up anew."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509 import load_pem_x509_certificate

from devstack.locks import Certificate, Keystore

_LONG_AGO = datetime.now(UTC) - timedelta(days=2)


class Authority:
    """Signs for any name; everything it makes is a file in its folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        """Its own certificate: what clients are to trust."""
        self._ca.cert_pem.write_to_path(self.file)

    def certificate(self, *names: str, expired: bool = False, password: str = "") -> Certificate:
        """Make a certificate for hosts, addresses or people (`name@host`), and its key."""
        chain, key = self._sign(*names, expired=expired)
        return self._kept(names[0], chain, _pkcs8(key, password))

    def bundle(self, *names: str, expired: bool = False) -> Path:
        """Make the same as one file, key first, as Kafka and impatient people like it."""
        made = self.certificate(*names, expired=expired)
        both = made.chain.with_suffix(".bundle.pem")
        both.write_bytes(made.key.read_bytes() + made.chain.read_bytes())
        return both

    def keystore(self, *names: str) -> Keystore:
        """Make the same for a Java server."""
        chain, key = self._sign(*names)
        path, password = self._free(names[0], ".p12"), "keystore"
        packed = pkcs12.serialize_key_and_certificates(
            b"server",
            load_pem_private_key(key, None),  # type: ignore[arg-type]  # it is an elliptic one
            load_pem_x509_certificate(chain),
            None,
            BestAvailableEncryption(password.encode()),
        )
        path.write_bytes(packed)
        return Keystore(path, password)

    def _sign(self, *names: str, expired: bool = False) -> tuple[bytes, bytes]:
        until = _LONG_AGO + timedelta(days=1) if expired else None
        since = _LONG_AGO if expired else None
        made = self._ca.issue_cert(*names, not_before=since, not_after=until)
        chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
        return chain, made.private_key_pem.bytes()

    def _kept(self, name: str, chain: bytes, key: bytes) -> Certificate:
        certificate = Certificate(self._free(name, ".pem"), self._free(name, ".key"))
        certificate.chain.write_bytes(chain)
        certificate.key.touch(mode=0o600)
        certificate.key.write_bytes(key)
        return certificate

    def _free(self, name: str, ending: str) -> Path:
        count = len(list(self._folder.iterdir()))
        return self._folder / f"{count}-{name.replace('*', '_')}{ending}"


def _pkcs8(key: bytes, password: str) -> bytes:
    """Write the key as Java wants it."""
    hidden: KeySerializationEncryption = NoEncryption()
    if password:
        hidden = BestAvailableEncryption(password.encode())
    return load_pem_private_key(key, None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)
