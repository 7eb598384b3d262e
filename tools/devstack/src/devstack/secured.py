"""Kafka, PostgreSQL and S3 of one test run behind locks of every kind, on loopback."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.authority import Authority
from devstack.leash import leash
from devstack.locks import Door, Locks
from devstack.ports import LOOPBACK, free_port
from devstack.stack import Stack
from devstack.token_desk import AUDIENCE, TokenDesk, open_desk

HOST = "localhost"
USER, PASSWORD = "agent", "correct horse"
_PATIENCE_S = 240
_MODULES = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class Secured:
    """A private stack behind locks, and the keys to it."""

    stack: Stack
    authority: Authority
    desk: TokenDesk
    ways: Mapping[str, str]
    """Bootstrap servers, by the name of the door."""
    locks: Locks


@contextmanager
def behind_locks(root: Path, run: Path) -> Iterator[Secured]:
    """Make locks and keys; nothing runs until the stack is told so. Ends with the block."""
    authority = Authority(run / "certificates")
    with open_desk() as desk, leash(root, run):
        doors = _doors(authority, desk)
        locks = Locks(
            doors=doors,
            users={USER: PASSWORD},
            java=(f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={desk.jwks_url}",),
            postgres=authority.certificate(LOOPBACK),
            s3=authority.keystore(LOOPBACK),
        )
        ways = {door.name: f"{HOST}:{door.port}" for door in doors}
        stack = Stack(root, run, locks=locks, patience_s=_PATIENCE_S)
        yield Secured(stack, authority, desk, ways, locks)


def _doors(authority: Authority, desk: TokenDesk) -> list[Door]:
    good = _tls(authority.bundle(HOST))
    known = {
        **good,
        "ssl.client.auth": "required",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.file),
    }
    return [
        _door("TLS", "SSL", good),
        _door("KNOWN", "SSL", known),
        _door("EXPIRED", "SSL", _tls(authority.bundle(HOST, expired=True))),
        _door("MISNAMED", "SSL", _tls(authority.bundle("elsewhere.test"))),
        _door("LOGIN", "SASL_SSL", {**good, **_login("SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN")}),
        _door("UNENCRYPTED", "SASL_PLAINTEXT", _login("SCRAM-SHA-512")),
        _door("TOKEN", "SASL_SSL", {**good, **_token(desk)}),
    ]


def _door(name: str, protocol: str, settings: Mapping[str, str]) -> Door:
    port = free_port()
    return Door(name, port, protocol, f"{HOST}:{port}", settings)


def _tls(bundle: Path) -> dict[str, str]:
    return {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(bundle)}


def _login(*mechanisms: str) -> dict[str, str]:
    modules = {
        "SCRAM-SHA-256": f"{_MODULES}.scram.ScramLoginModule required;",
        "SCRAM-SHA-512": f"{_MODULES}.scram.ScramLoginModule required;",
        "PLAIN": f'{_MODULES}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
    }
    return {
        "sasl.enabled.mechanisms": ",".join(mechanisms),
        **{f"{kind.lower()}.sasl.jaas.config": modules[kind] for kind in mechanisms},
    }


def _token(desk: TokenDesk) -> dict[str, str]:
    return {
        "sasl.enabled.mechanisms": "OAUTHBEARER",
        "oauthbearer.sasl.jaas.config": f"{_MODULES}.oauthbearer.OAuthBearerLoginModule required;",
        "oauthbearer.sasl.server.callback.handler.class": (
            f"{_MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler"
        ),
        "sasl.oauthbearer.jwks.endpoint.url": desk.jwks_url,
        "sasl.oauthbearer.expected.audience": AUDIENCE,
        "sasl.oauthbearer.expected.issuer": desk.url,
        "sasl.oauthbearer.clock.skew.seconds": "0",
        # Without a bound, connections outlive the token by which they were made.
        "oauthbearer.connections.max.reauth.ms": "3600000",
    }
