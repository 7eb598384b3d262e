"""Signatures by Standard Webhooks 1.0: what a receiver needs to know that it was us."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from streaming.refusing import Unfit

SHARED, PRIVATE = "whsec_", "whsk_"
"""What a secret that both sides have begins with, and a private key that only we have."""
SHORTEST, LONGEST = 24, 64
"""Bytes of a shared secret (Standard Webhooks, "Symmetric signatures")."""
_SEED, _SEED_AND_PUBLIC = 32, 64
"""Bytes of an ed25519 key: the seed, as a rule with the public key behind it."""

Sign: TypeAlias = Callable[[bytes], str]
"""Gives one signature of what is to be signed, with its version before it."""


def signer(secret: str) -> Sign:
    """Return what signs with a secret. Raises Unfit without a word of the secret.

    `whsec_…` signs by HMAC-SHA256 (`v1`), `whsk_…` by ed25519 (`v1a`).
    """
    if secret.startswith(SHARED):
        return _shared(_decoded(secret, SHARED))
    if secret.startswith(PRIVATE):
        return _private(_decoded(secret, PRIVATE))
    raise Unfit(f"must begin with {SHARED} or {PRIVATE}")


def sign(signers: Sequence[Sign], *, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` of exactly these bytes, sent at `timestamp` (Unix seconds).

    While a secret is being replaced there are two: the receiver takes either.
    """
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return " ".join(one(signed) for one in signers)


def _decoded(secret: str, prefix: str) -> bytes:
    try:
        return b64decode(secret.removeprefix(prefix), validate=True)
    except ValueError:
        raise Unfit(f"must be base64 after {prefix}") from None


def _shared(key: bytes) -> Sign:
    if not SHORTEST <= len(key) <= LONGEST:
        raise Unfit(f"must hold {SHORTEST} to {LONGEST} bytes")
    return lambda signed: "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()


def _private(key: bytes) -> Sign:
    if len(key) not in {_SEED, _SEED_AND_PUBLIC}:
        raise Unfit(f"must hold {_SEED} or {_SEED_AND_PUBLIC} bytes")
    private = Ed25519PrivateKey.from_private_bytes(key[:_SEED])
    if key[_SEED:] not in {b"", private.public_key().public_bytes_raw()}:
        raise Unfit("must hold a private key and the public key that belongs to it")
    return lambda signed: "v1a," + b64encode(private.sign(signed)).decode()
