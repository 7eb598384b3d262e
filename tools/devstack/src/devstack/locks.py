"""How the servers of a private stack are locked: TLS, passwords, tokens. A laptop's are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Door:
    """A way into Kafka beside the plain one: a listener with what only it goes by.

    Who comes in at `port` is told to go on at `told`, a host's name and a port.
    """

    name: str
    port: int
    protocol: str
    told: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """As in Kafka's documentation, without `listener.name.`"""


@dataclass(frozen=True)
class Certificate:
    """Of a server, in PEM: the chain, and the key to it."""

    chain: Path
    key: Path


@dataclass(frozen=True)
class Keystore:
    """The same for a Java server, as PKCS 12."""

    path: Path
    password: str


@dataclass(frozen=True)
class Locks:
    """What each server of a stack is locked with."""

    doors: Sequence[Door] = ()
    users: Mapping[str, str] = field(default_factory=dict)
    """Passwords by name, for both kinds of SCRAM; a new Kafka learns them when it is made."""
    rights: bool = False
    """Who comes in by a door may do what Kafka was told of them, and nothing else."""
    java: Sequence[str] = ()
    """Further words on the command line of Kafka's Java."""
    postgres: Certificate | None = None
    s3: Keystore | None = None


UNLOCKED = Locks()
